//! The index is a file that may be removed, damaged or of another past: it is built anew, and only the search waits.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use counterfoil_testkit::build::reference;

use super::{asked, fed, found, put, searched, until, until_found};
use crate::place::Place;

#[tokio::test]
async fn the_index_is_for_its_own_user_alone() {
    let place = Place::new();
    let store = place.open();
    put(&store, 1, "m").await;
    found(&store, "m").await;
    for name in ["search.db", "search.db-journal"] {
        let mode = fs::metadata(place.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn an_index_that_is_removed_while_it_is_fed_comes_back() {
    let place = Place::new();
    let store = place.open();
    fed(store, async |store| {
        put(&store, 1, "umbrella").await;
        until_found(&store, "umbrella", &[1]).await;
        fs::remove_file(place.path().join("search.db")).unwrap();
        put(&store, 2, "umbrella").await;
        until_found(&store, "umbrella", &[1, 2]).await;
    })
    .await;
}

#[tokio::test]
async fn an_index_that_is_damaged_is_built_anew() {
    let place = Place::new();
    let path = place.path().join("search.db");
    {
        let store = place.open();
        for number in 0..100 {
            put(&store, number, "umbrella").await;
        }
        assert_eq!(found(&store, "umbrella").await.len(), 100);
    }
    let whole = fs::read(&path).unwrap();
    let middle = |mut bytes: Vec<u8>| {
        bytes[4096 * 2..].iter_mut().for_each(|byte| *byte = 0x5a);
        bytes
    };
    let damages = [
        b"no database".to_vec(),
        Vec::new(),
        middle(whole.clone()),
        whole[..whole.len() / 2].to_vec(),
    ];
    for damage in damages {
        fs::write(&path, damage).unwrap();
        assert_eq!(found(&place.open(), "umbrella").await.len(), 100);
    }
    fed(place.open(), async |store| {
        until(&store, "umbrella", Result::is_ok).await;
        fs::write(&path, middle(whole)).unwrap();
        put(&store, 100, "late").await;
        until(&store, "umbrella", |asked| {
            asked.as_ref().is_ok_and(|found| found.len() == 100)
        })
        .await;
        until_found(&store, "late", &[100]).await;
    })
    .await;
}

#[tokio::test]
async fn where_no_index_can_be_written_entries_are_read_through() {
    let place = Place::new();
    let path = place.path().join("search.db");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("of-somebody"), "x").unwrap();
    let store = place.open();
    put(&store, 1, "umbrella").await;
    let said = asked(&store, "umbrella").await.unwrap_err().to_string();
    assert!(said.contains("nothing can be searched now"), "{said}");
    assert_eq!(searched(&store, "umbrella").await, (vec![1], true));
    fed(store, async |store| {
        for number in 2..20 {
            put(&store, number, "umbrella").await;
        }
        until(&store, "umbrella", Result::is_err).await;
        assert!(
            path.join("of-somebody").exists(),
            "nothing of others is removed"
        );
        fs::remove_dir_all(&path).unwrap();
        until_found(&store, "umbrella", &(1..20).collect::<Vec<u8>>()).await;
    })
    .await;
}

/// Copies the database as it is, with all that its log has.
fn copied(from: &Path, to: &Path) {
    let _ = fs::remove_file(to);
    rusqlite::Connection::open(from)
        .unwrap()
        .execute("VACUUM INTO ?1", [to.display().to_string()])
        .unwrap();
}

#[tokio::test]
async fn an_index_of_another_past_is_built_anew() {
    let place = Place::new();
    let copy = place.path().join("copy.db");
    {
        let store = place.open();
        put(&store, 1, "umbrella").await;
        assert_eq!(found(&store, "umbrella").await, [1]);
        copied(&place.database(), &copy);
        put(&store, 2, "umbrella").await;
        assert_eq!(found(&store, "umbrella").await, [1, 2]);
    }
    for name in [
        "counterfoil.db-wal",
        "counterfoil.db-shm",
        "counterfoil.anchor",
    ] {
        let _ = fs::remove_file(place.path().join(name));
    }
    fs::rename(&copy, place.database()).unwrap();
    let store = place.open();
    // As many changes as were lost, so that the numbers of both pasts are the same.
    put(&store, 3, "umbrella").await;
    assert_eq!(found(&store, "umbrella").await, [1, 3]);
    assert!(store.reader().entry(&reference(2)).unwrap().is_none());
}
