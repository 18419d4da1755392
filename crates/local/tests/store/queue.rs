//! The queue on SQLite: at least once, hidden while leased, counted, backed off, and dead-lettered at the end.

use std::time::Duration;

use counterfoil_core::ports::Queue;
use counterfoil_local::Store;
use counterfoil_local::queue::{Bounds, Consumer, Disposal, Received};
use counterfoil_testkit::build::reference;

use crate::place::Place;

const LEASE: Duration = Duration::from_secs(60);
const LAST: u32 = 3;
const TEN: Bounds = Bounds {
    records: 10,
    bytes: 1 << 20,
};

fn consumer() -> Consumer {
    Consumer::new(Duration::from_secs(900))
}

async fn send(store: &Store, bodies: &[&str]) {
    for body in bodies {
        store.send(&reference(1), (*body).to_owned()).await.unwrap();
    }
}

fn receive(store: &Store, consumer: &Consumer) -> Vec<Received> {
    consumer.receive(store, TEN, LEASE).unwrap()
}

fn seen(received: &[Received]) -> Vec<(String, u32)> {
    let text = |row: &Received| String::from_utf8(row.delivery.body.clone()).unwrap();
    received
        .iter()
        .map(|row| (text(row), row.delivery.receives))
        .collect()
}

fn pairs(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
    expected
        .iter()
        .map(|(body, receives)| ((*body).to_owned(), *receives))
        .collect()
}

async fn dispose(store: &Store, consumer: &Consumer, rows: Vec<Received>, disposal: &Disposal) {
    let what: Vec<_> = rows
        .into_iter()
        .map(|row| (row.slot, disposal.clone()))
        .collect();
    consumer.dispose(store, &what, LAST).await.unwrap();
}

#[tokio::test]
async fn what_was_sent_is_received_in_order_and_hidden_while_leased() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a", "b", "c"]).await;
    assert_eq!(
        seen(
            &consumer
                .receive(&store, Bounds { records: 2, ..TEN }, LEASE)
                .unwrap()
        ),
        pairs(&[("a", 1), ("b", 1)])
    );
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("c", 1)]));
    assert_eq!(seen(&receive(&store, &consumer)), []);
}

#[tokio::test]
async fn what_is_acknowledged_is_gone_and_its_place_is_never_used_again() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    for round in ["a", "b", "c"] {
        send(&store, &[round]).await;
        let rows = receive(&store, &consumer);
        assert_eq!(
            seen(&rows),
            pairs(&[(round, 1)]),
            "an empty queue must not start its places anew"
        );
        dispose(&store, &consumer, rows, &Disposal::Ack).await;
    }
    assert_eq!(store.reader().backlog().unwrap(), (0, 0));
}

#[tokio::test]
async fn a_lease_that_runs_out_shows_the_message_again_and_counts() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a"]).await;
    receive(&store, &consumer);
    place.clock().advance(LEASE - Duration::from_millis(1));
    assert_eq!(seen(&receive(&store, &consumer)), []);
    place.clock().advance(Duration::from_millis(1));
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("a", 2)]));
    place.clock().advance(LEASE);
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("a", 3)]));
}

#[tokio::test]
async fn a_retry_is_hidden_for_its_time_and_lets_others_pass() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a"]).await;
    let rows = receive(&store, &consumer);
    dispose(
        &store,
        &consumer,
        rows,
        &Disposal::Retry(Duration::from_secs(30)),
    )
    .await;
    send(&store, &["b"]).await;
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("b", 1)]));
    place.clock().advance(Duration::from_secs(30));
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("a", 2)]));
    assert_eq!(seen(&receive(&store, &consumer)), [], "leased again");
}

#[tokio::test]
async fn a_clock_that_is_set_ends_no_lease() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a"]).await;
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("a", 1)]));
    place.clock().set_forward(60 * LEASE);
    assert_eq!(seen(&receive(&store, &consumer)), [], "it is in hand");
    place.clock().set_back(120 * LEASE);
    assert_eq!(seen(&receive(&store, &consumer)), []);
    place.clock().advance(LEASE);
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("a", 2)]));
}

