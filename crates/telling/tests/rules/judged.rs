//! One attempt, judged.

use std::time::Duration;

use counterfoil_core::{Cause, Code, Timestamp};
use counterfoil_telling::courier::{Moment, judge, merge, note};
use counterfoil_telling::delivery::DeliveryState;
use counterfoil_telling::health::{Health, ReceiverState, Warning};
use counterfoil_telling::orders::{DeliveryVerb, ordered};
use counterfoil_telling::schedule::{COURSE, Jitter, LONGEST, WAITS};
use counterfoil_telling::send::{Outcome, Reply};
use counterfoil_testkit::contract::deliveries::{delivered, later, owed};

const HOUR: Duration = Duration::from_secs(3600);

fn moment(at: Timestamp, jitter: Jitter) -> Moment {
    Moment {
        at,
        took: Duration::ZERO,
        jitter,
        shown: false,
    }
}

fn cause() -> Cause {
    Cause::new(Code::Refused, "no")
}

#[test]
fn ten_tries_in_three_days_and_then_it_has_failed() {
    let jitters = [Jitter(0), Jitter::NONE, Jitter(u16::MAX)];
    for (jitter, fifths) in jitters.into_iter().zip([0.8, 1.0, 1.2]) {
        let mut delivery = owed("crm", 1, 1, 0);
        for wait in &WAITS[1..] {
            let at = delivery.due_at;
            delivery = judge(&delivery, ReceiverState::Up, &later(), moment(at, jitter)).delivery;
            assert_eq!(delivery.state, DeliveryState::Waiting);
            let waits = delivery.due_at.since(at).as_secs_f64();
            let expected = wait.as_secs_f64() * fifths;
            assert!(
                (waits - expected).abs() < 2.0 + expected / 1000.0,
                "{waits}"
            );
        }
        let at = delivery.due_at;
        assert!(at.since(delivery.born_at) >= COURSE);
        delivery = judge(&delivery, ReceiverState::Up, &later(), moment(at, jitter)).delivery;
        assert_eq!(
            (delivery.state, delivery.attempts),
            (DeliveryState::Failed, 10)
        );
        assert!(delivery.cause.is_some());
    }
}

#[test]
fn a_receiver_may_ask_for_more_time_but_not_for_ever() {
    let delivery = owed("crm", 1, 1, 0);
    for (asked, waits) in [(1, 5), (3600, 3600), (u64::MAX, LONGEST.as_secs())] {
        let outcome = Outcome::Later {
            cause: cause(),
            reply: Reply::default(),
            after: Some(Duration::from_secs(asked)),
        };
        let at = delivery.due_at;
        let tried = judge(
            &delivery,
            ReceiverState::Up,
            &outcome,
            moment(at, Jitter::NONE),
        );
        assert_eq!(tried.delivery.due_at.since(at).as_secs(), waits);
    }
}

#[test]
fn what_will_never_be_taken_fails_at_once_and_says_nothing_of_its_receiver() {
    let outcome = Outcome::Never {
        cause: cause(),
        reply: Reply::default(),
    };
    let delivery = owed("crm", 1, 1, 0);
    let tried = judge(
        &delivery,
        ReceiverState::Up,
        &outcome,
        moment(delivery.due_at, Jitter::NONE),
    );
    assert_eq!(tried.delivery.state, DeliveryState::Failed);
    let mut health = Health::default();
    assert_eq!(note(&mut health, &outcome, delivery.due_at), None);
    assert_eq!(health, Health::default());
}

#[test]
fn a_receiver_that_is_gone_is_disabled_and_what_it_is_owed_waits() {
    let outcome = Outcome::Gone {
        cause: cause(),
        reply: Reply::default(),
    };
    let delivery = owed("crm", 1, 1, 0);
    let now = delivery.due_at;
    let tried = judge(
        &delivery,
        ReceiverState::Up,
        &outcome,
        moment(now, Jitter::NONE),
    );
    assert_eq!(tried.delivery.state, DeliveryState::Waiting);
    let mut health = Health::default();
    let warning = note(&mut health, &outcome, now);
    assert_eq!(warning, Some(Warning::Gone { cause: cause() }));
    assert_eq!(health.state, ReceiverState::Disabled);
    // Told once.
    assert_eq!(note(&mut health, &outcome, now), None);
    health.is_enabled(now.plus(HOUR));
    assert_eq!((health.state, health.told), (ReceiverState::Up, 0));
}

