//! Edit, discard, undo, and the dry run.

mod edits;

use std::time::Duration;

use counterfoil_core::ports::{Entries, Ledger, Write};
use counterfoil_core::settling::settle_batch;
use counterfoil_core::{
    Body, Cause, Entry, Fault, Form, FormId, Forms, Payload, State, SubmissionRef,
};
use counterfoil_operations::act::{Acted, Acting, Revision, discard_one, undo_one};
use counterfoil_operations::history::{Action, Actor, Verb};
use counterfoil_operations::rehearse::{Forecast, Foreseen, rehearse};
use counterfoil_operations::replay::{Replayed, Replaying, replay_one};
use counterfoil_testkit::build::{
    THEN, delivery, entry, envelope, fields, forms, reference, settling,
};
use counterfoil_testkit::ledger::Plan;
use counterfoil_testkit::queue::Fail;
use counterfoil_testkit::{ManualClock, MemoryLedger, MemoryQueue};
use edits::edit_of;
use futures_util::FutureExt;

pub(crate) fn deed(verb: Verb) -> Action {
    Action {
        why: Some("because".into()),
        ..Action::new(verb, Actor::parse("ada").unwrap())
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the fakes never wait")
}

fn dead() -> MemoryLedger {
    let ledger = MemoryLedger::default();
    assert_eq!(
        now(ledger.insert(&entry(&envelope(1, "hello"), Some(Cause::gave_up(20))))).unwrap(),
        Write::Done
    );
    ledger
}

fn edited(message: &str) -> Payload {
    Payload::from_fields(fields(message).as_object().unwrap())
}

fn edit(ledger: &MemoryLedger, after: &Payload, forms: &Forms) -> Acted {
    let based_on = ledger.entry(&reference(1)).map_or(0, |row| row.head.seq);
    edit_of(ledger, Revision { after, based_on }, forms)
}

fn act(ledger: &MemoryLedger, verb: Verb) -> Result<Acted, Fault> {
    let (clock, forms) = (ManualClock::new(), forms());
    let with = Acting {
        home: ledger,
        clock: &clock,
        forms: &forms,
    };
    match verb {
        Verb::Discard => now(discard_one(&reference(1), &deed(verb), &with)),
        Verb::Undo => now(undo_one(&reference(1), &deed(verb), &with)),
        Verb::Replay | Verb::Release | Verb::Edit => panic!("not here"),
    }
}

fn replay(ledger: &MemoryLedger, queue: &MemoryQueue) -> Replayed {
    let with = Replaying {
        home: ledger,
        queue,
        clock: &ManualClock::new(),
    };
    // Picked at this moment.
    now(replay_one(
        &reference(1),
        u32::MAX,
        &deed(Verb::Replay),
        &with,
    ))
    .unwrap()
}

fn settle(ledger: &MemoryLedger, queue: &MemoryQueue, forms: &Forms) {
    let batch: Vec<_> = queue.drain().into_iter().map(delivery).collect();
    let clock = ManualClock::new();
    let with = settling(ledger, &clock, forms);
    now(settle_batch(&batch, &with));
}

fn row(ledger: &MemoryLedger) -> Entry {
    ledger.entry(&reference(1)).unwrap()
}

#[test]
fn a_discard_is_taken_back_and_what_came_meanwhile_is_dropped() {
    let (ledger, queue) = (dead(), MemoryQueue::default());
    replay(&ledger, &queue);
    assert!(
        matches!(act(&ledger, Verb::Discard).unwrap(), Acted::Done(head) if head.state == State::Discarded)
    );
    assert!(matches!(
        act(&ledger, Verb::Discard).unwrap(),
        Acted::Already(_)
    ));
    settle(&ledger, &queue, &forms());
    assert_eq!(row(&ledger).head.state, State::Discarded);
    assert!(matches!(act(&ledger, Verb::Undo).unwrap(), Acted::Done(head) if !head.is_awaiting()));
    assert!(matches!(
        act(&ledger, Verb::Undo).unwrap(),
        Acted::Already(_)
    ));
    assert_eq!(replay(&ledger, &queue), Replayed::Sent { run: 2 });
    settle(&ledger, &queue, &forms());
    assert_eq!(row(&ledger).head.state, State::Stored);
    assert!(matches!(
        act(&ledger, Verb::Discard).unwrap(),
        Acted::NotNow(State::Stored)
    ));
    assert!(matches!(
        act(&ledger, Verb::Undo).unwrap(),
        Acted::NotNow(State::Stored)
    ));
}

#[test]
fn a_discarded_one_goes_when_its_forms_retention_is_over_and_not_before() {
    let ledger = dead();
    let text = include_str!("../../../../forms/contact.toml");
    let kept = format!("retention_days = 3\n{text}");
    let kept: Forms = [Form::parse(FormId::parse("contact").unwrap(), &kept).unwrap()]
        .into_iter()
        .collect();
    let clock = ManualClock::new();
    let with = Acting {
        home: &ledger,
        clock: &clock,
        forms: &kept,
    };
    now(discard_one(&reference(1), &deed(Verb::Discard), &with)).unwrap();
    assert_eq!(
        row(&ledger).head.expires_at,
        Some(THEN.plus(Duration::from_secs(3 * 86_400)))
    );
    now(undo_one(&reference(1), &deed(Verb::Undo), &with)).unwrap();
    assert_eq!(row(&ledger).head.expires_at, None);
}

#[test]
fn a_deed_whose_answer_was_lost_is_done_once() {
    let ledger = dead();
    ledger.order(Plan::Fail(Fail::After));
    assert!(act(&ledger, Verb::Discard).is_err());
    assert!(matches!(
        act(&ledger, Verb::Discard).unwrap(),
        Acted::Already(_)
    ));
    assert_eq!(row(&ledger).head.seq, 2);
}

#[test]
fn nothing_is_done_to_what_is_not_there_or_cannot_be_read() {
    let ledger = MemoryLedger::default();
    assert_eq!(act(&ledger, Verb::Discard).unwrap(), Acted::Nowhere);
    let mut raw = entry(&envelope(1, "x"), Some(Cause::undecodable("not JSON")));
    raw.body = Body::Raw(b"garbage".to_vec());
    ledger.put(raw);
    assert_eq!(edit(&ledger, &edited("m"), &forms()), Acted::Unreadable);
    assert!(
        matches!(act(&ledger, Verb::Discard).unwrap(), Acted::Done(_)),
        "but it can be given up"
    );
}

fn foreseen(ledger: &MemoryLedger, forms: &Forms) -> Foreseen {
    rehearse(
        now(Entries::entry(ledger, &reference(1))).unwrap(),
        State::Failed,
        forms,
        THEN,
    )
}

#[test]
fn a_dry_run_says_what_replaying_comes_to_and_writes_nothing() {
    let ledger = dead();
    assert_eq!(foreseen(&ledger, &forms()), Foreseen::Passes);
    let Foreseen::Fails { rule, .. } = foreseen(&ledger, &Forms::default()) else {
        panic!("no form")
    };
    assert_eq!(rule, "unknown-form");
    let mut row = row(&ledger);
    row.head.payload_hash = Some(edited("other").hash());
    ledger.put(row.clone());
    assert!(
        matches!(foreseen(&ledger, &forms()), Foreseen::Fails { rule, .. } if rule == "hash-mismatch")
    );
    row.body = Body::Raw(b"x".to_vec());
    ledger.put(row.clone());
    assert!(
        matches!(foreseen(&ledger, &forms()), Foreseen::Fails { rule, .. } if rule == "undecodable")
    );
    row.head.state = State::Stored;
    ledger.put(row);
    assert_eq!(foreseen(&ledger, &forms()), Foreseen::Skipped);
    assert_eq!(
        rehearse(None, State::Failed, &forms(), THEN),
        Foreseen::Skipped
    );
}

#[test]
fn what_is_held_is_rehearsed_for_a_release_and_not_for_a_replay() {
    let ledger = dead();
    let mut row = row(&ledger);
    (row.head.state, row.head.cause, row.head.hold) = (State::Held, None, Some("honeypot".into()));
    ledger.put(row.clone());
    assert_eq!(foreseen(&ledger, &forms()), Foreseen::Skipped);
    let released = |forms: &Forms| rehearse(Some(row.clone()), State::Held, forms, THEN);
    assert_eq!(released(&forms()), Foreseen::Passes);
    assert!(
        matches!(released(&Forms::default()), Foreseen::Fails { rule, .. } if rule == "unknown-form")
    );
}

#[test]
fn a_forecast_counts_by_rule_and_keeps_a_few_examples() {
    let mut forecast = Forecast::default();
    let fails = |rule: &str| Foreseen::Fails {
        rule: rule.into(),
        detail: "d".into(),
    };
    let of: Vec<SubmissionRef> = (0..10).map(reference).collect();
    for of in &of {
        forecast.add(of, fails("unknown-form"));
        forecast.add(of, Foreseen::Passes);
    }
    forecast.add(&of[0], fails("too-large"));
    forecast.add(&of[0], Foreseen::Skipped);
    assert_eq!(
        (forecast.pass, forecast.failing(), forecast.skipped),
        (10, 11, 1)
    );
    assert_eq!(forecast.fail["unknown-form"].examples, of[..5]);
}
