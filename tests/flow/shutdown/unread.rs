//! Nobody reads what the server says: its pipes are full from the beginning, and stay so.

use std::io::{PipeReader, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use counterfoil_local::DataDir;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;
use serde_json::json;

use super::in_flight;
use crate::client::{Door, accepted, fields, post_json, settled};
use crate::python::hold_writer;
use crate::server::{Machine, Server};
use crate::wait::until;

/// A pipe that takes nothing any more. As long as the reader is there, whoever writes to it waits.
fn full() -> (PipeReader, Stdio) {
    let (reader, mut writer) = pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'.'; 512]).is_ok() {}
    fcntl_setfl(&writer, flags).unwrap();
    (reader, writer.into())
}

/// How it ends; until then the directory is its own.
fn end(home: &Machine, server: &mut Server) -> ExitStatus {
    let directory = DataDir::existing(&home.data()).unwrap();
    until("the directory is free", || directory.lock().is_ok());
    let open = open_files(server);
    assert_eq!(
        open, 0,
        "the directory is free, and its server may still write to open files"
    );
    until("it ends", || server.ended().is_some());
    server.ended().unwrap()
}

/// How many files all threads of a server have open; of one that has ended, none.
fn open_files(server: &Server) -> usize {
    let threads = std::fs::read_dir(format!("/proc/{}/task", server.pid().as_raw_nonzero()));
    let threads = threads.into_iter().flatten().filter_map(Result::ok);
    threads
        .map(|thread| std::fs::read_dir(thread.path().join("fd")).map_or(0, Iterator::count))
        .sum()
}

#[test]
fn a_server_whose_log_nobody_reads_stops_when_it_is_asked_to_and_publishes_at_the_next_start() {
    let home = Machine::new();
    let (_unread, log) = full();
    let mut server = home.start_logging_to(log, &["--log", "trace"]);
    let tickets: Vec<_> = (0..300)
        .map(|n| accepted(&server, &format!("message {n}")))
        .collect();
    assert_eq!(settled(&server, &tickets[299]), "stored");
    server.signal(Signal::TERM);
    assert!(end(&home, &mut server).success());
    let again = home.start();
    for ticket in &tickets {
        assert_eq!(settled(&again, ticket), "stored");
    }
    until("every notice is published", || {
        home.log().matches("published id=").count() >= tickets.len()
    });
    assert!(again.stop().success());
}

#[test]
fn asked_twice_it_ends_at_once_although_nobody_reads_its_log_and_its_writer_hangs() {
    let home = Machine::new();
    let (_unread, log) = full();
    let mut server = home.start_logging_to(log, &[]);
    settled(&server, &accepted(&server, "published never"));
    let _held = hold_writer(&home);
    // In hand for certain, so that the end in order takes its time.
    let _slow = in_flight(&server, &fields("never sent").to_string());
    server.signal(Signal::TERM);
    // What no form takes is refused otherwise, and the writer is not asked about it.
    until("it stops", || {
        post_json(&server, &json!({}), &[]).is_ok_and(|answer| answer.status == 503)
    });
    server.signal(Signal::INT);
    let status = end(&home, &mut server);
    assert_eq!(
        status.code(),
        Some(1),
        "in its order it would have ended with 0"
    );
}

/// When Docker kills, unless told otherwise, and a little for a busy machine.
const DOCKER: Duration = Duration::from_secs(11);

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "how long it takes is what is promised"
)]
fn whatever_hangs_the_end_has_a_bound_and_the_directory_is_nobody_elses_until_then() {
    let home = Machine::new();
    let (_unread, log) = full();
    let mut server = home.start_logging_to(log, &[]);
    let ticket = accepted(&server, "before");
    assert_eq!(settled(&server, &ticket), "stored");
    // Its writer waits for another process, which does not let go: longer than any patience of the server's.
    let held = hold_writer(&home);
    let _slow = in_flight(&server, &fields("never sent").to_string());
    let late = request_in_hand(&server);
    server.signal(Signal::TERM);
    let start = Instant::now();
    let status = end(&home, &mut server);
    assert!(
        status.code().is_some() && start.elapsed() < DOCKER,
        "{status:?} after {:?}",
        start.elapsed()
    );
    drop((held, late));
    let again = home.start();
    assert_eq!(settled(&again, &ticket), "stored");
}

/// A whole post that nobody answers, because it cannot be written down.
fn request_in_hand(server: &Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.authority()).unwrap();
    stream
        .write_all(super::request(server, &fields("in hand").to_string()).as_bytes())
        .unwrap();
    stream
}

/// A server of which nobody reads anything, on a port that was free a moment ago.
struct Mute {
    child: Child,
    door: Door,
    _unread: [PipeReader; 2],
}

impl Mute {
    fn start(home: &Machine, verb: impl Fn(u16) -> Command) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let ((one, out), (two, log)) = (full(), full());
        let child = verb(port)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(log)
            .spawn()
            .unwrap();
        let authority = format!("127.0.0.1:{port}");
        let door = Door {
            host: authority.clone(),
            authority,
        };
        until("it listens", || TcpStream::connect(&door.authority).is_ok());
        assert!(home.data().exists());
        Self {
            child,
            door,
            _unread: [one, two],
        }
    }

    fn stop(mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, Signal::TERM).unwrap();
        until("it ends", || self.child.try_wait().unwrap().is_some());
        self.child.wait().unwrap()
    }
}

impl Drop for Mute {
    fn drop(&mut self) {
        // Already ended when it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_greeting_that_nobody_reads_keeps_nobody_from_serving() {
    let home = Machine::new();
    let serve = |port: u16| {
        home.serve(&[
            "--port",
            &port.to_string(),
            "--no-console",
            "--fail",
            "publish:1",
        ])
    };
    let server = Mute::start(&home, serve);
    assert_eq!(
        settled(&server.door, &accepted(&server.door, "unheard")),
        "stored"
    );
    assert!(server.stop().success());
    let console = |port: u16| {
        let mut command = crate::server::program();
        command
            .args(["console", "--port", &port.to_string(), "--forms"])
            .arg(home.forms());
        command.arg("--data").arg(home.data());
        command
    };
    assert!(Mute::start(&home, console).stop().success());
}

#[test]
fn a_server_that_cannot_go_on_ends_although_nobody_reads_why() {
    let home = Machine::new();
    let (_unread, log) = full();
    let mut server = home.start_logging_to(log, &[]);
    accepted(&server, "before");
    std::fs::rename(home.data().join("counterfoil.db"), home.data().join("away")).unwrap();
    let answer = post_json(&server, &fields("after"), &[]);
    assert!(
        answer.as_ref().map_or(true, |answer| answer.status != 202),
        "{answer:?}"
    );
    until("it ends", || server.ended().is_some());
}

#[test]
fn a_server_that_cannot_start_ends_although_nobody_reads_why() {
    let home = Machine::new();
    home.write_form("broken", "title = ");
    let (_unread, log) = full();
    let mut child = home
        .serve(&[])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    until("it ends", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(2));
}
