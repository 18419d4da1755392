//! `cargo xtask bench …`: builds what is measured and what measures it, each on its own so that neither gets the
//! other's features, then lets the bench run.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process;

/// What to measure.
#[derive(clap::Subcommand)]
pub enum Home {
    /// The one-machine server over HTTP, beside append + fdatasync on the same disk
    Local(Local),
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

/// Builds, then measures.
pub fn run(home: &Home) -> Result<()> {
    match home {
        Home::Local(options) => local(options),
        Home::Fire => fire(),
    }
}

/// Builds the server and what measures it; the folder they lie in.
fn build() -> Result<PathBuf> {
    for package in ["counterfoil", "counterfoil-bench"] {
        process::run(&mut process::cargo(&["build", "--release", "--locked", "--package", package]))?;
    }
    Ok(process::target_dir()?.join("release"))
}

fn fire() -> Result<()> {
    let built = build()?;
    let mut bench = Command::new(built.join("counterfoil-fire"));
    process::run(bench.current_dir(process::root()).arg("--server").arg(built.join("counterfoil")))
}

fn local(options: &Local) -> Result<()> {
    let built = build()?;
    let mut bench = Command::new(built.join("counterfoil-bench"));
    bench.current_dir(process::root()).arg("--server").arg(built.join("counterfoil"));
    if let Some(seconds) = options.seconds {
        bench.args(["--seconds", &seconds.to_string()]);
    }
    if let Some(connections) = &options.connections {
        bench.args(["--connections", connections]);
    }
    process::run(&mut bench)
}
