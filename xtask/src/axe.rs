//! axe-core, the accessibility rules that the browser tests run in the pages: one file, by npm, into the target
//! directory. Without npm those tests keep to their own checks, loudly; in CI that is a failure.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// Names the file, to us and to the tests.
pub const AXE: &str = "COUNTERFOIL_AXE";
/// Tells the tests that there is none, and that the person who started them was told.
pub const WITHOUT: &str = "COUNTERFOIL_WITHOUT_AXE";
/// What a person can do about it.
pub const HOW_TO_GET: &str = "install npm, or set COUNTERFOIL_AXE to an axe.min.js";

/// The version that the pages were last checked with.
const PACKAGE: &str = "axe-core@4.14.1";

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
    let folder = process::target_dir()?.join("npm-axe");
    let file = folder.join("node_modules/axe-core/axe.min.js");
    let stamp = folder.join("installed");
    if file.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|have| have == PACKAGE) {
        return Ok(file);
    }
    let npm = process::on_path("npm").context("no npm on the PATH")?;
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("failed to make {}", folder.display()))?;
    let mut npm = Command::new(npm);
    // No scripts of the package: only the file is wanted.
    npm.args([
        "install",
        "--no-save",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
    ]);
    process::run_aside(npm.arg(&folder).arg(PACKAGE))?;
    // Last, so that what was interrupted counts as missing.
    std::fs::write(&stamp, PACKAGE)
        .with_context(|| format!("failed to write {}", stamp.display()))?;
    if file.is_file() {
        Ok(file)
    } else {
        bail!("{PACKAGE} has no {}", file.display())
    }
}
