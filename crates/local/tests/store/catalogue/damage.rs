//! What the list says of rows, indexes and marks that were changed behind its back.
use counterfoil_core::{State, SubmissionRef};
use counterfoil_local::Reader;
use counterfoil_operations::catalogue::Scope;
use counterfoil_operations::history::Actor;
use counterfoil_operations::marks::{Made, Mark, Marking, Marks, Watermark};
use counterfoil_operations::worklist::SortOrder;
use counterfoil_testkit::build::THEN;
use counterfoil_testkit::contract;
use rusqlite::{Connection, params};

use super::{all, given};
use crate::place::Place;

#[tokio::test]
async fn damage_of_any_kind_is_told_by_the_list() {
    let changes = [
        "body = x'00'",
        "attempts = attempts + 1",
        "received_at = received_at + 1",
        "state = 'storex'",
        "sum = x'00'",
        "schema = schema || 'x'",
    ];
    for change in changes {
        let place = Place::new();
        let damage = async |of: &SubmissionRef| damage(&place, of, change);
        contract::catalogue::damaged(&place.open(), damage).await;
    }
}

fn damage(place: &Place, of: &SubmissionRef, change: &str) {
    let sql = format!("UPDATE entries SET {change} WHERE id = ?1 AND form = ?2");
    let connection = Connection::open(place.database()).unwrap();
    let changed = connection
        .execute(&sql, params![of.id.as_bytes(), of.form.as_str()])
        .unwrap();
    assert_eq!(changed, 1, "{change}");
}

#[tokio::test]
async fn an_entry_whose_state_was_changed_is_told_where_everything_is_listed_and_where_it_pretends_to_be()
 {
    let place = Place::new();
    let store = place.open();
    let spots = given(&store, 3).await;
    damage(&place, &spots[1].of, "state = 'held'");
    let held = Scope {
        states: vec![State::Held],
        ..Scope::default()
    };
    for (scope, whole) in [(Scope::default(), 2), (held, 0)] {
        let (listed, told) = all(&store, &scope, SortOrder::NewestFirst, 2).await;
        assert_eq!((listed.len(), told.len()), (whole, 1), "{told:?}");
        assert!(told[0].contains(&spots[1].of.to_string()), "{}", told[0]);
    }
}

#[tokio::test]
async fn an_index_that_says_something_else_than_the_row_is_told() {
    let place = Place::new();
    let store = place.open();
    let spots = given(&store, 3).await;
    let connection = Connection::open(place.database()).unwrap();
    // As if a disk had changed the one and not the other.
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'listed'";
    let root: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    let length: i64 = connection
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .unwrap();
    connection
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    drop((connection, store));
    let mut bytes = std::fs::read(place.database()).unwrap();
    let page =
        usize::try_from((root - 1) * length).unwrap()..usize::try_from(root * length).unwrap();
    let of = spots[1].of.id.as_bytes();
    let at = bytes[page.clone()]
        .windows(16)
        .position(|bytes| bytes == of)
        .unwrap();
    bytes[page.start + at + 15] ^= 1;
    std::fs::write(place.database(), bytes).unwrap();
    let reader = Reader::open(&place.database()).unwrap();
    let form = Some(spots[1].of.form.clone());
    let (listed, told) = all(
        &reader,
        &Scope {
            form,
            ..Scope::default()
        },
        SortOrder::NewestFirst,
        2,
    )
    .await;
    assert_eq!((listed.len(), told.len()), (2, 1), "{told:?}");
    assert!(told[0].contains("REINDEX"), "{}", told[0]);
    let mut findings = Vec::new();
    let reader = Reader::open_to_verify(&place.database()).unwrap();
    reader
        .verify(&mut |finding| {
            findings.push(finding);
            true
        })
        .unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding.mend.contains("REINDEX")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_named_is_told_once_and_ends_no_list() {
    for (form, state) in [
        (Some("contact"), None),
        (None, None),
        (None, Some(State::Held)),
    ] {
        let place = Place::new();
        let store = place.open();
        let spots = given(&store, 9).await;
        for at in [0, 3, 4, 8] {
            damage(&place, &spots[at].of, "id = CAST(id || x'00' AS BLOB)");
        }
        if let Some(state) = state {
            let sql = format!("UPDATE entries SET state = '{state}', sum = NULL");
            Connection::open(place.database())
                .unwrap()
                .execute_batch(&sql)
                .unwrap();
        }
        let form = form.and_then(counterfoil_core::FormId::parse);
        let scope = Scope {
            form,
            states: state.into_iter().collect(),
            ..Scope::default()
        };
        for most in [1, 2, 50] {
            for order in [SortOrder::OldestFirst, SortOrder::NewestFirst] {
                let (listed, told) = all(&store, &scope, order, most).await;
                assert_eq!(
                    (listed.len(), told.len()),
                    (5, 4),
                    "{scope:?} {order:?} by {most}: {told:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn damaged_marks_are_told_hide_no_entry_and_are_made_anew() {
    let place = Place::new();
    let store = place.open();
    let spots = given(&store, 2).await;
    let made = Made {
        at: THEN,
        by: Actor::parse("Ada").unwrap(),
    };
    store
        .mark(&spots[0].of, Mark::Answered, Some(&made))
        .await
        .unwrap();
    let watermark = Watermark {
        upto: spots[1].clone(),
        made: made.clone(),
    };
    store.see_all(&spots[0].of.form, &watermark).await.unwrap();
    for (table, times) in [("marks", 1), ("watermarks", 2)] {
        let sql = format!("UPDATE {table} SET sum = x'0011223344556677'");
        Connection::open(place.database())
            .unwrap()
            .execute_batch(&sql)
            .unwrap();
        let (listed, told) = all(&store, &Scope::default(), SortOrder::OldestFirst, 9).await;
        assert_eq!((listed.len(), told.len()), (2, times), "{told:?}");
        assert!(store.marks(&spots).await.unwrap_err().is_damage());
        store
            .mark(&spots[0].of, Mark::Answered, Some(&made))
            .await
            .unwrap();
        store.see_all(&spots[0].of.form, &watermark).await.unwrap();
        let seen = Some(made.clone());
        let anew = [
            Marks {
                seen: seen.clone(),
                answered: Some(made.clone()),
            },
            Marks {
                seen,
                answered: None,
            },
        ];
        assert_eq!(store.marks(&spots).await.unwrap(), anew);
    }
}
