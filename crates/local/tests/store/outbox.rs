//! The outbox: every change of state once, in order, for every publisher on its own.

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Cause, State};
use counterfoil_local::Store;
use counterfoil_testkit::build::{entry, envelope, reference};

use crate::place::Place;

async fn settle(store: &Store, numbers: std::ops::Range<u8>) {
    for n in numbers {
        store.insert(&entry(&envelope(n, "m"), None)).await.unwrap();
    }
}

async fn register(store: &Store, names: &[&str]) {
    store
        .register_publishers(names.iter().map(|name| (*name).to_owned()).collect())
        .await
        .unwrap();
}

fn waiting(store: &Store, publisher: &str) -> Vec<String> {
    let changes = store.announced(publisher, 100).unwrap();
    changes
        .into_iter()
        .map(|announced| format!("{}:{}", announced.change.of, announced.change.seq))
        .collect()
}

fn ids(numbers: std::ops::Range<u8>) -> Vec<String> {
    numbers.map(|n| format!("{}:1", reference(n))).collect()
}

#[tokio::test]
async fn each_publisher_has_its_own_place() {
    let place = Place::new();
    let store = place.open();
    register(&store, &["log", "mail"]).await;
    settle(&store, 0..5).await;
    let third = store.announced("log", 3).unwrap().last().unwrap().position;
    store.advance("log", third, vec![]).await.unwrap();
    assert_eq!(
        (waiting(&store, "log"), waiting(&store, "mail")),
        (ids(3..5), ids(0..5))
    );
    store.advance("log", 1, vec![]).await.unwrap();
    assert_eq!(
        waiting(&store, "log"),
        ids(3..5),
        "a cursor never goes back"
    );
}

#[tokio::test]
async fn what_all_have_published_is_removed_and_a_restart_goes_on() {
    let place = Place::new();
    {
        let store = place.open();
        register(&store, &["log", "mail"]).await;
        settle(&store, 0..4).await;
        let last = store.announced("log", 10).unwrap().last().unwrap().position;
        store.advance("log", last, vec![]).await.unwrap();
        assert_eq!(waiting(&store, "mail"), ids(0..4), "mail has not");
    }
    let store = place.open();
    register(&store, &["log"]).await;
    settle(&store, 4..6).await;
    assert_eq!(waiting(&store, "log"), ids(4..6));
    let last = store.announced("log", 10).unwrap().last().unwrap().position;
    store.advance("log", last, vec![]).await.unwrap();
    register(&store, &["log", "new"]).await;
    assert_eq!(
        waiting(&store, "new"),
        [""; 0],
        "a publisher that is gone holds nothing back"
    );
}

#[tokio::test]
async fn a_refused_write_announces_nothing_and_an_update_does() {
    let place = Place::new();
    let store = place.open();
    register(&store, &["log"]).await;
    let row = entry(&envelope(1, "m"), Some(Cause::gave_up(20)));
    store.insert(&row).await.unwrap();
    store.insert(&row).await.unwrap();
    let mut next = row.head.clone();
    (next.state, next.cause, next.seq) = (State::Stored, None, 2);
    store.update(&next).await.unwrap();
    store.update(&next).await.unwrap();
    let changes = store.announced("log", 10).unwrap();
    let seen: Vec<_> = changes
        .iter()
        .map(|a| (a.change.seq, a.change.state, a.change.cause.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (1, State::Failed, Some("gave-up")),
            (2, State::Stored, None)
        ]
    );
}

#[tokio::test]
async fn what_will_never_be_taken_is_set_aside_once() {
    let place = Place::new();
    let store = place.open();
    register(&store, &["log"]).await;
    settle(&store, 0..2).await;
    let all = store.announced("log", 10).unwrap();
    for _ in 0..2 {
        let parked = vec![(all[0].clone(), Cause::undecodable("too large"))];
        store.advance("log", all[1].position, parked).await.unwrap();
    }
    assert_eq!(waiting(&store, "log"), [""; 0]);
    assert_eq!(store.reader().parked("log").unwrap(), 1);
}
