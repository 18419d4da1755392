//! Rows that were changed behind the program's back: each is found, named, and never believed.

mod columns;

use std::time::Duration;

use counterfoil_core::ports::{Entries, Ledger, Polls, Queue};
use counterfoil_core::settling::{Damage, buried};
use counterfoil_core::{Body, Cause, Payload};
use counterfoil_local::queue::{Bounds, Consumer};
use counterfoil_local::submissions::Filter;
use counterfoil_local::verify::Finding;
use counterfoil_local::{Reader, Store};
use counterfoil_operations::catalogue::Spot;
use counterfoil_operations::causes::{Mark, Note};
use counterfoil_operations::change::{discarded, edited};
use counterfoil_operations::history::{Actor, Edit, Verb};
use counterfoil_operations::job::{Candidate, Job, JobId, Manner, Order, Selection};
use counterfoil_operations::marks::{Made, Mark as Marked, Marking, Watermark};
use counterfoil_operations::ports::{Actions, Jobs, Notes};
use counterfoil_operations::worklist::SortOrder as Way;
use counterfoil_testkit::build::{THEN, deed, entry, envelope, fields, reference};
use rusqlite::Connection;

use crate::place::Place;

/// Something in every table.
async fn filled() -> Place {
    let place = Place::new();
    let store = place.open();
    store.register_publishers(vec!["log".into()]).await.unwrap();
    let failed = entry(&envelope(1, "one"), Some(Cause::gave_up(20)));
    store.insert(&failed).await.unwrap();
    let mut raw = entry(&envelope(2, "two"), Some(Cause::undecodable("not JSON")));
    (raw.head.content, raw.head.payload_hash, raw.body) = (None, None, Body::Raw(b"raw".to_vec()));
    raw.head.expires_at = Some(THEN);
    store.insert(&raw).await.unwrap();
    let Body::Payload(before) = failed.body.clone() else {
        panic!("a payload")
    };
    let after = Payload::from_fields(fields("after").as_object().unwrap());
    let next = edited(&failed.head, after.hash(), place.now()).unwrap();
    store
        .act(&next, &deed(Verb::Edit), Some(&Edit { before, after }))
        .await
        .unwrap();
    let next = discarded(&next, None, place.now()).unwrap();
    store.act(&next, &deed(Verb::Discard), None).await.unwrap();
    store
        .send(&reference(3), envelope(3, "three").encode())
        .await
        .unwrap();
    jobs(&store).await;
    let made = Made {
        at: THEN,
        by: Actor::parse("Ada").unwrap(),
    };
    store
        .mark(&reference(1), Marked::Seen, Some(&made))
        .await
        .unwrap();
    let upto = Spot::from_entry(&failed);
    store
        .see_all(&reference(1).form, &Watermark { upto, made })
        .await
        .unwrap();
    drop(store);
    let sql = "INSERT INTO dead_letter_queue (body, sent_at, receives, sum) SELECT body, sent_at, 3, sum FROM queue";
    Connection::open(place.database())
        .unwrap()
        .execute(sql, [])
        .unwrap();
    place
}

async fn jobs(store: &Store) {
    let who = Actor::parse("Ada").unwrap();
    let note = Note {
        fingerprint: "0123456789abcdef".into(),
        mark: Mark::Acknowledged,
        who: who.clone(),
        at: THEN,
    };
    store.note(&note).await.unwrap();
    let order = Order {
        verb: Verb::Replay,
        what: Selection::Some(vec![reference(1)]),
        who,
        why: None,
        manner: Manner {
            rate: None,
            canary: Some(false),
            stop_at: 1.0,
        },
    };
    let job = Job::ordered(order, JobId::fresh(THEN, [7; 10]), THEN);
    let job = Job { version: 1, ..job };
    assert!(store.save(&job).await.unwrap());
    store
        .put_part(
            &job,
            0,
            &[Candidate {
                of: reference(1),
                run: 0,
            }],
        )
        .await
        .unwrap();
}

fn findings(place: &Place) -> Vec<Finding> {
    let mut found = Vec::new();
    let verified = Reader::open_to_verify(&place.database())
        .unwrap()
        .verify(&mut |finding| {
            found.push(finding);
            true
        });
    assert_eq!(verified.unwrap().findings as usize, found.len());
    found
}

#[tokio::test]
async fn a_damaged_entry_is_named_wherever_it_is_read_and_the_others_go_on() {
    let place = filled().await;
    let change = "UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), 'after', 'befor') AS BLOB) WHERE body_kind = 0";
    Connection::open(place.database())
        .unwrap()
        .execute_batch(change)
        .unwrap();
    let store = place.open();
    let named = |said: &str| {
        assert!(
            said.contains(&reference(1).to_string()) && said.contains("verify"),
            "{said}"
        )
    };
    let read = Entries::entry(&store, &reference(1)).await.unwrap_err();
    assert!(read.is_damage());
    named(&read.to_string());
    assert!(
        store.head(&reference(1)).await.unwrap().is_some(),
        "a poll reads no body"
    );
    let page = store
        .reader()
        .page(&Filter::default(), Way::OldestFirst, None, 10)
        .unwrap();
    assert_eq!((page.entries.len(), page.damaged.len()), (1, 1));
    named(&page.damaged[0].to_string());
}

