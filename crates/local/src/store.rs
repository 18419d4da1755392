//! The store of one machine: its one writer, and connections to read with.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use counterfoil_core::ports::{Steady, Uptime};
use counterfoil_core::{Fault, Timestamp};
use rusqlite::Connection;
use tokio::sync::RwLock;
use tokio::sync::futures::Notified;

use crate::anchor::{Anchor, Mark};
use crate::checkpoint::{self, Checkpoints};
use crate::database::{OpenError, open_for_visiting, open_for_writing};
use crate::health::Health;
use crate::identity::Identity;
use crate::loss::{self, Losses};
use crate::lost::NOT_LOOKED;
use crate::message::index_anew;
use crate::migrations::ShapeError;
use crate::reader::Reader;
use crate::search::Feeding;
use crate::writer::{Writer, WriterState};

/// Queue, ledger and outbox of one machine, in one SQLite file.
pub struct Store {
    reader: Option<Reader>,
    writer: Option<Writer>,
    thread: Option<JoinHandle<()>>,
    clock: Arc<dyn Steady + Send>,
    /// Held by whoever has something of the queues in hand: alone by what is in hand alone.
    hands: RwLock<()>,
    feeding: Feeding,
    /// Another process may serve the directory.
    is_visiting: bool,
    /// What the last look found to be lost.
    seen_lost: AtomicU64,
}

impl Store {
    /// Opens the store for reading and writing, bringing the file to this program's version. The caller
    /// holds the directory's lock.
    ///
    /// A database that has lost what was acknowledged is refused, and left as it is.
    pub fn open(path: &Path, clock: Arc<dyn Steady + Send>) -> Result<Self, OpenError> {
        Self::open_unless(Losses::Refused, path, clock)
    }

    /// Opens the store in spite of what it has lost. That is written down, and a log that is broken is kept beside it.
    pub fn open_accepting_losses(
        path: &Path,
        clock: Arc<dyn Steady + Send>,
    ) -> Result<Self, OpenError> {
        Self::open_unless(Losses::Accepted, path, clock)
    }

    fn open_unless(
        losses: Losses,
        path: &Path,
        clock: Arc<dyn Steady + Send>,
    ) -> Result<Self, OpenError> {
        let failed = |source: ShapeError| OpenError::new(path, source);
        let mut connection = found(losses, path, clock.now()).map_err(failed)?;
        let identity = identity(path, &connection)?;
        let checkpoints = Checkpoints::start(path, &mut connection, &identity).map_err(failed)?;
        let health = Health::of_server(path);
        Self::with(
            path,
            WriterState::new(connection, Some(checkpoints), identity, health),
            clock,
        )
    }

    /// Opens the store of a directory beside its server, for a command: it reads, and writes in short transactions
    /// that the server notices. Of what the server does, it does nothing.
    pub fn visit(path: &Path, clock: Arc<dyn Steady + Send>) -> Result<Self, OpenError> {
        let failed = |source: ShapeError| OpenError::new(path, source);
        loss::refuse(path).map_err(failed)?;
        let connection = open_for_visiting(path).map_err(failed)?;
        let identity = identity(path, &connection)?;
        Self::with(
            path,
            WriterState::new(connection, None, identity, Health::of_command()),
            clock,
        )
    }

    fn with(
        path: &Path,
        mut desk: WriterState,
        clock: Arc<dyn Steady + Send>,
    ) -> Result<Self, OpenError> {
        let reader = Reader::open_as_it_is(path)?.sharing(desk.health.clone());
        desk.anchor = Anchor::open(path).ok();
        let is_visiting = desk.checkpoints.is_none();
        let (writer, thread) = Writer::start(desk).map_err(|error| OpenError::new(path, error))?;
        Ok(Self {
            reader: Some(reader),
            writer: Some(writer),
            thread: Some(thread),
            clock,
            hands: RwLock::default(),
            feeding: Feeding::default(),
            is_visiting,
            seen_lost: AtomicU64::new(NOT_LOOKED),
        })
    }

    #[allow(clippy::expect_used, reason = "taken only by `drop`")]
    pub(crate) fn writer(&self) -> &Writer {
        self.writer
            .as_ref()
            .expect("the writer lives as long as the store")
    }

    /// The side that only reads.
    #[allow(clippy::expect_used, reason = "taken only by `drop`")]
    pub fn reader(&self) -> &Reader {
        self.reader
            .as_ref()
            .expect("the reader lives as long as the store")
    }

    /// Would a submission be accepted now, as far as is known? The fault's code says why not.
    pub fn readiness(&self) -> Result<(), Fault> {
        self.writer().is_ready()
    }

    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        self.reader().read(work)
    }

    /// Done at the next commit of this process after it was made (enable it before you look).
    pub(crate) fn next_commit(&self) -> Notified<'_> {
        self.writer().committed().notified()
    }

    pub(crate) fn hands(&self) -> &RwLock<()> {
        &self.hands
    }

    pub(crate) fn feeding(&self) -> &Feeding {
        &self.feeding
    }

    pub(crate) fn seen_lost(&self) -> &AtomicU64 {
        &self.seen_lost
    }

    pub(crate) fn is_visiting(&self) -> bool {
        self.is_visiting
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn uptime(&self) -> Uptime {
        self.clock.uptime()
    }
}

fn identity(path: &Path, connection: &Connection) -> Result<Arc<Identity>, OpenError> {
    Identity::read(path, connection)
        .map(Arc::new)
        .map_err(|error| OpenError::new(path, error))
}

/// The writer's connection, and what was found before: nothing, or a loss that is accepted.
fn found(losses: Losses, path: &Path, now: Timestamp) -> Result<Connection, ShapeError> {
    let found = loss::look(path)?;
    if !found.lost.is_empty() {
        if losses == Losses::Refused {
            return Err(ShapeError::Lost(found.lost.join("; ")));
        }
        loss::set_aside(path)?;
    }
    let connection = open_for_writing(path)?;
    index_anew(&connection)?;
    loss::record(&connection, &found.lost, now)?;
    if found.torn || !found.lost.is_empty() {
        loss::start_anew(&connection)?;
    } else {
        // What was made or migrated goes into the main file: else a log that is lost would leave a database of which
        // nothing can be told.
        checkpoint::copy(&connection);
    }
    if let Ok(anchor) = Anchor::open(path) {
        anchor.write(&Mark::read(&connection)?);
    }
    Ok(connection)
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
