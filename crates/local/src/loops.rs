//! The loops of one machine: they play what the event source mappings do on AWS. Each is given what to call,
//! and ends between two batches when it is told to stop, so that nothing in flight is lost.

use std::future::Future;
use std::time::Duration;

use counterfoil_core::Fault;
use counterfoil_core::notice::Change;
use counterfoil_core::publish::Published;
use counterfoil_core::settling::{Delivery, Outcome};
use tokio::sync::watch;

use crate::outbox::Announced;
use crate::queue::{Consumer, Disposal, Received};
use crate::store::Store;

/// Records in one batch. Bounds what a crash makes the worker do again.
const BATCH: usize = 256;
/// How soon another process's writes are noticed (a commit of this one is noticed at once).
const LOOK: Duration = Duration::from_millis(100);
/// Between two looks for what is past its retention.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// After a fault of the disk.
const PAUSE: Duration = Duration::from_millis(500);

/// Told when to stop.
pub type Stop = watch::Receiver<bool>;

/// Plays the queue: gives batches to `settle` and disposes of them by its outcomes. A batch that takes longer
/// than `visibility` is given up and comes back, its receive counted. `last`: receives before the dead-letter queue.
pub async fn work<F, R>(store: &Store, settle: F, visibility: Duration, last: u32, mut stop: Stop)
where
    F: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
{
    let consumer = Consumer::default();
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        // Listening before looking: what is committed in between is not missed.
        committed.as_mut().enable();
        match consumer.receive(store, BATCH, visibility) {
            Ok(batch) if batch.is_empty() => idle(committed, LOOK, &mut stop).await,
            Ok(batch) => settle_batch(store, &consumer, batch, &settle, (visibility, last)).await,
            Err(fault) => complain("receive from the queue", &fault, &mut stop).await,
        }
    }
}

async fn settle_batch<F, R>(
    store: &Store,
    consumer: &Consumer,
    batch: Vec<Received>,
    settle: &F,
    limits: (Duration, u32),
) where
    F: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
{
    let (visibility, last) = limits;
    let deliveries = batch.iter().map(|row| row.delivery.clone()).collect();
    let Ok(outcomes) = tokio::time::timeout(visibility, settle(deliveries)).await else {
        tracing::error!(batch = batch.len(), "a batch took longer than its lease: it will come back");
        return;
    };
    let disposals: Vec<(Received, Disposal)> =
        batch.into_iter().zip(outcomes).map(|(row, o)| (row, disposal(o))).collect();
    if let Err(fault) = consumer.dispose(store, &disposals, last).await {
        // The leases run out and the records come back: what is settled is then a duplicate.
        tracing::warn!(fault = %fault, "failed to take settled submissions off the queue: they will come back");
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

/// Plays the table's time to live: removes what is past its retention.
pub async fn sweep(store: &Store, mut stop: Stop) {
    while !*stop.borrow() {
        match store.sweep().await {
            Ok(0) => idle(std::future::pending(), SWEEP_EVERY, &mut stop).await,
            Ok(removed) => tracing::info!(removed, "removed submissions past their retention"),
            Err(fault) => complain("remove what is past its retention", &fault, &mut stop).await,
        }
    }
}

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
