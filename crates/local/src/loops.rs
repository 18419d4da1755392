//! The loops of one machine: they play what the event source mappings do on AWS. Each is given what to call,
//! and ends between two batches when it is told to stop, so that nothing in flight is lost.

mod alarm;
mod bear;
mod bury;
mod hands;
mod index;
mod tell;
mod work;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::notice::Change;
use counterfoil_core::publish::Published;
use counterfoil_core::settling::RetryPolicy;
use counterfoil_core::{Code, Fault};
use tokio::sync::watch;

pub use alarm::{Alarms, Elsewhere, start_alarms};
pub use bury::{Burial, bury};
pub use index::index;
pub use tell::{SLOWED_BY, TellPace, Telling, start_telling};
pub(crate) use work::ALONE;
pub use work::work;

use crate::outbox::Announced;
use crate::queue::Bounds;
use crate::retention::Swept;
use crate::store::Store;

/// One batch: bounds what a crash makes the worker do again, and the memory it takes, which is several times its bytes.
pub const BATCH: Bounds = Bounds {
    records: 256,
    bytes: 2 * 1024 * 1024,
};
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
        match store.announced(name, BATCH.records) {
            Ok(changes) if changes.is_empty() => idle(committed, LOOK, &mut stop).await,
            Ok(changes) => {
                if let Err(fault) = publish_batch(store, name, changes, &publish).await {
                    complain("publish", &fault, &mut stop).await;
                }
            }
            Err(fault) if fault.is_damage() => {
                tracing::error!(%fault, "a notice is set aside");
                if let Err(fault) = store.set_aside(name).await {
                    complain("set a notice aside", &fault, &mut stop).await;
                }
            }
            Err(fault) => complain("read the outbox", &fault, &mut stop).await,
        }
    }
}

async fn publish_batch<F, R>(
    store: &Store,
    name: &str,
    batch: Vec<Announced>,
    publish: &F,
) -> Result<(), Fault>
where
    F: Fn(Vec<Change>) -> R,
    R: Future<Output = Published>,
{
    let published = publish(
        batch
            .iter()
            .map(|announced| announced.change.clone())
            .collect(),
    )
    .await;
    let done = published
        .done
        .checked_sub(1)
        .and_then(|last| batch.get(last));
    let parked = published
        .parked
        .into_iter()
        .filter_map(|(place, cause)| Some((batch.get(place)?.clone(), cause)));
    if let Some(done) = done {
        store.advance(name, done.position, parked.collect()).await?;
    }
    match published.stopped {
        Some(cause) => Err(Fault::transient(Code::Publisher, cause.to_string())),
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
                store.note_lost(said);
            }
            Ok(Err(fault)) => {
                tracing::warn!(fault = %fault, "failed to look for what is lost; trying again")
            }
            Err(_) => tracing::warn!("a look for what is lost ended by itself; trying again"),
        }
        idle(std::future::pending(), WATCH_EVERY, &mut stop).await;
    }
}

const LOST: &str =
    "submissions that were accepted are lost: `counterfoil submissions lost` says of which forms";

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
