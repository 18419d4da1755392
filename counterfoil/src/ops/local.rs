//! The home of one machine, for a command: beside its server, or alone, and then the command plays the worker while it
//! needs one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::operations::drive::Pace;
use counterfoil_local::data_dir::{DataDirError, ServerLock};
use counterfoil_local::{DataDir, Store};
use counterfoil_machine::SystemClock;

use crate::exit::configuration;

/// Replays wait for the server's next look at the queue (100 ms). A window is less than one of its batches, so what is
/// posted meanwhile waits for one batch more at most.
pub(crate) const PACE: Pace = Pace {
    window: 200,
    look: Duration::from_millis(5),
    longest: Duration::from_millis(50),
    patience: Duration::from_secs(15 * 60),
};

/// A directory that a command works on.
pub(crate) struct Opened {
    /// The directory.
    pub(crate) directory: DataDir,
    /// Its data.
    pub(crate) store: Arc<Store>,
    /// Held while no server has the directory: then nobody settles, unless this command does.
    pub(crate) alone: Option<ServerLock>,
}

/// Opens the data of a directory, whether a server has it or not.
pub(crate) fn open(path: &Path) -> anyhow::Result<Opened> {
    let directory = DataDir::existing(path).map_err(configuration)?;
    let clock = Arc::new(SystemClock);
    let (store, alone) = match directory.lock() {
        Ok(lock) => (Store::open(&directory.database(), clock), Some(lock)),
        Err(DataDirError::InUse { .. }) => (Store::visit(&directory.database(), clock), None),
        Err(error) => return Err(configuration(error)),
    };
    Ok(Opened { directory, store: Arc::new(store.map_err(configuration)?), alone })
}
