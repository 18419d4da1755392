//! What is kept for a while is kept for as long as it was promised, whatever becomes of the clock, and is removed then.

mod clocks;

use std::time::Duration;

use counterfoil_core::ports::{Clock, Ledger, Polls};
use counterfoil_core::settling::{Outcome, Settling, settle_batch};
use counterfoil_core::{Body, Cause, Envelope, Head, State};
use counterfoil_local::Store;
use counterfoil_local::retention::Swept;
use counterfoil_local::submissions::Filter;
use counterfoil_operations::ports::Actions;
use counterfoil_operations::worklist::SortOrder;
use counterfoil_testkit::build::{delivery, entry, envelope, forms, reference, settling};

use crate::place::Place;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Stores a submission that is kept for so long.
async fn keep(place: &Place, store: &Store, n: u8, kept: Duration) {
    let mut row = entry(&envelope(n, "m"), None);
    row.head.updated_at = place.now();
    row.head.expires_at = Some(place.now().plus(kept));
    store.insert(&row).await.unwrap();
}

/// Sweeps until nothing is left to remove: how many were removed, `None` where the clock is doubted.
async fn sweep(store: &Store) -> Option<usize> {
    let mut all = 0;
    loop {
        match store.sweep().await.unwrap() {
            Swept::Removed(0) => return Some(all),
            Swept::Removed(removed) => all += removed,
            Swept::ClockInDoubt => return None,
        }
    }
}

/// Lets so many hours pass, with a sweep after each of the last ones: how many were removed in all.
async fn pass(place: &Place, store: &Store, mut hours: u64) -> usize {
    let mut removed = 0;
    while hours > 0 {
        let step = if hours > 36 { 12 } else { 1 };
        place.clock().advance(HOUR * u32::try_from(step).unwrap());
        removed += sweep(store).await.unwrap_or(0);
        hours -= step;
    }
    removed
}

/// Those of which everything is still there.
fn left(store: &Store) -> Vec<u8> {
    let is_whole = |n: &u8| {
        let entry = store.reader().entry(&reference(*n)).unwrap();
        entry.is_some_and(|entry| entry.body != Body::Erased)
    };
    (0..10).filter(is_whole).collect()
}

#[tokio::test]
async fn only_what_was_past_its_retention_a_day_ago_is_removed() {
    let place = Place::new();
    let store = place.open();
    store.insert(&entry(&envelope(0, "m"), None)).await.unwrap();
    keep(&place, &store, 1, 10 * HOUR).await;
    keep(&place, &store, 2, 2 * DAY).await;
    assert_eq!(sweep(&store).await, Some(0));
    assert_eq!(pass(&place, &store, 33).await, 0);
    assert_eq!(pass(&place, &store, 1).await, 1);
    assert_eq!(left(&store), [0, 2]);
    assert_eq!(pass(&place, &store, 38).await, 1);
    assert_eq!(left(&store), [0]);
}

#[tokio::test]
async fn a_changed_time_to_go_removes_nothing_and_keeps_no_other() {
    for change in [
        "expires_at = 1",
        "expires_up = 1",
        "boot = 1, expires_up = 1",
        "boot = NULL, expires_at = 1",
    ] {
        let place = Place::new();
        let store = place.open();
        keep(&place, &store, 1, 100 * DAY).await;
        keep(&place, &store, 2, HOUR).await;
        let other = rusqlite::Connection::open(place.database()).unwrap();
        other
            .execute_batch(&format!(
                "UPDATE entries SET {change} WHERE expires_up = (SELECT max(expires_up) FROM entries)"
            ))
            .unwrap();
        assert_eq!(sweep(&store).await, Some(0), "{change}");
        assert_eq!(pass(&place, &store, 40).await, 1, "{change}");
        let count = "SELECT count(*) FROM entries WHERE body IS NOT NULL";
        assert_eq!(
            other
                .query_row(count, [], |row| row.get::<_, i64>(0))
                .unwrap(),
            1,
            "{change}"
        );
    }
}

#[tokio::test]
async fn however_many_cannot_be_read_the_others_are_removed_in_their_time() {
    let place = Place::new();
    let store = place.open();
    keep(&place, &store, 1, HOUR).await;
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other
        .execute_batch(
            "CREATE TEMP TABLE more AS SELECT * FROM entries;
             ALTER TABLE more DROP COLUMN listed_at;
             ALTER TABLE more DROP COLUMN id_at;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
             INSERT INTO more SELECT more.* FROM more, n;
             UPDATE more SET entry = rowid + 10, id = randomblob(16), expires_up = 1, expires_at = 1;
             INSERT INTO entries SELECT * FROM more;",
        )
        .unwrap();
    keep(&place, &store, 2, HOUR).await;
    assert_eq!(sweep(&store).await, Some(0));
    assert_eq!(pass(&place, &store, 40).await, 2);
}

