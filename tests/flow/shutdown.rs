//! SIGTERM: what is in flight is finished, new work is refused with 503, and the exit code is 0. It ends within a bound,
//! whoever does not read what it says and whatever hangs, and nobody else has the directory before it has ended.

mod unread;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::process::Signal;

use crate::client::{accepted, fields, send, settled};
use crate::server::{Machine, Server};
use crate::wait::until;

fn open(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.authority()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream
}

fn request(server: &Server, body: &str) -> String {
    format!(
        "POST /forms/contact HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        server.authority(),
        body.len()
    )
}

/// A request whose head the server has read, and which waits for its body.
fn in_flight(server: &Server, body: &str) -> TcpStream {
    let head = request(server, body).replace(
        "\r\n\r\n",
        "\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
    );
    let mut stream = open(server);
    stream
        .write_all(head.strip_suffix(body).unwrap().as_bytes())
        .unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_server_that_is_asked_to_stop_keeps_everything_and_exits_0() {
    let home = Machine::new();
    let server = home.start();
    let tickets: Vec<_> = (0..50)
        .map(|n| accepted(&server, &format!("message {n}")))
        .collect();
    assert!(server.stop().success());
    assert!(home.log().contains("everything accepted is on disk"));
    let again = home.start();
    for ticket in tickets {
        assert_eq!(settled(&again, &ticket), "stored");
    }
}

#[test]
fn while_it_finishes_what_is_in_flight_it_refuses_new_work_and_a_person_keeps_what_they_typed() {
    let home = Machine::new();
    let mut server = home.start();
    let body = fields("slow").to_string();
    let mut slow = in_flight(&server, &body);
    server.signal(Signal::TERM);
    until("it says that it stops", || {
        home.log().contains("new submissions are refused")
    });
    let mut late = open(&server);
    late.write_all(request(&server, &fields("late").to_string()).as_bytes())
        .unwrap();
    let refused = answer(late);
    assert!(
        refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after"),
        "{refused}"
    );
    assert!(
        refused.contains("urn:counterfoil:problem:unavailable"),
        "{refused}"
    );
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
    ];
    let typed = b"name=Ada&email=ada%40example.org&message=typed+with+care";
    let person = send(&server, "POST", "/forms/contact", &headers, typed).unwrap();
    assert_eq!(
        (person.status, person.header("retry-after")),
        (503, Some("2")),
        "{person:?}"
    );
    assert!(
        person.body.contains("typed with care") && person.body.contains("</form>"),
        "{}",
        person.body
    );
    slow.write_all(body.as_bytes()).unwrap();
    let finished = answer(slow);
    assert!(
        finished.starts_with("HTTP/1.1 202") || finished.starts_with("HTTP/1.1 503"),
        "{finished}"
    );
    until("it ends", || server.ended().is_some());
    assert!(server.ended().unwrap().success());
}

#[test]
fn asked_twice_it_ends_at_once() {
    let home = Machine::new();
    let mut server = home.start();
    let _slow = in_flight(&server, &fields("never sent").to_string());
    server.signal(Signal::TERM);
    until("it says that it stops", || {
        home.log().contains("new submissions are refused")
    });
    server.signal(Signal::TERM);
    until("it ends", || server.ended().is_some());
}
