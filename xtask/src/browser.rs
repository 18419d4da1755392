//! A real browser for the browser tests: Chromium, and the chromedriver that speaks WebDriver for it. Found, or
//! installed where that needs nobody's leave (root on a Debian-like system). Without one the browser tests are left
//! out, loudly; in CI that is a failure, because it could have been installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// Names the browser, to us and to the tests.
pub const CHROMIUM: &str = "COUNTERFOIL_CHROMIUM";
/// Names the driver, to us and to the tests.
pub const CHROMEDRIVER: &str = "COUNTERFOIL_CHROMEDRIVER";
/// Tells the tests that there is no browser, and that the person who started them was told.
pub const WITHOUT: &str = "COUNTERFOIL_WITHOUT_BROWSER";
/// What a person can do about it.
pub const HOW_TO_GET: &str =
    "install Chromium and chromedriver, or set COUNTERFOIL_CHROMIUM and COUNTERFOIL_CHROMEDRIVER";

/// Names on the `PATH`, best first. The last two are the same browser from other packagers.
const BROWSERS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// Where Debian and Ubuntu put the driver when not on the `PATH`.
const DRIVERS: [&str; 2] = [
    "/usr/lib/chromium/chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
];

/// A browser and its driver; both were started once to see that they work.
pub struct Browser {
    /// The browser itself.
    pub chromium: PathBuf,
    /// Its WebDriver server.
    pub chromedriver: PathBuf,
}

/// Finds or installs. `Ok(None)` only outside CI, after saying what will be left out.
pub fn set_up() -> Result<Option<Browser>> {
    if let Some(found) = find()? {
        return Ok(Some(found));
    }
    if may_install() {
        match install() {
            Ok(()) => {
                if let Some(found) = find()? {
                    return Ok(Some(found));
                }
            }
            // Decided below: CI fails, a person is told.
            Err(error) => eprintln!("\nxtask: no browser, and installing one failed: {error:#}"),
        }
    }
    if std::env::var_os("CI").is_some_and(|value| value == "true") {
        bail!("no working Chromium with chromedriver, and CI leaves nothing out: {HOW_TO_GET}");
    }
    eprintln!(
        "\nxtask: NO BROWSER: the tests of the pages in a real browser WILL BE SKIPPED ({HOW_TO_GET})"
    );
    Ok(None)
}

/// What is there already and starts.
fn find() -> Result<Option<Browser>> {
    let Some(chromium) = named(CHROMIUM)?.or_else(|| {
        BROWSERS
            .iter()
            .find_map(|name| works(&process::on_path(name)?))
    }) else {
        return Ok(None);
    };
    let driver = named(CHROMEDRIVER)?
        .or_else(|| works(&process::on_path("chromedriver")?))
        .or_else(|| {
            let beside = chromium.with_file_name("chromedriver");
            works(&beside).or_else(|| DRIVERS.iter().find_map(|path| works(Path::new(path))))
        });
    Ok(driver.map(|chromedriver| Browser {
        chromium,
        chromedriver,
    }))
}

/// What a variable names. A name that does not work is a mistake to mend, not a reason to look elsewhere.
fn named(variable: &str) -> Result<Option<PathBuf>> {
    let Some(value) = std::env::var_os(variable).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(value);
    match works(&path) {
        Some(path) => Ok(Some(path)),
        None => bail!(
            "{variable} names {}, which does not start; fix or unset it",
            path.display()
        ),
    }
}

/// The path, if what it names starts. (Ubuntu's `chromium-browser` is a script that asks for a snap.)
fn works(program: &Path) -> Option<PathBuf> {
    process::answers(program, &["--version"]).then(|| program.to_path_buf())
}

/// Whether installing asks nobody: root, with Debian's package manager.
fn may_install() -> bool {
    process::on_path("apt-get").is_some() && effective_user() == Some(0)
}

/// The user this runs as, from the kernel, so that no crate is needed for it.
fn effective_user() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    // Real, effective, saved, file system (proc_pid_status(5)).
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Chromium and its driver from Debian's archive, without the extras a test does not need.
fn install() -> Result<()> {
    process::run(&mut apt_get(&["update"]))?;
    process::run(&mut apt_get(&[
        "install",
        "--yes",
        "--no-install-recommends",
        "chromium",
        "chromium-driver",
    ]))
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
