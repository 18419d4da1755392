//! Where a Python is that tools can be installed for.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::process;

/// What LocalStack is written in.
const CHECK_3_13: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 13))";
/// Names on the `PATH`, the one that our pins were tried on first.
const NAMES: [&str; 3] = ["python3.13", "python3.14", "python3"];

/// Python 3 with its `venv` module.
pub fn on_path() -> Result<PathBuf> {
    let Some(python) = process::on_path("python3") else {
        bail!("no python3 on the PATH; install Python 3.10 or newer");
    };
    Ok(python)
}

/// Python 3.13 or newer that starts and can make virtual environments, wherever it is.
pub fn newer() -> Option<PathBuf> {
    let named = NAMES.iter().filter_map(|name| process::on_path(name));
    // A name of pyenv's on the `PATH` is a script that fails unless that version is selected.
    named
        .chain(of_pyenv())
        .find(|python| process::answers(python, &["-c", CHECK_3_13]))
}

/// The versions that pyenv has.
fn of_pyenv() -> Vec<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv"));
    let Some(root) = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(home)
    else {
        return Vec::new();
    };
    let folders = std::fs::read_dir(root.join("versions"))
        .into_iter()
        .flatten()
        .flatten();
    let mut pythons: Vec<_> = folders
        .map(|folder| folder.path().join("bin/python3"))
        .collect();
    pythons.sort();
    pythons
}
