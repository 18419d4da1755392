//! How far a feed that cannot be gone around comes, with a topic that refuses one or all, and a place to set aside that may
//! refuse too.

#[path = "feed_time_tests.rs"]
mod time;

use std::collections::BTreeMap;
use std::sync::Mutex;

use counterfoil_core::notice::Notice;
use counterfoil_core::parked::{Origin, Parked, What};
use counterfoil_core::{Cause, Code, Fault, State};
use counterfoil_testkit::build::{THEN, reference};
use futures_util::FutureExt;

use super::*;

/// What becomes of a notice.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// SNS refuses it by itself, and takes its neighbours.
    Refused,
    /// It is refused with all its neighbours, and by itself when it is alone.
    RefusesAll,
    /// The publisher panics, whoever is with it.
    Panics,
    /// It passes.
    Throttled,
}

/// A topic of ten at once: takes what has no other fate.
#[derive(Default)]
struct Topic {
    fates: BTreeMap<String, Fate>,
    /// What it was asked, and what it has taken.
    calls: Mutex<Vec<usize>>,
    taken: Mutex<Vec<String>>,
}

impl Topic {
    fn fate(&self, notice: &Notice) -> Option<Fate> {
        self.fates.get(&notice.id).copied()
    }
}

impl Publisher for Topic {
    const AT_ONCE: usize = 10;

    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        self.calls.lock().unwrap().push(notices.len());
        let lasting = || Err(Fault::Permanent(Cause::undecodable("too large")));
        let has = |fate| notices.iter().any(|notice| self.fate(notice) == Some(fate));
        assert!(!has(Fate::Panics), "on purpose");
        if has(Fate::RefusesAll) && notices.len() > 1 {
            return vec![Err(Fault::together("BatchRequestTooLong")); notices.len()];
        }
        let one = |notice: &Notice| match self.fate(notice) {
            Some(Fate::Throttled) => Err(Fault::transient(Code::AwsThrottled, "slow down")),
            Some(Fate::Refused | Fate::RefusesAll | Fate::Panics) => lasting(),
            None => {
                self.taken.lock().unwrap().push(notice.id.clone());
                Ok(())
            }
        };
        notices.iter().map(one).collect()
    }
}

/// A place to set aside; `full` takes nothing, and `explosive` panics.
#[derive(Default)]
struct Yard {
    full: bool,
    explosive: bool,
    kept: Mutex<Vec<Parked>>,
}

impl Aside for Yard {
    async fn set_aside(&self, parked: &Parked) -> Result<(), Fault> {
        assert!(!self.explosive, "on purpose");
        if self.full {
            return Err(Fault::transient(Code::AwsDenied, "refused"));
        }
        self.kept.lock().unwrap().push(parked.clone());
        Ok(())
    }
}

fn change(number: u8) -> Change {
    Change {
        of: reference(number),
        seq: 1,
        state: State::Stored,
        run: 0,
        cause: None,
        at: THEN,
    }
}

fn id(number: u8) -> String {
    format!("{}:1", reference(number))
}

fn record(number: u8) -> Record {
    Record::Change(
        Box::new(change(number)),
        Origin {
            sequence_number: Some(number.to_string()),
            at: Some(THEN),
        },
    )
}

fn unreadable(number: u8) -> Record {
    let what = What::Change(reference(number), None);
    let origin = Origin {
        sequence_number: Some(number.to_string()),
        at: None,
    };
    Record::Unreadable(Box::new(Parked {
        what,
        cause: Cause::undecodable("no entry"),
        origin,
    }))
}

/// What came of a feed: how far it came, why it stopped, what was taken, and what was set aside.
struct Outcome {
    far: (usize, Option<String>),
    taken: Vec<String>,
    aside: Vec<(Option<String>, String)>,
    calls: Vec<usize>,
}

fn feed_with(records: &[Record], fates: &[(u8, Fate)], yard: Yard) -> Outcome {
    let fates = fates
        .iter()
        .map(|(number, fate)| (id(*number), *fate))
        .collect();
    let notifier = Notifier {
        publisher: Topic {
            fates,
            ..Topic::default()
        },
        stage: "prod".into(),
    };
    let time = Time {
        left: || Duration::from_secs(30),
        call: Duration::from_secs(8),
    };
    let published = notifier.feed(records, &yard, &time).now_or_never().unwrap();
    let aside = yard
        .kept
        .lock()
        .unwrap()
        .iter()
        .map(|parked| (parked.name(), parked.cause.code.clone()))
        .collect();
    let (taken, calls) = (
        notifier.publisher.taken.lock().unwrap().clone(),
        notifier.publisher.calls.into_inner(),
    );
    let far = (published.done, published.stopped.map(|cause| cause.code));
    Outcome {
        far,
        taken,
        aside,
        calls: calls.unwrap(),
    }
}

