//! Tools that are written in Python, each set in a virtual environment of its own under the target directory, with the
//! versions that the tests were written against. Made when missing or when the set has changed; else found again.
//!
//! uv installs them, which takes a tenth of pip's time; where uv cannot be had or cannot install, pip does.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{process, python};

/// A set of tools.
pub struct Venv {
    /// Its folder is `venv-{name}`.
    pub name: &'static str,
    /// What pip installs, each with its version.
    pub packages: &'static [&'static str],
}

/// A set that is there. Its programs lie in `bin`.
pub struct Installed {
    bin: PathBuf,
}

impl Installed {
    /// One of its programs, at the repository's root, streaming.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir(process::root());
        command
    }

    /// The folder of its programs.
    pub fn bin(&self) -> &Path {
        &self.bin
    }
}

impl Venv {
    /// The set, installed if it was not, for the Python 3 on the `PATH`.
    pub fn set_up(&self) -> Result<Installed> {
        self.set_up_for(python::on_path)
    }

    /// As above, for the Python that is found.
    pub fn set_up_for(&self, find: impl FnOnce() -> Result<PathBuf>) -> Result<Installed> {
        let folder = process::target_dir()?.join(format!("venv-{}", self.name));
        let bin = folder.join("bin");
        let stamp = folder.join("installed");
        let wanted = self.packages.join("\n");
        if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
            return Ok(Installed { bin });
        }
        let python = find()?;
        if let Err(error) = self.install_by_uv(&python, &folder) {
            eprintln!("\nxtask: not with uv ({error:#}); trying pip");
            self.install_by_pip(&python, &folder)?;
        }
        // Last, so that what was interrupted counts as missing.
        std::fs::write(&stamp, wanted)
            .with_context(|| format!("failed to write {}", stamp.display()))?;
        Ok(Installed { bin })
    }

    fn install_by_uv(&self, python: &Path, folder: &Path) -> Result<()> {
        let uv = uv()?;
        let quiet = |arguments: &[&str]| {
            let mut command = Command::new(&uv);
            // The Python that was found, and no other.
            command
                .env("UV_PYTHON_DOWNLOADS", "never")
                .env("UV_LINK_MODE", "copy")
                .arg("--quiet")
                .args(arguments);
            command
        };
        process::run_aside(
            quiet(&["venv", "--clear", "--python"])
                .arg(python)
                .arg(folder),
        )?;
        process::run_aside(
            quiet(&["pip", "install", "--python"])
                .arg(folder.join("bin/python"))
                .args(self.packages),
        )
    }

    fn install_by_pip(&self, python: &Path, folder: &Path) -> Result<()> {
        process::run_aside(
            Command::new(python)
                .args(["-m", "venv", "--clear"])
                .arg(folder),
        )?;
        process::run_aside(pip(folder).args(self.packages))
    }
}

/// What installs the sets, in its own version.
const UV: &str = "uv==0.13.9";

/// uv itself, installed by pip if it was not.
fn uv() -> Result<PathBuf> {
    let folder = process::target_dir()?.join("venv-uv");
    let uv = folder.join("bin/uv");
    if process::answers(&uv, &["--version"]) {
        return Ok(uv);
    }
    process::run_aside(
        Command::new(python::on_path()?)
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    process::run_aside(pip(&folder).arg(UV))?;
    Ok(uv)
}

/// `pip install` of a virtual environment, without the packages.
fn pip(folder: &Path) -> Command {
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip
}
