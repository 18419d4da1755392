//! The first run of a directory, interrupted anywhere: it is gone on with. What was whole once is never begun again.

use std::fs;
use std::path::Path;

use counterfoil_core::ports::Queue;
use counterfoil_local::{DataDir, Store};
use counterfoil_testkit::build::reference;

use crate::place::Place;

/// What `serve` does at its start.
fn start(place: &Place) -> Store {
    let directory = DataDir::create(&place.path()).unwrap();
    let _lock = directory.lock().unwrap();
    directory.secrets().unwrap();
    let store = place.open();
    directory.created().unwrap();
    store
}

fn refused(place: &Place) -> String {
    DataDir::create(&place.path())
        .unwrap()
        .secrets()
        .map(|_| ())
        .unwrap_err()
        .to_string()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A database that keeps a log, and nothing else.
fn without_a_table(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path.join("counterfoil.db")).unwrap();
    connection
        .pragma_update(None, "journal_mode", "wal")
        .unwrap();
    connection
}

/// What a kill may leave, one step further each time; each is a directory of its own.
fn interrupted() -> Vec<(&'static str, Place)> {
    let whole = Place::new();
    let directory = DataDir::create(&whole.path()).unwrap();
    directory.secrets().unwrap();
    let mut steps: Vec<(&str, Place)> = Vec::new();
    let mut step = |name: &'static str, files: &[&str], change: &dyn Fn(&Path)| {
        let place = Place::new();
        for file in files {
            fs::copy(whole.path().join(file), place.path().join(file)).unwrap();
        }
        change(&place.path());
        steps.push((name, place));
    };
    let secrets = ["creating", "ticket-keys", "id-secret"];
    let write = |name: &'static str, bytes: &'static [u8]| {
        move |path: &Path| fs::write(path.join(name), bytes).unwrap()
    };
    step("nothing", &[], &|_| {});
    step("a lock", &[], &write("lock", b""));
    step("the mark", &secrets[..1], &|_| {});
    step(
        "a draft of the first secret",
        &secrets[..1],
        &write("ticket-keys.new", b"1:loc"),
    );
    step("the first secret", &secrets[..2], &|_| {});
    step(
        "a draft of the second secret",
        &secrets[..2],
        &write("id-secret.new", b""),
    );
    step("both secrets", &secrets, &|_| {});
    step("an empty database", &secrets, &write("counterfoil.db", b""));
    step("a journal of its first page", &secrets, &|path| {
        fs::write(path.join("counterfoil.db"), b"").unwrap();
        fs::write(path.join("counterfoil.db-journal"), vec![0; 512]).unwrap();
    });
    step("an empty database and a log", &secrets, &|path| {
        fs::write(path.join("counterfoil.db"), b"").unwrap();
        fs::write(path.join("counterfoil.db-wal"), b"").unwrap();
    });
    step("a database without a table", &secrets, &|path| {
        drop(without_a_table(path));
    });
    step("a part of the shape", &secrets, &|path| {
        let connection = without_a_table(path);
        connection
            .execute_batch(include_str!("../../src/migrations/1.sql"))
            .unwrap();
        connection
            .pragma_update(None, "application_id", 0x4346_4C31)
            .unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
    });
    step("the whole shape, in the log alone", &secrets, &|path| {
        let other = Place::new();
        let store = other.open();
        copy(&other.path(), path);
        drop(store);
    });
    step("all but the mark's end", &secrets, &|path| {
        let other = Place::new();
        drop(other.open());
        copy(&other.path(), path);
    });
    steps
}

#[tokio::test]
async fn a_first_run_that_was_interrupted_anywhere_is_gone_on_with() {
    for (name, place) in interrupted() {
        let key = fs::read(place.path().join("ticket-keys")).ok();
        println!("{name}");
        let store = start(&place);
        store.send(&reference(1), "a".into()).await.unwrap();
        drop(store);
        let now = fs::read(place.path().join("ticket-keys")).unwrap();
        assert!(key.is_none_or(|key| key == now), "{name}: another key");
        let names = || {
            fs::read_dir(place.path())
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
        };
        let left = |name: &str| names().any(|found| found.to_string_lossy().ends_with(name));
        assert!(
            !left("creating") && !left(".new"),
            "{name}: {:?}",
            names().collect::<Vec<_>>()
        );
        assert_eq!(start(&place).reader().backlog().unwrap(), (1, 0), "{name}");
        fs::remove_file(place.database()).unwrap();
        assert!(
            refused(&place).contains("there was data"),
            "{name}: {}",
            refused(&place)
        );
    }
}

#[test]
fn what_a_former_version_made_has_no_mark_and_is_never_begun_again() {
    let place = Place::new();
    drop(start(&place));
    let key = fs::read(place.path().join("ticket-keys")).unwrap();
    fs::remove_file(place.database()).unwrap();
    for empty in [false, true] {
        if empty {
            fs::write(place.database(), b"").unwrap();
        }
        assert!(
            refused(&place).contains("there was data"),
            "{}",
            refused(&place)
        );
    }
    assert_eq!(fs::read(place.path().join("ticket-keys")).unwrap(), key);
    assert!(!place.path().join("creating").exists());
}

#[test]
fn a_secret_that_is_missing_beside_data_is_never_made_mark_or_not() {
    let place = Place::new();
    drop(start(&place));
    fs::write(place.path().join("creating"), b"").unwrap();
    fs::remove_file(place.path().join("id-secret")).unwrap();
    assert!(refused(&place).contains("id-secret"), "{}", refused(&place));
    assert!(!place.path().join("id-secret").exists());
}

#[test]
fn what_is_no_regular_file_is_named_and_waits_for_nobody() {
    for name in [
        "ticket-keys",
        "id-secret",
        "lock",
        "counterfoil.db",
        "creating",
    ] {
        let place = Place::new();
        if name != "creating" {
            drop(start(&place));
        }
        let path = place.path().join(name);
        let _ = fs::remove_file(&path);
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let directory = DataDir::create(&place.path()).unwrap();
        let said = directory
            .lock()
            .and_then(|_| directory.secrets())
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(
            said.contains(name) && said.contains("no regular file"),
            "{said}"
        );
    }
}

#[test]
fn a_draft_that_is_a_fifo_is_replaced() {
    let place = Place::new();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(place.path().join("ticket-keys.new"))
            .status()
            .unwrap()
            .success()
    );
    drop(start(&place));
}

#[test]
fn a_key_of_a_gigabyte_is_refused_unread() {
    let place = Place::new();
    drop(start(&place));
    for name in ["ticket-keys", "id-secret"] {
        let path = place.path().join(name);
        let kept = fs::read(&path).unwrap();
        fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
        assert!(
            refused(&place).contains(name) && refused(&place).contains("more than"),
            "{}",
            refused(&place)
        );
        fs::write(&path, kept).unwrap();
    }
}
