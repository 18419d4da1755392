//! Who else is at the directory: a second server, a command beside the server, and processes that are not ours.

use std::fs;
use std::sync::Arc;

use counterfoil_core::ports::Queue;
use counterfoil_local::{DataDir, Store};
use counterfoil_testkit::build::reference;

use crate::place::Place;

#[test]
fn a_second_server_is_refused_and_the_first_ones_end_frees_it() {
    let place = Place::new();
    let directory = DataDir::create(&place.path()).unwrap();
    let first = directory.lock().unwrap();
    let said = directory.lock().unwrap_err().to_string();
    assert!(
        said.contains("another counterfoil") && said.contains("--data"),
        "{said}"
    );
    drop(first);
    directory.lock().unwrap();
}

#[test]
fn removing_the_lock_file_frees_nothing() {
    let place = Place::new();
    let directory = DataDir::create(&place.path()).unwrap();
    let _first = directory.lock().unwrap();
    fs::remove_file(place.path().join("lock")).unwrap();
    assert!(
        directory
            .lock()
            .unwrap_err()
            .to_string()
            .contains("another counterfoil")
    );
}

#[test]
fn a_server_of_a_former_version_is_noticed() {
    let place = Place::new();
    let directory = DataDir::create(&place.path()).unwrap();
    // Which locks this file alone.
    let former = fs::File::create(place.path().join("lock")).unwrap();
    former.try_lock().unwrap();
    assert!(
        directory
            .lock()
            .unwrap_err()
            .to_string()
            .contains("another counterfoil")
    );
}

#[tokio::test]
async fn another_process_that_writes_makes_ours_wait_and_not_fail() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let sender = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.send(&reference(1), "a".into()).await }
    });
    assert_eq!(
        store.reader().backlog().unwrap(),
        (0, 0),
        "readers do not wait"
    );
    other.execute_batch("COMMIT").unwrap();
    sender.await.unwrap().unwrap();
    assert_eq!(store.reader().backlog().unwrap(), (1, 0));
}

#[tokio::test]
async fn a_closed_store_has_nothing_open() {
    let place = Place::new();
    for number in 1..=50 {
        let store = place.open();
        store.send(&reference(number), "a".into()).await.unwrap();
        drop(store);
        // SQLite removes its log when the last connection closes, whichever thread that is on.
        assert!(
            !place.path().join("counterfoil.db-wal").exists(),
            "{number}"
        );
    }
}

#[tokio::test]
async fn a_command_with_much_to_write_lets_the_server_in_again_and_again() {
    let place = Place::new();
    drop(place.open());
    let visitor = Arc::new(Store::visit(&place.database(), place.clock()).unwrap());
    let other = rusqlite::Connection::open(place.database()).unwrap();
    let commits = || {
        let sql = "SELECT coalesce(sum(seq), 0) FROM sqlite_sequence WHERE name = 'commits'";
        other
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let before = commits();
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..160 {
        let visitor = Arc::clone(&visitor);
        sending.spawn(async move { visitor.send(&reference(1), "a".into()).await.unwrap() });
    }
    sending.join_all().await;
    assert!(commits() - before >= 10, "no transaction of it is long");
}

#[tokio::test]
async fn a_visitor_writes_beside_the_server_and_leaves_its_log_alone() {
    let place = Place::new();
    let server = place.open();
    let visitor = Store::visit(&place.database(), place.clock()).unwrap();
    visitor
        .send(&reference(1), "from the visitor".into())
        .await
        .unwrap();
    server
        .send(&reference(2), "from the server".into())
        .await
        .unwrap();
    let log = || {
        fs::metadata(place.path().join("counterfoil.db-wal"))
            .unwrap()
            .len()
    };
    let before = log();
    drop(visitor);
    assert_eq!(log(), before, "not copied, not cut");
    assert_eq!(server.reader().backlog().unwrap(), (2, 0));
}

#[test]
fn a_visitor_makes_no_database() {
    let place = Place::new();
    assert!(Store::visit(&place.database(), place.clock()).is_err());
    assert!(!place.database().exists());
}
