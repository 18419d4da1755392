//! What was rescued of a directory is never hidden by a new beginning: whoever starts there is told how it comes back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use counterfoil_core::ports::Queue;
use counterfoil_local::DataDir;
use counterfoil_testkit::build::reference;

use crate::place::Place;

/// A directory that held something, and what it was called when it was rescued.
async fn given() -> Place {
    let place = Place::new();
    let directory = DataDir::create(&place.path()).unwrap();
    directory.secrets().unwrap();
    let store = place.open();
    store.send(&reference(1), "a".into()).await.unwrap();
    drop(store);
    directory.created().unwrap();
    place
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What a server says that starts, and a command.
fn refused(data: &Path) -> String {
    let before = data.exists().then(|| names(data));
    let start = DataDir::create(data)
        .and_then(|directory| directory.secrets())
        .map(|_| ())
        .unwrap_err()
        .to_string();
    let verb = DataDir::existing(data).unwrap_err().to_string();
    assert_eq!(start, verb);
    assert_eq!(
        data.exists().then(|| names(data)),
        before,
        "nothing is made"
    );
    start
}

/// Does what is said.
fn done(said: &str) {
    let command = said.split_once("start again: ").unwrap().1;
    assert!(
        Command::new("sh")
            .args(["-c", command])
            .status()
            .unwrap()
            .success(),
        "{command}"
    );
}

fn moved(place: &Place, from: &str, to: &Path) {
    fs::rename(place.path().join(from), to).unwrap();
}

#[tokio::test]
async fn a_rescued_database_is_named_by_starts_and_commands_until_it_is_back() {
    for empty in [false, true] {
        let place = given().await;
        let rescued = place.path().join("counterfoil.db.rescued-7");
        moved(&place, "counterfoil.db", &rescued);
        if empty {
            fs::write(place.database(), b"").unwrap();
        }
        let said = refused(&place.path());
        let mv = format!("mv {} {}", rescued.display(), place.database().display());
        assert!(
            said.ends_with(&mv) && !said.contains("remove ticket-keys"),
            "{said}"
        );
        done(&said);
        DataDir::create(&place.path()).unwrap().secrets().unwrap();
        assert_eq!(place.open().reader().backlog().unwrap(), (1, 0));
    }
}

#[tokio::test]
async fn a_log_that_is_still_there_is_not_played_into_what_was_rescued() {
    let place = given().await;
    moved(
        &place,
        "counterfoil.db",
        &place.path().join("counterfoil.db.rescued-7"),
    );
    fs::write(
        place.path().join("counterfoil.db-wal"),
        "of the removed one",
    )
    .unwrap();
    done(&refused(&place.path()));
    assert!(!place.path().join("counterfoil.db-wal").exists());
    assert_eq!(
        fs::read(place.path().join("counterfoil.db-wal.not-ours")).unwrap(),
        b"of the removed one"
    );
    assert_eq!(place.open().reader().backlog().unwrap(), (1, 0));
}

#[tokio::test]
async fn secrets_that_are_gone_are_asked_for_and_never_made_anew() {
    let place = given().await;
    moved(
        &place,
        "counterfoil.db",
        &place.path().join("counterfoil.db.rescued-7"),
    );
    fs::remove_file(place.path().join("ticket-keys")).unwrap();
    moved(
        &place,
        "id-secret",
        &place.path().join("id-secret.rescued-7"),
    );
    // Even where a start of a former version has begun anew.
    fs::write(place.path().join("creating"), b"").unwrap();
    let said = refused(&place.path());
    assert!(
        said.contains("restore ticket-keys from a backup first") && said.contains("no ticket"),
        "{said}"
    );
    done(&said);
    assert!(place.path().join("id-secret").exists() && place.database().exists());
    let said = DataDir::create(&place.path())
        .unwrap()
        .secrets()
        .map(|_| ())
        .unwrap_err()
        .to_string();
    assert!(said.contains("ticket-keys is missing"), "{said}");
}

#[tokio::test]
async fn a_directory_that_was_rescued_whole_is_found_beside_its_place() {
    for made_anew in [false, true] {
        let place = given().await;
        let (data, rescued): (PathBuf, PathBuf) = (
            place.path().join("data"),
            place.path().join("data.rescued-7"),
        );
        fs::create_dir(&rescued).unwrap();
        for name in ["counterfoil.db", "ticket-keys", "id-secret"] {
            moved(&place, name, &rescued.join(name));
        }
        if made_anew {
            fs::create_dir(&data).unwrap();
        }
        let said = refused(&data);
        assert!(said.contains(&rescued.display().to_string()), "{said}");
        done(&said);
        let directory = DataDir::create(&data).unwrap();
        directory.secrets().unwrap();
        assert_eq!(
            counterfoil_local::Reader::open(&directory.database())
                .unwrap()
                .backlog()
                .unwrap(),
            (1, 0)
        );
    }
}

#[tokio::test]
async fn what_was_rescued_once_keeps_nobody_from_starting_where_there_is_data() {
    let place = given().await;
    fs::copy(
        place.database(),
        place.path().join("counterfoil.db.rescued-7"),
    )
    .unwrap();
    DataDir::create(&place.path()).unwrap().secrets().unwrap();
    DataDir::existing(&place.path()).unwrap();
}

#[tokio::test]
async fn a_log_without_its_database_is_kept_and_nothing_begins_anew_beside_it() {
    for without_secret in [false, true] {
        let place = given().await;
        let log = place.path().join("counterfoil.db-wal");
        fs::write(place.database(), b"").unwrap();
        fs::write(&log, "what was accepted last").unwrap();
        if without_secret {
            fs::remove_file(place.path().join("id-secret")).unwrap();
        }
        let said = DataDir::create(&place.path())
            .unwrap()
            .secrets()
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("counterfoil.db-wal. Keep") && !said.contains("remove"),
            "{said}"
        );
        assert!(!place.path().join("creating").exists());
        assert_eq!(fs::read(&log).unwrap(), b"what was accepted last");
    }
}
