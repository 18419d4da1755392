//! What others make of the contract: schemathesis reads `/openapi.json` of a running server and asks it whatever the
//! contract allows and forbids, every check on. How it is set stands in `tests/contract/schemathesis.toml`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::venv::Venv;

const SCHEMATHESIS: Venv = Venv {
    name: "contract",
    packages: &["schemathesis==4.32.5"],
};
const SETTINGS: &str = "tests/contract/schemathesis.toml";
/// The shipped form, and one with a field of every kind.
const FORMS: [&str; 2] = ["forms/contact.toml", "crates/testkit/src/corpus/every.toml"];
/// For each operation and phase.
const EXAMPLES: &str = "50";

/// Builds the command, then checks it.
pub fn run() -> Result<()> {
    check(&process::built_program()?)
}

/// Builds nothing: `program` is the command, built. `Err` when the server does not do what its contract says.
pub fn check(program: &Path) -> Result<()> {
    let tools = SCHEMATHESIS.set_up()?;
    let folder = process::empty_folder("contract")?;
    copy_forms(&folder)?;
    let server = Server::start(program, &folder)?;
    let mut command = tools.command("schemathesis");
    // Where it keeps what it remembers: nothing of that belongs into the tree.
    command
        .current_dir(&folder)
        .arg("--config-file")
        .arg(process::root().join(SETTINGS));
    command.args([
        "run",
        &format!("{}/openapi.json", server.base),
        "--checks",
        "all",
    ]);
    command.args([
        "--max-examples",
        EXAMPLES,
        "--continue-on-failure",
        "--no-color",
    ]);
    process::run(&mut command)
}

/// Puts the forms into the folder.
fn copy_forms(folder: &Path) -> Result<()> {
    let forms = folder.join("forms");
    let said = || format!("failed to make {}", forms.display());
    std::fs::create_dir_all(&forms).with_context(said)?;
    for form in FORMS {
        let from = process::root().join(form);
        let name = from.file_name().context("a form is a file")?;
        std::fs::copy(&from, forms.join(name)).with_context(said)?;
    }
    Ok(())
}

/// A server on a free port. Ends with this value.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    fn start(program: &Path, folder: &Path) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--port", "0", "--log", "error"]);
        command
            .arg("--data")
            .arg(folder.join("data"))
            .arg("--forms")
            .arg(folder.join("forms"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut server = Self {
            child: child.context("the server could not be started")?,
            base: String::new(),
        };
        let Some(output) = server.child.stdout.take() else {
            bail!("the server has no output")
        };
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            Some(
                line[line.find("http://")?..]
                    .trim_end_matches('/')
                    .to_owned(),
            )
        });
        server.base = address
            .context("the server did not say where it listens; what it says above says why")?;
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is what is wanted; nothing else can be done here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
