//! What a ticket says, by entry and by age.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

mod age;
mod seen;

use counterfoil_core::status::{Answering, TicketState, View, retry_after, view};
use counterfoil_core::{Cause, Checks, Code, Entry, Envelope, Form, FormId, Forms, State, Ticket};
use counterfoil_testkit::build::{THEN, entry, envelope, forms, keyring};
use counterfoil_testkit::{CountingEntropy, ManualClock, MemoryLedger};
use futures_util::FutureExt;
use std::time::Duration;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn ticket(of: &Envelope) -> String {
    Ticket::mint(&keyring(), &of.of, THEN, &of.content).to_string()
}

fn look(
    text: &str,
    row: Option<Entry>,
    age: Duration,
    forms: &Forms,
    buries: bool,
) -> Option<View> {
    let (ledger, clock, keys) = (MemoryLedger::default(), ManualClock::new(), keyring());
    row.into_iter().for_each(|row| ledger.put(row));
    clock.advance(age);
    let entropy = CountingEntropy::default();
    let with = Answering {
        keys: &keys,
        polls: &ledger,
        clock: &clock,
        entropy: &entropy,
        forms,
        buries,
        unread: &|_| (),
    };
    view(text, &with).now_or_never().unwrap().unwrap()
}

fn state(row: Option<Entry>, age_secs: u64) -> TicketState {
    look(
        &ticket(&envelope(1, "m")),
        row,
        Duration::from_secs(age_secs),
        &forms(),
        true,
    )
    .unwrap()
    .state
}

/// The shipped form, with what `change` makes of its text.
fn contact(change: impl Fn(&str) -> String) -> Forms {
    let text = change(include_str!("../../../../forms/contact.toml"));
    [Form::parse(FormId::parse("contact").unwrap(), &text).unwrap()]
        .into_iter()
        .collect()
}

fn row(state: State, run: u32) -> Option<Entry> {
    let mut row = entry(&envelope(1, "m"), None);
    (row.head.state, row.head.run) = (state, run);
    Some(row)
}

#[test]
fn an_entry_says_what_became_of_it() {
    let states = [
        (State::Stored, TicketState::Stored),
        (State::Failed, TicketState::Failed),
        (State::Held, TicketState::Held),
        (State::Discarded, TicketState::Failed),
        (State::Erased, TicketState::Erased),
        (State::Expired, TicketState::Expired),
    ];
    for (entry, expected) in states {
        assert_eq!(state(row(entry, 0), 100 * DAY), expected);
    }
}

#[test]
fn a_replay_without_a_verdict_reads_queued_then_delayed() {
    for held in [State::Failed, State::Held] {
        assert_eq!(state(row(held, 1), 60), TicketState::Queued);
        assert_eq!(state(row(held, 1), HOUR), TicketState::Delayed);
    }
    assert_eq!(state(row(State::Stored, 1), 60), TicketState::Stored);
}

#[test]
fn the_other_content_of_a_key_says_conflict() {
    let loser = ticket(&envelope(1, "other"));
    let seen = look(
        &loser,
        row(State::Stored, 0),
        Duration::ZERO,
        &forms(),
        true,
    )
    .unwrap();
    assert_eq!(
        (seen.state, seen.is_final, seen.reason),
        (TicketState::Conflict, true, None)
    );
}

#[test]
fn only_a_failure_has_a_reason_and_it_is_public() {
    let cause = Cause::new(Code::DiskFull, "/var/data/secret is full");
    let failed = entry(&envelope(1, "m"), Some(cause));
    let seen = look(
        &ticket(&envelope(1, "m")),
        Some(failed),
        Duration::ZERO,
        &forms(),
        true,
    )
    .unwrap();
    let reason = seen.reason.unwrap();
    assert_eq!(reason.code, "disk-full");
    assert!(!reason.detail().contains("secret"));
    let mut spam = envelope(1, "m");
    spam.checks = Checks {
        honeypot: true,
        ..Checks::default()
    };
    let held = look(
        &ticket(&spam),
        row(State::Held, 0),
        Duration::ZERO,
        &forms(),
        true,
    )
    .unwrap();
    assert_eq!(held.reason, None);
}

#[test]
fn the_answer_has_the_members_of_the_contract() {
    let seen = look(
        &ticket(&envelope(1, "m")),
        None,
        Duration::from_secs(3),
        &forms(),
        true,
    )
    .unwrap();
    let json = serde_json::to_value(&seen).unwrap();
    let names: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        [
            "ticket",
            "form",
            "state",
            "seq",
            "submitted_at",
            "updated_at",
            "final",
            "retry_after"
        ]
    );
    assert_eq!(
        (
            json["state"].as_str(),
            json["seq"].as_u64(),
            json["final"].as_bool()
        ),
        (Some("queued"), Some(0), Some(false))
    );
    let done = look(
        &ticket(&envelope(1, "m")),
        row(State::Stored, 0),
        Duration::ZERO,
        &forms(),
        true,
    )
    .unwrap();
    assert!(
        serde_json::to_value(&done)
            .unwrap()
            .get("retry_after")
            .is_none()
    );
}

#[test]
fn a_ticket_outlives_its_form_and_a_clock_set_back() {
    let text = ticket(&envelope(1, "m"));
    let seen = look(
        &text,
        row(State::Stored, 0),
        Duration::ZERO,
        &Forms::default(),
        true,
    )
    .unwrap();
    assert_eq!(seen.state, TicketState::Stored);
    let (ledger, clock, keys, entropy) = (
        MemoryLedger::default(),
        ManualClock::new(),
        keyring(),
        CountingEntropy::default(),
    );
    clock.set_back(Duration::from_secs(HOUR));
    let forms = forms();
    let with = Answering {
        keys: &keys,
        polls: &ledger,
        clock: &clock,
        entropy: &entropy,
        forms: &forms,
        buries: true,
        unread: &|_| (),
    };
    let seen = view(&text, &with).now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(
        (seen.state, seen.retry_after),
        (TicketState::Queued, Some(1))
    );
}

#[test]
fn a_forgery_is_nothing() {
    assert_eq!(
        look("contact.AAAA", None, Duration::ZERO, &forms(), true),
        None
    );
}

#[test]
fn the_wait_grows_with_age_and_stays_within_a_minute() {
    for random in [0, 127, 255] {
        let waits: Vec<u32> = [0, 1, 10, 60, 118, 3600, u64::MAX / 4]
            .iter()
            .map(|secs| retry_after(Duration::from_secs(*secs), random))
            .collect();
        assert!(
            waits.is_sorted() && waits.iter().all(|wait| (1..=60).contains(wait)),
            "{waits:?}"
        );
    }
    assert_eq!(retry_after(Duration::from_secs(60), 0), 25);
    assert_eq!(retry_after(Duration::from_secs(60), 255), 37);
}
