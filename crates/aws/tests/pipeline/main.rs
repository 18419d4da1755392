//! The whole AWS home on an emulator: the real template, the real binaries, over HTTP. `cargo xtask test` starts it and
//! says where it is.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test's panic is its report")]

mod home;
#[path = "../../../../tests/support/wait.rs"]
mod wait;

use std::collections::BTreeSet;

use counterfoil_core::operations::history::{Deed, Verb, Who};
use counterfoil_core::ports::Queue;
use counterfoil_core::replay::{Replayed, Replaying, replay_one};
use counterfoil_core::{Cause, FormId, State, SubmissionId, SubmissionRef};
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::{entry, envelope, fields};
use home::Home;
use wait::until;

const JSON: &str = "application/json";

#[test]
fn a_post_by_program_or_person_is_stored_and_its_ticket_says_so() {
    let Some(home) = Home::given() else { return };
    let answer = home.post(JSON, "*/*", &fields("by program").to_string(), "");
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(home.settled(answer.json()["ticket"].as_str().unwrap())["state"], "stored");

    let body = "name=Ada&email=ada%40example.org&message=by+person";
    let answer = home.post("application/x-www-form-urlencoded", "text/html", body, "");
    assert_eq!(answer.status, 303, "{answer:?}");
    let ticket = answer.header("location").unwrap().trim_start_matches("/tickets/").to_owned();
    assert_eq!(home.settled(&ticket)["state"], "stored");
    let page = home.get(&format!("/tickets/{ticket}"), "text/html");
    assert!(page.body.contains("<html") && !page.body.contains("http-equiv=\"refresh\""), "{page:?}");
}

#[test]
fn a_refusal_is_the_same_as_on_one_machine() {
    let Some(home) = Home::given() else { return };
    let refused = |answer: home::Answer, status: u16, name: &str| {
        assert_eq!((answer.status, answer.header("content-type")), (status, Some("application/problem+json")));
        assert_eq!(answer.json()["type"], format!("urn:counterfoil:problem:{name}"));
    };
    refused(home.post(JSON, "*/*", "{", ""), 400, "malformed");
    refused(home.post(JSON, "*/*", r#"{"name":"Ada","email":"nobody"}"#, ""), 422, "invalid-fields");
    refused(home.post("text/plain", "*/*", "x", ""), 415, "unsupported-media-type");
    refused(home.get("/tickets/contact.forged", JSON), 404, "unknown-ticket");
    refused(home.get("/nowhere", JSON), 404, "not-found");
    assert_eq!(home.get("/healthz", JSON).status, 200);
}

#[test]
fn every_submission_is_kept_once_and_announced_however_often_it_is_delivered() {
    let Some(home) = Home::given() else { return };
    let subscriber = home.subscribe();
    let mut tickets = BTreeSet::new();
    for n in 0..25 {
        // The same key and content twice: two messages, one submission.
        let key = format!("idempotency-key: twice-{n}-{}\r\n", std::process::id());
        for _ in 0..2 {
            let answer = home.post(JSON, "*/*", &fields(&format!("message {n}")).to_string(), &key);
            assert_eq!(answer.status, 202, "{answer:?}");
            tickets.insert(answer.json()["ticket"].as_str().unwrap().to_owned());
        }
    }
    let mut submissions = BTreeSet::new();
    for ticket in &tickets {
        let view = home.settled(ticket);
        assert_eq!((view["state"].as_str(), view["seq"].as_u64()), (Some("stored"), Some(1)));
        submissions.insert(home.submission_of(ticket));
    }
    assert_eq!(submissions.len(), 25);
    let mut announced = BTreeSet::new();
    until("every change is announced", || {
        announced.extend(home.notices(&subscriber));
        submissions.iter().all(|of| announced.contains(&format!("{of}:1")))
    });
}

#[test]
fn what_is_not_ours_becomes_a_dead_letter_with_its_body() {
    let Some(home) = Home::given() else { return };
    let body = format!("not an envelope, {}", std::process::id());
    let of = SubmissionRef { form: FormId::unknown(), id: SubmissionId::of_unknown_body(body.as_bytes()) };
    home.block_on(home.queue().send(&of, body)).unwrap();
    until("it is a dead letter", || home.head(&of).is_some_and(|head| head.state == State::Failed));
    assert_eq!(home.head(&of).unwrap().cause.unwrap().code, "undecodable");
}

#[test]
fn what_keeps_failing_is_written_down_on_the_last_receive_and_its_payload_kept() {
    let Some(home) = Home::given() else { return };
    let mut sent = envelope(1, "to a form that no worker has");
    sent.of = SubmissionRef { form: FormId::parse("ghost").unwrap(), id: home.fresh() };
    home.block_on(home.queue().send(&sent.of, sent.encode())).unwrap();
    until("it is a dead letter", || home.head(&sent.of).is_some_and(|head| head.state == State::Failed));
    let head = home.head(&sent.of).unwrap();
    assert_eq!((head.cause.unwrap().code.as_str(), head.payload_hash), ("unknown-form", Some(sent.payload_hash)));
    assert!(head.attempts > 1, "it was tried again before");
}

#[test]
fn a_replayed_dead_letter_is_stored() {
    let Some(home) = Home::given() else { return };
    let mut sent = envelope(2, "failed, then mended");
    sent.of.id = home.fresh();
    let dead = entry(&sent, Some(Cause::gave_up(20)));
    let (ledger, queue, clock) = (home.ledger(), home.queue(), ManualClock::new());
    home.block_on(counterfoil_core::ports::Ledger::insert(&ledger, &dead)).unwrap();
    let with = Replaying { home: &ledger, queue: &queue, clock: &clock };
    let deed = Deed::new(Verb::Replay, Who::parse("ada").unwrap());
    assert_eq!(home.block_on(replay_one(&sent.of, &deed, &with)).unwrap(), Replayed::Sent { run: 1 });
    until("it is stored", || home.head(&sent.of).is_some_and(|head| head.state == State::Stored));
    let head = home.head(&sent.of).unwrap();
    assert_eq!((head.seq, head.run, head.verdict_run, head.cause), (3, 1, 1, None));
}
