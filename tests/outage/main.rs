//! Days in which the ledger is away, or the worker is: the real batch loop, worker and rules on a clock that is moved, with
//! a queue that counts receives and hides as SQS does, and the numbers of `template.yaml`. What is promised: an outage of 2 h
//! 52 min leaves nothing behind, none makes a dead letter before 3 h 45 min, and when it is over everything is settled.

// Clippy's `allow-unwrap-in-tests` sees `#[test]` functions only, and all of this is one test.
#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

mod day;
mod functions;
mod numbers;
mod poison;
mod queue;
#[allow(dead_code, reason = "shared; gates are held elsewhere")]
#[path = "../template/stack.rs"]
mod stack;
#[path = "../template/yaml.rs"]
mod yaml;

use std::time::Duration;

use counterfoil_core::{Body, State};
use counterfoil_testkit::Away;

use day::{Day, Failing};
use numbers::{Numbers, PATIENCE};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// DynamoDB's outage of October 2025.
const OUTAGE: Duration = Duration::from_secs(172 * 60);
/// Before that no outage makes a dead letter.
const SPAN: Duration = Duration::from_secs(225 * 60);

/// All the ways in which a worker gets nothing done.
const WAYS: [Failing; 4] = [
    Failing::Ledger(Away::Hangs(PATIENCE)),
    Failing::Ledger(Away::Refuses),
    Failing::Start,
    Failing::TimesOut,
];

/// Nothing becomes a dead letter, and soon after it is over all is stored, as it was sent.
#[test]
fn a_day_with_an_outage_of_172_minutes_ends_with_everything_stored() {
    for failing in WAYS {
        let day = Day::with(failing, OUTAGE);
        assert_eq!(day.dead, [], "{failing:?}");
        assert!(
            day.failed_invocations() == 0 || matches!(failing, Failing::Start | Failing::TimesOut),
            "{failing:?}"
        );
        let entries = day.ledger.ledger.entries();
        assert_eq!(entries.len(), day.sent, "{failing:?}");
        assert!(
            entries
                .iter()
                .all(|entry| entry.head.state == State::Stored),
            "{failing:?}"
        );
        // What failed last just before the end waits for as long as a back-off takes.
        let late = day.settled_at.since(day.over_at);
        assert!(
            late <= Numbers::ours().visibility + MINUTE,
            "{failing:?}: the last one {late:?} after its end"
        );
    }
}

/// Nobody has mended it for most of a day: now there are dead letters, but late, and in the end each is an entry, its payload
/// kept.
#[test]
fn no_outage_makes_a_dead_letter_before_3_hours_and_45_minutes() {
    for failing in WAYS {
        let day = Day::with(failing, 12 * HOUR);
        let first = day
            .dead
            .iter()
            .min()
            .unwrap_or_else(|| panic!("{failing:?}: it was no outage"));
        assert!(*first >= SPAN, "{failing:?}: a dead letter after {first:?}");
        let entries = day.ledger.ledger.entries();
        assert_eq!(entries.len(), day.sent, "{failing:?}");
        assert!(
            entries
                .iter()
                .all(|entry| matches!(entry.body, Body::Payload(_))),
            "{failing:?}"
        );
        let stored = entries
            .iter()
            .filter(|entry| entry.head.state == State::Stored)
            .count();
        let failed = entries
            .iter()
            .filter(|entry| entry.head.state == State::Failed)
            .count();
        assert!(
            stored > 0 && failed > 0 && stored + failed == day.sent,
            "{failing:?}: {stored} stored, {failed} failed"
        );
    }
}

/// What an hour of it costs is bounded by what an invocation does, and by how many there may be at a time.
#[test]
fn an_invocation_takes_no_longer_than_one_call_that_hangs() {
    let day = Day::with(Failing::Ledger(Away::Hangs(PATIENCE)), OUTAGE);
    assert_eq!(day.longest(), PATIENCE);
    let refused = Day::with(Failing::Ledger(Away::Refuses), OUTAGE);
    assert_eq!(refused.longest(), Duration::ZERO);
}

/// Its answers come, but each takes almost as long as one that hangs: nothing is ended in the middle, and all is stored.
#[test]
fn a_day_in_which_every_answer_is_slow_ends_with_everything_settled() {
    let day = Day::with(
        Failing::Ledger(Away::Slow(Duration::from_secs(7))),
        12 * HOUR,
    );
    assert_eq!((day.failed_invocations(), day.dead.len()), (0, 0));
    assert!(day.longest() <= 3 * PATIENCE, "{:?}", day.longest());
    assert_eq!(day.ledger.ledger.entries().len(), day.sent);
}
