//! The catalogue and the marks on SQLite: their contracts, and what only this home has: indexes that may differ from the
//! rows, former versions, and readers beside a server.

mod damage;

use std::path::Path;
use std::time::Duration;

use counterfoil_core::ports::{Ledger, Polls};
use counterfoil_core::{Body, Entry, State, SubmissionId, Timestamp};
use counterfoil_local::catalogue::COUNTED;
use counterfoil_local::{Reader, Store};
use counterfoil_operations::catalogue::{Catalogue, Count, Scope, Sheet, Spot, Turn};
use counterfoil_operations::history::Actor;
use counterfoil_operations::marks::{Made, Mark, Marking, Marks};
use counterfoil_operations::worklist::SortOrder;
use counterfoil_testkit::build::{THEN, entry, envelope};
use counterfoil_testkit::contract;
use rusqlite::{Connection, params};

use crate::place::Place;

#[tokio::test]
async fn sqlite_keeps_the_contract_of_the_catalogue() {
    contract::catalogue::catalogue(&Place::new().open()).await;
    contract::catalogue::of_every_form(&Place::new().open()).await;
    contract::catalogue::counting(&Place::new().open(), COUNTED).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_marks() {
    contract::marks::marks(&Place::new().open()).await;
    contract::marks::shown(&Place::new().open()).await;
}

/// What a list gives to its last page: the places, and what is damaged.
async fn all(
    home: &impl Catalogue,
    scope: &Scope,
    order: SortOrder,
    most: usize,
) -> (Vec<Spot>, Vec<String>) {
    let (mut spots, mut damaged, mut turn) = (Vec::new(), Vec::new(), Turn::first(order, most));
    loop {
        let Sheet {
            rows,
            damaged: told,
            next,
            ..
        } = home.list(scope, &turn).await.unwrap();
        spots.extend(rows.iter().map(|row| Spot::from_entry(&row.entry)));
        damaged.extend(told.iter().map(ToString::to_string));
        let Some(next) = next else {
            return (spots, damaged);
        };
        turn = turn.after(next);
    }
}

async fn given(store: &Store, count: u8) -> Vec<Spot> {
    let mut spots = Vec::new();
    for number in 0..count {
        let row = entry(&envelope(number, "m"), None);
        store.insert(&row).await.unwrap();
        spots.push(Spot::from_entry(&row));
    }
    spots.sort();
    spots
}

#[tokio::test]
async fn the_database_lists_an_entry_where_its_head_does() {
    let place = Place::new();
    let store = place.open();
    let minutes_10 = 10 * 60 * 1000;
    let mut written = Vec::new();
    for (number, apart) in (0..).zip([
        0,
        1,
        -1,
        minutes_10,
        -minutes_10,
        minutes_10 + 1,
        -minutes_10 - 1,
        1 << 40,
    ]) {
        for id_at in [THEN.as_millis(), 0x00ff_00ff_00ff, 0x0180_7fff_8001] {
            let mut sent = envelope(number, "m");
            sent.of.id = SubmissionId::fresh(Timestamp::from_millis(id_at), [number; 10]);
            sent.received_at = Timestamp::from_millis(id_at + apart);
            let row = entry(&sent, None);
            store.insert(&row).await.unwrap();
            written.push(Spot::from_entry(&row));
        }
    }
    written.sort();
    assert_eq!(
        all(&store, &Scope::default(), SortOrder::OldestFirst, 5).await,
        (written, vec![])
    );
}

/// So many tombstones, each a second newer than the one before.
fn tombstones(place: &Place, count: u32) {
    let sql = "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?1)
               INSERT INTO entries (form, id, state, seq, run, verdict_run, schema, received_at, updated_at, attempts,
                                    body_kind)
               SELECT 'contact', CAST(printf('%016d', value) AS BLOB), 'erased', 2, 0, 0, '', ?2 + value * 1000, ?2, 1, 2
               FROM n";
    Connection::open(place.database())
        .unwrap()
        .execute(sql, params![count, THEN.as_millis()])
        .unwrap();
}

#[tokio::test]
async fn a_page_that_finds_little_ends_all_the_same() {
    let place = Place::new();
    let store = place.open();
    let spots = given(&store, 2).await;
    tombstones(&place, 30_000);
    let first = store
        .list(&Scope::default(), &Turn::first(SortOrder::NewestFirst, 50))
        .await
        .unwrap();
    assert!(
        first.rows.is_empty() && first.next.is_some(),
        "short, and not the last"
    );
    assert!((1..=20_000).contains(&first.read), "{}", first.read);
    let (mut listed, _) = all(&store, &Scope::default(), SortOrder::NewestFirst, 50).await;
    listed.reverse();
    assert_eq!(listed, spots);
    let held = Scope {
        states: vec![State::Held, State::Failed],
        ..Scope::default()
    };
    let none = store
        .list(&held, &Turn::first(SortOrder::NewestFirst, 50))
        .await
        .unwrap();
    assert_eq!(
        (none.read, none.next),
        (0, None),
        "what is rare has an index of its own"
    );
    let sql = "UPDATE entries SET state = 'expired' WHERE state = 'erased' AND entry % 4 = 0";
    Connection::open(place.database())
        .unwrap()
        .execute_batch(sql)
        .unwrap();
    let left = Scope {
        states: vec![State::Erased, State::Expired],
        ..Scope::default()
    };
    let (mut listed, _) = all(&store, &left, SortOrder::NewestFirst, usize::MAX).await;
    assert!(
        listed.is_sorted_by(|one, next| one > next),
        "states are merged"
    );
    listed.dedup();
    assert_eq!(listed.len(), 30_000);
    let erased = Scope {
        states: vec![State::Erased],
        ..Scope::default()
    };
    assert_eq!(
        store
            .list(&erased, &Turn::first(SortOrder::NewestFirst, 50))
            .await
            .unwrap()
            .rows
            .len(),
        50
    );
    assert_eq!(
        Catalogue::count(&store, &erased).await.unwrap(),
        Count {
            number: COUNTED,
            is_more: true
        }
    );
}

#[tokio::test]
async fn a_command_reads_and_marks_beside_the_server_and_without_it() {
    let place = Place::new();
    let server = place.open();
    let spots = given(&server, 3).await;
    let made = Made {
        at: THEN,
        by: Actor::parse("Ada").unwrap(),
    };
    let command = Store::visit(&place.database(), place.clock()).unwrap();
    command
        .mark(&spots[1].of, Mark::Seen, Some(&made))
        .await
        .unwrap();
    assert_eq!(
        server.marks(&spots[1..2]).await.unwrap()[0].seen,
        Some(made.clone())
    );
    drop((command, server));
    let reader = Reader::open(&place.database()).unwrap();
    let sheet = reader
        .list(&Scope::default(), &Turn::first(SortOrder::OldestFirst, 9))
        .await
        .unwrap();
    let seen: Vec<_> = sheet
        .rows
        .iter()
        .map(|row| row.marks.seen.clone())
        .collect();
    assert_eq!(seen, [None, Some(made), None]);
}

#[tokio::test]
async fn what_is_left_of_an_entry_is_listed_when_asked_for_and_has_no_marks() {
    let place = Place::new();
    let store = place.open();
    let mut row = entry(&envelope(1, "m"), None);
    row.head.expires_at = Some(THEN.plus(Duration::from_secs(3600)));
    store.insert(&row).await.unwrap();
    let made = Made {
        at: THEN,
        by: Actor::parse("Ada").unwrap(),
    };
    store
        .mark(&row.head.of, Mark::Answered, Some(&made))
        .await
        .unwrap();
    while store.head(&row.head.of).await.unwrap().unwrap().state != State::Expired {
        assert!(place.now() < THEN.plus(Duration::from_secs(10 * 24 * 3600)));
        place.clock().advance(Duration::from_secs(6 * 3600));
        store.sweep().await.unwrap();
    }
    let spot = Spot::from_entry(&row);
    assert_eq!(
        all(&store, &Scope::default(), SortOrder::NewestFirst, 5).await,
        (vec![], vec![])
    );
    let expired = Scope {
        states: vec![State::Expired],
        ..Scope::default()
    };
    assert_eq!(
        all(&store, &expired, SortOrder::NewestFirst, 5).await,
        (vec![spot.clone()], vec![])
    );
    assert_eq!(store.marks(&[spot]).await.unwrap(), [Marks::default()]);
}

#[tokio::test]
async fn an_erased_entry_has_no_marks() {
    let place = Place::new();
    let store = place.open();
    let row = entry(&envelope(1, "m"), None);
    store.insert(&row).await.unwrap();
    let made = Made {
        at: THEN,
        by: Actor::parse("Ada").unwrap(),
    };
    store
        .mark(&row.head.of, Mark::Answered, Some(&made))
        .await
        .unwrap();
    let mut next = Entry {
        head: row.head.clone(),
        body: Body::Erased,
    };
    (next.head.seq, next.head.state) = (2, State::Erased);
    (next.head.content, next.head.payload_hash) = (None, None);
    store.mend(&next).await.unwrap();
    assert_eq!(
        store.marks(&[Spot::from_entry(&row)]).await.unwrap(),
        [Marks::default()]
    );
}

/// A copy of the database that a former version has left.
fn kept(version: &str) -> Place {
    let place = Place::new();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/kept")
        .join(version);
    for name in ["counterfoil.db", "counterfoil.db-wal"] {
        std::fs::copy(kept.join(name), place.path().join(name)).unwrap();
    }
    place
}

#[tokio::test]
async fn what_a_former_version_wrote_is_listed_before_and_after_it_is_brought_up() {
    for (version, count) in [("0.1.0", 5), ("schema-4", 3)] {
        let place = kept(version);
        let scope = Scope::default();
        let before = all(
            &Reader::open(&place.database()).unwrap(),
            &scope,
            SortOrder::NewestFirst,
            4,
        )
        .await;
        assert!(before.0.len() >= count && before.1.is_empty(), "{before:?}");
        let store = place.open();
        assert_eq!(all(&store, &scope, SortOrder::NewestFirst, 4).await, before);
        assert!(
            store
                .list(&scope, &Turn::first(SortOrder::NewestFirst, 1))
                .await
                .unwrap()
                .rows[0]
                .marks
                == Marks::default()
        );
        let number = before.0.len() as u64;
        assert_eq!(
            Catalogue::count(&store, &scope).await.unwrap(),
            Count {
                number,
                is_more: false
            }
        );
    }
}
