//! `counterfoil-bench`: drives a release server over loopback HTTP and prints one table beside the floor, which is
//! append + fdatasync on the same disk in the same run. Absolute figures drift from run to run; the ratios count.

// Measuring is reading a clock.
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time and polls with a deadline")]

mod floor;
mod load;
mod measure;
mod samples;
mod server;
mod settled;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Measures the one-machine server beside the floor of its disk.
#[derive(Parser)]
struct Arguments {
    /// The server's program (a release build)
    #[arg(long, value_name = "PATH")]
    server: PathBuf,
    /// How long each load lasts
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Connection counts; the floor's batches are as large
    // 1024: beyond it the default limit of open files is what is measured.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,32,256",
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    connections: Vec<u32>,
    /// The forms the server reads
    #[arg(long, value_name = "DIR", default_value = "forms")]
    forms: PathBuf,
    /// Where the data goes; on the disk that is to be measured (default: beside this program)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let plan = measure::Plan {
        server: arguments.server,
        forms: arguments.forms,
        folder: arguments.dir,
        load: std::time::Duration::from_secs(arguments.seconds.into()),
        connections: arguments.connections,
    };
    match measure::run(&plan) {
        Ok(report) => {
            println!("\n{}", table::render(&report));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("counterfoil-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
