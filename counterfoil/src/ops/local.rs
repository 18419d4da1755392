//! The home of one machine, for a command: beside its server, or alone, and then the command plays the worker while it
//! needs one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Forms;
use counterfoil_local::data_dir::{DataDirError, ServerLock};
use counterfoil_local::{DataDir, Store};
use counterfoil_machine::SystemClock;
use counterfoil_operations::drive::Pace;
use counterfoil_operations::history::Actor;
use counterfoil_operations::place::{OpenError, Ops, Place, Work};

use super::stand_in::{Held, Worker};
use super::{timer, unopened};
use crate::cli::dead_letters::At;
use crate::exit::configuration;
use crate::forms::directory;

/// Replays wait for the server's next look at the queue (100 ms). A window is a few times their place in one of its batches
/// (`local/queue/batch.rs`): there is always a batch to be sent, and hardly more to be written at once, for which what is
/// posted meanwhile would wait too.
const PACE: Pace = Pace {
    window: 64,
    look: Duration::from_millis(5),
    longest: Duration::from_millis(50),
    breath: Duration::from_millis(5),
    patience: Duration::from_secs(15 * 60),
};

/// Tries to take the directory, before it is somebody else's.
const TRIES: u32 = 3;

/// A data directory, and who works on it.
pub(crate) struct Local {
    path: PathBuf,
    directory: DataDir,
    forms: Arc<Forms>,
    who: Actor,
}

impl Local {
    /// The directory that the arguments name. Forms are read only where they are needed: a form that is broken must
    /// not keep anybody from looking.
    pub(crate) fn find(at: &At, who: Actor, needs_forms: bool) -> anyhow::Result<Self> {
        let data = DataDir::existing(&at.data).map_err(configuration)?;
        let forms = if needs_forms {
            crate::forms::checked(&directory::existing(at.forms.as_deref(), data.path())?)?
        } else {
            Forms::default()
        };
        Ok(Self {
            path: at.data.clone(),
            directory: data,
            forms: Arc::new(forms),
            who,
        })
    }

    fn ops(&self, store: Arc<Store>) -> Ops {
        ops(store, Arc::clone(&self.forms), self.who.clone())
    }

    /// Does somebody serve the directory?
    pub(crate) fn is_served(&self) -> bool {
        matches!(self.directory.lock(), Err(DataDirError::InUse { .. }))
    }

    /// Tries more than once: somebody may only have looked whether it is free.
    #[allow(
        clippy::disallowed_methods,
        reason = "another process frees the lock, and tells nobody"
    )]
    fn lock(&self) -> Result<ServerLock, DataDirError> {
        for _ in 0..TRIES {
            match self.directory.lock() {
                Err(DataDirError::InUse { .. }) => std::thread::sleep(Duration::from_millis(5)),
                other => return other,
            }
        }
        self.directory.lock()
    }

    fn visit(&self) -> anyhow::Result<Arc<Store>> {
        let visit = Store::visit(&self.directory.database(), Arc::new(SystemClock));
        Ok(Arc::new(visit.map_err(configuration)?))
    }

    /// Holds the directory for a moment only where its file is of an older program, and nobody serves it.
    pub(crate) fn seen(&self) -> anyhow::Result<Arc<Store>> {
        let visited = self.visit();
        let (Err(_), Ok(_lock)) = (&visited, self.directory.lock()) else {
            return visited;
        };
        drop(
            Store::open(&self.directory.database(), Arc::new(SystemClock))
                .map_err(configuration)?,
        );
        self.visit()
    }

    /// Holds the directory as long as the work lasts, where nobody else does, and hands it over to a server that starts
    /// meanwhile. The work itself is a visitor's, so it goes on all the same.
    fn worked_on(&self) -> anyhow::Result<Work> {
        let held = match self.lock() {
            Ok(lock) => {
                let store = Store::open(&self.directory.database(), Arc::new(SystemClock))
                    .map_err(configuration)?;
                Some(Held::new(store, lock, &self.directory))
            }
            Err(DataDirError::InUse { .. }) => None,
            Err(error) => return Err(configuration(error)),
        };
        let worker = Worker::new(self.directory.clone(), Arc::clone(&self.forms), held);
        Ok(Work {
            ops: self.ops(self.visit()?),
            stand_in: Some(Box::new(worker)),
        })
    }
}

/// A store, and who works on it.
pub(crate) fn ops(store: Arc<Store>, forms: Arc<Forms>, who: Actor) -> Ops {
    Ops {
        home: store.into(),
        forms,
        who,
        pace: PACE,
        clock: Arc::new(SystemClock),
        timer: timer(),
    }
}

impl Place for Local {
    fn look(&self) -> Result<Ops, OpenError> {
        self.seen().map(|store| self.ops(store)).map_err(unopened)
    }

    fn work(&self) -> Result<Work, OpenError> {
        self.worked_on().map_err(unopened)
    }

    fn arguments(&self) -> String {
        let given = self.path != std::path::Path::new(crate::cli::DATA);
        if given {
            format!(" --data {}", self.path.display())
        } else {
            String::new()
        }
    }
}
