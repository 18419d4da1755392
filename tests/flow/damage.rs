//! Bytes that were damaged while nobody looked, and a log that was cut: nothing is shown as what it was not, and nothing that
//! was promised goes missing without a word.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::client::{accepted, settled};
use crate::server::{Machine, program};

/// A verb on the data of this home, however it ends.
fn verb(home: &Machine, arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .arg("--data")
        .arg(home.data())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Three submissions that are settled, and the server stopped in order.
fn three_settled(home: &Machine) {
    let server = home.start();
    for message in ["message-one", "message-two", "message-three"] {
        assert_eq!(settled(&server, &accepted(&server, message)), "stored");
    }
    assert!(server.stop().success());
}

/// Flips one bit wherever `what` stands in the database: in its entry, and perhaps in a page that the queue gave back and
/// nothing has written over yet.
fn flip(home: &Machine, what: &str) {
    let path = home.data().join("counterfoil.db");
    let mut bytes = fs::read(&path).unwrap();
    let found: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(what.as_bytes()))
        .collect();
    assert!(!found.is_empty(), "{what}");
    for at in found {
        bytes[at] ^= 1;
    }
    fs::write(path, bytes).unwrap();
}

fn named(home: &Machine, message: &str) -> String {
    let kept = text(&verb(home, &["submissions", "export", "--format", "jsonl"]).stdout);
    let line = kept.lines().find(|line| line.contains(message)).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    line["submission"].as_str().unwrap().to_owned()
}

#[test]
fn a_damaged_submission_is_named_and_never_shown_as_it_is_now() {
    let home = Machine::new();
    three_settled(&home);
    let two = named(&home, "message-two");
    flip(&home, "message-two");
    let export = verb(&home, &["submissions", "export", "--format", "jsonl"]);
    assert_eq!(export.status.code(), Some(1));
    let (out, said) = (text(&export.stdout), text(&export.stderr));
    assert!(
        out.lines().count() == 2 && out.contains("message-one") && out.contains("message-three"),
        "{out}"
    );
    assert!(
        said.contains(&two) && said.contains("1 submission left out") && said.contains("verify"),
        "{said}"
    );
    let show = verb(&home, &["submissions", "show", &two]);
    assert!(
        show.status.code() == Some(1)
            && show.stdout.is_empty()
            && text(&show.stderr).contains(&two),
        "{show:?}"
    );
    let list = verb(&home, &["submissions", "list"]);
    assert!(
        list.status.code() == Some(1) && text(&list.stderr).contains(&two),
        "{list:?}"
    );
    let verify = verb(&home, &["submissions", "verify", "--json"]);
    assert_eq!(verify.status.code(), Some(1));
    let verify: Value = serde_json::from_slice(&verify.stdout).unwrap();
    assert_eq!(
        (verify["findings"][0]["about"].as_str(), &verify["wrong"]),
        (Some(two.as_str()), &Value::from(1))
    );
    assert!(
        verify["findings"][0]["mend"]
            .as_str()
            .unwrap()
            .contains("backup")
    );
}

#[test]
fn a_damaged_field_name_exports_no_empty_fields() {
    let home = Machine::new();
    three_settled(&home);
    // The quote before the name becomes something else.
    flip(&home, "\"message\":\"message-two\"");
    let export = verb(&home, &["submissions", "export", "--format", "jsonl"]);
    assert_eq!(
        (export.status.code(), text(&export.stdout).lines().count()),
        (Some(1), 2)
    );
    assert!(!text(&export.stdout).contains("\"fields\":{}"));
}

#[test]
fn verify_finds_nothing_wrong_beside_a_server_or_after_it() {
    let home = Machine::new();
    let server = home.start();
    for n in 0..20 {
        accepted(&server, &format!("message {n}"));
    }
    let beside = verb(&home, &["submissions", "verify"]);
    assert!(beside.status.success(), "{beside:?}");
    server.signal(rustix::process::Signal::KILL);
    drop(server);
    let after = verb(&home, &["submissions", "verify"]);
    assert!(
        after.status.success() && text(&after.stdout).contains("rows read"),
        "{after:?}"
    );
    assert!(home.start().stop().success());
}

#[test]
fn a_log_that_was_cut_keeps_the_server_from_starting_until_somebody_accepts_the_loss() {
    let home = Machine::new();
    let mut server = home.start();
    let tickets: Vec<String> = (0..12)
        .map(|n| accepted(&server, &format!("message {n}")))
        .collect();
    for ticket in &tickets {
        assert_eq!(settled(&server, ticket), "stored");
    }
    server.signal(rustix::process::Signal::KILL);
    crate::wait::until("it is gone", || server.ended().is_some());
    let log = home.data().join("counterfoil.db-wal");
    let whole = fs::metadata(&log).unwrap().len();
    fs::OpenOptions::new()
        .write(true)
        .open(&log)
        .unwrap()
        .set_len(whole / 2)
        .unwrap();
    let cut = fs::read(&log).unwrap();
    for arguments in [
        &["submissions", "export", "--format", "jsonl"][..],
        &["dead-letters", "list"],
    ] {
        let refused = verb(&home, arguments);
        assert!(
            refused.status.code() == Some(2) && text(&refused.stderr).contains("--accept-loss"),
            "{refused:?}"
        );
    }
    let verify = verb(&home, &["submissions", "verify"]);
    assert!(
        verify.status.code() == Some(1)
            && text(&verify.stdout).contains("behind what was acknowledged"),
        "{verify:?}"
    );
    let refused = home.serve(&[]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert_eq!(fs::read(&log).unwrap(), cut, "left as it was");
    let server = home.start_with(&["--accept-loss"]);
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
    assert!(server.stop().success());
    assert!(home.log().contains("a loss is accepted"), "{}", home.log());
    for what in ["verify", "lost"] {
        let told = verb(&home, &["submissions", what]);
        assert!(
            told.status.success() && text(&told.stdout).contains("a loss was accepted"),
            "{told:?}"
        );
    }
    assert!(
        home.start().stop().success(),
        "and it starts again without being asked"
    );
}
