//! The loops: work is found at once, other processes' writes too, a hung batch comes back, and stopping waits
//! for what is in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use counterfoil_core::ports::Queue;
use counterfoil_core::publish::Published;
use counterfoil_core::settle::Quiet;
use counterfoil_core::settling::{Delivery, Outcome, RetryPolicy, Settled};
use counterfoil_core::{Cause, Code, Fault};
use counterfoil_local::loops::{Burial, Pace};
use counterfoil_local::{Store, loops};
use counterfoil_machine::SystemClock;
use counterfoil_testkit::build::reference;
use tokio::sync::watch;

use crate::place::Place;

/// Longer than anything here takes, on whatever machine.
const DEADLINE: Duration = Duration::from_secs(30);
const PACE: Pace = Pace {
    visibility: Duration::from_secs(60),
    retry: RetryPolicy {
        base: Duration::ZERO,
        cap: Duration::from_secs(1),
        max_receives: 3,
    },
};

fn acked() -> Outcome {
    Outcome::Ack(Settled {
        of: reference(1),
        state: None,
        quiet: Some(Quiet::Duplicate),
        cause: None,
    })
}

fn real_time(place: &Place) -> Arc<Store> {
    Arc::new(Store::open(&place.database(), Arc::new(SystemClock)).unwrap())
}

/// The work loop in a task of its own.
struct Playing {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

fn play<F, R>(store: &Arc<Store>, pace: Pace, settle: F) -> Playing
where
    F: Fn(Vec<Delivery>) -> R + Send + Sync + 'static,
    R: Future<Output = Vec<Outcome>> + Send + 'static,
{
    let (stop, stopping) = watch::channel(false);
    let store = Arc::clone(store);
    Playing {
        stop,
        task: tokio::spawn(async move { loops::work(&store, settle, pace, stopping).await }),
    }
}

impl Playing {
    async fn end(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
    }
}

async fn acked_all(batch: Vec<Delivery>) -> Vec<Outcome> {
    batch.iter().map(|_| acked()).collect()
}

/// A pace at which a batch is soon given up.
fn quick() -> Pace {
    Pace {
        visibility: Duration::from_millis(20),
        ..PACE
    }
}

async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let waited = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, waited)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test]
async fn work_is_found_and_taken_off_the_queue() {
    let place = Place::new();
    let store = real_time(&place);
    let playing = play(&store, PACE, acked_all);
    for _ in 0..3 {
        store.send(&reference(1), "a".into()).await.unwrap();
        until("the queue is empty", || {
            store.reader().backlog().unwrap() == (0, 0)
        })
        .await;
    }
    playing.end().await;
}

#[tokio::test]
async fn what_another_process_sends_is_found_too() {
    let place = Place::new();
    let store = real_time(&place);
    let playing = play(&store, PACE, acked_all);
    let other = rusqlite::Connection::open(place.database()).unwrap();
    other
        .execute("INSERT INTO queue (body, sent_at) VALUES ('a', 0)", [])
        .unwrap();
    until("the queue is empty", || {
        store.reader().backlog().unwrap() == (0, 0)
    })
    .await;
    playing.end().await;
}

#[tokio::test]
async fn a_batch_that_hangs_is_given_up_and_comes_back() {
    let place = Place::new();
    let store = real_time(&place);
    let tries = AtomicU32::new(0);
    let playing = play(&store, quick(), move |batch: Vec<Delivery>| {
        let first = tries.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                std::future::pending::<()>().await;
            }
            assert_eq!(batch[0].receives, 2);
            vec![acked()]
        }
    });
    store.send(&reference(1), "a".into()).await.unwrap();
    until("the queue is empty", || {
        store.reader().backlog().unwrap() == (0, 0)
    })
    .await;
    playing.end().await;
}

#[tokio::test]
async fn what_always_hangs_is_left_alone_in_the_end_and_goes_to_the_dead_letter_queue() {
    let place = Place::new();
    let store = real_time(&place);
    for body in ["good", "hangs", "fine"] {
        store.send(&reference(1), body.into()).await.unwrap();
    }
    let playing = play(&store, quick(), |batch: Vec<Delivery>| async move {
        if batch.iter().any(|delivery| delivery.body == b"hangs") {
            std::future::pending::<()>().await;
        }
        acked_all(batch).await
    });
    until("only what hangs is left, in the dead-letter queue", || {
        store.reader().backlog().unwrap() == (0, 1)
    })
    .await;
    assert_eq!(store.dead(loops::BATCH).unwrap()[0].delivery.body, b"hangs");
    playing.end().await;
}

