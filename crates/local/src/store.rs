//! The store of one machine: its one writer, and connections to read with.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use counterfoil_core::ports::{Steady, Uptime};
use counterfoil_core::{Fault, Timestamp};
use rusqlite::Connection;
use tokio::sync::futures::Notified;

use crate::checkpoint::Checkpoints;
use crate::database::{OpenError, open_for_visiting, open_for_writing};
use crate::fault::Damage;
use crate::identity::Identity;
use crate::migrations::ShapeError;
use crate::reader::Reader;
use crate::writer::{Desk, Writer};

/// Queue, ledger and outbox of one machine, in one SQLite file.
pub struct Store {
    reader: Option<Reader>,
    writer: Option<Writer>,
    thread: Option<JoinHandle<()>>,
    clock: Arc<dyn Steady + Send>,
}

impl Store {
    /// Opens the store for reading and writing, bringing the file to this program's version. The caller
    /// holds the directory's lock.
    pub fn open(path: &Path, clock: Arc<dyn Steady + Send>) -> Result<Self, OpenError> {
        let failed = |source: ShapeError| OpenError::new(path, source);
        let mut connection = open_for_writing(path).map_err(failed)?;
        let checkpoints = Checkpoints::start(path, &mut connection).map_err(failed)?;
        Self::with(path, connection, Some(checkpoints), clock)
    }

    /// Opens the store of a directory beside its server, for a command: it reads, and writes in short transactions
    /// that the server notices. Of what the server does, it does nothing.
    pub fn visit(path: &Path, clock: Arc<dyn Steady + Send>) -> Result<Self, OpenError> {
        let failed = |source: ShapeError| OpenError::new(path, source);
        let connection = open_for_visiting(path).map_err(failed)?;
        Self::with(path, connection, None, clock)
    }

    fn with(
        path: &Path,
        connection: Connection,
        checkpoints: Option<Checkpoints>,
        clock: Arc<dyn Steady + Send>,
    ) -> Result<Self, OpenError> {
        let io = |error: std::io::Error| {
            OpenError::new(path, ShapeError::from(rusqlite::Error::ToSqlConversionFailure(Box::new(error))))
        };
        let identity = Identity::of(path).map_err(io)?;
        let damage = Damage::default();
        let reader = Reader::open(path)?.sharing(damage.clone());
        let (writer, thread) = Writer::start(Desk { connection, checkpoints, identity, damage }).map_err(io)?;
        Ok(Self { reader: Some(reader), writer: Some(writer), thread: Some(thread), clock })
    }

    #[allow(clippy::expect_used, reason = "taken only by `drop`")]
    pub(crate) fn writer(&self) -> &Writer {
        self.writer.as_ref().expect("the writer lives as long as the store")
    }

    /// The side that only reads.
    #[allow(clippy::expect_used, reason = "taken only by `drop`")]
    pub fn reader(&self) -> &Reader {
        self.reader.as_ref().expect("the reader lives as long as the store")
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Fault> {
        self.reader().read(work)
    }

    /// Done at the next commit of this process after it was made (enable it before you look).
    pub(crate) fn next_commit(&self) -> Notified<'_> {
        self.writer().committed().notified()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn uptime(&self) -> Uptime {
        self.clock.uptime()
    }
}

impl Drop for Store {
    /// Waits until everything that was sent to the writer is committed.
    fn drop(&mut self) {
        drop(self.reader.take());
        drop(self.writer.take());
        if let Some(thread) = self.thread.take() {
            // It can only have panicked outside a job; there is nothing left to save then.
            let _ = thread.join();
        }
    }
}
