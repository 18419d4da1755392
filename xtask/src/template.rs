//! `cargo xtask template`: what others have to say about the templates. No account and no network is asked; what we
//! ask of it ourselves is `tests/template`. A waiver stands in the template beside what it is for.

use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::venv::{Installed, Venv};

/// SAM's own checks, and cfn-lint with the rules for serverless applications.
const LINTERS: Venv = Venv {
    name: "template",
    packages: &[
        "aws-sam-cli==1.170.0",
        "cfn-lint==1.58.0",
        "cfn-lint-serverless==0.3.6",
    ],
};
/// On its own: it wants other versions of what the two above are made of.
const CHECKOV: Venv = Venv {
    name: "checkov",
    packages: &["checkov==3.3.30"],
};

/// Each with the region that the linters ask about: any will do for the first, and the second is for one alone.
const TEMPLATES: [(&str, &str); 2] = [
    ("template.yaml", "eu-central-1"),
    ("edge-waf.yaml", "us-east-1"),
];

/// All three of each; the templates beside each other, because each linter keeps one core busy and no more. `Err` with the
/// first that has a complaint.
pub fn run() -> Result<()> {
    let (linters, checkov) = (LINTERS.set_up()?, CHECKOV.set_up()?);
    std::thread::scope(|scope| {
        let checks = TEMPLATES.map(|(template, region)| {
            let (linters, checkov) = (&linters, &checkov);
            scope.spawn(move || check(template, region, linters, checkov))
        });
        checks.into_iter().try_for_each(|check| {
            check
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

fn check(template: &str, region: &str, linters: &Installed, checkov: &Installed) -> Result<()> {
    let offline = |command| offline(command, region);
    process::run(offline(linters.command("sam")).args([
        "validate",
        "--lint",
        "--template",
        template,
    ]))?;
    let serverless = [
        "--regions",
        region,
        "--append-rules",
        "cfn_lint_serverless.rules",
    ];
    process::run(
        offline(linters.command("cfn-lint"))
            .arg("--template")
            .arg(template)
            .args(serverless),
    )?;
    process::run(offline(checkov.command("checkov")).args([
        "--file",
        template,
        "--framework",
        "cloudformation",
        "--compact",
        "--quiet",
        // Else it calls its vendor for links to its guidelines.
        "--skip-download",
    ]))?;
    println!("\nxtask: {template} is well\n");
    Ok(())
}

/// Without telemetry, without an account.
fn offline(mut command: Command, region: &str) -> Command {
    command
        .env("SAM_CLI_TELEMETRY", "0")
        .env("AWS_DEFAULT_REGION", region);
    command
}
