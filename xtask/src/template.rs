//! `cargo xtask template`: what others have to say about `template.yaml`. No account and no network is asked; what we
//! ask of it ourselves is `tests/template`. A waiver stands in the template beside what it is for.

use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::venv::Venv;

/// SAM's own checks, and cfn-lint with the rules for serverless applications.
const LINTERS: Venv =
    Venv { name: "template", packages: &["aws-sam-cli==1.170.0", "cfn-lint==1.58.0", "cfn-lint-serverless==0.3.6"] };
/// On its own: it wants other versions of what the two above are made of.
const CHECKOV: Venv = Venv { name: "checkov", packages: &["checkov==3.3.30"] };

const TEMPLATE: &str = "template.yaml";
/// Any will do: the linters want to know in which region a resource has to exist.
const REGION: &str = "eu-central-1";

/// All three, one after the other. `Err` with the first that has a complaint.
pub fn run() -> Result<()> {
    let linters = LINTERS.set_up()?;
    process::run(offline(&mut linters.command("sam")).args(["validate", "--lint", "--template", TEMPLATE]))?;
    process::run(offline(&mut linters.command("cfn-lint")).args([
        TEMPLATE,
        "--append-rules",
        "cfn_lint_serverless.rules",
    ]))?;
    let checkov = CHECKOV.set_up()?;
    process::run(offline(&mut checkov.command("checkov")).args([
        "--file",
        TEMPLATE,
        "--framework",
        "cloudformation",
        "--compact",
        "--quiet",
        // Else it calls its vendor for links to its guidelines.
        "--skip-download",
    ]))?;
    println!("\nxtask: {TEMPLATE} is well");
    Ok(())
}

/// Without telemetry, without an account.
fn offline(command: &mut Command) -> &mut Command {
    command.env("SAM_CLI_TELEMETRY", "0").env("AWS_DEFAULT_REGION", REGION)
}
