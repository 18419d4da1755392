//! What the environment gives these tests: a browser and its driver, or the leave to do without.

use std::io::Write;
use std::path::PathBuf;

/// Where the browser and its driver are.
pub(crate) struct Given {
    pub(crate) chromium: PathBuf,
    pub(crate) chromedriver: PathBuf,
}

/// `None`, after one line that says so, when this test is to be left out. Under `cargo xtask test` that takes the
/// word of xtask, which looked for a browser; else a missing one is a failure.
pub(crate) fn given() -> Option<Given> {
    if variable("COUNTERFOIL_FULL").is_none() {
        return skip("`cargo xtask test` runs it in a real browser");
    }
    if variable("COUNTERFOIL_WITHOUT_BROWSER").is_some() {
        return skip(
            "there is no browser: install Chromium and chromedriver, then `cargo xtask test`",
        );
    }
    let path = |name: &str| {
        variable(name).unwrap_or_else(|| panic!("{name} is not set; `cargo xtask test` sets it"))
    };
    Some(Given {
        chromium: path("COUNTERFOIL_CHROMIUM"),
        chromedriver: path("COUNTERFOIL_CHROMEDRIVER"),
    })
}

/// A path, or just that something is set.
#[allow(
    clippy::disallowed_methods,
    reason = "what there is on this machine is said from outside"
)]
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// Not by `println!`, which a passing test keeps to itself.
fn skip(why: &str) -> Option<Given> {
    let thread = std::thread::current();
    let line = format!(
        "skipped: {}: {why}\n",
        thread.name().unwrap_or("a browser test")
    );
    // In one piece, so that two tests at once keep a line each.
    let _ = std::io::stderr().write_all(line.as_bytes());
    None
}
