//! What of a database needs a person; and that it is kept beside what tells it.

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Cause, Code};
use counterfoil_local::Store;
use counterfoil_local::alarms::Look;
use counterfoil_operations::causes::{Mark, Note};
use counterfoil_operations::history::Actor;
use counterfoil_operations::ports::Notes;
use counterfoil_telling::alarms::{Alarm, AlarmKey, AlarmKind};
use counterfoil_telling::courier::{Moment, judge};
use counterfoil_telling::health::ReceiverState;
use counterfoil_telling::ports::{Deliveries, DeliveryDesk};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule::Jitter;
use counterfoil_telling::send::{Outcome, Reply};
use counterfoil_testkit::build::{entry, envelope};
use counterfoil_testkit::contract::deliveries::owed;

use crate::place::Place;

async fn fail(store: &Store, number: u8, cause: Cause) {
    let row = entry(&envelope(number, "m"), Some(cause));
    store.insert(&row).await.unwrap();
}

/// Each condition as a line: what, how many, and whether a person knows of it.
fn found(store: &Store, place: &Place) -> Vec<String> {
    let crm = ReceiverName::parse("crm").unwrap();
    let mut look = Look::default();
    let found = look.into_database(store.reader(), &[crm], place.now());
    let conditions = found.unwrap().conditions;
    let line = |one: &counterfoil_telling::alarms::Condition| {
        let known = if one.is_known { " (known)" } else { "" };
        format!(
            "{} {} {}{known}",
            one.key.kind.as_str(),
            one.count,
            one.detail
        )
    };
    conditions.iter().map(line).collect()
}

#[tokio::test]
async fn dead_letters_are_counted_by_their_cause_and_what_people_know_of_is_marked() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(found(&store, &place), [""; 0]);
    let gave_up = |receives| Cause::gave_up(receives);
    fail(&store, 0, gave_up(5)).await;
    fail(&store, 1, gave_up(6)).await;
    fail(&store, 2, Cause::new(Code::Timeout, "slow")).await;
    // A caller brings it about who uses one key twice.
    let other = counterfoil_testkit::build::reference(2);
    fail(&store, 3, Cause::key_conflict(&other)).await;
    let mut all = found(&store, &place);
    all.sort();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(
        all[0].starts_with("dead-letters 1 timeout: slow"),
        "{all:?}"
    );
    assert!(all[1].starts_with("dead-letters 2 gave-up: "), "{all:?}");

    for (mark, expected) in [
        (Mark::Acknowledged, Some(true)),
        (Mark::Resolved, None),
        (Mark::Open, Some(false)),
    ] {
        let note = Note {
            fingerprint: gave_up(5).fingerprint(),
            mark,
            who: Actor::parse("ada").unwrap(),
            at: place.now(),
        };
        store.note(&note).await.unwrap();
        let all = found(&store, &place);
        let of = all.iter().find(|line| line.contains("gave-up"));
        assert_eq!(
            of.map(|line| line.ends_with("(known)")),
            expected,
            "{all:?}"
        );
    }
}

#[tokio::test]
async fn a_receiver_that_is_disabled_and_what_it_was_not_told_need_a_person() {
    let place = Place::new();
    let store = place.open();
    let attempt = async |number, receiver: &str, outcome: Outcome| {
        let born = owed(receiver, number, 1, 0);
        store.bear(std::slice::from_ref(&born)).await.unwrap();
        let moment = Moment {
            at: place.now(),
            took: std::time::Duration::ZERO,
            jitter: Jitter::NONE,
            shown: false,
        };
        let tried = judge(&born, ReceiverState::Up, &outcome, moment);
        store.settle(&tried, &outcome).await.unwrap();
    };
    let cause = Cause::new(Code::Timeout, "no");
    let reply = Reply::default();
    let never = Outcome::Never {
        cause: cause.clone(),
        reply: reply.clone(),
    };
    attempt(1, "crm", never.clone()).await;
    // Of one that is not there any more, nobody is told.
    attempt(1, "old", never).await;
    assert_eq!(found(&store, &place), ["deliveries 1 "]);
    attempt(2, "crm", Outcome::Gone { cause, reply }).await;
    assert_eq!(
        found(&store, &place),
        ["receiver 100 timeout: no", "deliveries 1 "]
    );
}

#[tokio::test]
async fn what_was_told_outlives_the_process() {
    let place = Place::new();
    let key = AlarmKey {
        kind: AlarmKind::Disk,
        subject: String::new(),
    };
    let alarm = Alarm {
        told_at: Some(place.now()),
        ..Alarm::default()
    };
    let born = owed("on-call", 1, 1, 0);
    {
        let store = place.open();
        let changed = vec![(key.clone(), alarm.clone())];
        store.put_alarms(changed, vec![born.clone()]).await.unwrap();
    }
    let store = place.open();
    assert_eq!(
        store.reader().alarms().unwrap(),
        [(key.clone(), alarm)].into()
    );
    assert!(store.told(&born.id).await.unwrap().is_some());
    let over = vec![(key, Alarm::default())];
    store.put_alarms(over, Vec::new()).await.unwrap();
    assert!(store.reader().alarms().unwrap().is_empty());
}