#[tokio::test]
async fn the_last_receive_leads_to_the_dead_letter_queue() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a"]).await;
    for receives in 1..=LAST {
        let rows = receive(&store, &consumer);
        assert_eq!(seen(&rows), pairs(&[("a", receives)]));
        dispose(&store, &consumer, rows, &Disposal::Retry(Duration::ZERO)).await;
    }
    assert_eq!(seen(&receive(&store, &consumer)), []);
    let dead = store.dead(TEN).unwrap();
    assert_eq!(
        (
            dead.len(),
            &*dead[0].delivery.body,
            dead[0].delivery.receives
        ),
        (1, &b"a"[..], LAST)
    );
    assert_eq!(dead[0].cause.code, "gave-up");
    assert_eq!(store.reader().backlog().unwrap(), (0, 1));
    store
        .forget_dead(dead.iter().map(|row| row.position).collect())
        .await
        .unwrap();
    assert_eq!(store.reader().backlog().unwrap(), (0, 0));
}

#[tokio::test]
async fn a_restart_voids_every_lease_without_counting_a_receive() {
    let place = Place::new();
    for _ in 0..10 {
        let (store, consumer) = (place.open(), consumer());
        if store.reader().backlog().unwrap() == (0, 0) {
            send(&store, &["a", "b"]).await;
        }
        assert_eq!(
            seen(&receive(&store, &consumer)),
            pairs(&[("a", 1), ("b", 1)])
        );
    }
}

#[tokio::test]
async fn an_acknowledgement_after_the_lease_ran_out_still_counts() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a"]).await;
    let slow = receive(&store, &consumer);
    place.clock().advance(LEASE);
    let second = receive(&store, &consumer);
    dispose(&store, &consumer, slow, &Disposal::Ack).await;
    dispose(&store, &consumer, second, &Disposal::Retry(Duration::ZERO)).await;
    assert_eq!(seen(&receive(&store, &consumer)), [], "it was settled");
    assert_eq!(store.reader().backlog().unwrap(), (0, 0));
}

#[tokio::test]
async fn a_clock_set_back_delays_but_loses_nothing() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a"]).await;
    place.clock().set_back(Duration::from_secs(3600));
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("a", 1)]));
}

#[tokio::test]
async fn a_retry_hidden_before_the_clock_was_set_back_is_due() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a"]).await;
    let rows = receive(&store, &consumer);
    dispose(
        &store,
        &consumer,
        rows,
        &Disposal::Retry(Duration::from_secs(900)),
    )
    .await;
    place.clock().set_back(Duration::from_secs(1));
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("a", 2)]));
}

#[tokio::test]
async fn what_lies_in_the_queue_is_delivered_whatever_it_is() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["before"]).await;
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other
        .execute(
            "INSERT INTO queue (body, sent_at) VALUES (CAST(x'ff7b' AS TEXT), 0)",
            [],
        )
        .unwrap();
    send(&store, &["after"]).await;
    let bodies: Vec<_> = receive(&store, &consumer)
        .into_iter()
        .map(|row| row.delivery.body)
        .collect();
    assert_eq!(bodies, [&b"before"[..], b"\xff\x7b", b"after"]);
}

#[tokio::test]
async fn a_read_that_fails_loses_no_lease() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&store, &["a"]).await;
    receive(&store, &consumer);
    place.clock().advance(LEASE);
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other
        .execute_batch("ALTER TABLE queue RENAME TO elsewhere")
        .unwrap();
    assert!(consumer.receive(&store, TEN, LEASE).is_err());
    other
        .execute_batch("ALTER TABLE elsewhere RENAME TO queue")
        .unwrap();
    assert_eq!(seen(&receive(&store, &consumer)), pairs(&[("a", 2)]));
}

#[tokio::test]
async fn many_senders_at_once_share_commits_and_lose_nothing() {
    let place = Place::new();
    let store = std::sync::Arc::new(place.open());
    let senders: Vec<_> = (0..500)
        .map(|n| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move { store.send(&reference(1), format!("{n}")).await })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap().unwrap();
    }
    assert_eq!(store.reader().backlog().unwrap(), (500, 0));
}
