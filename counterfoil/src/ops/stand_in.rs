//! A command plays the worker of a directory that nobody serves, as long as it waits for what it has sent. Where
//! somebody does, it waits until they end: then it is its turn.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Forms;
use counterfoil_core::settling::RetryPolicy;
use counterfoil_local::data_dir::ServerLock;
use counterfoil_local::{DataDir, Store};
use counterfoil_machine::SystemClock;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use worker::Worker;

use crate::{crew, guards};

/// Between two looks whether whoever has the directory is gone.
const LOOK: Duration = Duration::from_millis(200);
/// Looks in a row that found nobody, before it takes over: a server that is started again comes first.
const AWAY: u32 = 25;

/// A worker for a directory.
pub(crate) struct StandIn {
    pub(super) directory: DataDir,
    pub(super) forms: Arc<Forms>,
    /// The directory's lock and what may be done under it; `None`: somebody else has it. The store ends first.
    pub(super) held: Option<(Arc<Store>, ServerLock)>,
}

/// A worker at work.
pub(crate) struct Playing {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl StandIn {
    /// Plays the worker until it is stopped.
    pub(crate) fn play(&self) -> Playing {
        let (stop, stopping) = watch::channel(false);
        let store = self.held.as_ref().map(|(store, _)| Arc::clone(store));
        let task = tokio::spawn(play(self.directory.clone(), Arc::clone(&self.forms), store, stopping));
        Playing { stop, task }
    }
}

impl Playing {
    /// Lets it finish what it has in hand.
    pub(crate) async fn stop(self) {
        // It has ended when nobody listens; when it panicked, its records come back.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

async fn play(directory: DataDir, forms: Arc<Forms>, store: Option<Arc<Store>>, mut stop: watch::Receiver<bool>) {
    // The lock is freed after the store.
    let (_lock, store) = match store {
        Some(store) => (None, store),
        None => match take_over(&directory, &mut stop).await {
            Some((lock, store)) => (Some(lock), store),
            None => return,
        },
    };
    // As `serve` has it unless told otherwise: nothing that is on the queue is given up any sooner.
    let retry = RetryPolicy::default();
    let guard = guards::those_known(&store, &forms);
    let worker =
        Worker { ledger: Arc::clone(&store), clock: SystemClock, forms, guard, retry, parallel: crew::PARALLEL };
    let mut loops = JoinSet::new();
    crew::start(&mut loops, &store, worker, &stop);
    while loops.join_next().await.is_some() {}
}

/// Waits until whoever has the directory is gone. `None`: it was stopped before.
async fn take_over(directory: &DataDir, stop: &mut watch::Receiver<bool>) -> Option<(ServerLock, Arc<Store>)> {
    let mut away = 0;
    while !*stop.borrow() {
        let lock = directory.lock().ok();
        away = if lock.is_some() { away + 1 } else { 0 };
        if let Some(lock) = lock.filter(|_| away >= AWAY)
            && let Ok(store) = Store::open(&directory.database(), Arc::new(SystemClock))
        {
            return Some((lock, Arc::new(store)));
        }
        let _ = tokio::time::timeout(LOOK, stop.changed()).await;
    }
    None
}
