//! Running other programs: what is run is printed first, output streams through, and a failure is one line.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};

/// The repository's root: this package lies right below it.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The cargo that runs this, at the repository's root.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Where cargo puts what it builds. This program lies in `<target>/<profile>/`, wherever the target directory is.
pub fn target_dir() -> Result<PathBuf> {
    let me = std::env::current_exe().context("this program's own path is not to be had")?;
    let target = me
        .ancestors()
        .nth(2)
        .context("this program does not lie in a cargo target directory")?;
    Ok(target.to_path_buf())
}

/// Where the command lies that is built for the tests.
pub fn program() -> Result<PathBuf> {
    Ok(target_dir()?.join("debug").join("counterfoil"))
}

/// Builds the command; where it lies.
pub fn built_program() -> Result<PathBuf> {
    run(&mut cargo(&[
        "build",
        "--locked",
        "--package",
        "counterfoil",
    ]))?;
    program()
}

/// An empty folder of this name in the target directory.
pub fn empty_folder(name: &str) -> Result<PathBuf> {
    let folder = target_dir()?.join(name);
    let said = || format!("failed to make {}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(said)?;
    }
    std::fs::create_dir_all(&folder).with_context(said)?;
    Ok(folder)
}

/// Runs to the end, with output streaming through. `Err` when it cannot start or does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    println!("\n$ {line}");
    let status = command
        .status()
        .with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status}); its own output above says why");
    }
    Ok(())
}

/// As above, with everything on standard error: for commands whose own standard output is for a program to read.
pub fn run_aside(command: &mut Command) -> Result<()> {
    let line = shown(command);
    eprintln!("\n$ {line}");
    command.stdout(std::io::stderr());
    let status = command
        .status()
        .with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status}); its own output above says why");
    }
    Ok(())
}

/// Whether a program starts and succeeds with these arguments, quietly.
pub fn answers(program: &Path, arguments: &[&str]) -> bool {
    let quiet = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

/// Cores of this machine.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A program on the `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// A port that was free a moment ago.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("there is no free port")?;
    Ok(listener
        .local_addr()
        .context("the port is not to be had")?
        .port())
}

/// The exit code, after one line about what went wrong.
pub fn exit_code(done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_stem()
        .unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
