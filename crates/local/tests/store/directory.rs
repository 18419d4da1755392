//! A data directory's bad days: each is refused with a message that says what to do, and nothing is changed.

mod company;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use counterfoil_core::ports::Queue;
use counterfoil_local::{DataDir, Reader, Store};
use counterfoil_machine::SystemClock;
use counterfoil_testkit::build::reference;

use crate::place::Place;

fn refused(place: &Place) -> String {
    match Store::open(&place.database(), Arc::new(SystemClock)) {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_new_directory_and_its_secrets_are_private() {
    let place = Place::new();
    let directory = DataDir::create(&place.path().join("a/b")).unwrap();
    directory.secrets().unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(directory.path()), 0o700);
    for name in ["ticket-keys", "id-secret"] {
        assert_eq!(mode(&directory.path().join(name)), 0o600, "{name}");
    }
}

#[test]
fn secrets_are_made_once_and_stay() {
    let place = Place::new();
    let directory = DataDir::create(&place.path()).unwrap();
    directory.secrets().unwrap();
    let read = || fs::read_to_string(place.path().join("ticket-keys")).unwrap();
    let first = read();
    drop(place.open());
    directory.secrets().unwrap();
    assert_eq!(read(), first);
}

#[test]
fn a_missing_or_damaged_secret_is_never_replaced() {
    let place = Place::new();
    let directory = DataDir::create(&place.path()).unwrap();
    directory.secrets().unwrap();
    drop(place.open());
    let path = place.path().join("ticket-keys");
    for garbage in [
        &b""[..],
        b"\xff\xfe\x00",
        b"1:local:short",
        b"not a key at all",
    ] {
        fs::write(&path, garbage).unwrap();
        let said = directory.secrets().map(|_| ()).unwrap_err().to_string();
        assert!(
            said.contains("ticket-keys") && said.contains("backup"),
            "{said}"
        );
        assert_eq!(fs::read(&path).unwrap(), garbage);
    }
    fs::remove_file(&path).unwrap();
    let said = directory.secrets().map(|_| ()).unwrap_err().to_string();
    assert!(
        said.contains("missing") && said.contains("backup"),
        "{said}"
    );
    assert!(!path.exists());
}

#[test]
fn secrets_without_their_data_are_not_taken_for_a_first_run() {
    let place = Place::new();
    let directory = DataDir::create(&place.path()).unwrap();
    directory.secrets().unwrap();
    drop(place.open());
    directory.created().unwrap();
    let refused = || directory.secrets().map(|_| ()).unwrap_err().to_string();
    fs::write(place.database(), b"").unwrap();
    assert!(
        refused().contains("empty") && refused().contains("backup"),
        "{}",
        refused()
    );
    fs::remove_file(place.database()).unwrap();
    assert!(refused().contains("missing"), "{}", refused());
}

#[test]
fn a_damaged_page_is_found_at_the_start() {
    let place = Place::new();
    drop(place.open());
    let mut bytes = fs::read(place.database()).unwrap();
    for page in 2..bytes.len() / 4096 {
        let mut damaged = bytes.clone();
        damaged[page * 4096..page * 4096 + 8].copy_from_slice(b"garbage!");
        fs::write(place.database(), &damaged).unwrap();
        assert!(
            refused(&place).contains("damaged") || refused(&place).contains("malformed"),
            "{}",
            refused(&place)
        );
    }
    fs::write(place.database(), bytes.split_off(0)).unwrap();
    drop(place.open());
}

#[tokio::test]
async fn nothing_more_is_accepted_into_a_database_that_is_found_damaged() {
    let place = Place::new();
    let store = place.open();
    store.send(&reference(1), "a".into()).await.unwrap();
    // Behind the server's back, as a failing disk does it: the table `entries` points at a page that is no table.
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other.pragma_update(None, "writable_schema", true).unwrap();
    other
        .execute(
            "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'entries_of'",
            [],
        )
        .unwrap();
    other.execute_batch("PRAGMA schema_version = 77").unwrap();
    let poll = counterfoil_core::ports::Polls::head(&store, &reference(1)).await;
    assert!(poll.is_err());
    assert_eq!(
        store
            .send(&reference(1), "b".into())
            .await
            .unwrap_err()
            .cause()
            .code,
        "database-doubted"
    );
    let deadline = tokio::time::Duration::from_secs(60);
    let judged = async {
        while store.readiness().unwrap_err().cause().code != "database-corrupt" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(deadline, judged).await.unwrap();
    assert_eq!(
        store
            .send(&reference(1), "b".into())
            .await
            .unwrap_err()
            .cause()
            .code,
        "database-corrupt"
    );
}

#[test]
fn a_directory_without_data_is_said_to_be_so() {
    let place = Place::new();
    let said = DataDir::existing(&place.path()).unwrap_err().to_string();
    assert!(
        said.contains("no Counterfoil data") && said.contains("--data"),
        "{said}"
    );
    assert!(!place.database().exists());
}

#[test]
fn a_corrupt_database_is_refused_and_left_as_it_is() {
    let place = Place::new();
    let garbage =
        b"this is not a database, and it is long enough to have a header of its own".repeat(100);
    fs::write(place.database(), &garbage).unwrap();
    let said = refused(&place);
    assert!(
        said.contains("counterfoil.db") && said.contains("not a database"),
        "{said}"
    );
    assert_eq!(fs::read(place.database()).unwrap(), garbage);
}

#[test]
fn a_newer_database_is_refused_by_server_and_command() {
    let place = Place::new();
    drop(place.open());
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    connection
        .pragma_update(None, "user_version", 1000)
        .unwrap();
    drop(connection);
    assert!(refused(&place).contains("newer"), "{}", refused(&place));
    let said = Reader::open(&place.database())
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(said.contains("version 1000"), "{said}");
}

#[tokio::test]
async fn what_the_first_life_of_a_database_acknowledged_is_missed_without_its_log() {
    let place = Place::new();
    let store = place.open();
    for number in 1..=20 {
        store.send(&reference(number), "a".into()).await.unwrap();
    }
    // As a kill leaves it, with its log cut by somebody.
    let log = fs::read(place.path().join("counterfoil.db-wal")).unwrap();
    for length in [0, 31, 32, 4152, log.len() / 3, log.len() / 2] {
        let copy = Place::new();
        for name in ["counterfoil.db", "counterfoil.anchor"] {
            fs::copy(place.path().join(name), copy.path().join(name)).unwrap();
        }
        fs::write(copy.path().join("counterfoil.db-wal"), &log[..length]).unwrap();
        let said = refused(&copy);
        assert!(
            said.contains("behind what was acknowledged"),
            "{length}: {said}"
        );
    }
}

#[test]
fn what_is_no_regular_file_beside_the_database_is_waited_for_by_nobody() {
    for name in ["counterfoil.anchor", "counterfoil.db-wal"] {
        let place = Place::new();
        drop(place.open());
        let path = place.path().join(name);
        let _ = fs::remove_file(&path);
        let made = std::process::Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap();
        assert!(made.success());
        match Store::open(&place.database(), Arc::new(SystemClock)) {
            // What is only a help is done without.
            Ok(_) => assert_eq!(name, "counterfoil.anchor"),
            Err(error) => assert!(error.to_string().contains("no regular file"), "{error}"),
        }
    }
}

#[test]
fn a_changed_schema_is_refused_by_server_visitor_and_reader_and_named() {
    let changes = [
        ("DROP TABLE queue", "the table queue is missing"),
        ("DROP INDEX entries_of", "CREATE UNIQUE INDEX entries_of"),
        (
            "CREATE TRIGGER eats AFTER INSERT ON queue BEGIN DELETE FROM queue; END",
            "DROP TRIGGER \"eats\"",
        ),
        (
            "CREATE VIEW mine AS SELECT * FROM entries",
            "DROP VIEW \"mine\"",
        ),
    ];
    for (change, part) in changes {
        let place = Place::new();
        drop(place.open());
        let other = rusqlite::Connection::open(place.database()).unwrap();
        other.execute_batch(change).unwrap();
        let visit = Store::visit(&place.database(), place.clock())
            .map(|_| ())
            .unwrap_err()
            .to_string();
        let read = Reader::open(&place.database())
            .map(|_| ())
            .unwrap_err()
            .to_string();
        for said in [refused(&place), visit, read] {
            assert!(
                said.contains(part) && said.contains("starting again does not help"),
                "{change}: {said}"
            );
        }
    }
}

#[tokio::test]
async fn a_table_that_refers_to_ours_keeps_nothing_of_ours_from_being_removed() {
    let place = Place::new();
    let store = place.open();
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other
        .execute_batch("CREATE TABLE mine (position REFERENCES queue (position))")
        .unwrap();
    store.send(&reference(1), "a".into()).await.unwrap();
    other
        .execute_batch("INSERT INTO mine SELECT position FROM queue")
        .unwrap();
    drop(store);
    let store = place.open();
    let consumer = counterfoil_local::queue::Consumer::new(std::time::Duration::from_secs(60));
    let received = consumer
        .receive(
            &store,
            counterfoil_local::queue::Bounds {
                records: 10,
                bytes: 1 << 20,
            },
            std::time::Duration::from_secs(60),
        )
        .unwrap();
    let acknowledged = [(received[0].slot, counterfoil_local::queue::Disposal::Ack)];
    consumer.dispose(&store, &acknowledged, 20).await.unwrap();
    assert_eq!(store.reader().backlog().unwrap(), (0, 0));
}
