//! `cargo xtask test`: sets up what the tests need, then runs all of them. Plain `cargo test` runs those that need no
//! set-up; `COUNTERFOIL_FULL=1`, set here, makes the others run too. Each thing to set up is a file of its own.

use std::path::PathBuf;

use anyhow::Result;

use crate::axe;
use crate::browser::{self, Browser};
use crate::contract;
use crate::emulator::Running;
use crate::{localstack, process, telling};

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
    let found = Found {
        browser: browser::set_up()?,
        axe: axe::set_up()?,
    };
    let queues = build_beside(localstack::set_up)?;
    let aws = Running::start(&process::target_dir()?.join("debug"))?;
    let queues = queues
        .map(|installed| localstack::start(&installed))
        .transpose()?;
    let mut command = test_command(options, &found);
    command
        .env("COUNTERFOIL_AWS", aws.places())
        .env("COUNTERFOIL_EMULATOR", &aws.endpoint);
    match &queues {
        Some(queues) => command.env(localstack::ENDPOINT, queues.said()),
        None => command.env_remove(localstack::ENDPOINT),
    };
    process::run(&mut command)?;
    if options.only.is_none() {
        let program = process::program()?;
        contract::check(&program)?;
        telling::check(&program)?;
    }
    let left_out = [
        found
            .browser
            .is_none()
            .then(|| format!("the browser tests ({})", browser::HOW_TO_GET)),
        found
            .axe
            .is_none()
            .then(|| format!("axe-core's rules for the pages ({})", axe::HOW_TO_GET)),
        queues
            .is_none()
            .then(|| format!("the tests on LocalStack ({})", localstack::HOW_TO_GET)),
    ];
    let left_out: Vec<String> = left_out.into_iter().flatten().collect();
    match left_out.as_slice() {
        [] => println!("\nxtask: everything passed"),
        some => println!("\nxtask: passed, WITHOUT {}", some.join(" and WITHOUT ")),
    }
    Ok(())
}

/// What the browser tests need, as far as it is there.
struct Found {
    browser: Option<Browser>,
    axe: Option<PathBuf>,
}

/// Builds everything, while something else is set up that hardly waits for the same things.
fn build_beside<T: Send>(set_up: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let other = scope.spawn(set_up);
        // All targets at once: the same features as the tests have, so that nothing is built twice, and the binaries
        // are there before a test or the emulator starts them.
        process::run(&mut process::cargo(&[
            "build",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--locked",
        ]))?;
        other
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// `cargo test` with what the tests read from the environment.
fn test_command(options: &Options, found: &Found) -> std::process::Command {
    let mut command = process::cargo(&["test", "--workspace", "--all-features", "--locked"]);
    command
        .env("COUNTERFOIL_FULL", "1")
        .env("COUNTERFOIL_TRIALS", "1")
        .env("COUNTERFOIL_KILLS", options.kills.to_string())
        // Most tests wait for a server, a browser or a disk.
        .env("RUST_TEST_THREADS", (2 * process::cores()).to_string());
    match &found.browser {
        Some(browser) => {
            command
                .env(browser::CHROMIUM, &browser.chromium)
                .env(browser::CHROMEDRIVER, &browser.chromedriver);
            command.env_remove(browser::WITHOUT);
        }
        None => {
            command.env(browser::WITHOUT, "1");
        }
    }
    match found.axe.as_deref() {
        Some(file) => command.env(axe::AXE, file).env_remove(axe::WITHOUT),
        None => command.env(axe::WITHOUT, "1"),
    };
    if let Some(filter) = &options.only {
        // After `--`, so that a filter that looks like an option stays a filter.
        command.args(["--", filter.as_str()]);
    }
    command
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn environment(browser: Option<Browser>, axe: Option<&Path>) -> Vec<(String, Option<String>)> {
        let options = Options {
            kills: 7,
            only: Some("--a".into()),
        };
        let command = test_command(
            &options,
            &Found {
                browser,
                axe: axe.map(Path::to_path_buf),
            },
        );
        let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
        assert!(
            command
                .get_args()
                .map(text)
                .collect::<Vec<_>>()
                .ends_with(&["--".into(), "--a".into()])
        );
        command
            .get_envs()
            .map(|(name, value)| (text(name), value.map(text)))
            .collect()
    }

    #[test]
    fn the_tests_learn_where_the_browser_is() {
        let browser = Browser {
            chromium: "/c".into(),
            chromedriver: "/d".into(),
        };
        let environment = environment(Some(browser), Some(Path::new("/a")));
        let expected = [
            (browser::CHROMIUM, "/c"),
            (browser::CHROMEDRIVER, "/d"),
            (axe::AXE, "/a"),
            ("COUNTERFOIL_KILLS", "7"),
        ];
        for (name, value) in expected {
            assert!(
                environment.contains(&(name.into(), Some(value.into()))),
                "{environment:?}"
            );
        }
        assert!(environment.contains(&(browser::WITHOUT.into(), None)));
    }

    #[test]
    fn the_tests_learn_that_there_is_no_browser() {
        let environment = environment(None, None);
        for name in [browser::WITHOUT, axe::WITHOUT] {
            assert!(
                environment.contains(&(name.into(), Some("1".into()))),
                "{environment:?}"
            );
        }
    }
}
