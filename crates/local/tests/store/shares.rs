//! A batch is bound by bytes, and shared: what is new does not wait behind what is due, and neither behind a replay.

use std::time::Duration;

use counterfoil_core::Kind;
use counterfoil_local::Store;
use counterfoil_local::loops::BATCH;
use counterfoil_local::queue::{Consumer, Disposal, Received};
use counterfoil_testkit::build::envelope;

use crate::place::Place;

const LEASE: Duration = Duration::from_secs(60);

fn consumer() -> Consumer {
    Consumer::new(Duration::from_secs(900))
}

fn receive(store: &Store, consumer: &Consumer) -> Vec<Received> {
    consumer.receive(store, BATCH, LEASE).unwrap()
}

fn count(batch: &[Received], what: &str) -> usize {
    batch
        .iter()
        .filter(|row| {
            row.delivery
                .body
                .windows(what.len())
                .any(|part| part == what.as_bytes())
        })
        .count()
}

/// Puts them on the queue in one go.
fn send(place: &Place, bodies: impl Iterator<Item = String>) {
    let mut other = rusqlite::Connection::open(place.database()).unwrap();
    let all = other.transaction().unwrap();
    for body in bodies {
        all.execute("INSERT INTO queue (body, sent_at) VALUES (?1, 0)", [body])
            .unwrap();
    }
    all.commit().unwrap();
}

async fn dispose(store: &Store, consumer: &Consumer, batch: &[Received], disposal: Disposal) {
    let what: Vec<_> = batch
        .iter()
        .map(|row| (row.slot, disposal.clone()))
        .collect();
    consumer.dispose(store, &what, 20).await.unwrap();
}

fn sent(kind: Kind, number: u32) -> String {
    let mut envelope = envelope(1, &number.to_string());
    envelope.kind = kind;
    envelope.encode()
}

/// So many that have failed so often, and are due.
async fn due(place: &Place, store: &Store, many: usize, receives: u32) {
    let other = rusqlite::Connection::open(place.database()).unwrap();
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
               INSERT INTO queue (body, sent_at, receives) SELECT 'due', 0, ?2 FROM n";
    other
        .execute(sql, rusqlite::params![many, receives])
        .unwrap();
    assert!(store.reader().backlog().unwrap().0 >= many as u64);
}

#[tokio::test]
async fn a_batch_is_bound_by_bytes_and_every_record_has_its_turn() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    let body = "x".repeat(120_000);
    send(&place, (0..100).map(|_| body.clone()));
    // More than any batch may hold: it is no envelope, and has to become an entry all the same.
    send(
        &place,
        [format!("huge{}", "x".repeat(3 * BATCH.bytes))].into_iter(),
    );
    send(&place, ["after".to_owned()].into_iter());
    let (mut batches, mut seen) = (0, 0);
    loop {
        let batch = receive(&store, &consumer);
        if batch.is_empty() {
            break;
        }
        let bytes: usize = batch.iter().map(|row| row.delivery.body.len()).sum();
        assert!(
            bytes <= BATCH.bytes || batch.len() == 1,
            "{bytes} bytes in {} records",
            batch.len()
        );
        (batches, seen) = (batches + 1, seen + batch.len());
    }
    assert_eq!(seen, 102);
    assert!(batches <= 9, "{batches}");
}

#[tokio::test]
async fn what_is_due_is_bound_by_bytes_too_and_so_are_dead_letters_and_leases_that_ran_out() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&place, (0..60).map(|_| "x".repeat(120_000)));
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other
        .execute(
            "INSERT INTO dead_letter_queue (body, sent_at, receives) SELECT body, 0, 3 FROM queue",
            [],
        )
        .unwrap();
    let small = |batch: &[Received]| {
        batch
            .iter()
            .map(|row| row.delivery.body.len())
            .sum::<usize>()
            <= BATCH.bytes
    };
    while !receive(&store, &consumer).is_empty() {}
    for lease_ran_out in [true, false] {
        place.clock().advance(LEASE);
        let mut seen = Vec::new();
        while seen.len() < 60 {
            let batch = receive(&store, &consumer);
            assert!(!batch.is_empty() && small(&batch));
            seen.extend(batch.iter().map(|row| row.slot.position));
            let disposal = if lease_ran_out {
                Disposal::Retry(Duration::from_secs(1))
            } else {
                Disposal::Ack
            };
            dispose(&store, &consumer, &batch, disposal).await;
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 60, "each came again");
    }
    let dead = store.dead(BATCH).unwrap();
    assert!((10..20).contains(&dead.len()), "{}", dead.len());
}

