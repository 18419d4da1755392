//! The store of one machine: its writer, and connections to read with.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use counterfoil_core::ports::Clock;
use counterfoil_core::{Fault, Timestamp};
use rusqlite::Connection;
use tokio::sync::futures::Notified;

use crate::database::{open_for_reading, open_for_writing};
use crate::fault::fault;
use crate::migrations::ShapeError;
use crate::writer::Writer;

/// Queue, ledger and outbox of one machine, in one SQLite file.
pub struct Store {
    path: PathBuf,
    clock: Arc<dyn Clock + Send + Sync>,
    writer: Option<Writer>,
    thread: Option<JoinHandle<()>>,
    /// Idle connections. A reader takes one and gives it back, so there are as many as read at once.
    readers: Mutex<Vec<Connection>>,
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the database {path}: {source}")]
pub struct OpenError {
    path: String,
    source: ShapeError,
}

impl Store {
    /// Opens the store for reading and writing, bringing the file to this program's version. The caller
    /// holds the directory's lock.
    pub fn open(path: &Path, clock: Arc<dyn Clock + Send + Sync>) -> Result<Self, OpenError> {
        let failed = |source| OpenError { path: path.display().to_string(), source };
        let connection = open_for_writing(path).map_err(failed)?;
        let (writer, thread) = Writer::start(connection).map_err(|error| {
            let error = rusqlite::Error::ToSqlConversionFailure(Box::new(error));
            failed(ShapeError::Sqlite(error))
        })?;
        Ok(Self { path: path.into(), clock, writer: Some(writer), thread: Some(thread), readers: Mutex::default() })
    }

    #[allow(clippy::expect_used, reason = "taken only by `drop`")]
    pub(crate) fn writer(&self) -> &Writer {
        self.writer.as_ref().expect("the writer lives as long as the store")
    }

    /// Runs a short read: a point look-up, or a page.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Fault> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                open_for_reading(&self.path).map_err(|error| Fault::transient("database-error", error.to_string()))?
            }
        };
        let result = work(&connection).map_err(|error| fault(&error));
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }

    /// Done at the next commit of this process after it was made (enable it before you look).
    pub(crate) fn next_commit(&self) -> Notified<'_> {
        self.writer().committed().notified()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Drop for Store {
    /// Waits until everything that was sent to the writer is committed.
    fn drop(&mut self) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        drop(self.writer.take());
        if let Some(thread) = self.thread.take() {
            // It can only have panicked outside a job; there is nothing left to save then.
            let _ = thread.join();
        }
    }
}
