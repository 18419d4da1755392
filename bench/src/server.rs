//! The server under test: a real process with a data directory of its own, stopped by its own process id.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// NUMBERS: ready within 2 s with 10⁶ rows. Far above that, and still bounded.
const START: Duration = Duration::from_secs(30);

/// A folder that is removed at the end. On the disk that is measured, so never in a temporary file system.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one in this folder, else beside this program.
    pub fn new(parent: Option<&Path>) -> Result<Self> {
        let me = std::env::current_exe().context("this program's own path is not to be had")?;
        let parent = parent
            .or(me.parent())
            .context("this program lies in no folder")?;
        // The thread too: tests share a process.
        let name = format!(
            "bench-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        );
        let folder = parent.join(name.replace(['(', ')'], ""));
        std::fs::create_dir(&folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!(
                "counterfoil-bench: {} could not be removed: {error}",
                self.0.display()
            );
        }
    }
}

/// A running server. Dropped before it was stopped, it is killed.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts it on a free port and waits until it says where it listens.
    pub fn start(program: &Path, forms: &Path, data: &Path) -> Result<Self> {
        Self::start_told(program, (forms, data), &[])
    }

    /// As above, with these variables in its environment.
    pub fn start_told(
        program: &Path,
        (forms, data): (&Path, &Path),
        variables: &[(&str, &str)],
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .args(["serve", "--port", "0", "--log", "error", "--data"])
            .arg(data)
            .arg("--forms")
            .arg(forms);
        command
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        // From here on dropping it kills the child.
        let mut server = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
        };
        server.address = server.wait_for_address()?;
        Ok(server)
    }

    fn wait_for_address(&mut self) -> Result<SocketAddr> {
        let (lines, heard) = mpsc::channel();
        forward(self.child.stdout.take(), lines.clone());
        forward(self.child.stderr.take(), lines);
        let mut said = Vec::new();
        loop {
            match heard.recv_timeout(START) {
                Ok(line) => match address_in(&line) {
                    Some(address) => return Ok(address),
                    None => said.push(line),
                },
                Err(_) => bail!(
                    "the server did not say where it listens; it said:\n{}",
                    said.join("\n")
                ),
            }
        }
    }

    /// Resident memory now and at its highest, in MB.
    pub fn memory(&self) -> Result<(f64, f64)> {
        memory(self.child.id())
    }

    /// Asks it to finish and waits until it has. `Err` unless it ends with 0.
    pub fn stop(mut self) -> Result<()> {
        rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::TERM,
        )?;
        let status = self.child.wait()?;
        ensure!(
            status.success(),
            "the server was asked to stop and ended with {status}"
        );
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is what is wanted; nothing else can be done here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process's resident memory now and at its highest, in MB (proc_pid_status(5): `VmRSS`, `VmHWM`, in KiB).
pub fn memory(process: u32) -> Result<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))
        .context("the process is gone")?;
    let field = |name: &str| {
        let rest = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        rest.split_whitespace()
            .next()?
            .parse::<f64>()
            .ok()
            .map(|kib| kib * 1024.0 / 1e6)
    };
    field("VmRSS")
        .zip(field("VmHWM"))
        .context("the process has ended")
}

/// Passes lines on for as long as there are any, so that the pipe never fills up, whether anybody listens or not.
fn forward(from: Option<impl Read + Send + 'static>, to: Sender<String>) {
    let Some(from) = from else { return };
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if let Err(unheard) = to.send(line) {
                eprintln!("server: {}", unheard.0);
            }
        }
    });
}

/// The loopback address in a line such as `Form  http://127.0.0.1:8080/forms/contact`.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://127.0.0.1:")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    Some(SocketAddr::from((
        [127, 0, 0, 1],
        rest[..end].parse().ok()?,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_wherever_it_stands_in_a_line() {
        for line in [
            "http://127.0.0.1:4711",
            "Open http://127.0.0.1:4711/forms/contact now",
            "(http://127.0.0.1:4711)",
        ] {
            assert_eq!(address_in(line).map(|a| a.port()), Some(4711), "{line}");
        }
        for line in [
            "",
            "http://127.0.0.1:",
            "http://127.0.0.1:99999/",
            "https://example.org:4711",
        ] {
            assert_eq!(address_in(line), None, "{line}");
        }
    }

    #[test]
    fn a_server_that_ends_at_once_is_an_error_with_what_it_said() {
        let error = Server::start(
            Path::new("/bin/echo"),
            Path::new("forms"),
            Path::new("data"),
        )
        .err()
        .unwrap();
        assert!(error.to_string().contains("serve --port 0"), "{error}");
    }
}
