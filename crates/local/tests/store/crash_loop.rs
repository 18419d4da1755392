//! An end of the process with something in hand, and the starts after it. A loop that is dropped in the middle of a batch
//! leaves what an abort leaves.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::ports::Queue;
use counterfoil_core::settle::Quiet;
use counterfoil_core::settling::{Delivery, Outcome, RetryPolicy, Settled};
use counterfoil_local::loops::{Burial, Pace};
use counterfoil_local::{Store, loops};
use counterfoil_machine::SystemClock;
use counterfoil_testkit::build::reference;
use tokio::sync::watch;

use crate::place::Place;

/// Longer than anything here takes, on whatever machine.
const DEADLINE: Duration = Duration::from_secs(30);
const PACE: Pace = Pace {
    visibility: Duration::from_secs(600),
    retry: RetryPolicy {
        base: Duration::ZERO,
        cap: Duration::from_secs(1),
        max_receives: 20,
    },
};
/// Starts after which nothing that is tested may still go on.
const STARTS: u32 = 20;

fn acked() -> Outcome {
    Outcome::Ack(Settled {
        of: reference(1),
        state: None,
        quiet: Some(Quiet::Duplicate),
        cause: None,
    })
}

fn open(place: &Place) -> Arc<Store> {
    Arc::new(Store::open(&place.database(), Arc::new(SystemClock)).unwrap())
}

/// What the worker was given, in its order, batch by batch, with the receives of each.
type Given = RefCell<Vec<Vec<(String, u32)>>>;

/// One life of the process: works until the queue is empty, or until `deadly` is in its hands. Did it get through?
async fn live(place: &Place, deadly: &str, given: &Given) -> bool {
    let store = open(place);
    let (stop, stopping) = watch::channel(false);
    let (dies, died) = watch::channel(false);
    let settle = |batch: Vec<Delivery>| {
        let texts = batch
            .iter()
            .map(|one| (String::from_utf8(one.body.clone()).unwrap(), one.receives));
        given.borrow_mut().push(texts.collect());
        let ends = batch.iter().any(|one| one.body == deadly.as_bytes());
        if ends {
            dies.send(true).unwrap();
        }
        async move {
            if ends {
                std::future::pending::<()>().await;
            }
            batch.iter().map(|_| acked()).collect()
        }
    };
    let watching = async {
        while store.reader().backlog().unwrap().0 > 0 {
            tokio::task::yield_now().await;
        }
        stop.send(true).unwrap();
    };
    let mut died_in = died.clone();
    let whole = async { tokio::join!(loops::work(&store, settle, PACE, stopping), watching) };
    within(async {
        tokio::select! {
            _ = whole => true,
            _ = died_in.wait_for(|died| *died) => false,
        }
    })
    .await
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.unwrap()
}

async fn send(place: &Place, bodies: impl Iterator<Item = String>) {
    let store = open(place);
    for body in bodies {
        store.send(&reference(1), body).await.unwrap();
    }
}

#[tokio::test]
async fn a_record_that_ends_the_process_is_given_up_and_no_neighbour_counts() {
    let (place, given) = (Place::new(), Given::default());
    send(
        &place,
        (0..300).map(|n| {
            if n == 150 {
                "deadly".into()
            } else {
                format!("{n}")
            }
        }),
    )
    .await;
    let mut starts = 1;
    while !live(&place, "deadly", &given).await {
        starts += 1;
        assert!(starts < STARTS);
    }
    assert_eq!(starts, 5, "in its batch, three times alone, and through");
    let (mut settled, mut receives) = (BTreeMap::new(), Vec::new());
    for (text, count) in given.borrow().iter().flatten() {
        if text == "deadly" {
            receives.push(*count)
        } else {
            settled.insert(text.clone(), *count);
        }
    }
    assert_eq!(receives, [1, 1, 2, 3], "in a batch it does not count");
    assert_eq!(settled.len(), 299);
    assert!(
        settled.values().all(|receives| *receives == 1),
        "{settled:?}"
    );
    let dead = open(&place).dead(loops::BATCH).unwrap();
    assert_eq!((dead.len(), &*dead[0].delivery.body), (1, &b"deadly"[..]));
    assert_eq!(
        (dead[0].cause.code.as_str(), dead[0].delivery.receives),
        ("ended-the-process", 3)
    );
}

