//! A directory with a store in it, and a clock that stands still.

use std::path::PathBuf;
use std::sync::Arc;

use counterfoil_core::Timestamp;
use counterfoil_core::ports::Clock;
use counterfoil_local::Store;
use counterfoil_testkit::ManualClock;
use tempfile::TempDir;

pub(crate) struct Place {
    directory: TempDir,
    clock: Arc<ManualClock>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::new()),
        }
    }

    /// What another life has left.
    pub(crate) fn holding(directory: TempDir) -> Self {
        Self {
            directory,
            ..Self::new()
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join("counterfoil.db")
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().into()
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.database(), self.clock.clone()).unwrap()
    }

    pub(crate) fn clock(&self) -> Arc<ManualClock> {
        Arc::clone(&self.clock)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
