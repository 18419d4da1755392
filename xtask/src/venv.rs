//! Tools that are written in Python, each set in a virtual environment of its own under the target directory, with the
//! versions that the tests were written against. Made when missing or when the set has changed; else found again.

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

    /// The same, for the Python that is found.
    pub fn set_up_for(&self, find: impl FnOnce() -> Result<PathBuf>) -> Result<Installed> {
        let folder = process::target_dir()?.join(format!("venv-{}", self.name));
        let bin = folder.join("bin");
        let stamp = folder.join("installed");
        let wanted = self.packages.join("\n");
        if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
            return Ok(Installed { bin });
        }
        let python = find()?;
        process::run_aside(Command::new(&python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = Command::new(bin.join("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(self.packages);
        process::run_aside(&mut pip)?;
        // Last, so that what was interrupted counts as missing.
        std::fs::write(&stamp, wanted).with_context(|| format!("failed to write {}", stamp.display()))?;
        Ok(Installed { bin })
    }
}
