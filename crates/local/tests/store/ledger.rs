//! The ledger on SQLite keeps its contract, its history and its outbox, and shows it all in pages.

use crate::place::Place;
use counterfoil_core::ports::{Counter, Counters, Ledger, Polls, Write};
use counterfoil_core::settling::{Outcome, Settling, settle_batch};
use counterfoil_core::{Body, Cause, State};
use std::time::Duration;

use counterfoil_local::submissions::Filter;
use counterfoil_operations::worklist::SortOrder;
use counterfoil_testkit::build::{THEN, delivery, entry, envelope, forms, reference, settling};
use counterfoil_testkit::contract;

#[tokio::test]
async fn sqlite_keeps_the_contract_of_the_ledger() {
    let place = Place::new();
    contract::ledger(&place.open()).await;
}

#[tokio::test]
async fn sqlite_makes_changes_known_as_the_contract_says() {
    let place = Place::new();
    let store = place.open();
    store.register_publishers(vec!["log".into()]).await.unwrap();
    let announced = async |of: &counterfoil_core::SubmissionRef| {
        let changes = store
            .announced("log", 100)
            .unwrap()
            .into_iter()
            .map(|announced| announced.change);
        changes
            .filter(|change| change.of == *of)
            .map(|change| change.seq)
            .collect()
    };
    contract::announcing(&store, announced).await;
}

#[tokio::test]
async fn sqlite_keeps_what_is_left_as_the_contract_says() {
    let place = Place::new();
    let store = place.open();
    let expire = async |of: &counterfoil_core::SubmissionRef| {
        while store.head(of).await.unwrap().unwrap().state != State::Expired {
            assert!(place.now() < THEN.plus(Duration::from_secs(10 * 24 * 3600)));
            place.clock().advance(Duration::from_secs(6 * 3600));
            store.sweep().await.unwrap();
        }
    };
    contract::expiring(&store, expire).await;
}

#[tokio::test]
async fn what_is_written_is_there_after_a_restart() {
    let place = Place::new();
    let row = entry(&envelope(1, "é 😀"), None);
    assert_eq!(place.open().insert(&row).await.unwrap(), Write::Done);
    let again = place.open();
    assert_eq!(
        again.head(&row.head.of).await.unwrap(),
        Some(row.head.clone())
    );
    assert_eq!(again.reader().entry(&row.head.of).unwrap(), Some(row));
}

#[tokio::test]
async fn a_raw_body_comes_back_byte_for_byte() {
    let place = Place::new();
    let mut row = entry(&envelope(1, "m"), Some(Cause::undecodable("not JSON")));
    row.body = Body::Raw((0..=255).collect());
    let store = place.open();
    store.insert(&row).await.unwrap();
    assert_eq!(store.reader().entry(&row.head.of).unwrap(), Some(row));
}

#[tokio::test]
async fn many_settled_at_once_are_all_kept_once() {
    let place = Place::new();
    let store = place.open();
    let batch: Vec<_> = (0..200)
        .chain(0..200)
        .map(|n| delivery(envelope(n, "m").encode()))
        .collect();
    let (clock, forms) = (place.clock(), forms());
    let with = Settling {
        parallel: 64,
        ..settling(&store, &*clock, &forms)
    };
    let outcomes = settle_batch(&batch, &with).await;
    let stored = outcomes.iter().filter(
        |outcome| matches!(outcome, Outcome::Ack(done) if done.state == Some(State::Stored)),
    );
    assert_eq!(stored.count(), 200);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Outcome::Ack(_)))
    );
    assert_eq!(store.reader().count(&Filter::default()).unwrap(), 200);
}

#[tokio::test]
async fn pages_show_everything_once_in_either_order() {
    let place = Place::new();
    let store = place.open();
    for n in 0..25 {
        let cause = (n % 5 == 0).then(|| Cause::gave_up(20));
        store
            .insert(&entry(&envelope(n, "m"), cause))
            .await
            .unwrap();
    }
    let walk = |filter: &Filter, order| {
        let (mut all, mut from) = (Vec::new(), None);
        loop {
            let page = store.reader().page(filter, order, from, 4).unwrap();
            all.extend(page.entries.into_iter().map(|entry| entry.head.of));
            from = page.next;
            if from.is_none() {
                return all;
            }
        }
    };
    let everything = Filter::default();
    let oldest = walk(&everything, SortOrder::OldestFirst);
    assert_eq!(oldest, (0..25).map(reference).collect::<Vec<_>>());
    let mut newest = walk(&everything, SortOrder::NewestFirst);
    newest.reverse();
    assert_eq!(newest, oldest);
    let failed = Filter {
        state: Some(State::Failed),
        ..Filter::default()
    };
    assert_eq!(
        walk(&failed, SortOrder::OldestFirst),
        [0, 5, 10, 15, 20].map(reference)
    );
    let bounded = Filter {
        up_to: Some(store.reader().last_place().unwrap()),
        ..Filter::default()
    };
    store
        .insert(&entry(&envelope(30, "later"), None))
        .await
        .unwrap();
    assert_eq!(walk(&bounded, SortOrder::OldestFirst), oldest);
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_counters() {
    let place = Place::new();
    contract::counters::counters(&place.open()).await;
}

#[tokio::test]
async fn counters_that_nobody_asks_for_any_more_are_removed() {
    let place = Place::new();
    let store = place.open();
    let counter = |name: &str, secs| Counter {
        name: name.into(),
        until: place.now().plus(Duration::from_secs(secs)),
    };
    let (short, long) = (counter("short", 60), counter("long", 7200));
    store.add(&short, 3).await.unwrap();
    store.add(&long, 3).await.unwrap();
    place.clock().advance(Duration::from_secs(3600));
    store.sweep().await.unwrap();
    assert_eq!(
        (
            store.add(&short, 0).await.unwrap(),
            store.add(&long, 0).await.unwrap()
        ),
        (0, 3)
    );
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_operations() {
    let place = Place::new();
    contract::operations::operations(&place.open()).await;
}