#[tokio::test]
async fn a_fresh_one_is_in_the_next_batch_however_many_are_due() {
    for receives in [1, 5] {
        let (place, consumer) = (Place::new(), consumer());
        let store = place.open();
        due(&place, &store, 5000, receives).await;
        for round in 0..10 {
            send(&place, [format!("fresh {round}")].into_iter());
            let batch = receive(&store, &consumer);
            assert_eq!(
                count(&batch, &format!("fresh {round}")),
                1,
                "in batch {round}"
            );
            assert!(count(&batch, "due") > 0);
            let alone = batch.iter().filter(|row| row.slot.receives > 2).count();
            assert!(
                alone <= 8,
                "{alone} are handled alone, and those behind wait for each"
            );
            dispose(&store, &consumer, &batch, Disposal::Ack).await;
        }
    }
}

#[tokio::test]
async fn each_takes_what_the_other_leaves_and_half_where_both_wait() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    due(&place, &store, 1000, 1).await;
    let batch = receive(&store, &consumer);
    assert_eq!(
        (batch.len(), count(&batch, "due")),
        (256, 256),
        "nothing is new"
    );
    dispose(&store, &consumer, &batch, Disposal::Ack).await;
    send(&place, (0..600).map(|n| format!("fresh {n}")));
    let batch = receive(&store, &consumer);
    assert_eq!((count(&batch, "due"), count(&batch, "fresh")), (128, 128));
    let (mut due, mut fresh) = (128, 128);
    loop {
        let batch = receive(&store, &consumer);
        if batch.is_empty() {
            break;
        }
        (due, fresh) = (due + count(&batch, "due"), fresh + count(&batch, "fresh"));
    }
    assert_eq!((due, fresh), (744, 600), "and each had its turn");
}

#[tokio::test]
async fn what_was_sent_again_has_its_place_and_keeps_no_fresh_one_waiting() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    let kinds = |n| {
        if n % 2 == 0 {
            Kind::Replay
        } else {
            Kind::Release
        }
    };
    send(&place, (0..2000).map(|n| sent(kinds(n), n)));
    let mut again = 0;
    for round in 0..12 {
        let number = 10_000 + round;
        send(&place, [sent(Kind::Submit, number)].into_iter());
        let batch = receive(&store, &consumer);
        let submits = count(&batch, r#""kind":"submit""#);
        again += batch.len() - submits;
        assert!(
            batch.len() - submits <= 16,
            "a replay has its place, and no more"
        );
        // It is looked for behind 512 in each batch.
        assert!(submits == 1 || round < 4, "batch {round}: {submits}");
        dispose(&store, &consumer, &batch, Disposal::Ack).await;
    }
    assert_eq!(again, 12 * 16);
    loop {
        let batch = receive(&store, &consumer);
        if batch.is_empty() {
            break;
        }
        again += count(&batch, r#""kind":"re"#);
        dispose(&store, &consumer, &batch, Disposal::Ack).await;
    }
    assert_eq!(
        (again, store.reader().backlog().unwrap()),
        (2000, (0, 0)),
        "each once, in its turn"
    );
}

#[tokio::test]
async fn while_fresh_ones_never_end_a_replay_goes_on_in_its_order() {
    let (place, consumer) = (Place::new(), consumer());
    let store = place.open();
    send(&place, (0..1000).map(|n| sent(Kind::Submit, n)));
    send(&place, (0..50).map(|n| sent(Kind::Replay, n)));
    send(&place, (2000..4000).map(|n| sent(Kind::Submit, n)));
    let mut replays = Vec::new();
    for _ in 0..8 {
        let batch = receive(&store, &consumer);
        assert!(batch.len() <= 256 && count(&batch, "submit") >= 200);
        replays.extend(
            batch
                .iter()
                .filter(|row| count(std::slice::from_ref(*row), "replay") == 1)
                .map(|r| r.slot.position),
        );
        dispose(&store, &consumer, &batch, Disposal::Ack).await;
    }
    assert_eq!(replays, (1001..=1050).collect::<Vec<i64>>());
}
