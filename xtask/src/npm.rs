//! Packages of npm, each set in a folder of its own under the target directory, with the versions that the tests were
//! written against. Made when missing or when the set has changed; else found again. They come from whatever registry this
//! machine's npm is set to.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// A set of packages.
pub struct Packages {
    /// Its folder is `npm-{name}`.
    pub name: &'static str,
    /// What npm installs, each with its version; what they need is named too, so that nothing changes by itself.
    pub packages: &'static [&'static str],
}

impl Packages {
    /// Its folder of modules, installed by the npm that is found if it was not.
    pub fn set_up(&self, npm: impl FnOnce() -> Result<Command>) -> Result<PathBuf> {
        let folder = process::target_dir()?.join(format!("npm-{}", self.name));
        let modules = folder.join("node_modules");
        let stamp = folder.join("installed");
        let wanted = self.packages.join("\n");
        let is_there = modules.is_dir();
        if is_there && std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
            return Ok(modules);
        }
        let mut npm = npm()?;
        process::empty_folder(&format!("npm-{}", self.name))?;
        // No scripts of the packages: only their files are wanted.
        npm.args([
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ]);
        process::run_aside(npm.arg(&folder).args(self.packages))?;
        // Last, so that what was interrupted counts as missing.
        std::fs::write(&stamp, wanted)
            .with_context(|| format!("failed to write {}", stamp.display()))?;
        Ok(modules)
    }
}