#[tokio::test]
async fn after_an_unclean_end_only_what_was_in_hand_goes_one_by_one() {
    let (place, given) = (Place::new(), Given::default());
    send(&place, (0..1000).map(|n| n.to_string())).await;
    assert!(!live(&place, "3", &given).await);
    let in_hand = given.take().remove(0).len();
    assert!(in_hand > 100);
    assert!(live(&place, "none", &given).await);
    let sizes: Vec<_> = given.take().iter().map(Vec::len).collect();
    assert_eq!(sizes[..in_hand], vec![1; in_hand], "one by one");
    assert!(
        sizes[in_hand..].iter().all(|size| *size > 100),
        "full again: {sizes:?}"
    );
    send(&place, (0..10).map(|n| n.to_string())).await;
    assert!(live(&place, "none", &given).await);
    assert_eq!(given.take().len(), 1, "a clean end leaves nothing in hand");
}

#[tokio::test]
async fn a_crash_of_something_else_gives_nothing_up() {
    let (place, given) = (Place::new(), Given::default());
    send(&place, (0..50).map(|n| n.to_string())).await;
    // Whatever comes first, each time: no record of those is the one.
    assert!(!live(&place, "0", &given).await);
    for _ in 0..10 {
        let deadly = first_of_next(&place, &given).await;
        assert!(!live(&place, &deadly, &given).await);
    }
    assert!(live(&place, "none", &given).await);
    assert!(open(&place).dead(loops::BATCH).unwrap().is_empty());
}

