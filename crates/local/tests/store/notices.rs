//! Notices that a publisher never takes, on SQLite: set aside as they are, and back in the outbox when somebody says so.

use std::collections::BTreeSet;

use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::parked::What;
use counterfoil_core::ports::{Ledger, Publisher};
use counterfoil_core::{Cause, State};
use counterfoil_local::Store;
use counterfoil_operations::notices::{Resending, resend};
use counterfoil_operations::ports::Notices;
use counterfoil_testkit::build::{entry, envelope, reference};
use counterfoil_testkit::contract::notices::{Ways, notices};
use rusqlite::Connection;

use crate::place::Place;

const LOG: &str = "log";

async fn store(place: &Place) -> Store {
    let store = place.open();
    store.register_publishers(vec![LOG.into()]).await.unwrap();
    store
}

/// Publishes all that waits, and says what it was.
async fn published(store: &Store) -> Vec<Change> {
    let all = store.announced(LOG, 1000).unwrap();
    if let Some(last) = all.last() {
        store.advance(LOG, last.position, vec![]).await.unwrap();
    }
    all.into_iter().map(|announced| announced.change).collect()
}

/// Has the next change set aside, which is this one.
async fn park(store: &Store, change: &Change) {
    let next = store.announced(LOG, 1).unwrap().remove(0);
    assert_eq!(next.change, *change);
    store
        .advance(
            LOG,
            next.position,
            vec![(next.clone(), Cause::undecodable("too large"))],
        )
        .await
        .unwrap();
}

async fn settle(store: &Store, number: u8) -> Change {
    let row = entry(&envelope(number, "m"), None);
    store.insert(&row).await.unwrap();
    Change::from_head(&row.head)
}

