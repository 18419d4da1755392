//! The search index: it finds what is there, forgets what is gone, and whatever happens to it happens to nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Body, Cause, Entry, Fault, Payload, State, SubmissionRef};
use counterfoil_local::retention::Swept;
use counterfoil_local::{Store, loops};
use counterfoil_operations::act::{Acting, Revision, edit_one};
use counterfoil_operations::catalogue::{Catalogue, Scope, Search, Turn};
use counterfoil_operations::history::Verb;
use counterfoil_operations::worklist::SortOrder;
use counterfoil_testkit::build::{deed, entry, envelope, fields, forms, reference};
use tokio::sync::watch;

use crate::place::Place;

/// Longer than anything here takes, on whatever machine.
const DEADLINE: Duration = Duration::from_secs(30);

async fn put(store: &Store, number: u8, message: &str) {
    store
        .insert(&entry(&envelope(number, message), None))
        .await
        .unwrap();
}

/// The numbers of what is found, on the first page.
async fn asked(store: &Store, text: &str) -> Result<Vec<u8>, Fault> {
    let search = Search {
        text: text.into(),
        field: None,
    };
    let turn = Turn::first(SortOrder::OldestFirst, 300);
    let matches = store.matches(&Scope::default(), &search, &turn).await?;
    let mut numbers: Vec<u8> = matches.entries.iter().map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// As whoever searches sees it, and whether the entries themselves were read through.
async fn searched(store: &Store, text: &str) -> (Vec<u8>, bool) {
    let search = Search {
        text: text.into(),
        field: None,
    };
    let turn = Turn::first(SortOrder::NewestFirst, 300);
    let sheet = store.search(&Scope::default(), &search, &turn).await;
    let sheet = sheet.unwrap();
    let mut numbers: Vec<u8> = sheet.rows.iter().map(|row| number(&row.entry)).collect();
    numbers.sort_unstable();
    (numbers, sheet.is_read_through)
}

async fn found(store: &Store, text: &str) -> Vec<u8> {
    asked(store, text).await.unwrap()
}

fn number(entry: &Entry) -> u8 {
    (0..=255)
        .find(|number| reference(*number) == entry.head.of)
        .unwrap()
}

/// Takes what was submitted away, as an erasure does.
async fn erase(store: &Store, of: &SubmissionRef) {
    let mut row = store.reader().entry(of).unwrap().unwrap();
    row.head.seq += 1;
    (row.head.state, row.body) = (State::Erased, Body::Erased);
    (row.head.content, row.head.payload_hash) = (None, None);
    store.mend(&row).await.unwrap();
}

/// Is this in the bytes of the index, or of anything beside it?
fn is_in_file(place: &Place, word: &str) -> bool {
    let bytes = [
        "search.db",
        "search.db-journal",
        "search.db-wal",
        "search.db-shm",
    ]
    .iter()
    .flat_map(|name| fs::read(place.path().join(name)).unwrap_or_default())
    .collect::<Vec<u8>>();
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

/// A store with a loop that feeds its index, until `work` is done.
async fn fed<T>(store: Store, work: impl AsyncFnOnce(Arc<Store>) -> T) -> T {
    let store = Arc::new(store);
    let (stop, stopping) = watch::channel(false);
    let feeding = loops::index(&store, stopping);
    let working = async {
        let done = work(Arc::clone(&store)).await;
        stop.send(true).unwrap();
        done
    };
    tokio::time::timeout(3 * DEADLINE, async { tokio::join!(feeding, working).1 })
        .await
        .unwrap()
}

/// Waits until this is what is found, or what is said.
async fn until(store: &Store, text: &str, is_so: impl Fn(&Result<Vec<u8>, Fault>) -> bool) {
    let mut last = None;
    let waiting = async {
        loop {
            let asked = asked(store, text).await;
            if is_so(&asked) {
                return;
            }
            last = Some(asked);
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(DEADLINE, waiting).await;
    assert!(waited.is_ok(), "for {text} it was said last: {last:?}");
}

async fn until_found(store: &Store, text: &str, numbers: &[u8]) {
    until(store, text, |asked| {
        asked.as_deref().is_ok_and(|found| found == numbers)
    })
    .await;
}

#[tokio::test]
async fn what_is_there_is_found_and_a_second_question_reads_only_what_is_new() {
    let place = Place::new();
    let store = place.open();
    assert_eq!(found(&store, "anything").await, [] as [u8; 0]);
    for number in 0..250 {
        put(
            &store,
            number,
            if number % 50 == 7 {
                "a blue umbrella"
            } else {
                "nothing"
            },
        )
        .await;
    }
    assert_eq!(found(&store, "umbrella").await, [7, 57, 107, 157, 207]);
    put(&store, 250, "我想預訂一張桌子").await;
    put(&store, 251, "call +49 30 1234567 or ada@example.org").await;
    let mut told = Vec::new();
    store
        .bring_index_up(|built| {
            told.push(built);
            true
        })
        .await
        .unwrap();
    assert_eq!(told.len(), 1, "one step: {told:?}");
    assert_eq!(found(&store, "預訂").await, [250]);
    assert_eq!(found(&store, "+49 30 12345").await, [251]);
    drop(store);
    assert_eq!(
        found(&place.open(), "blue umb").await,
        [7, 57, 107, 157, 207]
    );
}

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
async fn what_changes_while_the_index_is_built_is_neither_lost_nor_kept() {
    let place = Place::new();
    let store = place.open();
    for number in 0..200 {
        put(&store, number, &format!("early{number:03}")).await;
    }
    let (mut steps, changing) = (0, &store);
    // Between two steps of the walk: what it has passed is erased, and something new comes.
    loop {
        store.bring_index_up(|_| false).await.unwrap();
        if steps > 4 {
            break;
        }
        erase(changing, &reference(steps)).await;
        put(changing, 200 + steps, "late").await;
        steps += 1;
    }
    assert_eq!(found(&store, "late").await, [200, 201, 202, 203, 204]);
    for number in 0..200 {
        let expected = if number < 5 { vec![] } else { vec![number] };
        assert_eq!(found(&store, &format!("early{number:03}")).await, expected);
        assert_eq!(
            is_in_file(&place, &format!("early{number:03}")),
            number >= 5
        );
    }
}

#[tokio::test]
async fn a_loop_keeps_it_up_to_date_and_publishers_need_not_wait_for_it() {
    let place = Place::new();
    let store = place.open();
    store.register_publishers(vec!["log".into()]).await.unwrap();
    put(&store, 1, "before").await;
    fed(store, async |store| {
        until_found(&store, "before", &[1]).await;
        for number in 2..60 {
            put(&store, number, "during").await;
            let last = store
                .announced("log", 100)
                .unwrap()
                .last()
                .unwrap()
                .position;
            store.advance("log", last, vec![]).await.unwrap();
        }
        until_found(&store, "during", &(2..60).collect::<Vec<u8>>()).await;
    })
    .await;
    // What both have seen is gone.
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    let rows: i64 = connection
        .query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0);
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

#[tokio::test]
async fn a_verb_feeds_it_where_nobody_serves_and_leaves_it_to_a_server() {
    let place = Place::new();
    {
        let store = place.open();
        put(&store, 1, "umbrella").await;
    }
    let visit = || Store::visit(&place.database(), place.clock()).unwrap();
    assert_eq!(found(&visit(), "umbrella").await, [1]);
    let directory = counterfoil_local::DataDir::existing(&place.path()).unwrap();
    let served = directory.lock().unwrap();
    put(&visit(), 2, "umbrella").await;
    assert_eq!(
        found(&visit(), "umbrella").await,
        [1],
        "whoever serves feeds it"
    );
    fs::remove_file(place.path().join("search.db")).unwrap();
    let said = asked(&visit(), "umbrella").await.unwrap_err().to_string();
    assert!(said.contains("being built: 0 of 2"), "{said}");
    assert_eq!(searched(&visit(), "umbrella").await, (vec![1, 2], true));
    drop(served);
    assert_eq!(searched(&visit(), "umbrella").await, (vec![1, 2], false));
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