fn ids(numbers: impl IntoIterator<Item = u8>) -> Vec<String> {
    numbers.into_iter().map(id).collect()
}

#[test]
fn a_notice_refused_by_itself_is_set_aside_at_once_and_its_neighbours_go_out() {
    let records: Vec<_> = (0..25).map(record).collect();
    let refused = [(3, Fate::Refused), (20, Fate::Refused)];
    let outcome = feed_with(&records, &refused, Yard::default());
    assert_eq!(outcome.far, (25, None));
    assert_eq!(
        outcome.aside,
        [
            (Some(id(3)), "undecodable".into()),
            (Some(id(20)), "undecodable".into())
        ]
    );
    assert_eq!(
        outcome.taken,
        ids((0..25).filter(|number| ![3, 20].contains(number)))
    );
    assert_eq!(outcome.calls, [10, 10, 5]);
}

#[test]
fn what_is_set_aside_holds_the_notice_with_its_id_and_where_it_stood() {
    let yard = Yard::default();
    let fates = BTreeMap::from([(id(1), Fate::Refused)]);
    let notifier = Notifier {
        publisher: Topic {
            fates,
            ..Topic::default()
        },
        stage: "prod".into(),
    };
    let time = Time {
        left: || Duration::from_secs(30),
        call: Duration::from_secs(8),
    };
    notifier
        .feed(&[record(1)], &yard, &time)
        .now_or_never()
        .unwrap();
    let kept = yard.kept.into_inner().unwrap();
    let notice = Notice::new(&change(1), "prod");
    assert_eq!(kept[0].what, What::Notice(Box::new(notice)));
    assert_eq!(
        kept[0].origin,
        Origin {
            sequence_number: Some("1".into()),
            at: Some(THEN)
        }
    );
}

#[test]
fn one_that_has_all_refused_or_panics_takes_no_neighbour_along() {
    for fate in [Fate::RefusesAll, Fate::Panics] {
        let records: Vec<_> = (0..12).map(record).collect();
        let outcome = feed_with(&records, &[(4, fate)], Yard::default());
        assert_eq!(outcome.far, (12, None));
        let code = if fate == Fate::Panics {
            "panic"
        } else {
            "undecodable"
        };
        assert_eq!(outcome.aside, [(Some(id(4)), code.into())]);
        assert_eq!(outcome.taken, ids((0..12).filter(|number| *number != 4)));
        assert_eq!(
            outcome.calls,
            [10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2],
            "the ten that were together, and no other"
        );
    }
}

#[test]
fn a_record_that_cannot_be_read_is_set_aside_in_its_turn() {
    let records = [record(0), unreadable(1), unreadable(2), record(3)];
    let outcome = feed_with(&records, &[], Yard::default());
    assert_eq!((outcome.far, outcome.taken), ((4, None), ids([0, 3])));
    let named = |number: u8| {
        (
            Some(reference(number).to_string()),
            "undecodable".to_owned(),
        )
    };
    assert_eq!(outcome.aside, [named(1), named(2)]);
}

#[test]
fn what_cannot_be_set_aside_is_not_done_and_nothing_after_it_is_begun() {
    let full = || Yard {
        full: true,
        ..Yard::default()
    };
    let records: Vec<_> = (0..25).map(record).collect();
    let outcome = feed_with(&records, &[(13, Fate::Refused)], full());
    assert_eq!(outcome.far, (13, Some("aws-denied".into())));
    assert_eq!(outcome.calls, [10, 10], "what is behind its ten waits");
    let explosive = Yard {
        explosive: true,
        ..Yard::default()
    };
    assert_eq!(
        feed_with(&records, &[(13, Fate::Refused)], explosive).far,
        (13, Some("panic".into()))
    );
    let outcome = feed_with(&[record(0), unreadable(1), record(2)], &[], full());
    assert_eq!(
        (outcome.far, outcome.taken),
        ((1, Some("aws-denied".into())), ids([0]))
    );
}

#[test]
fn a_topic_that_refuses_all_is_asked_again_from_the_first_and_nothing_is_set_aside() {
    let records: Vec<_> = (0..25).map(record).collect();
    let all: Vec<_> = (10..25).map(|number| (number, Fate::Throttled)).collect();
    let outcome = feed_with(&records, &all, Yard::default());
    assert_eq!(
        (outcome.far, outcome.aside),
        ((10, Some("aws-throttled".into())), vec![])
    );
    assert_eq!((outcome.taken, outcome.calls), (ids(0..10), vec![10, 10]));
}

#[test]
fn one_refused_by_itself_before_the_topic_fails_is_set_aside_and_not_met_again() {
    let outcome = feed_with(
        &[record(0), record(1), record(2)],
        &[(0, Fate::Refused), (2, Fate::Throttled)],
        Yard::default(),
    );
    assert_eq!(
        (outcome.far, outcome.aside.len()),
        ((2, Some("aws-throttled".into())), 1)
    );
}
