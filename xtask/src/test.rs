//! `cargo xtask test`: sets up what the tests need, then runs all of them. Plain `cargo test` runs those that need no
//! set-up; `COUNTERFOIL_FULL=1`, set here, makes the others run too. Each thing to set up is a file of its own.

use anyhow::Result;

use crate::browser::{self, Browser};
use crate::contract;
use crate::emulator::Running;
use crate::process;

/// How to run the tests.
#[derive(clap::Args)]
pub struct Options {
    /// How often the crash test kills the server while it is under load
    #[arg(long, default_value_t = 50, value_name = "N")]
    kills: u32,
    /// Run only the tests with this in their name
    #[arg(long, value_name = "FILTER")]
    only: Option<String>,
}

/// Sets up, builds, tests. `Err` when anything failed, or when CI would have to leave something out.
pub fn run(options: &Options) -> Result<()> {
    let browser = browser::set_up()?;
    // All targets at once: the same features as the tests have, so that nothing is built twice, and the binaries are
    // there before a test or the emulator starts them.
    process::run(&mut process::cargo(&["build", "--workspace", "--all-targets", "--all-features", "--locked"]))?;
    let aws = Running::start(&process::target_dir()?.join("debug"))?;
    let mut command = test_command(options, browser.as_ref());
    command.env("COUNTERFOIL_AWS", &aws.places).env("COUNTERFOIL_EMULATOR", &aws.endpoint);
    process::run(&mut command)?;
    if options.only.is_none() {
        contract::check(&process::target_dir()?.join("debug").join("counterfoil"))?;
    }
    match browser {
        Some(_) => println!("\nxtask: everything passed"),
        None => println!("\nxtask: passed, WITHOUT the browser tests ({})", browser::HOW_TO_GET),
    }
    Ok(())
}

/// `cargo test` with what the tests read from the environment.
fn test_command(options: &Options, browser: Option<&Browser>) -> std::process::Command {
    let mut command = process::cargo(&["test", "--workspace", "--all-features", "--locked"]);
    command.env("COUNTERFOIL_FULL", "1").env("COUNTERFOIL_KILLS", options.kills.to_string());
    match browser {
        Some(found) => {
            command.env(browser::CHROMIUM, &found.chromium).env(browser::CHROMEDRIVER, &found.chromedriver);
            command.env_remove(browser::WITHOUT);
        }
        None => {
            command.env(browser::WITHOUT, "1");
        }
    }
    if let Some(filter) = &options.only {
        // After `--`, so that a filter that looks like an option stays a filter.
        command.args(["--", filter.as_str()]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(browser: Option<&Browser>) -> Vec<(String, Option<String>)> {
        let options = Options { kills: 7, only: Some("--a".into()) };
        let command = test_command(&options, browser);
        let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
        assert!(command.get_args().map(text).collect::<Vec<_>>().ends_with(&["--".into(), "--a".into()]));
        command.get_envs().map(|(name, value)| (text(name), value.map(text))).collect()
    }

    #[test]
    fn the_tests_learn_where_the_browser_is() {
        let browser = Browser { chromium: "/c".into(), chromedriver: "/d".into() };
        let environment = environment(Some(&browser));
        for (name, value) in [(browser::CHROMIUM, "/c"), (browser::CHROMEDRIVER, "/d"), ("COUNTERFOIL_KILLS", "7")] {
            assert!(environment.contains(&(name.into(), Some(value.into()))), "{environment:?}");
        }
        assert!(environment.contains(&(browser::WITHOUT.into(), None)));
    }

    #[test]
    fn the_tests_learn_that_there_is_no_browser() {
        assert!(environment(None).contains(&(browser::WITHOUT.into(), Some("1".into()))));
    }
}
