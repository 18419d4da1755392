//! What looks after another make of an alarm, and that nobody is told more often than is promised.

use std::time::Duration;

use super::*;
use crate::alarms::AlarmKind;

const HOUR: u64 = 60 * 60;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000).plus(Duration::from_secs(seconds))
}

fn key(kind: AlarmKind) -> AlarmKey {
    AlarmKey {
        kind,
        subject: "crm".into(),
    }
}

/// What each look finds, at its second, and what is told then.
fn told(kind: AlarmKind, looks: &[(u64, Option<u64>)]) -> Vec<(u64, u64, &'static str, u64)> {
    let mut alarm = Alarm::default();
    let mut told = Vec::new();
    for (nth, (seconds, count)) in looks.iter().enumerate() {
        let found = count.map(|count| Condition {
            key: key(kind),
            since: at(0),
            count,
            detail: String::new(),
            is_known: false,
        });
        let id = || SubmissionId::fresh(at(*seconds), [u8::try_from(nth).unwrap(); 10]);
        let seen = Seen {
            key: &key(kind),
            found: found.as_ref(),
            now: at(*seconds),
        };
        let news = step(&mut alarm, seen, id);
        // What is kept is read as it was written.
        let kept = serde_json::to_string(&alarm).unwrap();
        assert_eq!(serde_json::from_str::<Alarm>(&kept).unwrap(), alarm);
        told.extend(news.map(|news| (*seconds, news.seq, news.state.as_str(), news.facts.count)));
    }
    assert_eq!(
        alarm.is_nothing(),
        alarm.open.is_none() && alarm.told_at.is_none() && alarm.found_since.is_none()
    );
    told
}

#[test]
fn the_first_is_told_at_once_then_at_most_one_an_hour_and_the_end_once() {
    let looks = [
        (0, None),
        (10, Some(1)),
        (20, Some(2)),
        (30, Some(500)),
        (10 + HOUR, Some(700)),
        (20 + HOUR, Some(700)),
        (20 + 2 * HOUR, Some(700)),
        (30 + 2 * HOUR, Some(3)),
        (40 + 2 * HOUR, None),
        (70 + 2 * HOUR, None),
        (80 + 2 * HOUR, None),
    ];
    assert_eq!(
        told(AlarmKind::DeadLetters, &looks),
        [
            (10, 1, "raised", 1),
            (10 + HOUR, 2, "raised", 700),
            (70 + 2 * HOUR, 3, "cleared", 700)
        ]
    );
}

#[test]
fn what_comes_and_goes_is_not_told_more_often() {
    let looks: Vec<_> = (0..240)
        .map(|nth| (nth * 60, (nth % 4 < 2).then_some(1)))
        .collect();
    let told = told(AlarmKind::DeadLetters, &looks);
    let raised = told.iter().filter(|news| news.2 == "raised").count();
    assert_eq!(raised, 4, "{told:?}");
    assert_eq!(told.len(), 8, "{told:?}");
}

#[test]
fn what_is_over_before_it_lasts_is_told_to_nobody() {
    let looks = [
        (0, Some(3)),
        (10, None),
        (20, Some(4)),
        (30, Some(4)),
        (40, Some(9)),
    ];
    assert_eq!(told(AlarmKind::Intake, &looks), [(40, 1, "raised", 9)]);
    // And a moment without it is not the end.
    let looks = [
        (0, Some(3)),
        (20, Some(3)),
        (30, None),
        (40, Some(3)),
        (330, None),
        (640, None),
    ];
    assert_eq!(
        told(AlarmKind::Intake, &looks),
        [(20, 1, "raised", 3), (640, 2, "cleared", 3)]
    );
}

#[test]
fn each_part_of_a_receivers_time_is_told_at_its_time() {
    let looks = [
        (0, Some(50)),
        (10, Some(75)),
        (20, Some(75)),
        (30, Some(100)),
        (40, None),
        (50, Some(50)),
    ];
    let told = told(AlarmKind::Receiver, &looks);
    let parts: Vec<_> = told.iter().map(|news| (news.2, news.3)).collect();
    assert_eq!(
        parts,
        [
            ("raised", 50),
            ("raised", 75),
            ("raised", 100),
            ("cleared", 100),
            ("raised", 50)
        ]
    );
}

#[test]
fn a_clock_that_was_set_back_silences_nothing() {
    let year = 365 * 24 * HOUR;
    let looks = [
        (year, Some(1)),
        (0, Some(2)),
        (HOUR, Some(3)),
        (HOUR + 10, None),
        (HOUR + 40, None),
    ];
    let told = told(AlarmKind::DeadLetters, &looks);
    let parts: Vec<_> = told.iter().map(|news| (news.2, news.3)).collect();
    assert_eq!(
        parts,
        [("raised", 1), ("raised", 2), ("raised", 3), ("cleared", 3)]
    );
}

#[test]
fn what_a_person_knows_of_is_not_told_again() {
    let mut alarm = Alarm::default();
    let kind = AlarmKind::DeadLetters;
    let mut look = |seconds, count, is_known| {
        let found = Condition {
            key: key(kind),
            since: at(0),
            count,
            detail: String::new(),
            is_known,
        };
        let id = || SubmissionId::fresh(at(0), [1; 10]);
        let seen = Seen {
            key: &key(kind),
            found: Some(&found),
            now: at(seconds),
        };
        step(&mut alarm, seen, id).map(|news| news.facts.count)
    };
    assert_eq!(look(0, 1, true), None);
    assert_eq!(look(1, 1, false), Some(1));
    assert_eq!(look(2 * HOUR, 9, true), None);
    assert_eq!(look(3 * HOUR, 9, false), Some(9));
}
