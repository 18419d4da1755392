//! LocalStack's core: a second emulator of SQS and SNS, without an account. What it has beyond MiniStack is SQS's own
//! redrive; it has no DynamoDB and no Lambda. It needs a newer Python than most machines come with, so where there is
//! none its tests are left out, loudly, in CI too: unlike a browser, a Python cannot be installed from here.

use std::process::Stdio;

use anyhow::{Context, Result};

use crate::served::Served;
use crate::venv::{Installed, Venv};
use crate::{process, python};

/// What it leaves open is pinned by what it needs: with newer ones it does not start, and does not say why.
const LOCALSTACK: Venv = Venv {
    name: "localstack",
    packages: &[
        "localstack-core[runtime]==2026.3.0",
        "cbor2==5.9.0",
        "cryptography==45.0.7",
        "pyopenssl==25.1.0",
        "service_identity==24.2.0",
    ],
};
const SERVE: &str = "xtask/emulator/queues.py";

/// Tells the tests where it listens.
pub const ENDPOINT: &str = "COUNTERFOIL_LOCALSTACK";
/// What a person can do about its absence.
pub const HOW_TO_GET: &str = "install Python 3.13 or newer, as python3.13 on the PATH or by pyenv";

/// Installs it. `Ok(None)` where no Python is new enough, after saying what will be left out.
pub fn set_up() -> Result<Option<Installed>> {
    let Some(python) = python::newer() else {
        eprintln!(
            "\nxtask: NO PYTHON 3.13: the tests of the queues on LocalStack, and of SQS's own redrive, WILL BE SKIPPED ({HOW_TO_GET})"
        );
        return Ok(None);
    };
    LOCALSTACK.set_up_for(|| Ok(python)).map(Some)
}

/// Starts it on a free port. It says where it listens.
pub fn start(installed: &Installed) -> Result<Served> {
    let target = process::target_dir()?;
    let mut command = installed.command("python");
    command
        .arg(SERVE)
        .arg("--port")
        .arg(process::free_port()?.to_string());
    command
        .arg("--log")
        .arg(target.join("localstack.log"))
        .arg("--folder")
        .arg(target.join("localstack"));
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    Served::by(child.context("LocalStack could not be started")?)
}
