//! The one writer: a thread that commits all waiting jobs in one transaction with one sync (group commit).
//!
//! ```text
//! job ─┐               ┌ SAVEPOINT job RELEASE ┐
//! job ─┼─► channel ─► BEGIN … for each job …  COMMIT (synced) ─► every job's answer
//! job ─┘               └ its own failure: ROLLBACK TO, the others go on
//! ```
//!
//! The group is what waits when the writer is free, never a timer: at one job at a time it is one job, and
//! under load it grows by itself. A job is answered only after the commit, and a failed commit fails its
//! whole group. A failed sync ends the process, because nobody knows what is on the disk then; so does a
//! database file that is no longer at its path, because what is written to it is found by nobody.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use counterfoil_core::Fault;
use rusqlite::Connection;
use tokio::sync::{Notify, oneshot};

use crate::anchor::{Anchor, Mark};
use crate::checkpoint::Checkpoints;
use crate::fault::{Damage, die, is_failed_sync};
use crate::identity::Identity;

/// Jobs in one transaction at most: bounds how long the first of them waits for the last.
const GROUP: usize = 512;

/// Sends jobs to the writer's thread.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: Sender<Box<dyn Job>>,
    committed: Arc<Notify>,
    damage: Damage,
}

/// What the writer's thread works with.
pub(crate) struct Desk {
    pub(crate) connection: Connection,
    /// `None`: another process's affair.
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) identity: Identity,
    /// `None`: it cannot be opened, and is behind.
    pub(crate) anchor: Option<Anchor>,
    pub(crate) damage: Damage,
}

/// One job, its type forgotten.
trait Job: Send {
    fn run(&mut self, connection: &Connection) -> bool;
    fn answer(self: Box<Self>, committed: Result<(), Fault>);
}

struct Task<W, T> {
    damage: Damage,
    work: Option<W>,
    result: Option<rusqlite::Result<T>>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<W, T> Job for Task<W, T>
where
    W: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        // A panic in one job must not take the group with it: it has no result, which is a failure.
        self.result = self.work.take().and_then(|work| catch_unwind(AssertUnwindSafe(|| work(connection))).ok());
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), Fault>) {
        let answer = match (self.result, committed) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Err(error)), _) => Err(self.damage.note(&error)),
            (Some(Ok(_)) | None, Err(fault)) => Err(fault),
            (None, Ok(())) => Err(Fault::transient("panic", "a write panicked")),
        };
        // Nobody waits any more when the caller was cancelled: the write stands all the same.
        let _ = self.reply.send(answer);
    }
}

impl Writer {
    /// Starts the thread. It ends, after a last checkpoint, when every `Writer` is dropped.
    pub(crate) fn start(desk: Desk) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, waiting) = channel();
        let damage = desk.damage.clone();
        let committed = Arc::new(Notify::new());
        let notify = Arc::clone(&committed);
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || run(desk, &waiting, &notify))?;
        Ok((Self { jobs, committed, damage }, thread))
    }

    /// Runs `work` in the next group. `Ok` only after its commit was synced.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let gone = || Fault::transient("writer-gone", "the writer has stopped");
        let task = Task { damage: self.damage.clone(), work: Some(work), result: None, reply };
        self.jobs.send(Box::new(task)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Told after every commit of this process.
    pub(crate) fn committed(&self) -> &Notify {
        &self.committed
    }
}

fn run(mut desk: Desk, waiting: &Receiver<Box<dyn Job>>, committed: &Notify) {
    let mut group = Vec::with_capacity(GROUP);
    while let Ok(first) = waiting.recv() {
        group.push(first);
        group.extend(waiting.try_iter().take(GROUP - 1));
        let result = commit(&desk, &mut group);
        if !desk.identity.is_in_place() {
            die("the database file was removed or replaced while the server ran: what it writes is found by nobody");
        }
        if let (Some(anchor), Ok(Some(mark))) = (&desk.anchor, &result) {
            anchor.write(mark);
        }
        committed.notify_waiters();
        let result = result.map(|_| ());
        for job in group.drain(..) {
            job.answer(result.clone());
        }
        // After the answers: nobody waits for it but the next group.
        if let Some(checkpoints) = &mut desk.checkpoints {
            checkpoints.after_commit(&desk.connection);
        }
    }
    if desk.checkpoints.is_some() {
        // Leaves one file behind where possible; the log is as good, so a failure here loses nothing.
        let _ = desk.connection.pragma_update(None, "wal_checkpoint", "truncate");
    }
}

/// Where the database is with it; `None`: there was nothing to commit.
fn commit(desk: &Desk, group: &mut [Box<dyn Job>]) -> Result<Option<Mark>, Fault> {
    desk.damage.check()?;
    let result = transact(&desk.connection, group);
    if let Err(error) = &result {
        if is_failed_sync(error) {
            die("a sync to disk failed: nobody knows what the disk holds now");
        }
        // SQLite has rolled back by itself after some errors: then this one says "no transaction".
        let _ = desk.connection.execute_batch("ROLLBACK");
    }
    result.map_err(|error| desk.damage.note(&error))
}

fn transact(connection: &Connection, group: &mut [Box<dyn Job>]) -> rusqlite::Result<Option<Mark>> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let before = connection.total_changes();
    for job in group {
        connection.prepare_cached("SAVEPOINT job")?.execute([])?;
        if !job.run(connection) {
            connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
        }
        connection.prepare_cached("RELEASE job")?.execute([])?;
    }
    let changed = connection.total_changes() > before;
    let mark = changed.then(|| Mark::advance(connection)).transpose()?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(mark)
}
