//! The real program as a process: started on a free port, its log kept, ended by whoever started it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A directory for a server's data, its forms and its log; it outlives the process.
pub(crate) struct Machine {
    directory: TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let home = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(home.forms()).unwrap();
        home.write_form("contact", include_str!("../../forms/contact.toml"));
        home
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn forms(&self) -> PathBuf {
        self.directory.path().join("forms")
    }

    pub(crate) fn write_form(&self, id: &str, text: &str) {
        std::fs::write(self.forms().join(format!("{id}.toml")), text).unwrap();
    }

    /// Everything that every server here has logged.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(
            &std::fs::read(self.directory.path().join("log")).unwrap_or_default(),
        )
        .into_owned()
    }

    fn log_file(&self) -> File {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory.path().join("log"))
            .unwrap()
    }

    /// `counterfoil serve` on this home, not started yet.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .arg("serve")
            .arg("--data")
            .arg(self.data())
            .arg("--forms")
            .arg(self.forms());
        if !arguments.contains(&"--port") {
            command.args(["--port", "0"]);
        }
        command.args(arguments).stdin(Stdio::null());
        command
    }

    pub(crate) fn start(&self) -> Server {
        self.start_with(&[])
    }

    /// Starts a server and waits until it says where it listens.
    pub(crate) fn start_with(&self, arguments: &[&str]) -> Server {
        self.start_logging_to(self.log_file().into(), arguments)
    }

    /// As above, with these variables in its environment.
    #[allow(dead_code, reason = "shared; not every target sets variables")]
    pub(crate) fn start_told(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Server {
        let mut command = self.serve(arguments);
        command.envs(variables.iter().copied());
        self.run(command, self.log_file().into())
    }

    /// As above, with its standard error somewhere else.
    pub(crate) fn start_logging_to(&self, log: Stdio, arguments: &[&str]) -> Server {
        self.run(self.serve(arguments), log)
    }

    /// A server that may open only so many files.
    pub(crate) fn start_with_files(&self, most: u32) -> Server {
        let serve = self.serve(&[]);
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("ulimit -n {most}; exec \"$0\" \"$@\""))
            .arg(serve.get_program());
        shell.args(serve.get_args()).stdin(Stdio::null());
        self.run(shell, self.log_file().into())
    }

    /// Another verb that listens, started as a server is.
    pub(crate) fn run_other(&self, mut command: Command) -> Server {
        command.stdin(Stdio::null());
        self.run(command, self.log_file().into())
    }

    fn run(&self, mut command: Command, log: Stdio) -> Server {
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| address(&line));
        let Some(base) = base else {
            let _ = child.kill();
            panic!("the server did not start: {}", self.log());
        };
        let console = Arc::new(OnceLock::new());
        let (first, said) = (base.clone(), Arc::clone(&console));
        // Reads on, so that the server never waits for a full pipe.
        std::thread::spawn(move || {
            let lines = std::iter::once(first).chain(lines.map_while(Result::ok));
            let keys = lines.filter(|line| line.contains("token="));
            keys.filter_map(|line| address(&line))
                .for_each(|key| said.set(key).unwrap());
        });
        Server {
            child,
            base,
            console,
        }
    }

    /// Runs a verb on this home's data; its output.
    pub(crate) fn verb(&self, arguments: &[&str]) -> String {
        let output = program()
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Is this `cargo xtask test`, which has time for everything?
#[allow(
    clippy::disallowed_methods,
    reason = "how much a test does is set from outside"
)]
pub(crate) fn is_full_run() -> bool {
    std::env::var_os("COUNTERFOIL_FULL").is_some()
}

/// The program under test.
pub(crate) fn program() -> Command {
    Command::new(Path::new(env!("CARGO_BIN_EXE_counterfoil")))
}

fn address(line: &str) -> Option<String> {
    let at = line.find("http://")?;
    Some(line[at..].trim_end().trim_end_matches('/').to_owned())
}

/// A running server. Dropped, it is killed.
pub(crate) struct Server {
    child: Child,
    base: String,
    console: Arc<OnceLock<String>>,
}

impl Server {
    /// `127.0.0.1:PORT`.
    pub(crate) fn authority(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The address that opens its console.
    pub(crate) fn console(&self) -> String {
        crate::wait::until("it says where its console is", || {
            self.console.get().is_some()
        });
        self.console.get().unwrap().clone()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap()
    }

    /// The most memory it has had so far, in KiB; `None` where the system does not say.
    #[allow(dead_code, reason = "shared; not every target asks")]
    pub(crate) fn peak(&self) -> Option<u64> {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.pid().as_raw_nonzero()))
                .ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Asks it to stop and waits for its end.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.child.wait().unwrap()
    }

    /// Has it ended by itself?
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended when it was stopped or killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
