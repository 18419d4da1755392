//! What others make of what receivers are told: a library of others verifies webhooks, and a mail server of others takes
//! mails, with the faults that mail servers have. What is held stands in `xtask/telling/prove.py`.

use std::path::Path;

use anyhow::Result;

use crate::process;
use crate::venv::Venv;

const OTHERS: Venv = Venv {
    name: "telling",
    packages: &[
        "aiosmtpd==1.4.6",
        "standardwebhooks==1.1.0",
        "trustme==1.2.1",
    ],
};
const PROOF: &str = "xtask/telling/prove.py";

/// Builds the command, then checks it.
pub fn run() -> Result<()> {
    check(&process::built_program()?)
}

/// Builds nothing: `program` is the command, built. `Err` when somebody is not told as the standards say.
pub fn check(program: &Path) -> Result<()> {
    let others = OTHERS.set_up()?;
    let folder = process::empty_folder("telling")?;
    process::run(others.command("python").arg(PROOF).arg(program).arg(folder))
}
