//! The whole AWS home on an emulator: the real template, the real binaries. The HTTP suite of both homes, and what this
//! one alone has. `cargo xtask test` starts it and says where it is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's panic is its report"
)]

#[path = "../../../../tests/support/client.rs"]
mod client;
mod duplicates;
mod functions;
mod home;
#[path = "../../../../tests/http/suite.rs"]
mod suite;
#[path = "../../../../tests/support/wait.rs"]
mod wait;

use counterfoil_core::ports::{Entries, Queue};
use counterfoil_core::{Body, Cause, Entry, FormId, State, SubmissionId, SubmissionRef};
use counterfoil_operations::history::Verb;
use counterfoil_operations::replay::{Replayed, Replaying, replay_one};
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::{deed, entry, envelope};

use home::Deployed;
use wait::until;

/// The home that the suite asks.
fn home() -> Option<Deployed> {
    Deployed::given()
}

#[test]
fn what_is_not_ours_becomes_a_dead_letter_with_its_body() {
    let Some(home) = Deployed::given() else {
        return;
    };
    let run = home.fresh();
    // SQS takes no bytes that are not text; the largest body is what the template's queues accept.
    let largest = format!("{run} {}", "x".repeat(160 * 1024 - 37));
    let newer = envelope(3, "of a newer program")
        .encode()
        .replacen("\"v\":1", "\"v\":99", 1);
    let newer = newer.replace(&envelope(3, "").of.id.to_string(), &run.to_string());
    let unknown = |body: &str| SubmissionRef {
        form: FormId::unknown(),
        id: SubmissionId::of_unknown_body(body.as_bytes()),
    };
    let named = SubmissionRef {
        form: FormId::parse("contact").unwrap(),
        id: run,
    };
    let cases = [
        (
            unknown(&format!("not JSON, {run}")),
            format!("not JSON, {run}"),
            "undecodable",
        ),
        (
            unknown(&format!("[\"{run}\"]")),
            format!("[\"{run}\"]"),
            "undecodable",
        ),
        (unknown(&largest), largest, "undecodable"),
        (named, newer, "unknown-version"),
    ];
    for (of, body, _) in &cases {
        home.block_on(home.queue().send(of, body.clone())).unwrap();
    }
    for (of, body, code) in cases {
        until("it is a dead letter", || {
            home.head(&of)
                .is_some_and(|head| head.state == State::Failed)
        });
        let Entry { head, body: kept } = home.block_on(home.ledger().entry(&of)).unwrap().unwrap();
        assert_eq!(
            (head.cause.unwrap().code.as_str(), kept),
            (code, Body::Raw(body.into_bytes()))
        );
    }
}

#[test]
fn what_keeps_failing_is_written_down_on_the_last_receive_and_its_payload_kept() {
    let Some(home) = Deployed::given() else {
        return;
    };
    let mut sent = envelope(1, "to a form that no worker has");
    sent.of = SubmissionRef {
        form: FormId::parse("ghost").unwrap(),
        id: home.fresh(),
    };
    home.block_on(home.queue().send(&sent.of, sent.encode()))
        .unwrap();
    until("it is a dead letter", || {
        home.head(&sent.of)
            .is_some_and(|head| head.state == State::Failed)
    });
    let head = home.head(&sent.of).unwrap();
    assert_eq!(
        (head.cause.unwrap().code.as_str(), head.payload_hash),
        ("unknown-form", Some(sent.payload_hash))
    );
    assert!(head.attempts > 1, "it was tried again before");
}

#[test]
fn a_replayed_dead_letter_is_stored() {
    let Some(home) = Deployed::given() else {
        return;
    };
    let mut sent = envelope(2, "failed, then mended");
    sent.of.id = home.fresh();
    let dead = entry(&sent, Some(Cause::gave_up(20)));
    let (ledger, queue, clock) = (home.ledger(), home.queue(), ManualClock::new());
    home.block_on(counterfoil_core::ports::Ledger::insert(&ledger, &dead))
        .unwrap();
    let with = Replaying {
        home: &ledger,
        queue: &queue,
        clock: &clock,
    };
    assert_eq!(
        home.block_on(replay_one(&sent.of, 0, &deed(Verb::Replay), &with))
            .unwrap(),
        Replayed::Sent { run: 1 }
    );
    until("it is stored", || {
        home.head(&sent.of)
            .is_some_and(|head| head.state == State::Stored)
    });
    let head = home.head(&sent.of).unwrap();
    assert_eq!(
        (head.seq, head.run, head.verdict_run, head.cause),
        (3, 1, 1, None)
    );
}