#[tokio::test]
async fn sqlite_keeps_the_contract_of_what_is_set_aside() {
    let place = Place::new();
    let store = store(&place).await;
    let ids = |changes: Vec<Change>| {
        changes
            .iter()
            .map(|change| Notice::new(change, "any").id)
            .collect()
    };
    let out = async |count: usize| -> BTreeSet<String> {
        // What settling announced is published, too, and no news of this.
        let changes = published(&store).await;
        ids(changes[changes.len() - count..].to_vec())
    };
    notices(
        &store,
        &Ways {
            ledger: &store,
            park: async |change: &Change| park(&store, change).await,
            out,
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_set_aside_keeps_its_change_through_a_restart_and_nothing_else_stays() {
    let place = Place::new();
    let opened = store(&place).await;
    let changes = [
        settle(&opened, 1).await,
        settle(&opened, 2).await,
        settle(&opened, 3).await,
    ];
    published_but(&opened, 1).await;
    drop(opened);
    let store = store(&place).await;
    let rows = |sql: &str| -> i64 {
        Connection::open(place.database())
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(
        rows("SELECT count(*) FROM outbox"),
        1,
        "what is published is removed"
    );
    assert!(
        published(&store).await.is_empty(),
        "it is behind the cursor"
    );
    let page = store.parked(None, 10).await.unwrap();
    let What::Notice(notice) = &page.rows[0].parked.what else {
        panic!("{page:?}")
    };
    assert_eq!((page.rows.len(), notice.change()), (1, changes[1].clone()));
    let mark = store.mark().await.unwrap();
    assert!(store.is_out(&mark).await.unwrap());
    let tally = resend(&store, &Resending::All).await.unwrap();
    assert_eq!((tally.resent, tally.refused), (1, 0));
    let mark = store.mark().await.unwrap();
    assert!(
        !store.is_out(&mark).await.unwrap(),
        "nobody has published it yet"
    );
    assert_eq!(published(&store).await, [changes[1].clone()]);
    assert!(store.is_out(&mark).await.unwrap());
    assert_eq!(
        rows("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM parked_notices)"),
        0
    );
}

/// Publishes all that waits but the one at this place, which is set aside.
async fn published_but(store: &Store, place: usize) {
    let all = store.announced(LOG, 100).unwrap();
    let parked = vec![(all[place].clone(), Cause::undecodable("too large"))];
    store
        .advance(LOG, all.last().unwrap().position, parked)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_former_version_set_aside_is_made_again_from_its_entry() {
    let place = Place::new();
    let store = store(&place).await;
    let change = settle(&store, 1).await;
    settle(&store, 2).await;
    published_but(&store, 0).await;
    // It removed what it set aside, and an entry may be gone since.
    let connection = Connection::open(place.database()).unwrap();
    connection.execute("DELETE FROM outbox", []).unwrap();
    let gone = reference(9);
    let sql = "INSERT INTO parked_notices SELECT publisher, position + 100, form, ?1, seq, cause FROM parked_notices";
    connection
        .execute(sql, [gone.id.as_bytes().as_slice()])
        .unwrap();
    let tally = resend(&store, &Resending::All).await.unwrap();
    assert_eq!((tally.resent, tally.refused), (1, 1), "{:?}", tally.told);
    assert_eq!(
        tally.told,
        [(format!("{gone}:1"), "its entry is gone".to_owned())]
    );
    assert_eq!(published(&store).await, [change]);
}

#[tokio::test]
async fn a_damaged_change_is_made_again_from_its_entry() {
    let place = Place::new();
    let store = store(&place).await;
    let change = settle(&store, 1).await;
    let connection = Connection::open(place.database()).unwrap();
    connection
        .execute("UPDATE outbox SET state = 'failed'", [])
        .unwrap();
    assert!(store.announced(LOG, 10).unwrap_err().is_damage());
    store.set_aside(LOG).await.unwrap();
    let left: i64 = connection
        .query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0, "nothing of it is to be believed");
    let tally = resend(&store, &Resending::All).await.unwrap();
    assert_eq!((tally.resent, tally.refused), (1, 0), "{:?}", tally.told);
    assert_eq!(published(&store).await, [change]);
}

#[tokio::test]
async fn what_is_set_aside_again_while_it_is_looked_through_is_not_met_again() {
    let place = Place::new();
    let store = store(&place).await;
    for number in 1..=3 {
        settle(&store, number).await;
    }
    let all = store.announced(LOG, 10).unwrap();
    let refused = |all: &[counterfoil_local::outbox::Announced]| {
        all.iter()
            .map(|one| (one.clone(), Cause::undecodable("no")))
            .collect::<Vec<_>>()
    };
    store
        .advance(LOG, all[2].position, refused(&all))
        .await
        .unwrap();
    let (mut from, mut met) = (None, 0);
    loop {
        let page = store.parked(from, 1).await.unwrap();
        for found in &page.rows {
            met += 1;
            let What::Notice(notice) = &found.parked.what else {
                panic!("{found:?}")
            };
            store
                .publish(&[(**notice).clone()])
                .await
                .remove(0)
                .unwrap();
            store.remove(found).await.unwrap();
            let again = store.announced(LOG, 10).unwrap();
            store
                .advance(LOG, again[0].position, refused(&again))
                .await
                .unwrap();
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(
        (met, store.parked(None, 10).await.unwrap().rows.len()),
        (3, 3)
    );
}

#[tokio::test]
async fn one_that_two_publishers_will_not_take_stays_until_both_are_asked_again() {
    let place = Place::new();
    let store = place.open();
    store
        .register_publishers(vec![LOG.into(), "mail".into()])
        .await
        .unwrap();
    let change = settle(&store, 1).await;
    for publisher in [LOG, "mail"] {
        let next = store.announced(publisher, 1).unwrap().remove(0);
        store
            .advance(
                publisher,
                next.position,
                vec![(next.clone(), Cause::undecodable("no"))],
            )
            .await
            .unwrap();
    }
    let page = store.parked(None, 1).await.unwrap();
    store.remove(&page.rows[0]).await.unwrap();
    let rest = store.parked(None, 10).await.unwrap();
    let What::Notice(notice) = &rest.rows[0].parked.what else {
        panic!("{rest:?}")
    };
    assert_eq!((rest.rows.len(), notice.change().state), (1, State::Stored));
    store
        .publish(&[Notice::new(&change, "local")])
        .await
        .remove(0)
        .unwrap();
    assert_eq!(store.announced("mail", 10).unwrap().len(), 1);
}
