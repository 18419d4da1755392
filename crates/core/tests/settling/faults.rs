//! What becomes of a record that a fault met: it is backed off, written down at the last, and keeps no neighbour.

use std::time::Duration;

use counterfoil_core::bury::bury;
use counterfoil_core::settling::{Outcome, RetryPolicy};
use counterfoil_core::{Body, Cause, Forms, State};
use counterfoil_testkit::build::{delivery, envelope, reference};
use counterfoil_testkit::ledger::Plan;
use counterfoil_testkit::queue::Fail;
use counterfoil_testkit::{ManualClock, MemoryLedger};
use futures_util::FutureExt;

use super::{retried, settle, settle_with, states};

#[test]
fn a_lost_answer_is_no_failure() {
    let ledger = MemoryLedger::default();
    ledger.order(Plan::Fail(Fail::After));
    let batch = [delivery(envelope(1, "m").encode())];
    assert_eq!(retried(&settle(&ledger, &batch)[0]).0, "injected");
    assert_eq!(
        states(&settle(&ledger, &batch)),
        [None],
        "it was written: acknowledged as a duplicate"
    );
    assert_eq!(
        ledger.entry(&reference(1)).unwrap().head.state,
        State::Stored
    );
}

#[test]
fn a_panic_stays_at_its_record() {
    let ledger = MemoryLedger::default();
    ledger.order(Plan::Panic);
    let batch: Vec<_> = (1..=10)
        .map(|n| delivery(envelope(n, "m").encode()))
        .collect();
    let outcomes = settle(&ledger, &batch);
    let panicked: Vec<_> = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Retry { .. }))
        .collect();
    assert_eq!(panicked.len(), 1);
    assert_eq!(retried(panicked[0]).0, "panic");
    assert_eq!(ledger.entries().len(), 9);
}

#[test]
fn a_passing_fault_backs_off_and_the_last_receive_writes_it_down() {
    let ledger = MemoryLedger::default();
    let mut late = delivery(envelope(1, "m").encode());
    for (receives, secs) in [(1, 30), (2, 60), (3, 120), (5, 480), (6, 900), (19, 900)] {
        ledger.order(Plan::Fail(Fail::Before));
        late.receives = receives;
        assert_eq!(
            retried(&settle(&ledger, &[late.clone()])[0]),
            ("injected", Duration::from_secs(secs))
        );
    }
    ledger.order(Plan::Fail(Fail::Before));
    late.receives = 20;
    assert_eq!(
        states(&settle(&ledger, &[late.clone()])),
        [Some(State::Failed)]
    );
    let head = ledger.entry(&reference(1)).unwrap().head;
    assert_eq!(
        (head.attempts, head.cause.unwrap().code.as_str()),
        (20, "injected")
    );
}

#[test]
fn twenty_receives_outlast_the_longest_outage_known() {
    let policy = RetryPolicy::default();
    let last: Duration = (1..policy.max_receives)
        .map(|receives| policy.back_off(receives))
        .sum();
    assert_eq!(
        last,
        Duration::from_secs(30 + 60 + 120 + 240 + 480 + 14 * 900)
    );
    assert!(last > Duration::from_secs((2 * 60 + 52) * 60));
}

#[test]
fn when_the_last_write_fails_too_the_dead_letter_queue_gets_it() {
    let ledger = MemoryLedger::default();
    ledger.order(Plan::Fail(Fail::Before));
    ledger.order(Plan::Fail(Fail::Before));
    let mut last = delivery(envelope(1, "m").encode());
    last.receives = 20;
    assert_eq!(retried(&settle(&ledger, &[last])[0]).0, "injected");
    assert_eq!(ledger.entries(), []);
}

#[test]
fn what_is_not_ours_becomes_a_dead_letter_with_its_body() {
    let ledger = MemoryLedger::default();
    for garbage in ["", "not json", "{}", "[1,2]", "\u{0}\u{1}", "{\"v\":1}"] {
        assert_eq!(
            states(&settle(&ledger, &[delivery(garbage)])),
            [Some(State::Failed)],
            "{garbage:?}"
        );
        assert_eq!(
            states(&settle(&ledger, &[delivery(garbage)])),
            [None],
            "{garbage:?} again"
        );
    }
    let rows = ledger.entries();
    assert_eq!(rows.len(), 6);
    assert!(
        rows.iter()
            .all(|row| row.head.of.form.as_str() == "_unknown")
    );
    assert!(
        rows.iter()
            .any(|row| row.body == Body::Raw(b"not json".to_vec()))
    );
}

#[test]
fn a_changed_payload_fails_at_once() {
    let ledger = MemoryLedger::default();
    let changed = envelope(1, "m").encode().replace("Ada", "Eve");
    assert_eq!(
        states(&settle(&ledger, &[delivery(changed)])),
        [Some(State::Failed)]
    );
    assert_eq!(
        ledger
            .entry(&reference(1))
            .unwrap()
            .head
            .cause
            .unwrap()
            .code,
        "hash-mismatch"
    );
}

#[test]
fn an_unknown_form_or_version_waits_for_the_deploy() {
    let ledger = MemoryLedger::default();
    let sent = envelope(1, "m").encode();
    let outcomes = settle_with(&ledger, &Forms::default(), &[delivery(sent.clone())]);
    assert_eq!(retried(&outcomes[0]).0, "unknown-form");
    let newer = sent.replacen("\"v\":1", "\"v\":9", 1);
    assert_eq!(
        retried(&settle(&ledger, &[delivery(newer.clone())])[0]).0,
        "unknown-version"
    );
    assert_eq!(ledger.entries(), []);
    let mut last = delivery(newer);
    last.receives = 20;
    assert_eq!(
        states(&settle(&ledger, &[last])),
        [Some(State::Failed)],
        "kept raw under its own id at the last"
    );
    assert_eq!(
        ledger
            .entry(&reference(1))
            .unwrap()
            .head
            .cause
            .unwrap()
            .code,
        "unknown-version"
    );
}

#[test]
fn a_panic_while_burying_leaves_the_message_where_it_is() {
    let (ledger, clock) = (MemoryLedger::default(), ManualClock::new());
    let dead = delivery(envelope(1, "m").encode());
    ledger.order(Plan::Panic);
    let fault = bury(&dead, Cause::gave_up(dead.receives), &ledger, &clock)
        .now_or_never()
        .unwrap()
        .unwrap_err();
    assert_eq!(fault.cause().code, "panic");
    let settled = bury(&dead, Cause::gave_up(dead.receives), &ledger, &clock)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(
        (settled.state, settled.cause.unwrap().code),
        (Some(State::Failed), "gave-up".into())
    );
}