/// The record that the next start begins with.
async fn first_of_next(place: &Place, given: &Given) -> String {
    // Looked up on a copy, which is thrown away.
    let copy = Place::new();
    for entry in std::fs::read_dir(place.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    given.take();
    live(&copy, "none", given).await;
    given.take().remove(0).remove(0).0
}

#[tokio::test]
async fn what_ends_the_process_while_it_is_buried_is_kept_unread_in_the_end() {
    let place = Place::new();
    let database = rusqlite::Connection::open(place.database()).unwrap();
    drop(open(&place));
    let insert = "INSERT INTO dead_letter_queue (body, sent_at, receives) VALUES (?1, 0, 20)";
    for body in ["good", "deadly", "fine"] {
        database.execute(insert, [body]).unwrap();
    }
    let buried = RefCell::new(Vec::new());
    for start in 1.. {
        assert!(start < STARTS);
        let store = open(&place);
        let (stop, stopping) = watch::channel(false);
        let (dies, mut died) = watch::channel(false);
        let bury = |Burial {
                        delivery, unread, ..
                    }: Burial| {
            let ends = delivery.body == b"deadly" && !unread;
            if ends {
                dies.send(true).unwrap();
            }
            buried
                .borrow_mut()
                .push((String::from_utf8(delivery.body).unwrap(), unread));
            async move {
                if ends {
                    std::future::pending::<()>().await;
                }
                Ok(())
            }
        };
        let watching = async {
            while store.reader().backlog().unwrap().1 > 0 {
                tokio::task::yield_now().await;
            }
            stop.send(true).unwrap();
        };
        let whole = async { tokio::join!(loops::bury(&store, bury, stopping), watching) };
        let through = within(async {
            tokio::select! {
                _ = whole => true,
                _ = died.wait_for(|died| *died) => false,
            }
        });
        if through.await {
            break;
        }
    }
    let unread: Vec<_> = buried
        .take()
        .into_iter()
        .filter(|(_, unread)| *unread)
        .collect();
    assert_eq!(unread, [("deadly".to_owned(), true)]);
}

/// How long a burial lasts, in turns of the other loop.
const LONG: usize = 200;

/// One life with both loops over one store, in which what is deadly ends the process when it is settled, and what is a
/// grave when it is buried. Did it get through?
async fn live_with_both(
    place: &Place,
    settled: &RefCell<Vec<String>>,
    buried: &RefCell<Vec<(String, bool)>>,
) -> bool {
    let store = open(place);
    let (stop, stopping) = watch::channel(false);
    let (dies, mut died) = watch::channel(false);
    let text = |delivery: &Delivery| String::from_utf8(delivery.body.clone()).unwrap();
    let settle = |batch: Vec<Delivery>| {
        let (texts, dies) = (batch.iter().map(text).collect::<Vec<_>>(), &dies);
        async move {
            // The other loop takes something in hand meanwhile, if it may.
            turns(LONG / 10).await;
            if texts.iter().any(|text| text.starts_with("deadly")) {
                dies.send(true).unwrap();
                std::future::pending::<()>().await;
            }
            let outcomes = texts.iter().map(|_| acked()).collect();
            settled.borrow_mut().extend(texts);
            outcomes
        }
    };
    let bury = |Burial {
                    delivery, unread, ..
                }: Burial| {
        let (text, dies) = (text(&delivery), &dies);
        async move {
            turns(LONG).await;
            if text.starts_with("grave") && !unread {
                dies.send(true).unwrap();
                std::future::pending::<()>().await;
            }
            buried.borrow_mut().push((text, unread));
            Ok(())
        }
    };
    let watching = async {
        while store.reader().backlog().unwrap() != (0, 0) {
            tokio::task::yield_now().await;
        }
        stop.send(true).unwrap();
    };
    let both = async {
        tokio::join!(
            loops::work(&store, settle, PACE, stopping.clone()),
            loops::bury(&store, bury, stopping),
            watching
        )
    };
    within(async {
        tokio::select! {
            _ = both => true,
            _ = died.wait_for(|died| *died) => false,
        }
    })
    .await
}

async fn turns(number: usize) {
    for _ in 0..number {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_end_counts_for_nothing_that_the_other_loop_has_in_hand() {
    let (place, settled, buried) = (Place::new(), RefCell::default(), RefCell::default());
    let number = |kind: &str, count: u32| {
        (0..count)
            .map(|n| format!("{kind} {n}"))
            .collect::<BTreeSet<_>>()
    };
    let (good, deadly) = (number("good", 30), number("deadly", 8));
    let (healthy, graves) = (number("healthy", 10), number("grave", 2));
    send(&place, good.iter().chain(&deadly).cloned()).await;
    let database = rusqlite::Connection::open(place.database()).unwrap();
    for body in healthy.iter().chain(&graves) {
        let insert = "INSERT INTO dead_letter_queue (body, sent_at, receives) VALUES (?1, 0, 20)";
        database.execute(insert, [body]).unwrap();
    }
    let mut starts = 1;
    while !live_with_both(&place, &settled, &buried).await {
        starts += 1;
        assert!(starts < 3 * STARTS);
    }
    assert_eq!(
        starts,
        1 + (8 + 2) * 3 + 1,
        "all together, each deadly one three times alone, and through"
    );
    let settled = settled.take();
    assert_eq!(
        (settled.len(), settled.into_iter().collect()),
        (good.len(), good),
        "each once"
    );
    let (unread, read): (Vec<_>, Vec<_>) =
        buried.take().into_iter().partition(|(_, unread)| *unread);
    let named = |letters: Vec<(String, bool)>| {
        letters
            .into_iter()
            .map(|(text, _)| text)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(named(unread), graves, "what ended no burial is read");
    assert_eq!(named(read), healthy.into_iter().chain(deadly).collect());
}
