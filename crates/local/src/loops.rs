//! The loops of one machine: they play what the event source mappings do on AWS. Each is given what to call,
//! and ends between two batches when it is told to stop, so that nothing in flight is lost.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Fault;
use counterfoil_core::notice::Change;
use counterfoil_core::publish::Published;
use counterfoil_core::settling::{Delivery, Outcome, RetryPolicy};
use tokio::sync::watch;

use crate::outbox::Announced;
use crate::queue::{Consumer, Disposal, Received};
use crate::retention::Swept;
use crate::store::Store;

/// Records in one batch. Bounds what a crash makes the worker do again.
const BATCH: usize = 256;
/// How soon another process's writes are noticed (a commit of this one is noticed at once).
const LOOK: Duration = Duration::from_millis(100);
/// Between two looks for what is past its retention.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Between two looks for what is lost: each reads through an index of all entries.
const WATCH_EVERY: Duration = Duration::from_secs(15 * 60);
/// After a fault of the disk.
const PAUSE: Duration = Duration::from_millis(500);

/// Told when to stop.
pub type Stop = watch::Receiver<bool>;

/// How the queue is played.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// A batch that takes longer is given up and comes back.
    pub visibility: Duration,
    /// When to try again, and after how many receives the dead-letter queue gets it.
    pub retry: RetryPolicy,
}

/// Receives of one record from which on it is handled alone: it may be what made a batch hang.
const ALONE: u32 = 2;

/// Plays the queue: gives batches to `settle` and disposes of them by its outcomes.
pub async fn work<F, R>(store: &Store, settle: F, pace: Pace, mut stop: Stop)
where
    F: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
{
    let consumer = Consumer::new(pace.retry.cap);
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        // Listening before looking: what is committed in between is not missed.
        committed.as_mut().enable();
        match consumer.receive(store, BATCH, pace.visibility) {
            Ok(batch) if batch.is_empty() => idle(committed, LOOK, &mut stop).await,
            Ok(batch) => {
                for part in parts(batch) {
                    let disposals = settle_part(part, &settle, pace).await;
                    dispose(store, &consumer, disposals, (pace.retry.max_receives, &mut stop)).await;
                }
            }
            Err(fault) => complain("receive from the queue", &fault, &mut stop).await,
        }
    }
}

/// What is new together; what came back again and again, each alone.
fn parts(batch: Vec<Received>) -> Vec<Vec<Received>> {
    let (alone, together): (Vec<_>, Vec<_>) = batch.into_iter().partition(|row| row.delivery.receives > ALONE);
    let together = Some(together).filter(|rows| !rows.is_empty());
    together.into_iter().chain(alone.into_iter().map(|row| vec![row])).collect()
}

/// Settles a part; when that takes too long, all of it comes back later.
async fn settle_part<F, R>(part: Vec<Received>, settle: &F, pace: Pace) -> Vec<(Received, Disposal)>
where
    F: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
{
    let deliveries = part.iter().map(|row| row.delivery.clone()).collect();
    match tokio::time::timeout(pace.visibility, settle(deliveries)).await {
        Ok(outcomes) => part.into_iter().zip(outcomes).map(|(row, outcome)| (row, disposal(outcome))).collect(),
        Err(_) => {
            tracing::error!(records = part.len(), "a batch took too long: it will come back");
            let later = |row: Received| {
                let after = pace.retry.back_off(row.delivery.receives);
                (row, Disposal::Retry(after))
            };
            part.into_iter().map(later).collect()
        }
    }
}

/// Disposes of what was settled, trying until the store takes it: what is not disposed of would count receives
/// for a fault of the store. Whatever is left at the end is settled again at the next start, and is a duplicate.
async fn dispose(
    store: &Store,
    consumer: &Consumer,
    disposals: Vec<(Received, Disposal)>,
    (last, stop): (u32, &mut Stop),
) {
    while let Err(fault) = consumer.dispose(store, &disposals, last).await {
        if *stop.borrow() {
            return;
        }
        complain("take settled submissions off the queue", &fault, stop).await;
    }
}

fn disposal(outcome: Outcome) -> Disposal {
    match outcome {
        Outcome::Ack(_) => Disposal::Ack,
        Outcome::Retry { after, .. } => Disposal::Retry(after),
    }
}

/// Plays the dead-letter queue: gives each message to `bury`, and takes it off when that succeeded.
pub async fn bury<F, R>(store: &Store, bury: F, mut stop: Stop)
where
    F: Fn(Delivery) -> R,
    R: Future<Output = Result<(), Fault>>,
{
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        committed.as_mut().enable();
        match store.dead(BATCH) {
            Ok(dead) if dead.is_empty() => idle(committed, LOOK, &mut stop).await,
            Ok(dead) => {
                if let Err(fault) = bury_batch(store, dead, &bury).await {
                    complain("bury a dead letter", &fault, &mut stop).await;
                }
            }
            Err(fault) => complain("read the dead-letter queue", &fault, &mut stop).await,
        }
    }
}

