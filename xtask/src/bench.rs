//! `cargo xtask bench …`: builds what is measured and what measures it, each on its own so that neither gets the
//! other's features, then lets the bench run.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::package::FUNCTIONS;
use crate::process;

/// The floor and the references, built as the functions are.
const BESIDE: [&str; 3] = ["bench-echo", "bench-send", "bench-put"];

/// What to measure.
#[derive(clap::Subcommand)]
pub enum Bench {
    /// The one-machine server over HTTP, beside append + fdatasync on the same disk
    Local(Local),
    /// The one-machine server with three dead receivers (one refuses, one hangs, one answers 500) beside without any, in
    /// alternating rounds
    Telling(Telling),
    /// The functions, each with its own features, beside a bootstrap that only echoes and the AWS SDK alone
    Functions(Functions),
    /// How hostile input is borne: the corpus, forged tickets, a crowd of slow clients
    Fire,
}

/// How to measure the one-machine server.
#[derive(clap::Args)]
pub struct Local {
    /// How long each load lasts
    #[arg(long, value_name = "N")]
    seconds: Option<u32>,
    /// Connection counts, separated by commas
    #[arg(long, value_name = "LIST")]
    connections: Option<String>,
}

/// How to measure what dead receivers cost.
#[derive(clap::Args)]
pub struct Telling {
    /// How long each load lasts
    #[arg(long, value_name = "N")]
    seconds: Option<u32>,
    /// Connections of each load
    #[arg(long, value_name = "N")]
    connections: Option<u32>,
    /// Rounds of two loads each
    #[arg(long, value_name = "N")]
    rounds: Option<u32>,
}

/// How to measure the functions.
#[derive(clap::Args)]
pub struct Functions {
    /// Starts of each program
    #[arg(long, value_name = "N")]
    starts: Option<u32>,
    /// Invocations of each load; 100000 shows whether memory stays flat, and takes several minutes
    #[arg(long, value_name = "N")]
    invocations: Option<u32>,
    /// Writes what was measured as JSON, too: what `counterfoil cost --measured` reads
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Builds, then measures.
pub fn run(home: &Bench) -> Result<()> {
    match home {
        Bench::Local(options) => local(options),
        Bench::Telling(options) => telling(options),
        Bench::Functions(options) => functions(options),
        Bench::Fire => fire(),
    }
}

/// Builds the server and what measures it; the folder they lie in.
fn build() -> Result<PathBuf> {
    for package in ["counterfoil", "counterfoil-bench"] {
        process::run(&mut process::cargo(&[
            "build",
            "--release",
            "--locked",
            "--package",
            package,
        ]))?;
    }
    Ok(process::target_dir()?.join("release"))
}

fn fire() -> Result<()> {
    let built = build()?;
    let mut bench = Command::new(built.join("counterfoil-fire"));
    process::run(
        bench
            .current_dir(process::root())
            .arg("--server")
            .arg(built.join("counterfoil")),
    )
}

fn local(options: &Local) -> Result<()> {
    let built = build()?;
    let mut bench = Command::new(built.join("counterfoil-bench"));
    bench
        .current_dir(process::root())
        .args(["local", "--server"])
        .arg(built.join("counterfoil"));
    if let Some(seconds) = options.seconds {
        bench.args(["--seconds", &seconds.to_string()]);
    }
    if let Some(connections) = &options.connections {
        bench.args(["--connections", connections]);
    }
    process::run(&mut bench)
}

fn telling(options: &Telling) -> Result<()> {
    let built = build()?;
    let mut bench = Command::new(built.join("counterfoil-bench"));
    bench
        .current_dir(process::root())
        .args(["telling", "--server"])
        .arg(built.join("counterfoil"));
    for (option, value) in [
        ("--seconds", options.seconds),
        ("--connections", options.connections),
        ("--rounds", options.rounds),
    ] {
        if let Some(value) = value {
            bench.args([option, &value.to_string()]);
        }
    }
    process::run(&mut bench)
}

fn functions(options: &Functions) -> Result<()> {
    process::run(&mut process::cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "counterfoil-bench",
    ]))?;
    let mut beside = lambda_build("counterfoil-bench", "reference");
    process::run(beside.args(BESIDE.iter().flat_map(|program| ["--bin", program])))?;
    for (binary, package) in FUNCTIONS {
        process::run(lambda_build(package, &format!("{binary}-fn")).args(["--bin", binary]))?;
    }
    let target = process::target_dir()?;
    let mut bench = Command::new(target.join("release/counterfoil-bench"));
    bench
        .current_dir(process::root())
        .args(["functions", "--programs"])
        .arg(target.join("lambda"));
    for (option, value) in [
        ("--starts", options.starts),
        ("--invocations", options.invocations),
    ] {
        bench.args(
            value
                .iter()
                .flat_map(|value| [option.to_owned(), value.to_string()]),
        );
    }
    if let Some(json) = &options.json {
        bench.arg("--json").arg(std::path::absolute(json)?);
    }
    process::run(&mut bench)
}

/// Builds for this machine, with this machine's own C library, which no figure here depends on.
fn lambda_build(package: &str, features: &str) -> Command {
    process::cargo(&[
        "build",
        "--profile",
        "lambda",
        "--locked",
        "--package",
        package,
        "--features",
        features,
    ])
}
