//! The limits of the door itself: what is too large, too slow or no HTTP never reaches a handler.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::client::{accepted, raw, send, settled};
use crate::server::Home;

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn a_body_over_the_limit_is_answered_and_drained() {
    let home = Home::new();
    let server = home.start();
    for size in [512 * 1024 + 1, 2_000_000] {
        let answer = send(&server, "POST", "/forms/contact", &[JSON], &vec![b'['; size]).unwrap();
        answer.assert_problem(413, "too-large");
        assert_eq!(answer.json()["limit"], 512 * 1024);
    }
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let head = format!(
        "POST /forms/contact HTTP/1.1\r\nhost: x\r\n{}: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        JSON.0, JSON.1
    );
    let answer = raw(&server, format!("{head}{}0\r\n\r\n", chunk.repeat(20)).as_bytes()).unwrap();
    answer.assert_problem(413, "too-large");
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}

#[test]
fn a_body_at_the_limit_is_read() {
    let home = Home::new();
    let server = home.start();
    let mut body = br#"{"name":"Ada","email":"ada@example.org","message":"m"}"#.to_vec();
    body.resize(512 * 1024, b' ');
    assert_eq!(send(&server, "POST", "/forms/contact", &[JSON], &body).unwrap().status, 202);
}

#[test]
fn too_many_or_too_large_headers_are_refused_in_our_own_words() {
    let home = Home::new();
    let server = home.start();
    let names: Vec<String> = (0..1000).map(|n| format!("x-{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    send(&server, "GET", "/forms/contact", &many, b"").unwrap().assert_problem(431, "headers-too-large");
    let large = "x".repeat(64 * 1024);
    send(&server, "GET", "/forms/contact", &[("x-large", &large)], b"")
        .unwrap()
        .assert_problem(431, "headers-too-large");
    let huge = "x".repeat(2 * 1024 * 1024);
    let answer = send(&server, "GET", "/forms/contact", &[("x-huge", &huge)], b"");
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 431), "hyper's own limit");
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}

#[test]
fn what_is_no_http_is_closed_and_harms_nobody() {
    let home = Home::new();
    let server = home.start();
    for garbage in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    ] {
        if let Ok(answer) = raw(&server, garbage) {
            assert!((400..600).contains(&answer.status), "{garbage:?}: {answer:?}");
        }
    }
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
}

#[test]
fn expect_continue_is_asked_for_only_when_the_body_is_wanted() {
    let home = Home::new();
    let server = home.start();
    let mut stream = TcpStream::connect(server.authority()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
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
fn a_client_that_sends_nothing_does_not_keep_others_waiting() {
    let home = Home::new();
    let server = home.start();
    let idle: Vec<_> = (0..200).map(|_| TcpStream::connect(server.authority()).unwrap()).collect();
    assert_eq!(settled(&server, &accepted(&server, "among the idle")), "stored");
    drop(idle);
}
