//! axe-core, the accessibility rules that the browser tests run in the pages: one file, by npm, into the target
//! directory. Without npm those tests keep to their own checks, loudly; in CI that is a failure.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::npm::Packages;
use crate::process;

/// Names the file, to us and to the tests.
pub const AXE: &str = "COUNTERFOIL_AXE";
/// Tells the tests that there is none, and that the person who started them was told.
pub const WITHOUT: &str = "COUNTERFOIL_WITHOUT_AXE";
/// What a person can do about it.
pub const HOW_TO_GET: &str = "install npm, or set COUNTERFOIL_AXE to an axe.min.js";

/// The version that the pages were last checked with.
const PACKAGES: Packages = Packages {
    name: "axe",
    packages: &["axe-core@4.14.1"],
};

/// Finds or installs. `Ok(None)` only outside CI, after saying what will be left out.
pub fn set_up() -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os(AXE)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
    {
        return if named.is_file() {
            Ok(Some(named))
        } else {
            bail!("{AXE} names {}, which is no file", named.display())
        };
    }
    let why = match install() {
        Ok(file) => return Ok(Some(file)),
        Err(error) => error,
    };
    if std::env::var_os("CI").is_some_and(|value| value == "true") {
        return Err(why.context(format!(
            "no axe-core, and CI leaves nothing out: {HOW_TO_GET}"
        )));
    }
    eprintln!(
        "\nxtask: NO AXE-CORE: its rules WILL NOT BE CHECKED in the pages ({why:#}; {HOW_TO_GET})"
    );
    Ok(None)
}

fn install() -> Result<PathBuf> {
    let modules = PACKAGES.set_up(|| {
        let npm = process::on_path("npm").context("no npm on the PATH")?;
        Ok(Command::new(npm))
    })?;
    let file = modules.join("axe-core/axe.min.js");
    if file.is_file() {
        Ok(file)
    } else {
        bail!("axe-core has no {}", file.display())
    }
}
