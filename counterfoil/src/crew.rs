//! The worker of one machine: the loops that settle and bury, for `serve`, and for a command that works on a directory
//! that nobody serves.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::calls::{Calls, Endless};
use counterfoil_core::ports::Ledger;
use counterfoil_core::settling::Delivery;
use counterfoil_local::loops::Burial;
use counterfoil_local::{Store, loops};
use counterfoil_machine::SystemClock;
use tokio::task::JoinSet;
use worker::Worker;

use crate::guards;

/// A batch that is not settled by then comes back.
const VISIBILITY: Duration = Duration::from_secs(60);
/// Writes under way at once; the writer commits them in one go.
pub(crate) const PARALLEL: usize = 256;

/// A worker of one machine.
type Settles<L> = Worker<L, SystemClock, guards::Here>;

/// Starts both loops; they end between two batches when they are told to stop.
pub(crate) fn start<L>(
    loops: &mut JoinSet<()>,
    store: &Arc<Store>,
    worker: Settles<L>,
    stop: &loops::Stop,
) where
    L: Ledger + Send + Sync + 'static,
{
    let worker = Arc::new(worker);
    loops.spawn(work(Arc::clone(store), Arc::clone(&worker), stop.clone()));
    loops.spawn(bury(Arc::clone(store), worker, stop.clone()));
}

async fn work<L: Ledger + Send + Sync>(
    store: Arc<Store>,
    worker: Arc<Settles<L>>,
    stop: loops::Stop,
) {
    let settle = |batch: Vec<Delivery>| {
        let worker = Arc::clone(&worker);
        // The loop itself ends a batch that takes too long.
        async move { worker.handle(&batch, &Endless).await }
    };
    let pace = loops::Pace {
        visibility: VISIBILITY,
        retry: worker.retry,
    };
    loops::work(&store, settle, pace, stop).await;
}

async fn bury<L: Ledger + Send + Sync>(
    store: Arc<Store>,
    worker: Arc<Settles<L>>,
    stop: loops::Stop,
) {
    let bury = |burial: Burial| {
        let worker = Arc::clone(&worker);
        async move {
            let Burial {
                delivery,
                cause,
                unread,
            } = burial;
            let buried = if unread {
                worker.bury_unread(&delivery, cause).await
            } else {
                worker.bury(&delivery, cause, &Calls::new(&Endless)).await
            };
            buried.map(drop)
        }
    };
    loops::bury(&store, bury, stop).await;
}