#[tokio::test]
async fn an_entry_whose_state_was_changed_is_not_left_out_without_a_word() {
    let place = filled().await;
    Connection::open(place.database())
        .unwrap()
        .execute_batch("UPDATE entries SET state = 'held' WHERE state = 'discarded'")
        .unwrap();
    let store = place.open();
    let discarded = Filter {
        state: Some(counterfoil_core::State::Discarded),
        ..Filter::default()
    };
    let page = store
        .reader()
        .page(&discarded, Way::OldestFirst, None, 10)
        .unwrap();
    assert_eq!((page.entries.len(), page.damaged.len()), (0, 1));
    assert!(
        store.head(&reference(1)).await.unwrap_err().is_damage(),
        "a poll is not answered by it either"
    );
}

#[tokio::test]
async fn a_damaged_message_becomes_a_dead_letter_with_its_bytes_in_its_own_place() {
    for (change, own) in [
        ("replace(body, 'three', 'THREE')", true),
        (
            "replace(body, '\"kind\":\"submit\"', '\"kind\":\"replay\"')",
            true,
        ),
        (
            "replace(body, '\"form\":\"contact\"', '\"form\":\"contact2\"')",
            false,
        ),
    ] {
        let place = filled().await;
        let sql = format!("UPDATE queue SET body = {change}, sent_at = sent_at");
        Connection::open(place.database())
            .unwrap()
            .execute_batch(&sql)
            .unwrap();
        let store = place.open();
        let rows = Consumer::new(Duration::from_secs(1))
            .receive(
                &store,
                Bounds {
                    records: 10,
                    bytes: 1 << 20,
                },
                Duration::from_secs(1),
            )
            .unwrap();
        let delivery = &rows[0].delivery;
        assert_eq!(
            delivery.damage,
            Some(Damage {
                of: own.then(|| reference(3))
            }),
            "{change}"
        );
        let (incoming, body) = buried(delivery, Cause::gave_up(1));
        assert_eq!(
            incoming.of.form.as_str(),
            if own { "contact" } else { "_unknown" }
        );
        assert_eq!(
            (incoming.content, body),
            (None, Body::Raw(delivery.body.clone()))
        );
        let said = format!("{:?}", incoming.verdict);
        assert!(said.contains("damaged"), "{said}");
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_keeps_no_other_message_from_its_turn() {
    let place = filled().await;
    let store = place.open();
    store
        .send(&reference(4), envelope(4, "four").encode())
        .await
        .unwrap();
    drop(store);
    Connection::open(place.database())
        .unwrap()
        .execute_batch("UPDATE queue SET receives = -7, sent_at = -1 WHERE position = 1")
        .unwrap();
    let store = place.open();
    let consumer = Consumer::new(Duration::from_secs(1));
    let rows = consumer
        .receive(
            &store,
            Bounds {
                records: 10,
                bytes: 1 << 20,
            },
            Duration::from_secs(1),
        )
        .unwrap();
    let damaged: Vec<_> = rows
        .iter()
        .map(|row| row.delivery.damage.is_some())
        .collect();
    assert_eq!(damaged, [true, false]);
}

#[tokio::test]
async fn a_damaged_notice_is_set_aside_and_the_ones_behind_it_are_published() {
    let place = filled().await;
    let change =
        "UPDATE outbox SET state = 'stored' WHERE position = 2; UPDATE cursors SET position = 1000";
    Connection::open(place.database())
        .unwrap()
        .execute_batch(change)
        .unwrap();
    let store = place.open();
    let first = store.announced("log", 10).unwrap();
    assert_eq!(
        first.len(),
        1,
        "a damaged cursor starts anew, and nothing is left out"
    );
    store
        .advance("log", first[0].position, Vec::new())
        .await
        .unwrap();
    let fault = store.announced("log", 10).unwrap_err();
    assert!(
        fault.is_damage() && fault.to_string().contains(&reference(2).to_string()),
        "{fault}"
    );
    store.set_aside("log").await.unwrap();
    assert_eq!(store.announced("log", 10).unwrap().len(), 1);
    assert_eq!(store.reader().parked("log").unwrap(), 1);
}

#[tokio::test]
async fn a_row_of_a_former_version_is_read_and_gets_its_checksum_with_its_next_change() {
    let place = filled().await;
    let connection = Connection::open(place.database()).unwrap();
    for table in [
        "entries",
        "history",
        "queue",
        "outbox",
        "cursors",
        "replays",
        "replay_parts",
        "cause_notes",
    ] {
        connection
            .execute(&format!("UPDATE {table} SET sum = NULL"), [])
            .unwrap();
    }
    assert_eq!(findings(&place), []);
    let store = place.open();
    for n in [1, 2] {
        let head = store.head(&reference(n)).await.unwrap().unwrap();
        let next = counterfoil_core::Head {
            seq: head.seq + 1,
            attempts: 5,
            ..head
        };
        store.update(&next).await.unwrap();
        assert_eq!(
            Entries::entry(&store, &reference(n))
                .await
                .unwrap()
                .unwrap()
                .head,
            next
        );
    }
    let left: i64 = connection
        .query_row(
            "SELECT count(*) FROM entries WHERE sum IS NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(left, 0);
    connection
        .execute_batch("UPDATE entries SET sum = NULL, body = x'7b7d' WHERE body_kind = 0")
        .unwrap();
    assert!(
        Entries::entry(&store, &reference(1))
            .await
            .unwrap_err()
            .is_damage(),
        "its payload has a hash of its own"
    );
}
