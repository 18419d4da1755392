//! `cargo xtask package`: the functions as Lambda takes them. cargo-lambda and zig build against a glibc as old as
//! Lambda's own, wherever this runs. Each function is built on its own, so that it gets its own features and no
//! others: `ingest` does not link what only `worker` needs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::venv::{Installed, Venv};

const TOOLS: Venv = Venv {
    name: "lambda",
    packages: &["cargo-lambda==1.9.2", "ziglang==0.17.1"],
};

/// Each function's binary, and the package it is in. Its feature is `{binary}-fn`.
pub const FUNCTIONS: [(&str, &str); 6] = [
    ("ingest", "ingest"),
    ("status", "ingest"),
    ("worker", "worker"),
    ("bury", "worker"),
    ("notifier", "notifier"),
    ("courier", "courier"),
];
/// Lies beside each bootstrap: where there is no layer, or an emulator that mounts none, the function has its forms.
const FORMS: &str = "forms";
/// Lies beside them.
const RECEIVERS: &str = "receivers.toml";

/// What to build.
#[derive(clap::Args)]
pub struct Options {
    /// The processor it is for; this machine's own if not given
    #[arg(long, value_enum)]
    arch: Option<Arch>,
    /// One function alone
    #[arg(long, value_name = "FUNCTION", value_parser = FUNCTIONS.map(|(binary, _)| binary))]
    only: Option<String>,
    /// Put that function's files into this folder, not zipped: for `sam build`
    #[arg(long, value_name = "FOLDER", requires = "only")]
    into: Option<PathBuf>,
}

/// What Lambda calls the processors it has.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Arch {
    /// The template's default
    Arm64,
    /// What most machines for tests are
    #[value(name = "x86_64")]
    X86_64,
}

impl Arch {
    /// The one this runs on: an emulator runs the functions on it.
    pub fn here() -> Self {
        if cfg!(target_arch = "aarch64") {
            Self::Arm64
        } else {
            Self::X86_64
        }
    }

    /// As the template's parameter has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }
}

/// Builds, and says where it is and how to deploy it.
pub fn run(options: &Options) -> Result<()> {
    let arch = options.arch.unwrap_or_else(Arch::here);
    if let (Some(binary), Some(folder)) = (&options.only, &options.into) {
        return unpacked(arch, binary, folder);
    }
    build(arch, options.only.as_deref())?;
    println!(
        "\nxtask: {}/*/bootstrap.zip are for {}",
        folder().display(),
        arch.name()
    );
    Ok(())
}

/// The zips for an architecture, one in a folder for each function. Says what it does on standard error.
pub fn build(arch: Arch, only: Option<&str>) -> Result<PathBuf> {
    let tools = tools(arch)?;
    for (binary, package) in FUNCTIONS
        .iter()
        .filter(|(binary, _)| only.is_none_or(|only| only == *binary))
    {
        let mut command = cargo_lambda(&tools, arch, binary, package)?;
        command
            .args(["--output-format", "zip", "--include", FORMS])
            .args(receivers())
            .arg("--lambda-dir")
            .arg(folder());
        process::run_aside(&mut command)?;
    }
    Ok(folder())
}

/// Takes `receivers.toml` along, where there is one.
fn receivers() -> Vec<&'static str> {
    if process::root().join(RECEIVERS).is_file() {
        vec!["--include", RECEIVERS]
    } else {
        Vec::new()
    }
}

/// The functions for this machine, all in one build and as quick to make as the tests are: what an emulator runs. The
/// features are those of all of them together, so nothing about size or speed may be concluded from them.
pub fn build_for_here() -> Result<PathBuf> {
    let mut command = process::cargo(&["build", "--locked"]);
    for (binary, package) in FUNCTIONS {
        command.args([
            "--package",
            package,
            "--bin",
            binary,
            "--features",
            &format!("{package}/{binary}-fn"),
        ]);
    }
    process::run_aside(&mut command)?;
    Ok(process::target_dir()?.join("debug"))
}

/// The C library of provided.al2023, the functions' runtime: what they are linked against, whatever is newer here.
const GLIBC: &str = "2.34";

/// Where the zips lie, whatever cargo's target directory is. No folder of cargo's: it names those after profiles, and
/// puts a file where this has a folder.
const FOLDER: &str = "target/functions";

fn folder() -> PathBuf {
    process::root().join(FOLDER)
}

/// One function's files as `sam build` wants them. It zips them itself.
fn unpacked(arch: Arch, binary: &str, folder: &Path) -> Result<()> {
    let Some((_, package)) = FUNCTIONS.iter().find(|(name, _)| *name == binary) else {
        bail!("there is no function {binary}");
    };
    let folder = std::path::absolute(folder).context("the folder's path is not to be had")?;
    let mut command = cargo_lambda(&tools(arch)?, arch, binary, package)?;
    command
        .args(["--flatten", binary, "--lambda-dir"])
        .arg(&folder);
    process::run_aside(&mut command)?;
    copy_forms(&folder.join(FORMS))
}

fn copy_forms(to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| format!("failed to make {}", to.display()))?;
    for entry in
        std::fs::read_dir(process::root().join(FORMS)).context("failed to read the forms")?
    {
        let entry = entry.context("failed to read the forms")?;
        std::fs::copy(entry.path(), to.join(entry.file_name())).context("failed to copy a form")?;
    }
    Ok(())
}

/// The tools, when there is also a standard library to build with.
fn tools(arch: Arch) -> Result<Installed> {
    let target = arch.target();
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(process::root())
        .output();
    let sysroot = sysroot.context("rustc could not be started")?.stdout;
    let library = Path::new(String::from_utf8_lossy(&sysroot).trim())
        .join("lib/rustlib")
        .join(target);
    if !library.is_dir() {
        bail!(
            "Rust has no standard library for {target} here: run `rustup target add {target}`, or build for this \
             machine with `--arch {}` and deploy with the parameter Architecture={0}",
            Arch::here().name()
        );
    }
    TOOLS.set_up()
}

/// `cargo lambda build` for one function.
fn cargo_lambda(tools: &Installed, arch: Arch, binary: &str, package: &str) -> Result<Command> {
    let mut command = tools.command("cargo-lambda");
    let target = format!("{}.{GLIBC}", arch.target());
    command.args([
        "lambda",
        "build",
        "--locked",
        "--profile",
        "lambda",
        "--target",
        &target,
    ]);
    command.args([
        "--package",
        package,
        "--bin",
        binary,
        "--features",
        &format!("{binary}-fn"),
    ]);
    // It looks for zig on the path.
    command.env("PATH", path_with(tools.bin())?);
    Ok(command)
}

fn path_with(first: &Path) -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(first.to_path_buf()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).context("the PATH cannot be extended")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zips_lie_in_no_folder_of_cargos() {
        let manifest = std::fs::read_to_string(process::root().join("Cargo.toml")).unwrap();
        let own = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("[profile.")?.split([']', '.']).next());
        let folders: Vec<&str> = own.chain(["debug", "tmp", "doc", "package"]).collect();
        assert!(folders.contains(&"lambda"), "{folders:?}");
        let ours = FOLDER.strip_prefix("target/").unwrap();
        assert!(!folders.contains(&ours), "cargo builds into {ours}");
    }
}
