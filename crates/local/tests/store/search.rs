//! The search index: it finds what is there, forgets what is gone, and whatever happens to it happens to nothing else.

mod erased;
mod file;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Body, Entry, Fault, State, SubmissionRef};
use counterfoil_local::{Store, loops};
use counterfoil_operations::catalogue::{Catalogue, Scope, Search, Turn};
use counterfoil_operations::worklist::SortOrder;
use counterfoil_testkit::build::{entry, envelope, reference};
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
