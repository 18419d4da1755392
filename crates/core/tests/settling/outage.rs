//! An invocation in an outage: what hangs, is refused or is slow, and how many calls are made before the time is
//! over.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::ports::Clock;
use counterfoil_core::settling::{Delivery, Outcome, RetryPolicy, Settling, settle_batch};
use counterfoil_testkit::build::{delivery, envelope, forms, settling};
use counterfoil_testkit::outage::run;
use counterfoil_testkit::{Away, ManualClock, Outage, Until};

use super::retried;

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
