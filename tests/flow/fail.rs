//! Failures on purpose, from the start and while it runs: each stage and kind does what it says, and nothing is lost.

use std::os::unix::fs::PermissionsExt;

use counterfoil_core::Timestamp;
use serde_json::{Value, json};

use crate::client::{Answer, accepted, fields, poll, post_json, settled};
use crate::server::{Machine, Server, program};
use crate::wait::until;

/// A server that tries again soon.
fn failing(home: &Machine, failures: &[&str]) -> Server {
    let mut arguments = vec!["--retry-base", "0.05", "--max-receives", "6"];
    arguments.extend(failures.iter().flat_map(|failure| ["--fail", failure]));
    home.start_with(&arguments)
}

/// Every entry, oldest first.
fn entries(home: &Machine) -> Vec<Value> {
    let mut listed: Vec<Value> =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json"])).unwrap();
    listed.reverse();
    listed
}

fn to_come(home: &Machine) -> Value {
    serde_json::from_str(&home.verb(&["fail", "--json"])).unwrap()
}

/// Runs a verb that may fail: its exit code, and what it says on standard error.
fn said(home: &Machine, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program()
        .args(arguments)
        .arg("--data")
        .arg(home.data())
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn a_settle_that_fails_for_good_is_a_dead_letter_at_once() {
    let home = Machine::new();
    let server = failing(&home, &["settle:2:permanent"]);
    for n in 0..2 {
        let ticket = accepted(&server, &format!("message {n}"));
        assert_eq!(settled(&server, &ticket), "failed");
        assert_eq!(poll(&server, &ticket)["reason"]["code"], "injected");
    }
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
    for entry in &entries(&home)[..2] {
        let cause = &entry["cause"];
        assert_eq!(
            (&entry["attempts"], &cause["retryable"]),
            (&json!(1), &json!("after-fix")),
            "{entry}"
        );
        assert!(
            cause["detail"].as_str().unwrap().contains("stage settle"),
            "{entry}"
        );
    }
    let log = home.log();
    assert_eq!(
        log.matches("failing on purpose fail.stage=\"settle\" fail.kind=\"permanent\"")
            .count(),
        2,
        "{log}"
    );
}

#[test]
fn what_fails_in_passing_is_tried_again_until_it_is_stored_or_the_tries_are_over() {
    let home = Machine::new();
    let server = failing(&home, &["ledger:3", "settle:2"]);
    assert_eq!(
        settled(&server, &accepted(&server, "tried again")),
        "stored"
    );
    assert_eq!(entries(&home)[0]["attempts"], 6);
    home.verb(&["fail", "settle:6"]);
    assert_eq!(
        settled(&server, &accepted(&server, "tried too often")),
        "failed"
    );
    let entry = &entries(&home)[1];
    assert_eq!(
        (&entry["attempts"], &entry["cause"]["retryable"]),
        (&json!(6), &json!("after-fix")),
        "{entry}"
    );
}

#[test]
fn a_panic_hurts_its_record_alone() {
    let home = Machine::new();
    let server = failing(&home, &["settle:1:panic"]);
    let tickets: Vec<_> = (0..10)
        .map(|n| accepted(&server, &format!("message {n}")))
        .collect();
    assert!(
        tickets
            .iter()
            .all(|ticket| settled(&server, ticket) == "stored")
    );
    let mut attempts: Vec<_> = entries(&home)
        .iter()
        .map(|entry| entry["attempts"].as_u64().unwrap())
        .collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [[1; 9].as_slice(), &[2]].concat());
}

#[test]
fn a_ledger_that_panics_on_every_try_and_on_burying_loses_nothing() {
    let home = Machine::new();
    // Each of the six tries writes once, the last one again; the eighth panic is the first try to bury it.
    let server = failing(&home, &["ledger:8:panic"]);
    assert_eq!(settled(&server, &accepted(&server, "kept")), "failed");
    assert_eq!(entries(&home)[0]["cause"]["code"], "gave-up");
    let lines = home.verb(&[
        "submissions",
        "export",
        "--format",
        "jsonl",
        "--state",
        "failed",
    ]);
    assert_eq!(
        serde_json::from_str::<Value>(&lines).unwrap()["fields"],
        fields("kept")
    );
}