#[tokio::test]
async fn a_discarded_one_is_kept_as_long_as_promised_too() {
    let place = Place::new();
    let store = place.open();
    let failed = entry(&envelope(1, "m"), Some(Cause::gave_up(20)));
    store.insert(&failed).await.unwrap();
    sweep(&store).await;
    place.clock().set_back(60 * DAY);
    let discarded = Head {
        state: State::Discarded,
        seq: 2,
        updated_at: place.now(),
        expires_at: Some(place.clock().now().plus(5 * DAY)),
        ..failed.head.clone()
    };
    let deed =
        serde_json::from_value(serde_json::json!({"verb": "discard", "who": "somebody"})).unwrap();
    store.act(&discarded, &deed, None).await.unwrap();
    place.clock().set_forward(60 * DAY);
    sweep(&store).await;
    assert_eq!(pass(&place, &store, 5 * 24).await, 0);
    assert_eq!(pass(&place, &store, 26).await, 1);
}

#[tokio::test]
async fn what_a_former_version_wrote_goes_by_the_clock_that_is_believed() {
    let place = Place::new();
    let store = place.open();
    keep(&place, &store, 1, 3 * DAY).await;
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other
        .execute(
            "UPDATE entries SET boot = NULL, expires_up = NULL, sum = NULL",
            [],
        )
        .unwrap();
    sweep(&store).await;
    assert_eq!(pass(&place, &store, 3 * 24).await, 0);
    place.clock().set_forward(60 * DAY);
    assert_eq!(sweep(&store).await, None);
    assert_eq!(pass(&place, &store, 47).await, 0, "two days to see it");
    place.clock().set_back(60 * DAY);
    assert_eq!(sweep(&store).await, None);
    assert_eq!(pass(&place, &store, 50).await, 1);
}

/// Settles one envelope: the state that was written, if one was.
async fn settle(place: &Place, store: &Store, envelope: &Envelope) -> Option<State> {
    let (clock, forms) = (place.clock(), forms());
    let with = Settling {
        parallel: 1,
        ..settling(store, &*clock, &forms)
    };
    let [Outcome::Ack(settled)] = &settle_batch(&[delivery(envelope.encode())], &with).await[..]
    else {
        panic!("it is settled")
    };
    settled.state
}

/// Of what is left of the first submission, no copy makes anything; another content of its key is kept apart.
async fn revived_by_nothing(place: &Place, store: &Store) {
    assert_eq!(
        settle(place, store, &envelope(1, "m")).await,
        None,
        "a late copy"
    );
    assert_eq!(
        settle(
            place,
            store,
            &Envelope {
                run: 1,
                ..envelope(1, "m")
            }
        )
        .await,
        None,
        "a replay"
    );
    assert_eq!(
        settle(place, store, &envelope(1, "other")).await,
        Some(State::Failed),
        "kept apart, not dropped"
    );
}

/// Lists and exports do not show what is left, but to who asks for it.
fn listed_for_who_asks(store: &Store) {
    let listed = |state| {
        store
            .reader()
            .page(
                &Filter {
                    state,
                    ..Filter::default()
                },
                SortOrder::OldestFirst,
                None,
                9,
            )
            .unwrap()
    };
    let of = |state| {
        listed(state)
            .entries
            .into_iter()
            .map(|entry| entry.head.of)
            .collect::<Vec<_>>()
    };
    assert!(!of(None).contains(&reference(1)));
    assert_eq!(of(Some(State::Expired)), [reference(1)]);
    assert_eq!(store.reader().count(&Filter::default()).unwrap(), 2);
}

#[tokio::test]
async fn what_is_removed_leaves_a_head_that_no_late_copy_revives_and_that_goes_too() {
    let place = Place::new();
    let store = place.open();
    store.register_publishers(vec!["log".into()]).await.unwrap();
    store.insert(&entry(&envelope(0, "m"), None)).await.unwrap();
    keep(&place, &store, 1, HOUR).await;
    sweep(&store).await;
    assert_eq!(pass(&place, &store, 26).await, 1);
    let head = store.head(&reference(1)).await.unwrap().unwrap();
    assert_eq!(
        (head.state, head.seq, head.payload_hash),
        (State::Expired, 2, None)
    );
    let row = store.reader().entry(&reference(1)).unwrap().unwrap();
    assert_eq!(
        (row.body, store.history(&reference(1)).await.unwrap()),
        (Body::Erased, vec![])
    );
    revived_by_nothing(&place, &store).await;
    assert_eq!(store.head(&reference(1)).await.unwrap(), Some(head));
    let told = store.announced("log", 100).unwrap();
    assert!(
        told.iter().all(|told| told.change.state != State::Expired),
        "nobody is told"
    );
    listed_for_who_asks(&store);
    assert_eq!(pass(&place, &store, 15 * 24 + 22).await, 0);
    assert_eq!(pass(&place, &store, 3).await, 1);
    assert_eq!(store.head(&reference(1)).await.unwrap(), None);
}
