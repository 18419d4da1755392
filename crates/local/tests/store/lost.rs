//! What was accepted and is nowhere is found, however it went; what goes as it should is not taken for lost.

use std::time::Duration;

use counterfoil_core::ports::{Ledger, Queue};
use counterfoil_core::{Cause, FormId};
use counterfoil_local::queue::{Bounds, Consumer, Disposal};
use counterfoil_local::{Lost, Store};
use counterfoil_testkit::build::{entry, envelope, reference};

use crate::place::Place;

const HOUR: Duration = Duration::from_secs(3600);

fn lost(store: &Store) -> (u64, u64, u64) {
    let Lost {
        unsettled,
        entries,
        known,
    } = store.reader().lost().unwrap();
    (
        unsettled,
        entries.iter().map(|(_, count)| count).sum(),
        known,
    )
}

/// Does it in the database by hand.
fn by_hand(place: &Place, sql: &str) {
    rusqlite::Connection::open(place.database())
        .unwrap()
        .execute_batch(sql)
        .unwrap();
}

const FIVE: Bounds = Bounds {
    records: 5,
    bytes: 1 << 20,
};

/// Sends six: two are settled, one is buried, one waits as a dead letter, one is tried again, one is new.
async fn played(store: &Store) {
    for n in 0..6 {
        store.send(&reference(n), format!("{n}")).await.unwrap();
    }
    let consumer = Consumer::new(HOUR);
    let batch = consumer.receive(store, FIVE, HOUR).unwrap();
    let disposals = batch.into_iter().enumerate().map(|(n, row)| match n {
        0 | 1 => (row.slot, Disposal::Ack),
        _ => (row.slot, Disposal::Retry(HOUR)),
    });
    let disposals: Vec<_> = disposals.collect();
    consumer.dispose(store, &disposals[..4], 1).await.unwrap();
    consumer.dispose(store, &disposals[4..], 3).await.unwrap();
    // What is disposed of again is gone already.
    consumer.dispose(store, &disposals[..2], 1).await.unwrap();
    let dead = store
        .dead(Bounds { records: 1, ..FIVE })
        .unwrap()
        .iter()
        .map(|row| row.position)
        .collect();
    store.forget_dead(dead).await.unwrap();
    assert_eq!(store.reader().backlog().unwrap(), (2, 1));
}

#[tokio::test]
async fn each_place_that_a_message_may_be_in_is_counted_and_each_that_vanishes_is_found() {
    for (gone, expected) in [
        ("SELECT 1", 0),
        ("DELETE FROM queue WHERE receives > 0", 1),
        ("DELETE FROM queue", 2),
        ("DELETE FROM queue; DELETE FROM dead_letter_queue", 3),
    ] {
        let place = Place::new();
        let store = place.open();
        played(&store).await;
        assert_eq!(lost(&store), (0, 0, 0));
        by_hand(&place, gone);
        assert_eq!(lost(&store), (expected, 0, 0), "{gone}");
        drop(store);
        assert_eq!(
            lost(&place.open()),
            (expected, 0, 0),
            "after a restart: {gone}"
        );
    }
}

#[tokio::test]
async fn entries_that_vanish_are_found_by_form_and_the_retention_takes_none_for_lost() {
    let place = Place::new();
    let store = place.open();
    for n in 0..6 {
        let mut row = entry(&envelope(n, "m"), (n == 5).then(|| Cause::gave_up(20)));
        row.head.expires_at = (n < 2).then(|| row.head.updated_at.plus(HOUR));
        store.insert(&row).await.unwrap();
        store.insert(&row).await.unwrap();
    }
    for _ in 0..50 {
        place.clock().advance(12 * HOUR);
        store.sweep().await.unwrap();
    }
    assert_eq!(
        store.reader().entry(&reference(1)).unwrap(),
        None,
        "its head went too"
    );
    assert_eq!(lost(&store), (0, 0, 0));
    by_hand(&place, "DELETE FROM entries WHERE entry >= 5");
    assert_eq!(
        store.reader().lost().unwrap().entries,
        [(FormId::parse("contact").unwrap(), 2)]
    );
    // A place that is given again hides nothing.
    store.insert(&entry(&envelope(9, "m"), None)).await.unwrap();
    assert_eq!(lost(&store), (0, 2, 0));
}

#[tokio::test]
async fn what_somebody_knows_to_be_lost_is_no_news() {
    let place = Place::new();
    let store = place.open();
    played(&store).await;
    by_hand(&place, "DELETE FROM queue");
    assert_eq!(store.reader().lost().unwrap().news(), 2);
    store.know_lost().await.unwrap();
    assert_eq!(
        (store.reader().lost().unwrap().news(), lost(&store)),
        (0, (2, 0, 2))
    );
    by_hand(&place, "DELETE FROM dead_letter_queue");
    assert_eq!(store.reader().lost().unwrap().news(), 1);
}
