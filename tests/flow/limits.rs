//! The limits of the door itself: what is too large, too slow or no HTTP never reaches a handler.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::client::{accepted, raw, send, settled};
use crate::server::Machine;

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn a_body_of_no_announced_length_is_answered_and_drained_beyond_the_limit() {
    let home = Machine::new();
    let server = home.start();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let head = format!(
        "POST /forms/contact HTTP/1.1\r\nhost: x\r\n{}: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        JSON.0, JSON.1
    );
    let answer = raw(
        &server,
        format!("{head}{}0\r\n\r\n", chunk.repeat(20)).as_bytes(),
    )
    .unwrap();
    answer.assert_problem(413, "too-large");
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}

#[test]
fn too_many_or_too_large_headers_are_refused_in_our_own_words() {
    let home = Machine::new();
    let server = home.start();
    let names: Vec<String> = (0..1000).map(|n| format!("x-{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    send(&server, "GET", "/forms/contact", &many, b"")
        .unwrap()
        .assert_problem(431, "headers-too-large");
    let large = "x".repeat(64 * 1024);
    send(
        &server,
        "GET",
        "/forms/contact",
        &[("x-large", &large)],
        b"",
    )
    .unwrap()
    .assert_problem(431, "headers-too-large");
    let huge = "x".repeat(2 * 1024 * 1024);
    let answer = send(&server, "GET", "/forms/contact", &[("x-huge", &huge)], b"");
    assert!(
        answer.is_err() || answer.is_ok_and(|answer| answer.status == 431),
        "hyper's own limit"
    );
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}

#[test]
fn what_is_no_http_is_closed_and_harms_nobody() {
    let home = Machine::new();
    let server = home.start();
    for garbage in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    ] {
        if let Ok(answer) = raw(&server, garbage) {
            assert!(
                (400..600).contains(&answer.status),
                "{garbage:?}: {answer:?}"
            );
        }
    }
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}

#[test]
fn expect_continue_is_asked_for_only_when_the_body_is_wanted() {
    let home = Machine::new();
    let server = home.start();
    let mut stream = TcpStream::connect(server.authority()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let body = r#"{"name":"Ada","email":"ada@example.org","message":"m"}"#;
    let head = format!(
        "POST /forms/contact HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("HTTP/1.1 202"), "{rest}");
}

#[test]
fn who_asks_first_with_a_body_that_is_too_large_is_refused_without_a_go_ahead() {
    let home = Machine::new();
    let server = home.start();
    let head = "POST /forms/contact HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
                expect: 100-continue\r\ncontent-length: 9999999\r\n\r\n";
    let mut stream = TcpStream::connect(server.authority()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[test]
fn a_client_that_closes_its_sending_side_still_gets_its_ticket() {
    let home = Machine::new();
    let server = home.start();
    let body = r#"{"name":"Ada","email":"ada@example.org","message":"m"}"#;
    let mut stream = TcpStream::connect(server.authority()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let head = format!(
        "POST /forms/contact HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}

#[test]
fn a_body_whose_framing_is_broken_is_malformed_and_not_late() {
    let home = Machine::new();
    let server = home.start();
    let head = "POST /forms/contact HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    raw(&server, format!("{head}ZZ\r\n{{}}\r\n0\r\n\r\n").as_bytes())
        .unwrap()
        .assert_problem(400, "malformed");
}

#[test]
fn what_the_door_refuses_is_readable_by_people_and_by_every_page() {
    let home = Machine::new();
    let text = include_str!("../../forms/contact.toml").replace("# origins =", "origins =");
    home.write_form("closed", &text);
    let server = home.start();
    let large = vec![b'x'; 600_000];
    let urlencoded = ("content-type", "application/x-www-form-urlencoded");
    let page = send(
        &server,
        "POST",
        "/forms/contact",
        &[urlencoded, ("accept", "text/html")],
        &large,
    )
    .unwrap();
    assert_eq!(
        (page.status, page.header("content-type")),
        (413, Some("text/html; charset=utf-8"))
    );
    let post = |origin: &str| {
        send(
            &server,
            "POST",
            "/forms/closed",
            &[urlencoded, ("origin", origin)],
            &large,
        )
        .unwrap()
    };
    assert_eq!(
        post("https://example.org").header("access-control-allow-origin"),
        Some("https://example.org")
    );
    assert_eq!(
        post("https://evil.example").header("access-control-allow-origin"),
        Some("*")
    );
}

#[test]
fn many_large_bodies_at_once_take_bounded_memory_and_small_ones_pass() {
    let home = Machine::new();
    let server = home.start();
    let head = "POST /forms/contact HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 524288\r\n\r\n";
    let part = vec![b' '; 500 * 1024];
    let held: Vec<_> = (0..400)
        .filter_map(|_| {
            let mut stream = TcpStream::connect(server.authority()).ok()?;
            stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&part))
                .ok()?;
            Some(stream)
        })
        .collect();
    assert_eq!(settled(&server, &accepted(&server, "small")), "stored");
    let peak = server.peak().unwrap_or(0);
    println!("{} held: {peak} KiB", held.len());
    assert!(peak < 128 * 1024, "{} held, {peak} KiB", held.len());
}

#[test]
fn a_head_that_never_ends_is_closed() {
    let home = Machine::new();
    let server = home.start();
    let mut stream = TcpStream::connect(server.authority()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream
        .write_all(b"POST /forms/contact HTTP/1.1\r\nhost: x\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
        "{answer}"
    );
}

#[test]
fn a_body_that_never_ends_is_answered_with_408() {
    if !crate::server::is_full_run() {
        eprintln!("skipped: a body's 30 s; `cargo xtask test` waits for them");
        return;
    }
    let home = Machine::new();
    let server = home.start();
    let head = "POST /forms/contact HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    raw(&server, head.as_bytes())
        .unwrap()
        .assert_problem(408, "request-timeout");
}

#[test]
fn with_few_files_to_open_it_serves_later_and_not_never() {
    let home = Machine::new();
    let server = home.start_with_files(90);
    let idle: Vec<_> = (0..60)
        .map(|_| TcpStream::connect(server.authority()).unwrap())
        .collect();
    assert_eq!(
        settled(
            &server,
            &accepted(&server, "when the idle ones were closed")
        ),
        "stored"
    );
    drop(idle);
}

#[test]
fn a_client_that_sends_nothing_does_not_keep_others_waiting() {
    let home = Machine::new();
    let server = home.start();
    let idle: Vec<_> = (0..200)
        .map(|_| TcpStream::connect(server.authority()).unwrap())
        .collect();
    assert_eq!(
        settled(&server, &accepted(&server, "among the idle")),
        "stored"
    );
    drop(idle);
}
