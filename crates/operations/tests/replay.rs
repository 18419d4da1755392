//! A dead letter's way back: ordered, sent, settled; and again after every place where it may stop.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

use counterfoil_core::ports::Ledger;
use counterfoil_core::settling::settle_batch;
use counterfoil_core::{Body, Cause, Envelope, Fault, Kind, State};
use counterfoil_operations::history::{Action, Actor, Verb};
use counterfoil_operations::replay::{Replayed, Replaying, replay_one};
use counterfoil_testkit::build::{delivery, entry, envelope, forms, reference, settling};
use counterfoil_testkit::ledger::Plan;
use counterfoil_testkit::queue::Fail;
use counterfoil_testkit::{ManualClock, MemoryLedger, MemoryQueue, contract};
use futures_util::FutureExt;

/// A ledger with one dead letter, and a queue.
fn failed() -> (MemoryLedger, MemoryQueue) {
    let (ledger, queue) = (MemoryLedger::default(), MemoryQueue::default());
    let row = entry(&envelope(1, "hello"), Some(Cause::gave_up(20)));
    ledger.insert(&row).now_or_never().unwrap().unwrap();
    (ledger, queue)
}

fn replay(ledger: &MemoryLedger, queue: &MemoryQueue) -> Result<Replayed, Fault> {
    let with = Replaying {
        home: ledger,
        queue,
        clock: &ManualClock::new(),
    };
    let deed = Action::new(Verb::Replay, Actor::parse("ada").unwrap());
    // Picked at this moment.
    replay_one(&reference(1), u32::MAX, &deed, &with)
        .now_or_never()
        .expect("the fakes never wait")
}

/// Settles all that is on the queue.
fn settle(ledger: &MemoryLedger, queue: &MemoryQueue) {
    let batch: Vec<_> = queue.drain().into_iter().map(delivery).collect();
    let (clock, forms) = (ManualClock::new(), forms());
    let with = settling(ledger, &clock, &forms);
    settle_batch(&batch, &with).now_or_never().unwrap();
}

fn state(ledger: &MemoryLedger) -> (State, u64, u32, u32) {
    let head = ledger.entry(&reference(1)).unwrap().head;
    (head.state, head.seq, head.run, head.verdict_run)
}

#[test]
fn a_replayed_dead_letter_is_stored_and_only_its_verdict_is_news() {
    let (ledger, queue) = failed();
    assert_eq!(replay(&ledger, &queue).unwrap(), Replayed::Sent { run: 1 });
    assert_eq!(state(&ledger), (State::Failed, 2, 1, 0));
    settle(&ledger, &queue);
    assert_eq!(state(&ledger), (State::Stored, 3, 1, 1));
    let seqs: Vec<_> = ledger
        .changes()
        .into_iter()
        .map(|(_, seq, _)| seq)
        .collect();
    assert_eq!(seqs, [1, 3]);
}

#[test]
fn the_envelope_is_the_first_ones_but_for_kind_and_run() {
    let (ledger, queue) = failed();
    replay(&ledger, &queue).unwrap();
    let sent = Envelope::decode(queue.drain()[0].as_bytes()).unwrap();
    assert!(sent.is_intact());
    assert_eq!(
        sent,
        Envelope {
            kind: Kind::Replay,
            run: 1,
            ..envelope(1, "hello")
        }
    );
}

#[test]
fn wherever_it_stops_the_same_call_again_ends_it() {
    for how in [Fail::Before, Fail::After] {
        let (ledger, queue) = failed();
        ledger.order(Plan::Fail(how));
        assert!(replay(&ledger, &queue).is_err());
        queue.fail_next(how);
        assert!(
            replay(&ledger, &queue).is_err(),
            "the write is done, now the queue fails"
        );
        assert_eq!(
            replay(&ledger, &queue).unwrap(),
            Replayed::Sent { run: 1 },
            "the run that was ordered"
        );
        assert_eq!(state(&ledger), (State::Failed, 2, 1, 0), "ordered once");
        settle(&ledger, &queue);
        assert_eq!(
            state(&ledger),
            (State::Stored, 3, 1, 1),
            "however often it was sent"
        );
    }
}

#[test]
fn what_fails_again_can_be_replayed_again() {
    let (ledger, queue) = failed();
    for run in 1..=3 {
        assert_eq!(replay(&ledger, &queue).unwrap(), Replayed::Sent { run });
        let mut head = ledger.entry(&reference(1)).unwrap().head;
        (head.seq, head.verdict_run) = (head.seq + 1, run);
        ledger.update(&head).now_or_never().unwrap().unwrap();
        queue.drain();
    }
}

#[test]
fn only_a_dead_letter_that_can_be_read_is_replayed() {
    let (ledger, queue) = (MemoryLedger::default(), MemoryQueue::default());
    assert_eq!(replay(&ledger, &queue).unwrap(), Replayed::Nowhere);
    let mut row = entry(&envelope(1, "hello"), Some(Cause::undecodable("not JSON")));
    row.body = Body::Raw(b"garbage".to_vec());
    ledger.put(row.clone());
    assert_eq!(replay(&ledger, &queue).unwrap(), Replayed::Unreadable);
    for state in [State::Stored, State::Held, State::Discarded, State::Erased] {
        row.head.state = state;
        ledger.put(row.clone());
        assert_eq!(
            replay(&ledger, &queue).unwrap(),
            Replayed::NotNow {
                state,
                run: row.head.run
            }
        );
    }
    assert_eq!(queue.drain(), Vec::<String>::new());
}

#[test]
fn the_fake_announces_as_the_real_ones_do() {
    let ledger = MemoryLedger::default();
    let announced = async |of: &counterfoil_core::SubmissionRef| {
        ledger
            .changes()
            .into_iter()
            .filter(|(changed, ..)| changed == of)
            .map(|(_, seq, _)| seq)
            .collect()
    };
    contract::announcing(&ledger, announced)
        .now_or_never()
        .unwrap();
}
