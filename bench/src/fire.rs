//! `counterfoil-fire`: how hostile input is borne, in figures. How long each bad request of the corpus takes; whether a
//! ticket whose signature is wrong in its first byte takes other time than one wrong in its last; what a crowd of slow
//! clients costs the others. It prints and decides nothing: the tests hold what has to hold.

// Measuring is reading a clock.
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what it shares with the tests panics where they must fail"
)]

#[path = "../../tests/corpus/ask.rs"]
mod ask;
mod crowd;
#[allow(dead_code, reason = "shared with the tests, which look closer")]
#[path = "../../tests/support/in_process.rs"]
mod in_process;
mod input;
mod tickets;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

/// Measures how hostile input is borne.
#[derive(Parser)]
struct Arguments {
    /// The server's program (a release build)
    #[arg(long, value_name = "PATH")]
    server: PathBuf,
    /// The forms the server reads
    #[arg(long, value_name = "DIR", default_value = "forms")]
    forms: PathBuf,
    /// How long each load lasts
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Slow clients
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    slow: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    println!("{}", input::table());
    println!("{}", tickets::table());
    let crowd = crowd::Crowd {
        server: &arguments.server,
        forms: &arguments.forms,
        lasting: Duration::from_secs(arguments.seconds),
        slow: arguments.slow,
    };
    match crowd.table() {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("counterfoil-fire: {error:#}");
            ExitCode::FAILURE
        }
    }
}