#[test]
fn its_owner_is_told_at_each_quarter_once() {
    let (mut health, start) = (Health::default(), Timestamp::from_secs(1_000_000));
    let mut told = Vec::new();
    for hour in 0..=80 {
        let now = start.plus(HOUR * hour);
        if let Some(Warning::Fails { percent, since, .. }) = health.fails(now, &cause()) {
            assert_eq!(since, start);
            told.push((hour, percent, health.state));
        }
        let state = match hour {
            ..24 => ReceiverState::Up,
            24..72 => ReceiverState::Failing,
            72.. => ReceiverState::Disabled,
        };
        assert_eq!(health.state, state, "{hour}");
    }
    let failing = ReceiverState::Failing;
    let expected = [
        (36, 50, failing),
        (54, 75, failing),
        (65, 90, failing),
        (72, 100, ReceiverState::Disabled),
    ];
    assert_eq!(told, expected);
    // What was under way does not enable it.
    assert_eq!(health.succeeds(start.plus(HOUR * 81)), None);
    assert_eq!(health.state, ReceiverState::Disabled);
    health.is_enabled(start.plus(HOUR * 82));
    assert_eq!((health.since, health.told), (None, 0));
}

#[test]
fn one_success_ends_a_failure() {
    let (mut health, start) = (Health::default(), Timestamp::from_secs(1_000_000));
    (0..=40).for_each(|hour| drop(health.fails(start.plus(HOUR * hour), &cause())));
    assert_eq!(health.state, ReceiverState::Failing);
    let back = start.plus(HOUR * 41);
    assert_eq!(health.succeeds(back), Some(Warning::Back));
    let expected = Health {
        back_at: Some(back),
        ..Health::default()
    };
    assert_eq!(health, expected);
    // Of one that has failed for a moment nobody is told, and nothing has waited for it.
    let mut health = Health::default();
    health.fails(start, &cause());
    assert_eq!(health.succeeds(back), None);
    assert_eq!(health, Health::default());
}

#[test]
fn who_was_away_for_days_has_not_seen_the_receiver_fail_for_days() {
    let (mut health, start) = (Health::default(), Timestamp::from_secs(1_000_000));
    health.fails(start, &cause());
    assert_eq!(health.fails(start.plus(HOUR * 100), &cause()), None);
    assert_eq!(health.state, ReceiverState::Up);
}

#[test]
fn what_was_said_is_kept_short_and_only_where_no_field_is_shown() {
    let outcome = Outcome::Delivered(Reply {
        code: Some(200),
        said: Some(format!("\u{1b}[31m{}", "é".repeat(4000))),
    });
    let delivery = owed("crm", 1, 1, 0);
    let said = |shown| {
        let moment = Moment {
            shown,
            ..moment(delivery.due_at, Jitter::NONE)
        };
        judge(&delivery, ReceiverState::Up, &outcome, moment)
            .attempt
            .reply
            .said
    };
    assert_eq!(said(true), None);
    let kept = said(false).unwrap();
    assert!(kept.len() <= 500 && !kept.contains('\u{1b}'), "{kept}");
}

/// Every order that a person can give while a letter is under way, before every end of it.
#[test]
fn no_order_and_no_end_of_an_attempt_lose_each_other() {
    let never = Outcome::Never {
        cause: cause(),
        reply: Reply::default(),
    };
    for outcome in [delivered(), later(), never] {
        for verb in [None, Some(DeliveryVerb::Retry), Some(DeliveryVerb::Discard)] {
            let before = {
                let mut delivery = owed("crm", 1, 1, 0);
                (delivery.tries, delivery.attempts) = (9, 9);
                delivery.since = Timestamp::from_millis(0);
                delivery
            };
            let now = before.due_at.plus(HOUR);
            let tried = judge(
                &before,
                ReceiverState::Up,
                &outcome,
                moment(now, Jitter::NONE),
            );
            let stored = verb.map_or(Some(before.clone()), |verb| ordered(&before, verb, now));
            let after = merge(&stored.unwrap(), &tried).unwrap();
            assert_eq!(after.attempts, 10);
            let expected = match (verb, &outcome) {
                (_, Outcome::Delivered(_)) => DeliveryState::Delivered,
                (None, _) => DeliveryState::Failed,
                (Some(DeliveryVerb::Discard), _) => DeliveryState::Discarded,
                (Some(_), _) => DeliveryState::Waiting,
            };
            assert_eq!(after.state, expected, "{verb:?} {outcome:?}");
            assert_eq!(merge(&after, &tried), None, "twice is once");
        }
    }
}
