//! What a batch becomes: duplicates, late and early, lost answers, panics, garbage, back-off, giving up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::bury::bury;
use counterfoil_core::ports::Clock;
use counterfoil_core::settle::Quiet;
use counterfoil_core::settling::{
    Delivery, Outcome, RetryPolicy, Settling, neighbours, settle_batch,
};
use counterfoil_core::{
    Body, Cause, Checks, Entry, Form, FormId, Forms, Kind, State, SubmissionRef,
};
use counterfoil_operations::change::expired;
use counterfoil_testkit::build::{delivery, entry, envelope, forms, reference, settling};
use counterfoil_testkit::ledger::Plan;
use counterfoil_testkit::outage::run;
use counterfoil_testkit::queue::Fail;
use counterfoil_testkit::{Away, ManualClock, MemoryLedger, Outage, Until, contract};
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
    let now = include_str!("../../../forms/contact.toml")
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
fn a_suspicious_batch_goes_one_by_one_in_a_changing_order() {
    let first_settled = |receives: u32| {
        let ledger = MemoryLedger::default();
        let mut batch: Vec<_> = (1..=5)
            .map(|n| delivery(envelope(n, "m").encode()))
            .collect();
        batch[0].receives = receives;
        assert_eq!(
            states(&settle(&ledger, &batch)),
            vec![Some(State::Stored); 5]
        );
        ledger.changes()[0].0.clone()
    };
    let firsts: std::collections::BTreeSet<_> = (3..8).map(first_settled).collect();
    assert_eq!(firsts.len(), 5, "each record comes first once");
}

#[test]
fn the_same_ten_that_come_together_again_come_in_another_order() {
    let first_settled = |receives: u32| {
        let ledger = MemoryLedger::default();
        let batch: Vec<_> = (1..=10)
            .map(|n| Delivery {
                receives,
                ..delivery(envelope(n, "m").encode())
            })
            .collect();
        settle(&ledger, &batch);
        ledger.changes()[0].0.clone()
    };
    let firsts: std::collections::BTreeSet<_> = (3..13).map(first_settled).collect();
    assert_eq!(firsts.len(), 10, "each record comes first once");
}

#[test]
fn only_those_are_sheltered_that_came_with_one_that_came_back() {
    let batch = |receives: &[u32]| -> Vec<Delivery> {
        receives
            .iter()
            .map(|receives| Delivery {
                receives: *receives,
                ..delivery("")
            })
            .collect()
    };
    assert!(neighbours(&batch(&[1, 1, 1])).is_empty());
    assert_eq!(
        neighbours(&batch(&[1, 2, 1])),
        [0, 1, 2],
        "it may end the process again"
    );
    assert_eq!(neighbours(&batch(&[1, 3, 2, 20])), [0, 2]);
    assert!(neighbours(&batch(&[3])).is_empty());
}

/// An invocation of 30 s, in which these are delivered to a ledger that is away: its calls, and what it took.
fn settle_in_an_outage(away: Away, receives: &[u32]) -> (Vec<Outcome>, u32, Duration) {
    let clock = Arc::new(ManualClock::new());
    let began = clock.now();
    let ledger = Outage::new(
        Arc::clone(&clock),
        away,
        began,
        began.plus(Duration::from_secs(3600)),
    );
    let time = Until {
        clock: &clock,
        at: began.plus(Duration::from_secs(30)),
    };
    let batch = (1..).zip(receives).map(|(n, receives)| Delivery {
        receives: *receives,
        ..delivery(envelope(n, "m").encode())
    });
    let forms = forms();
    let with = Settling {
        time: &time,
        ..settling(&ledger, &*clock, &forms)
    };
    let outcomes = run(settle_batch(&batch.collect::<Vec<_>>(), &with));
    (outcomes, ledger.calls(), clock.now().since(began))
}

const CALL: Duration = Duration::from_secs(8);

#[test]
fn after_a_call_that_hung_the_rest_comes_back_untried_and_as_late_as_if_it_had_been() {
    let receives = [3, 4, 5, 6, 1, 2, 3, 19, 3, 3];
    let (outcomes, calls, took) = settle_in_an_outage(Away::Hangs(CALL), &receives);
    assert_eq!((calls, took), (1, CALL));
    let codes: Vec<_> = outcomes.iter().map(|outcome| retried(outcome).0).collect();
    assert_eq!(
        codes.iter().filter(|code| **code == "aws-timeout").count(),
        1
    );
    assert_eq!(codes.iter().filter(|code| **code == "untried").count(), 9);
    let waits: Vec<_> = outcomes.iter().map(|outcome| retried(outcome).1).collect();
    assert_eq!(
        waits,
        receives.map(|receives| RetryPolicy::default().back_off(receives))
    );
}

#[test]
fn those_that_hang_together_take_as_long_as_one() {
    let (outcomes, calls, took) = settle_in_an_outage(Away::Hangs(CALL), &[1; 10]);
    assert_eq!((calls, took), (10, CALL));
    assert!(
        outcomes
            .iter()
            .all(|outcome| retried(outcome) == ("aws-timeout", Duration::from_secs(30)))
    );
}

#[test]
fn what_is_refused_at_once_is_all_tried() {
    let (outcomes, calls, took) = settle_in_an_outage(Away::Refuses, &[3; 10]);
    assert_eq!((outcomes.len(), calls, took), (10, 10, Duration::ZERO));
}

/// The verdict that it failed would hang as well.
#[test]
fn a_last_receive_that_hangs_is_left_to_the_dead_letter_queue() {
    let (outcomes, calls, took) = settle_in_an_outage(Away::Hangs(CALL), &[20, 20]);
    assert_eq!((calls, took), (1, CALL));
    assert!(
        outcomes
            .iter()
            .all(|outcome| retried(outcome).1 == Duration::from_secs(900))
    );
}

#[test]
fn where_answers_are_slow_no_call_begins_late_and_who_has_no_other_try_comes_first() {
    let (outcomes, calls, took) =
        settle_in_an_outage(Away::Slow(CALL), &[3, 3, 3, 3, 20, 3, 20, 3, 3, 3]);
    assert_eq!((calls, took), (2, 2 * CALL), "with 14 s left no third one");
    let settled: Vec<_> = (0..10)
        .filter(|place| matches!(outcomes[*place], Outcome::Ack(_)))
        .collect();
    assert_eq!(settled, [4, 6]);
}

#[test]
fn records_of_one_submission_are_settled_in_the_order_of_sending() {
    let ledger = MemoryLedger::default();
    let mut batch = [
        delivery(envelope(1, "second").encode()),
        delivery(envelope(1, "first").encode()),
    ];
    batch[1].sent_at = counterfoil_core::Timestamp::from_millis(0);
    let outcomes = settle(&ledger, &batch);
    assert_eq!(
        states(&outcomes),
        [Some(State::Failed), Some(State::Stored)]
    );
    assert!(
        matches!(&outcomes[1], Outcome::Ack(settled) if settled.quiet != Some(Quiet::Duplicate))
    );
}

#[test]
fn retention_starts_at_settling_and_only_for_what_is_stored() {
    let text = include_str!("../../../forms/contact.toml")
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
