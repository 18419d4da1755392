//! `cargo xtask fuzz`: every parser that strangers' bytes reach, under libFuzzer. With the nightly toolchain, where it
//! is installed, the address sanitizer watches too; on stable there is none, and it says so. `fuzz/` is laid out as
//! cargo-fuzz wants it, but cargo-fuzz is not needed: what it does is these few flags.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

const MANIFEST: &str = "fuzz/Cargo.toml";
const SEEDS: &str = "fuzz/seeds";

/// Names the target, to the program that has them all.
const TARGET: &str = "COUNTERFOIL_FUZZ";
/// Names the folder that it fills with the corpus of bad input before it starts.
const FILL: &str = "COUNTERFOIL_FUZZ_SEEDS";

/// The flags that make a build tell libFuzzer where it has been; those of cargo-fuzz.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// The sanitizer, which only nightly has.
const ADDRESS: &str = " -Zsanitizer=address";

/// A single input may take this long, in seconds, and this much memory, in MB.
const LIMITS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=2048"];

/// How to fuzz.
#[derive(clap::Args)]
pub struct Options {
    /// Minutes in all, shared by the targets; as many run at once as there are cores
    #[arg(long, value_name = "N", default_value_t = 8.0)]
    minutes: f64,
    /// One target alone: a folder in fuzz/seeds
    #[arg(long, value_name = "TARGET")]
    only: Option<String>,
    /// Without the address sanitizer, even where there is a nightly toolchain
    #[arg(long)]
    stable: bool,
}

/// Builds them and lets each target run its share of the time. `Err` with the first finding, whose input is kept.
pub fn run(options: &Options) -> Result<()> {
    let is_nightly = !options.stable && has_nightly();
    if !is_nightly {
        println!(
            "xtask: on stable, WITHOUT a sanitizer (`rustup toolchain install nightly` brings one)"
        );
    }
    let program = build(is_nightly)?;
    let targets = targets(options)?;
    // At least a second each: less is only the seeds.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "minutes as a person gives them"
    )]
    let seconds =
        ((options.minutes * 60.0 * process::cores() as f64 / targets.len() as f64) as u64).max(1);
    // A fuzzer keeps one core busy: as many at a time as there are.
    for some in targets.chunks(process::cores()) {
        std::thread::scope(|scope| {
            let program = &program;
            let start = |target| scope.spawn(move || fuzz(program, target, seconds));
            let all: Vec<_> = some.iter().map(String::as_str).map(start).collect();
            all.into_iter().try_for_each(|one| {
                one.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })?;
    }
    println!(
        "\nxtask: {} targets, {seconds} s each: nothing found",
        targets.len()
    );
    Ok(())
}

/// One target for so many seconds. What it finds new is kept in its corpus, for the next run.
fn fuzz(program: &Path, target: &str, seconds: u64) -> Result<()> {
    let folder = process::target_dir()?.join("fuzz");
    let (findings, corpus) = (folder.join("findings"), folder.join("corpus").join(target));
    for folder in [&findings, &corpus] {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("failed to make {}", folder.display()))?;
    }
    let mut command = Command::new(program);
    command
        .env(TARGET, target)
        .env(FILL, &corpus)
        .current_dir(process::root());
    command
        .arg(corpus)
        .arg(Path::new(SEEDS).join(target))
        .args(LIMITS);
    command.arg(format!("-max_total_time={seconds}")).args([
        "-print_final_stats=1",
        "-max_len=16384",
        "-verbosity=0",
        "-print_funcs=0",
    ]);
    command.arg(format!("-artifact_prefix={}/{target}-", findings.display()));
    process::run(&mut command).with_context(|| {
        format!(
            "{target} has found something: its input is in {}; put it into {SEEDS}/{target} when it is fixed",
            findings.display()
        )
    })
}

/// The built program.
fn build(is_nightly: bool) -> Result<PathBuf> {
    let host = host()?;
    let folder =
        process::target_dir()?
            .join("fuzz")
            .join(if is_nightly { "nightly" } else { "stable" });
    // What is shipped is what is fuzzed: the same versions, and what cargo adds to them for the fuzzer alone.
    let lock = process::root().join("fuzz/Cargo.lock");
    std::fs::copy(process::root().join("Cargo.lock"), &lock)
        .with_context(|| format!("failed to write {}", lock.display()))?;
    let mut command = if is_nightly {
        nightly("cargo")
    } else {
        process::cargo(&[])
    };
    // With a target named, what the build itself runs (macros, build scripts) is built without the flags.
    command.args([
        "build",
        "--release",
        "--manifest-path",
        MANIFEST,
        "--target",
        &host,
    ]);
    command
        .current_dir(process::root())
        .env("CARGO_TARGET_DIR", &folder);
    command.env(
        "RUSTFLAGS",
        format!("{COVERAGE}{}", if is_nightly { ADDRESS } else { "" }),
    );
    process::run(&mut command)?;
    Ok(folder.join(host).join("release").join("fuzz"))
}

fn targets(options: &Options) -> Result<Vec<String>> {
    let folder = process::root().join(SEEDS);
    let folders = std::fs::read_dir(&folder)
        .with_context(|| format!("failed to read {}", folder.display()))?;
    let mut all: Vec<_> = folders
        .filter_map(|folder| folder.ok()?.file_name().into_string().ok())
        .filter(|name| options.only.as_ref().is_none_or(|only| only == name))
        .collect();
    all.sort();
    match (&options.only, all.is_empty()) {
        (Some(only), true) => bail!(
            "there is no fuzz target {only}; those in {} are",
            folder.display()
        ),
        _ => Ok(all),
    }
}

/// A program of the nightly toolchain.
fn nightly(program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", program]);
    // Else it is told to be the one that runs this.
    command
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .env_remove("RUSTC");
    command
}

fn has_nightly() -> bool {
    nightly("rustc")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

/// What this machine is called.
fn host() -> Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("rustc could not be started")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not say what this is")?;
    Ok(host.to_owned())
}
