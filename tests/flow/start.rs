//! What keeps a server from starting is said in one clear line, with what to do, and exit code 2.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::server::{Machine, program};

/// Starts a server that cannot start: what it says.
fn refused(home: &Machine, arguments: &[&str]) -> String {
    let output = home.serve(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.starts_with("counterfoil: ")
            && !said.contains("panicked")
            && !said.contains("backtrace"),
        "{said}"
    );
    said
}

fn has(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part:?} is missing: {said}");
    }
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let home = Machine::new();
    let _first = home.start();
    has(&refused(&home, &[]), &["another counterfoil", "--data"]);
}

#[test]
fn a_port_in_use_is_refused_when_it_was_asked_for() {
    let home = Machine::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    has(
        &refused(&home, &["--port", &port]),
        &[&port, "in use", "--port"],
    );
}

#[test]
fn a_broken_form_is_named_with_its_line() {
    let home = Machine::new();
    home.write_form("broken", "title = \"x\"\ncolour = \"red\"\n");
    home.write_form("Also Broken", "title = \"x\"");
    let said = refused(&home, &[]);
    has(
        &said,
        &[
            "broken.toml",
            "line 2",
            "colour",
            "Also Broken.toml",
            "rename",
        ],
    );
    let check = program()
        .args(["forms", "check", "--forms"])
        .arg(home.forms())
        .output()
        .unwrap();
    assert_eq!(check.status.code(), Some(2));
    has(
        &String::from_utf8(check.stderr).unwrap(),
        &["broken.toml", "line 2"],
    );
}

#[test]
fn a_missing_or_garbage_key_is_refused_and_left_alone() {
    let home = Machine::new();
    assert!(home.start().stop().success());
    let path = home.data().join("ticket-keys");
    let key = fs::read(&path).unwrap();
    fs::write(&path, b"\x00garbage").unwrap();
    has(&refused(&home, &[]), &["ticket-keys", "damaged", "backup"]);
    fs::remove_file(&path).unwrap();
    has(&refused(&home, &[]), &["ticket-keys", "missing", "backup"]);
    fs::write(&path, key).unwrap();
    assert!(home.start().stop().success());
}

#[test]
fn a_corrupt_database_is_refused() {
    let home = Machine::new();
    assert!(home.start().stop().success());
    fs::write(home.data().join("counterfoil.db"), b"garbage ".repeat(2000)).unwrap();
    has(&refused(&home, &[]), &["counterfoil.db", "not a database"]);
}

#[test]
fn a_newer_database_is_refused() {
    let home = Machine::new();
    assert!(home.start().stop().success());
    // The file's own header: user_version, 4 bytes big-endian at offset 60.
    let path = home.data().join("counterfoil.db");
    let mut bytes = fs::read(&path).unwrap();
    bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    has(&refused(&home, &[]), &["version 99", "newer"]);
}

#[test]
fn a_directory_that_cannot_be_written_is_refused() {
    let home = Machine::new();
    // Nobody can make a directory there, not even root.
    let mut command = program();
    command
        .args([
            "serve",
            "--port",
            "0",
            "--data",
            "/proc/counterfoil",
            "--forms",
        ])
        .arg(home.forms());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    has(
        &String::from_utf8(output.stderr).unwrap(),
        &["cannot use /proc/counterfoil"],
    );
    assert!(!Path::new("/proc/counterfoil").exists());
}

#[test]
fn without_a_port_the_next_free_one_is_taken() {
    let home = Machine::new();
    // Whether or not 8080 is free here, two servers without `--port` get two ports.
    let other = Machine::new();
    let start = |home: &Machine| {
        let mut child = program();
        child
            .arg("--data")
            .arg(home.data())
            .arg("--forms")
            .arg(home.forms());
        child
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null());
        child.spawn().unwrap()
    };
    let (mut one, mut two) = (start(&home), start(&other));
    let first_line = |child: &mut std::process::Child| {
        let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        lines
            .map_while(Result::ok)
            .find(|line| line.contains("http://"))
            .unwrap()
    };
    let lines = (first_line(&mut one), first_line(&mut two));
    one.kill().and_then(|()| one.wait()).unwrap();
    two.kill().and_then(|()| two.wait()).unwrap();
    assert_ne!(lines.0, lines.1);
}

#[test]
fn a_deployment_without_forms_has_the_contact_form() {
    let home = Machine::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = program();
    command
        .args(["serve", "--port", "0", "--data"])
        .arg(home.data())
        .current_dir(elsewhere.path());
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let found = lines
        .map_while(Result::ok)
        .any(|line| line.contains("/forms/contact"));
    child.kill().and_then(|()| child.wait()).unwrap();
    assert!(found);
    assert!(home.data().join("forms/contact.toml").is_file());
}
