//! What a batch becomes: duplicates, late and early, lost answers, panics, garbage, back-off, giving up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

mod faults;
mod order;
mod outage;

use std::time::Duration;

use counterfoil_core::settling::{Delivery, Outcome, settle_batch};
use counterfoil_core::{
    Body, Cause, Checks, Entry, Form, FormId, Forms, Kind, State, SubmissionRef,
};
use counterfoil_operations::change::expired;
use counterfoil_testkit::build::{delivery, entry, envelope, forms, reference, settling};
use counterfoil_testkit::{ManualClock, MemoryLedger, contract};
use futures_util::FutureExt;

fn settle_with(ledger: &MemoryLedger, forms: &Forms, batch: &[Delivery]) -> Vec<Outcome> {
    let clock = ManualClock::new();
    let with = settling(ledger, &clock, forms);
    settle_batch(batch, &with)
        .now_or_never()
        .expect("the fakes never wait")
}

fn settle(ledger: &MemoryLedger, batch: &[Delivery]) -> Vec<Outcome> {
    settle_with(ledger, &forms(), batch)
}

fn states(outcomes: &[Outcome]) -> Vec<Option<State>> {
    outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Ack(settled) => settled.state,
            Outcome::Retry { cause, .. } => panic!("not settled: {cause}"),
        })
        .collect()
}

fn retried(outcome: &Outcome) -> (&str, Duration) {
    match outcome {
        Outcome::Retry { after, cause } => (&cause.code, *after),
        Outcome::Ack(settled) => panic!("settled: {settled:?}"),
    }
}

#[test]
fn the_fake_ledger_keeps_the_contract() {
    contract::ledger(&MemoryLedger::default())
        .now_or_never()
        .unwrap();
}

#[test]
fn the_fake_ledger_keeps_what_is_left_as_the_contract_says() {
    let ledger = MemoryLedger::default();
    let expire = async |of: &SubmissionRef| {
        let row = ledger.entry(of).unwrap().head;
        let head = expired(&row, row.updated_at, row.updated_at).unwrap();
        ledger.put(Entry {
            head,
            body: Body::Erased,
        });
    };
    contract::expiring(&ledger, expire).now_or_never().unwrap();
}

#[test]
fn a_batch_is_stored_with_its_exact_payloads() {
    let ledger = MemoryLedger::default();
    let batch: Vec<_> = (1..=10)
        .map(|n| delivery(envelope(n, &format!("message {n}")).encode()))
        .collect();
    assert_eq!(
        states(&settle(&ledger, &batch)),
        vec![Some(State::Stored); 10]
    );
    for n in 1..=10 {
        let Body::Payload(payload) = ledger.entry(&reference(n)).unwrap().body else {
            panic!("no payload")
        };
        assert_eq!(payload, envelope(n, &format!("message {n}")).payload);
    }
}

/// The form has asked for more since: what was accepted before is not judged again, and says under which schema it was.
#[test]
fn what_was_accepted_under_an_older_schema_is_stored_as_it_was() {
    let now = include_str!("../../../../forms/contact.toml")
        .replace("required = [", "required = [\"phone\", ");
    let form = Form::parse(FormId::parse("contact").unwrap(), &now).unwrap();
    let accepted = envelope(1, "m");
    assert_ne!(form.schema.fingerprint(), accepted.schema);
    assert!(!form.schema.check(&accepted.payload.fields()).is_empty());
    let ledger = MemoryLedger::default();
    let outcomes = settle_with(
        &ledger,
        &[form].into_iter().collect(),
        &[delivery(accepted.encode())],
    );
    assert_eq!(states(&outcomes), [Some(State::Stored)]);
    let entry = ledger.entry(&reference(1)).unwrap();
    assert_eq!(
        (entry.head.schema, entry.body),
        (accepted.schema, Body::Payload(accepted.payload))
    );
}

#[test]
fn a_duplicate_changes_nothing_in_whatever_batch_it_comes() {
    let ledger = MemoryLedger::default();
    let twice = [
        delivery(envelope(1, "m").encode()),
        delivery(envelope(1, "m").encode()),
    ];
    assert_eq!(
        states(&settle(&ledger, &twice)),
        [Some(State::Stored), None]
    );
    assert_eq!(states(&settle(&ledger, &twice[..1])), [None]);
    assert_eq!(ledger.changes().len(), 1);
}

#[test]
fn a_late_success_mends_a_failure() {
    let ledger = MemoryLedger::default();
    let sent = envelope(1, "m");
    ledger.put(entry(&sent, Some(Cause::gave_up(20))));
    assert_eq!(
        states(&settle(&ledger, &[delivery(sent.encode())])),
        [Some(State::Stored)]
    );
}

#[test]
fn the_same_key_with_other_content_keeps_both() {
    let ledger = MemoryLedger::default();
    let batch = [
        delivery(envelope(1, "first").encode()),
        delivery(envelope(1, "second").encode()),
    ];
    assert_eq!(
        states(&settle(&ledger, &batch)),
        [Some(State::Stored), Some(State::Failed)]
    );
    let rows = ledger.entries();
    assert_eq!(rows.len(), 2);
    let loser = rows
        .iter()
        .find(|row| row.head.state == State::Failed)
        .unwrap();
    assert_eq!(loser.head.cause.as_ref().unwrap().code, "key-conflict");
    assert_eq!(loser.body, Body::Payload(envelope(1, "second").payload));
    assert_eq!(
        states(&settle(&ledger, &batch)),
        [None, None],
        "delivered again"
    );
}

#[test]
fn a_filled_honeypot_is_held_and_a_release_lets_it_through() {
    let ledger = MemoryLedger::default();
    let mut spam = envelope(1, "m");
    spam.checks = Checks {
        honeypot: true,
        ..Checks::default()
    };
    assert_eq!(
        states(&settle(&ledger, &[delivery(spam.encode())])),
        [Some(State::Held)]
    );
    let head = ledger.entry(&reference(1)).unwrap().head;
    assert_eq!((head.hold.as_deref(), head.cause), (Some("honeypot"), None));
    (spam.kind, spam.run) = (Kind::Release, 1);
    assert_eq!(
        states(&settle(&ledger, &[delivery(spam.encode())])),
        [Some(State::Stored)]
    );
}

#[test]
fn retention_starts_at_settling_and_only_for_what_is_stored() {
    let text = include_str!("../../../../forms/contact.toml")
        .replace("# retention_days = 365", "retention_days = 2");
    let form =
        counterfoil_core::Form::parse(counterfoil_core::FormId::parse("contact").unwrap(), &text)
            .unwrap();
    let forms: Forms = [form].into_iter().collect();
    let ledger = MemoryLedger::default();
    let mut spam = envelope(2, "m");
    spam.checks.honeypot = true;
    settle_with(
        &ledger,
        &forms,
        &[delivery(envelope(1, "m").encode()), delivery(spam.encode())],
    );
    let expires = |n| ledger.entry(&reference(n)).unwrap().head.expires_at;
    let two_days = counterfoil_testkit::build::THEN.plus(Duration::from_secs(2 * 24 * 3600));
    assert_eq!((expires(1), expires(2)), (Some(two_days), None));
}
