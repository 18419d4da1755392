//! A command plays the worker of a directory that nobody serves, as long as it waits for what it has sent. Where
//! somebody does, it waits until they end: then it is its turn. A server that starts meanwhile gets the directory from it,
//! between two batches.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use counterfoil_core::Forms;
use counterfoil_local::data_dir::ServerLock;
use counterfoil_local::hand_over::{self, Said};
use counterfoil_local::{DataDir, Store};
use counterfoil_machine::SystemClock;
use counterfoil_operations::place::{Playing, StandIn};
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::{crew, guards};

/// Between two looks whether whoever has the directory is gone.
const LOOK: Duration = Duration::from_millis(200);
/// Looks in a row that found nobody, before it takes over: a server that is started again comes first.
const AWAY: u32 = 25;
/// Between two looks whether a server waits.
const ASKED: Duration = Duration::from_millis(50);

/// The directory's lock, and what may be done under it. Fields end in their order: the store first.
pub(super) struct Held {
    store: Store,
    _lock: ServerLock,
    _said: Option<Said>,
}

impl Held {
    /// Holds the directory, and says that it will be handed over.
    pub(super) fn new(store: Store, lock: ServerLock, directory: &DataDir) -> Self {
        Self {
            store,
            _lock: lock,
            _said: hand_over::stand_in(directory),
        }
    }
}

/// Where the directory lies while nobody plays.
type Standing = Arc<Mutex<Option<Held>>>;

/// A worker for a directory.
pub(super) struct Worker {
    directory: DataDir,
    forms: Arc<Forms>,
    /// `None`: somebody else has it, or this one plays.
    held: Standing,
    watching: JoinHandle<()>,
}

/// A worker at work.
struct AtWork {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Within a runtime: it hands the directory over while nobody plays, too.
    pub(super) fn new(directory: DataDir, forms: Arc<Forms>, held: Option<Held>) -> Self {
        let held = Arc::new(Mutex::new(held));
        let watching = tokio::spawn(hand_over_from(Arc::clone(&held), directory.clone()));
        Self {
            directory,
            forms,
            held,
            watching,
        }
    }
}

impl StandIn for Worker {
    fn play(&self) -> Box<dyn Playing> {
        let (stop, stopping) = watch::channel(false);
        let player = Player {
            directory: self.directory.clone(),
            forms: Arc::clone(&self.forms),
            rest: Arc::clone(&self.held),
        };
        let task = tokio::spawn(player.play(stopping));
        Box::new(AtWork { stop, task })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.watching.abort();
        // Not when the runtime gets to it: whoever comes next may want the directory at once.
        drop(take(&self.held));
    }
}

impl Playing for AtWork {
    fn stop(self: Box<Self>) -> BoxFuture<'static, ()> {
        // It has ended when nobody listens; when it panicked, its records come back.
        let _ = self.stop.send(true);
        Box::pin(async move {
            let _ = self.task.await;
        })
    }
}

fn take(rest: &Standing) -> Option<Held> {
    rest.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn put(rest: &Standing, held: Held) {
    *rest.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
}

/// Gives the directory up, as soon as a server waits for it, while nobody plays.
async fn hand_over_from(rest: Standing, directory: DataDir) {
    loop {
        asked_for(&directory).await;
        drop(take(&rest));
        pause(ASKED).await;
    }
}

/// Done when a server waits for the directory.
async fn asked_for(directory: &DataDir) {
    while !hand_over::is_asked_for(directory) {
        pause(ASKED).await;
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "another process waits, and tells nobody but by its lock"
)]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

/// What plays.
struct Player {
    directory: DataDir,
    forms: Arc<Forms>,
    rest: Standing,
}

impl Player {
    async fn play(self, mut stop: watch::Receiver<bool>) {
        let mut held = take(&self.rest);
        while !*stop.borrow() {
            let playing = match held.take() {
                Some(held) => held,
                None => match self.take_over(&mut stop).await {
                    Some(held) => held,
                    None => return,
                },
            };
            held = self.turn(playing, &stop).await;
        }
        if let Some(held) = held {
            put(&self.rest, held);
        }
    }

    /// Plays until it is stopped, or until a server waits: then the directory is the server's. Else it is given back.
    async fn turn(&self, held: Held, stop: &watch::Receiver<bool>) -> Option<Held> {
        let Held {
            store,
            _lock,
            _said,
        } = held;
        let store = Arc::new(store);
        // What its server said lies with the data: nothing that is on the queue is given up any sooner.
        let retry = store.policy().ok().flatten().unwrap_or_default();
        let guard = guards::those_known(&store, &self.forms);
        let (ledger, forms) = (Arc::clone(&store), Arc::clone(&self.forms));
        let worker = worker::Worker {
            ledger,
            clock: SystemClock,
            forms,
            guard,
            retry,
            parallel: crew::PARALLEL,
        };
        let (end, ending) = watch::channel(false);
        let mut loops = JoinSet::new();
        crew::start(&mut loops, &store, worker, &ending);
        let mut stopped = stop.clone();
        let is_asked_for = tokio::select! {
            () = asked_for(&self.directory) => true,
            // Nobody can stop it any more: that is the end, too.
            _ = stopped.wait_for(|stop| *stop) => false,
            // A fault of ours: the records come back, to whoever has the directory next.
            _ = loops.join_next() => true,
        };
        let _ = end.send(true);
        while loops.join_next().await.is_some() {}
        // Nobody else has the store now: the loops have ended.
        let held = Held {
            store: Arc::try_unwrap(store).ok()?,
            _lock,
            _said,
        };
        (!is_asked_for).then_some(held)
    }

    /// Waits until whoever has the directory is gone. `None`: it was stopped before.
    async fn take_over(&self, stop: &mut watch::Receiver<bool>) -> Option<Held> {
        let mut away = 0;
        while !*stop.borrow() {
            // A server that waits comes first.
            let lock = if hand_over::is_asked_for(&self.directory) {
                None
            } else {
                self.directory.lock().ok()
            };
            away = if lock.is_some() { away + 1 } else { 0 };
            if let Some(lock) = lock.filter(|_| away >= AWAY)
                && let Ok(store) = Store::open(&self.directory.database(), Arc::new(SystemClock))
            {
                return Some(Held::new(store, lock, &self.directory));
            }
            let _ = tokio::time::timeout(LOOK, stop.changed()).await;
        }
        None
    }
}