#[test]
fn a_queue_that_refuses_is_a_503_and_no_ticket() {
    let home = Machine::new();
    let server = failing(
        &home,
        &[
            "queue:1",
            "queue:1:permanent",
            "queue:1:panic",
            "queue:1:slow",
        ],
    );
    for _ in 0..3 {
        let answer: Answer = post_json(&server, &fields("refused"), &[]).unwrap();
        answer.assert_problem(503, "unavailable");
        assert!(
            answer
                .header("retry-after")
                .unwrap()
                .parse::<u32>()
                .unwrap()
                >= 1
        );
    }
    assert_eq!(settled(&server, &accepted(&server, "late")), "stored");
    let entries = entries(&home);
    assert_eq!(entries.len(), 1);
    let at = |name: &str| {
        serde_json::from_value::<Timestamp>(entries[0][name].clone())
            .unwrap()
            .as_millis()
    };
    assert!(
        at("updated_at") - at("received_at") >= 5000,
        "{}",
        entries[0]
    );
}

#[test]
fn a_notice_is_published_after_its_publisher_failed_and_set_aside_when_it_fails_for_good() {
    let home = Machine::new();
    let server = failing(
        &home,
        &["publish:1", "publish:1:panic", "publish:1:permanent"],
    );
    settled(&server, &accepted(&server, "set aside"));
    until("the first is set aside", || {
        home.log().contains("it is set aside")
    });
    home.verb(&["fail", "publish:2"]);
    settled(&server, &accepted(&server, "published"));
    let ids: Vec<_> = entries(&home)
        .iter()
        .map(|entry| entry["submission"].as_str().unwrap().to_owned())
        .collect();
    let published = |id: &str| home.log().contains(&format!("published id={id}:1"));
    until("the second is published", || published(&ids[1]));
    assert!(!published(&ids[0]));
    assert_eq!(to_come(&home), json!([]));
}

#[test]
fn failures_are_switched_on_listed_and_switched_off_while_it_runs() {
    let home = Machine::new();
    let server = failing(&home, &[]);
    assert_eq!(to_come(&home), json!([]));
    assert_eq!(
        home.verb(&["fail", "settle:1:permanent", "publish:1"]),
        "settle:1:permanent\npublish:1:transient\n"
    );
    assert_eq!(settled(&server, &accepted(&server, "fails")), "failed");
    until("its notice has been tried again", || {
        to_come(&home) == json!([])
    });
    home.verb(&["fail", "settle:1000:permanent"]);
    assert_eq!(
        to_come(&home),
        json!([{"stage": "settle", "count": 1000, "kind": "permanent"}])
    );
    home.verb(&["fail", "--clear"]);
    assert_eq!(settled(&server, &accepted(&server, "stored")), "stored");
}

#[test]
fn its_socket_is_its_users_alone_and_a_killed_server_leaves_none_that_matters() {
    let home = Machine::new();
    let mut server = failing(&home, &["settle:9"]);
    let socket = home.data().join("fail.sock");
    assert_eq!(
        std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777,
        0o600
    );
    server.signal(rustix::process::Signal::KILL);
    until("it is dead", || server.ended().is_some());
    assert!(socket.exists());
    let (code, text) = said(&home, &["fail", "settle:1"]);
    assert!(
        code == Some(1) && text.contains("no server runs") && text.contains("counterfoil serve"),
        "{text}"
    );
    let again = failing(&home, &[]);
    assert_eq!(to_come(&home), json!([]), "what was to come ended with it");
    assert!(again.stop().success());
    assert!(!socket.exists());
    assert_eq!(said(&home, &["fail"]).0, Some(1));
}

#[test]
fn a_server_that_fails_on_purpose_says_so_and_what_is_no_failure_is_refused() {
    let home = Machine::new();
    assert!(
        failing(&home, &["settle:3", "publish:2:slow"])
            .stop()
            .success()
    );
    assert!(
        home.log()
            .contains("switched on fail.asked=\"settle:3:transient publish:2:slow\""),
        "{}",
        home.log()
    );
    let (code, text) = said(&home, &["fail", "mail:3"]);
    assert_eq!(code, Some(2), "{text}");
    let output = home.serve(&["--fail", "settle:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    for text in [text, String::from_utf8(output.stderr).unwrap()] {
        assert!(
            [
                "queue", "settle", "ledger", "publish", "tell", "answer", "slow"
            ]
            .iter()
            .all(|name| text.contains(name)),
            "{text}"
        );
    }
    assert_eq!(said(&home, &["fail", "--clear", "settle:1"]).0, Some(2));
}