#[tokio::test]
async fn what_fails_to_the_end_is_buried_and_a_failed_burial_is_tried_again() {
    let place = Place::new();
    let store = real_time(&place);
    let playing = play(&store, PACE, |batch: Vec<Delivery>| async move {
        let retry = || Outcome::Retry {
            after: Duration::ZERO,
            cause: Cause::new(Code::DatabaseBusy, "busy"),
        };
        batch.iter().map(|_| retry()).collect()
    });
    let burials = AtomicU32::new(0);
    let (stop, stopping) = watch::channel(false);
    let bury = |Burial { delivery: dead, .. }: Burial| {
        let first = burials.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            assert_eq!((dead.receives, dead.body), (3, b"a".to_vec()));
            if first {
                Err(Fault::transient(Code::DatabaseBusy, "busy"))
            } else {
                Ok(())
            }
        }
    };
    let watching = async {
        store.send(&reference(1), "a".into()).await.unwrap();
        until("it is buried", || burials.load(Ordering::SeqCst) == 2).await;
        until("both queues are empty", || {
            store.reader().backlog().unwrap() == (0, 0)
        })
        .await;
        stop.send(true).unwrap();
    };
    tokio::join!(loops::bury(&store, bury, stopping), watching);
    playing.end().await;
}

#[tokio::test]
async fn stopping_waits_for_the_batch_in_flight() {
    let place = Place::new();
    let store = real_time(&place);
    store.send(&reference(1), "a".into()).await.unwrap();
    let (stop, stopping) = watch::channel(false);
    let settle = |_| {
        let _ = stop.send(true);
        async {
            tokio::task::yield_now().await;
            vec![acked()]
        }
    };
    tokio::time::timeout(DEADLINE, loops::work(&store, settle, PACE, stopping))
        .await
        .unwrap();
    assert_eq!(store.reader().backlog().unwrap(), (0, 0));
}

#[tokio::test]
async fn a_publisher_that_stops_half_way_goes_on_from_there() {
    let place = Place::new();
    let store = real_time(&place);
    store.register_publishers(vec!["log".into()]).await.unwrap();
    for n in 0..3 {
        let row =
            counterfoil_testkit::build::entry(&counterfoil_testkit::build::envelope(n, "m"), None);
        counterfoil_core::ports::Ledger::insert(&*store, &row)
            .await
            .unwrap();
    }
    let (stop, stopping) = watch::channel(false);
    let seen = std::sync::Mutex::new(Vec::new());
    let publish = |changes: Vec<counterfoil_core::notice::Change>| {
        let mut seen = seen.lock().unwrap();
        seen.push(changes.len());
        let done = if seen.len() == 1 { 1 } else { changes.len() };
        let stopped = (seen.len() == 1).then(|| Cause::new(Code::DatabaseBusy, "busy"));
        if seen.len() == 2 {
            let _ = stop.send(true);
        }
        async move {
            Published {
                done,
                parked: vec![],
                stopped,
            }
        }
    };
    tokio::time::timeout(DEADLINE, loops::publish(&store, "log", publish, stopping))
        .await
        .unwrap();
    assert_eq!(*seen.lock().unwrap(), [3, 2]);
}

#[tokio::test]
async fn what_waits_until_nothing_else_is_in_hand_stops_at_once_all_the_same() {
    let place = Place::new();
    let store = real_time(&place);
    let insert = "INSERT INTO dead_letter_queue (body, sent_at, receives) VALUES ('a', 0, 20)";
    rusqlite::Connection::open(place.database())
        .unwrap()
        .execute(insert, [])
        .unwrap();
    let (burials, settling) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let bury = |_| {
        burials.fetch_add(1, Ordering::SeqCst);
        std::future::pending()
    };
    // Dropped in its middle, as an unclean end leaves it.
    let (_never, running) = watch::channel(false);
    tokio::select! {
        () = loops::bury(&store, bury, running) => unreachable!(),
        () = until("it is in hand", || burials.load(Ordering::SeqCst) == 1) => {}
    }
    let begun = Arc::clone(&settling);
    let playing = play(&store, PACE, move |_| {
        begun.fetch_add(1, Ordering::SeqCst);
        std::future::pending()
    });
    store.send(&reference(1), "hangs".into()).await.unwrap();
    until("it hangs", || settling.load(Ordering::SeqCst) == 1).await;
    let (stop, stopping) = watch::channel(false);
    let stopped = async {
        tokio::task::yield_now().await;
        stop.send(true).unwrap();
    };
    let both = async { tokio::join!(loops::bury(&store, bury, stopping), stopped) };
    tokio::time::timeout(PACE.visibility / 2, both)
        .await
        .unwrap();
    assert_eq!(
        burials.load(Ordering::SeqCst),
        1,
        "not while something else is in hand"
    );
    playing.task.abort();
    assert!(playing.task.await.is_err_and(|error| error.is_cancelled()));
}
