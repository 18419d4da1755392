//! Batches as Lambda gives them, and what is answered for them.

use std::sync::Mutex;

use counterfoil_core::calls::Endless;
use counterfoil_core::ports::Clock;
use counterfoil_core::settling::Settled;
use counterfoil_core::{Cause, Code};
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::reference;
use serde_json::{Value, json};

use super::*;
use crate::Settings;
use crate::metrics::Function;

const BATCH: &str = include_str!("../fixtures/sqs.json");

fn event() -> SqsEvent {
    serde_json::from_str(BATCH).unwrap()
}

fn meter() -> Meter {
    Meter::new(
        &Settings::new(|_| None),
        Function::Worker,
        ManualClock::new(),
    )
    .by(|_| ())
}

fn ack() -> Outcome {
    Outcome::Ack(settled())
}

fn settled() -> Settled {
    Settled {
        of: reference(1),
        state: None,
        quiet: None,
        cause: None,
    }
}

fn retry(after: Duration) -> Outcome {
    Outcome::Retry {
        after,
        cause: Cause::new(Code::DatabaseBusy, "try again"),
    }
}

/// What is answered when settling gives these outcomes, and what was hidden for how long after it. Before it, the first
/// message was sheltered: it came with one that came back three times, and one that came back twenty.
fn check(outcomes: Vec<Outcome>) -> (Value, Vec<(String, i32)>) {
    let hidden = Mutex::new(Vec::new());
    let hide = |receipt, seconds| {
        hidden.lock().unwrap().push((receipt, seconds));
        async { Err(Fault::transient(Code::DatabaseBusy, "hiding fails too")) }
    };
    let settle = |deliveries: Vec<Delivery>| {
        assert_eq!(
            deliveries.iter().map(|d| d.receives).collect::<Vec<_>>(),
            [1, 3, 20]
        );
        let sheltered = std::mem::take(&mut *hidden.lock().unwrap());
        assert_eq!(sheltered, [("receipt-1".to_owned(), 60)]);
        let outcomes = outcomes.clone();
        async move { outcomes }
    };
    let answer = handle(event(), &settle, &hide, &meter())
        .now_or_never()
        .unwrap()
        .unwrap();
    (
        serde_json::to_value(answer).unwrap(),
        hidden.into_inner().unwrap(),
    )
}

fn names(numbers: &[u8]) -> Value {
    let name = |n| json!({"itemIdentifier": format!("059f36b4-87a3-44ab-83d2-66197577{n:04}")});
    json!({"batchItemFailures": numbers.iter().map(name).collect::<Vec<_>>()})
}

#[test]
fn a_delivery_tells_its_receives_and_when_it_was_sent() {
    let (messages, deliveries) = decode(event()).unwrap();
    assert_eq!(
        (messages.len(), messages[2].receipt.as_deref()),
        (3, Some("receipt-3"))
    );
    assert_eq!(
        (deliveries[1].receives, deliveries[1].body.as_slice()),
        (3, b"{\"v\":1}".as_slice())
    );
    assert_eq!(
        deliveries[1].sent_at.to_string(),
        "2026-11-22T22:14:11.007Z"
    );
}

#[test]
fn what_is_done_is_not_named_and_what_is_not_is() {
    assert_eq!(check(vec![ack(), ack(), ack()]), (names(&[]), vec![]));
    let outcomes = vec![ack(), retry(Duration::from_millis(1500)), ack()];
    assert_eq!(
        check(outcomes),
        (names(&[2]), vec![("receipt-2".into(), 2)])
    );
    let outcomes = vec![retry(Duration::ZERO), ack(), retry(Duration::MAX)];
    assert_eq!(
        check(outcomes),
        (
            names(&[1, 3]),
            vec![("receipt-1".into(), 0), ("receipt-3".into(), 43_200)]
        )
    );
}

#[test]
fn what_got_no_outcome_stays() {
    assert_eq!(check(vec![ack()]).0, names(&[2, 3]));
    assert_eq!(check(vec![ack(), ack(), ack(), ack()]).0, names(&[]));
}

#[test]
fn a_message_without_an_id_fails_the_whole_batch() {
    for nameless in [None, Some(String::new())] {
        let mut event = event();
        event.records[1].message_id = nameless;
        let settle = |_: Vec<Delivery>| async { panic!("nothing may be settled") };
        let hide = |_, _| async { Ok(()) };
        assert!(
            handle(event, &settle, &hide, &meter())
                .now_or_never()
                .unwrap()
                .is_err()
        );
    }
}

#[test]
fn a_message_without_a_body_or_attributes_is_delivered_all_the_same() {
    let mut event = event();
    (event.records[0].body, event.records[0].attributes) = (None, [].into());
    let (_, deliveries) = decode(event).unwrap();
    assert_eq!((deliveries[0].body.len(), deliveries[0].receives), (0, 1));
}

#[test]
fn a_panic_or_a_fault_of_bury_leaves_its_own_message_only() {
    let bury = async |delivery: Delivery, _: &Calls<'_>| match delivery.receives {
        1 => panic!("on order"),
        3 => Err(Fault::transient(Code::DatabaseBusy, "try again")),
        _ => Ok(settled()),
    };
    let answer = handle_each(event(), (&Endless, &meter()), &bury)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(serde_json::to_value(answer).unwrap(), names(&[1, 2]));
}

#[test]
fn nothing_is_sheltered_from_those_that_come_for_the_first_time() {
    let mut event = event();
    event.records.truncate(1);
    let hide = |_, _| async { panic!("nothing may be hidden") };
    let settle = |_: Vec<Delivery>| async { vec![ack()] };
    let answer = handle(event, &settle, &hide, &meter())
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(serde_json::to_value(answer).unwrap(), names(&[]));
}

/// What is answered when every call of `bury` takes so long and ends so, and how many there were.
fn bury_in_30_s(time: Duration, result: &Result<(), Fault>) -> (Value, usize) {
    let clock = ManualClock::new();
    let deadline = crate::Deadline::new(clock.now().plus(Duration::from_secs(30)), &clock);
    let tried = Mutex::new(0);
    let bury = async |_: Delivery, calls: &Calls<'_>| {
        *tried.lock().unwrap() += 1;
        let call = async {
            clock.advance(time);
            result.clone().map(|()| settled())
        };
        calls.make(call).await
    };
    let answer = handle_each(event(), (&deadline, &meter()), &bury)
        .now_or_never()
        .unwrap()
        .unwrap();
    (
        serde_json::to_value(answer).unwrap(),
        tried.into_inner().unwrap(),
    )
}

#[test]
fn bury_ends_in_time_and_what_it_did_not_come_to_stays() {
    let call = Duration::from_secs(8);
    let hung = Err(Fault::transient(Code::AwsTimeout, "no answer in time"));
    assert_eq!(bury_in_30_s(call, &hung), (names(&[1, 2, 3]), 1));
    assert_eq!(bury_in_30_s(call, &Ok(())), (names(&[3]), 2));
    assert_eq!(
        bury_in_30_s(Duration::ZERO, &hung),
        (names(&[1, 2, 3]), 3),
        "refused at once: each is tried"
    );
    assert_eq!(bury_in_30_s(Duration::ZERO, &Ok(())), (names(&[]), 3));
}
