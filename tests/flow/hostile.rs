//! Clients that are slow on purpose, many at once: the others are served meanwhile, and the slow ones are closed.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::client::{accepted, raw, settled};
use crate::server::{Machine, Server, is_full_run};
use crate::wait::until;

/// What a slow client sends, byte by byte: a head that never ends.
const HEAD: &[u8] = b"POST /forms/contact HTTP/1.1\r\nhost: x\r\nx-slow: ";

struct Slow {
    stream: TcpStream,
    sent: usize,
    closed: bool,
}

impl Slow {
    fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.authority()).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self {
            stream,
            sent: 0,
            closed: false,
        }
    }

    /// Sends one more byte, and looks whether the server has had enough.
    fn drip(&mut self) {
        let byte = HEAD.get(self.sent).copied().unwrap_or(b'x');
        self.sent += 1;
        let gone =
            |kind: ErrorKind| kind != ErrorKind::WouldBlock && kind != ErrorKind::Interrupted;
        let sent = self.stream.write(&[byte]);
        let read = self.stream.read(&mut [0; 512]);
        self.closed |= sent.is_err_and(|error| gone(error.kind())) || matches!(read, Ok(0));
    }
}

/// As many as the machine lets one process open beside what it needs itself.
fn crowd() -> usize {
    let wanted = if is_full_run() { 1_000 } else { 200 };
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .unwrap_or(u64::MAX);
    wanted.min(
        usize::try_from(files)
            .unwrap_or(usize::MAX)
            .saturating_sub(200),
    )
}

#[test]
fn a_crowd_of_slow_clients_keeps_nobody_waiting_and_is_closed() {
    let home = Machine::new();
    let server = home.start();
    let mut slow: Vec<_> = (0..crowd()).map(|_| Slow::connect(&server)).collect();
    let mut answered = 0;
    until("every slow client is closed", || {
        slow.iter_mut()
            .filter(|slow| !slow.closed)
            .for_each(Slow::drip);
        // A form is taken between any two of their bytes.
        accepted(&server, &format!("among the slow, {answered}"));
        answered += 1;
        slow.iter().all(|slow| slow.closed)
    });
    println!(
        "{} slow clients closed; {answered} forms accepted meanwhile",
        slow.len()
    );
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}

#[test]
fn a_client_that_closes_its_sending_side_in_the_middle_is_closed_at_once() {
    let home = Machine::new();
    let server = home.start();
    let body =
        b"POST /forms/contact HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    for part in [&HEAD[..4], HEAD, body] {
        let mut stream = TcpStream::connect(server.authority()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(part).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        // Closed with or without an answer, and never taken for a whole request.
        let _ = stream.read_to_string(&mut answer);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
    }
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}

#[test]
fn heads_of_64_kib_in_numbers_are_refused_one_by_one() {
    let home = Machine::new();
    let server = home.start();
    let head = format!(
        "GET /forms/contact HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-large: {}\r\n\r\n",
        "x".repeat(64 * 1024)
    );
    for _ in 0..50 {
        raw(&server, head.as_bytes())
            .unwrap()
            .assert_problem(431, "headers-too-large");
    }
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}