async fn bury_batch<F, R>(store: &Store, dead: Vec<Received>, bury: &F) -> Result<(), Fault>
where
    F: Fn(Delivery) -> R,
    R: Future<Output = Result<(), Fault>>,
{
    let mut result = Ok(());
    let mut done = Vec::new();
    for row in dead {
        match bury(row.delivery).await {
            Ok(()) => done.push(row.position),
            Err(fault) => result = Err(fault),
        }
    }
    store.forget_dead(done).await?;
    result
}

/// Plays the stream: gives `publish` the changes after this publisher's cursor, and moves the cursor by what
/// it is done with.
pub async fn publish<F, R>(store: &Store, name: &str, publish: F, mut stop: Stop)
where
    F: Fn(Vec<Change>) -> R,
    R: Future<Output = Published>,
{
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        committed.as_mut().enable();
        match store.announced(name, BATCH) {
            Ok(changes) if changes.is_empty() => idle(committed, LOOK, &mut stop).await,
            Ok(changes) => {
                if let Err(fault) = publish_batch(store, name, changes, &publish).await {
                    complain("publish", &fault, &mut stop).await;
                }
            }
            Err(fault) => complain("read the outbox", &fault, &mut stop).await,
        }
    }
}

async fn publish_batch<F, R>(store: &Store, name: &str, batch: Vec<Announced>, publish: &F) -> Result<(), Fault>
where
    F: Fn(Vec<Change>) -> R,
    R: Future<Output = Published>,
{
    let published = publish(batch.iter().map(|announced| announced.change.clone()).collect()).await;
    let done = published.done.checked_sub(1).and_then(|last| batch.get(last));
    let parked = published.parked.into_iter().filter_map(|(place, cause)| Some((batch.get(place)?.clone(), cause)));
    if let Some(done) = done {
        store.advance(name, done.position, parked.collect()).await?;
    }
    match published.stopped {
        Some(cause) => Err(Fault::transient("publisher", cause.to_string())),
        None => Ok(()),
    }
}

const IN_DOUBT: &str = "the clock was set, or is over a week ahead of the last run: until both clocks of this machine have \
                        agreed for a day, nothing is removed";

/// Plays the table's time to live: removes what is past its retention.
pub async fn sweep(store: &Store, mut stop: Stop) {
    let mut warned = false;
    while !*stop.borrow() {
        match store.sweep().await {
            Ok(Swept::Removed(removed)) => {
                warned = false;
                if removed > 0 {
                    tracing::info!(removed, "removed submissions past their retention");
                } else {
                    idle(std::future::pending(), SWEEP_EVERY, &mut stop).await;
                }
            }
            Ok(Swept::ClockInDoubt) => {
                if !std::mem::replace(&mut warned, true) {
                    tracing::warn!("{IN_DOUBT}");
                }
                idle(std::future::pending(), SWEEP_EVERY, &mut stop).await;
            }
            Err(fault) => complain("remove what is past its retention", &fault, &mut stop).await,
        }
    }
}

/// Looks at start and now and then whether anything is lost, and says so: nothing else would.
pub async fn watch(store: Arc<Store>, mut stop: Stop) {
    let mut said = 0;
    while !*stop.borrow() {
        let asked = Arc::clone(&store);
        match tokio::task::spawn_blocking(move || asked.reader().lost()).await {
            Ok(Ok(lost)) => {
                if lost.news() > said {
                    let (unsettled, news) = (lost.unsettled, lost.news());
                    tracing::error!(lost = news, unsettled, "{LOST}");
                }
                said = lost.news();
            }
            Ok(Err(fault)) => tracing::warn!(fault = %fault, "failed to look for what is lost; trying again"),
            Err(_) => tracing::warn!("a look for what is lost ended by itself; trying again"),
        }
        idle(std::future::pending(), WATCH_EVERY, &mut stop).await;
    }
}

const LOST: &str = "submissions that were accepted are lost: `counterfoil submissions lost` says of which forms";

/// Waits for a commit, another process's perhaps, or the end.
async fn idle(committed: impl Future<Output = ()>, look: Duration, stop: &mut Stop) {
    tokio::select! {
        _ = tokio::time::timeout(look, committed) => {}
        _ = stop.changed() => {}
    }
}

async fn complain(what: &str, fault: &Fault, stop: &mut Stop) {
    tracing::warn!(fault = %fault, "failed to {what}; trying again");
    idle(std::future::pending(), PAUSE, stop).await;
}
