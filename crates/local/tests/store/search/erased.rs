//! What is erased, expires or is replaced leaves no byte of it in the index.

use std::time::Duration;

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Cause, Payload};
use counterfoil_local::retention::Swept;
use counterfoil_operations::act::{Acting, Revision, edit_one};
use counterfoil_operations::history::Verb;
use counterfoil_testkit::build::{deed, entry, envelope, fields, forms, reference};

use super::{erase, found, is_in_file, put, until};
use crate::place::Place;

#[tokio::test]
async fn what_is_erased_leaves_no_byte_of_it_in_the_file() {
    let place = Place::new();
    let store = place.open();
    for number in 0..100 {
        put(
            &store,
            number,
            &format!("secret{number:03} 秘密{number:03}"),
        )
        .await;
    }
    assert_eq!(found(&store, "secret042").await, [42]);
    assert!(is_in_file(&place, "secret042"));
    for number in (0..100).filter(|number| number % 7 == 0) {
        erase(&store, &reference(number)).await;
    }
    assert_eq!(found(&store, "secret042").await, [] as [u8; 0]);
    for number in 0..100 {
        assert_eq!(
            is_in_file(&place, &format!("secret{number:03}")),
            number % 7 != 0,
            "{number}"
        );
    }
}

#[tokio::test]
async fn what_expires_leaves_no_byte_of_it_in_the_file_though_nobody_is_told() {
    let place = Place::new();
    let store = place.open();
    store.register_publishers(vec!["log".into()]).await.unwrap();
    let mut row = entry(&envelope(1, "shortlived"), None);
    row.head.expires_at = Some(row.head.updated_at.plus(Duration::from_secs(3600)));
    store.insert(&row).await.unwrap();
    put(&store, 2, "longlived").await;
    assert_eq!(found(&store, "shortlived").await, [1]);
    let last = store.announced("log", 10).unwrap().last().unwrap().position;
    store.advance("log", last, vec![]).await.unwrap();
    let mut removed = 0;
    for _ in 0..60 {
        place.clock().advance(Duration::from_secs(3600));
        if let Swept::Removed(some) = store.sweep().await.unwrap() {
            removed += some;
        }
    }
    assert_eq!(removed, 1);
    assert!(
        store.announced("log", 10).unwrap().is_empty(),
        "no publisher is told"
    );
    assert_eq!(found(&store, "shortlived").await, [] as [u8; 0]);
    assert!(!is_in_file(&place, "shortlived") && is_in_file(&place, "longlived"));
}

#[tokio::test]
async fn an_edit_replaces_what_was_there_before_its_verdict_is_in() {
    let place = Place::new();
    let store = place.open();
    store
        .insert(&entry(&envelope(1, "mistyped"), Some(Cause::gave_up(20))))
        .await
        .unwrap();
    assert_eq!(found(&store, "mistyped").await, [1]);
    let after = Payload::from_fields(fields("corrected").as_object().unwrap());
    let (clock, forms) = (place.clock(), forms());
    let acting = Acting {
        home: &store,
        clock: &*clock,
        forms: &forms,
    };
    edit_one(
        &reference(1),
        Revision {
            after: &after,
            based_on: 1,
        },
        &deed(Verb::Edit),
        &acting,
    )
    .await
    .unwrap();
    assert_eq!(
        (
            found(&store, "mistyped").await,
            found(&store, "corrected").await
        ),
        (vec![], vec![1])
    );
    assert!(!is_in_file(&place, "mistyped"));
}

#[tokio::test]
async fn an_end_in_the_middle_of_a_step_loses_nothing_and_keeps_nothing() {
    for turns in [1, 2, 3, 5, 8, 13] {
        let place = Place::new();
        for life in 0..3 {
            let store = place.open();
            for number in 0..70 {
                put(
                    &store,
                    life * 70 + number,
                    &format!("early{life}x{number:03}"),
                )
                .await;
            }
            erase(&store, &reference(life * 70 + 9)).await;
            let feeding = store.bring_index_up(|_| true);
            tokio::pin!(feeding);
            for _ in 0..turns {
                tokio::select! {
                    biased;
                    fed = &mut feeding => {
                        fed.unwrap();
                        break;
                    }
                    () = tokio::task::yield_now() => {}
                }
            }
        }
        let store = place.open();
        // A step that was cut off may come to its end meanwhile.
        until(&store, "early2x069", |asked| {
            asked.as_ref().is_ok_and(|found| *found == [209])
        })
        .await;
        for life in 0..3 {
            for number in [8, 9, 10] {
                let word = format!("early{life}x{number:03}");
                let expected = if number == 9 {
                    vec![]
                } else {
                    vec![life * 70 + number]
                };
                assert_eq!(
                    found(&store, &word).await,
                    expected,
                    "{word} after {turns} turns"
                );
                assert_eq!(
                    is_in_file(&place, &word),
                    number != 9,
                    "{word} after {turns} turns"
                );
            }
        }
    }
}
