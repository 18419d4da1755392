//! `counterfoil-bench`: measures a home and prints tables beside a floor taken in the same run: the one-machine server
//! over loopback HTTP beside append + fdatasync on the same disk, with dead receivers beside without any, the functions
//! beside a bootstrap that only echoes.
//! Absolute figures drift from run to run; the ratios count.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use counterfoil_bench::{functions, measure, table, telling};

/// Measures a home beside a floor taken in the same run.
#[derive(Parser)]
enum Arguments {
    /// The one-machine server beside the floor of its disk
    Local(Local),
    /// The one-machine server with three dead receivers beside without any
    Telling(Telling),
    /// The functions beside a bootstrap that only echoes, and the AWS SDK alone
    Functions(Functions),
}

#[derive(clap::Args)]
struct Local {
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

#[derive(clap::Args)]
struct Telling {
    /// The server's program (a release build)
    #[arg(long, value_name = "PATH")]
    server: PathBuf,
    /// How long each load lasts
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Connections of each load
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1024))]
    connections: u32,
    /// Rounds of two loads each
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The folder with the form `contact`
    #[arg(long, value_name = "DIR", default_value = "forms")]
    forms: PathBuf,
    /// Where the data goes (default: beside this program)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Functions {
    /// The folder with the programs of the functions, of the floor and of the references
    #[arg(long, value_name = "DIR")]
    programs: PathBuf,
    /// Starts of each program
    #[arg(long, value_name = "N", default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
    /// Invocations of each load
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    invocations: u32,
    /// The forms the functions read
    #[arg(long, value_name = "DIR", default_value = "forms")]
    forms: PathBuf,
    /// Writes what was measured as JSON, too: what `counterfoil cost --measured` reads
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Arguments::parse() {
        Arguments::Local(arguments) => local(arguments),
        Arguments::Telling(arguments) => telling(arguments),
        Arguments::Functions(Functions {
            programs,
            starts,
            invocations,
            forms,
            json,
        }) => functions::run(
            &functions::Plan {
                programs,
                starts,
                invocations,
                forms,
            },
            json.as_deref(),
        ),
    };
    match done {
        Ok(table) => {
            println!("\n{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("counterfoil-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn local(arguments: Local) -> anyhow::Result<String> {
    let plan = measure::Plan {
        server: arguments.server,
        forms: arguments.forms,
        folder: arguments.dir,
        load: std::time::Duration::from_secs(arguments.seconds.into()),
        connections: arguments.connections,
    };
    Ok(table::render(&measure::run(&plan)?))
}

fn telling(arguments: Telling) -> anyhow::Result<String> {
    telling::run(&telling::Plan {
        server: arguments.server,
        forms: arguments.forms,
        folder: arguments.dir,
        load: std::time::Duration::from_secs(arguments.seconds.into()),
        connections: arguments.connections,
        rounds: arguments.rounds,
    })
}
