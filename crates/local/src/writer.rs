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
//! database whose files are no longer at their paths, because what is written to them is found by nobody; so does a panic
//! on this thread outside a job, because nothing would ever be accepted again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use counterfoil_core::{Code, Fault};
use rusqlite::Connection;
use tokio::sync::{Notify, oneshot};

use crate::anchor::{Anchor, Mark};
use crate::checkpoint::Checkpoints;
use crate::fault::{EndsByPanic, die, is_failed_sync};
use crate::health::Health;
use crate::identity::Identity;

/// Jobs in one transaction at most: bounds how long the first of them waits for the last.
const GROUP: usize = 512;
/// A command's jobs in one transaction at most: what is posted meanwhile waits for all of it.
const GROUP_OF_COMMAND: usize = 16;
/// Between two transactions of a command. The lock goes to whoever asks for it next, and the server asks twice in this
/// time: without it, a command that has much to write keeps the server waiting for many of them in a row.
const LET_IN: Duration = Duration::from_millis(1);
/// Between two looks at the files when there is nothing to commit.
const LOOK: Duration = Duration::from_secs(1);

/// Sends jobs to the writer's thread.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: Sender<Box<dyn Job>>,
    committed: Arc<Notify>,
    health: Health,
}

/// What the writer's thread works with.
pub(crate) struct WriterState {
    pub(crate) connection: Connection,
    /// `None`: another process's affair.
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) health: Health,
    /// `None`: it cannot be opened, and is behind.
    pub(crate) anchor: Option<Anchor>,
    /// The last recovery after which nothing from before it was kept in memory.
    recovered: u64,
}

/// One job, its type forgotten.
trait Job: Send {
    fn run(&mut self, connection: &Connection) -> bool;
    fn answer(self: Box<Self>, committed: Result<(), Fault>);
}

struct Task<W, T> {
    health: Health,
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
        self.result = self
            .work
            .take()
            .and_then(|work| catch_unwind(AssertUnwindSafe(|| work(connection))).ok());
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), Fault>) {
        let answer = match (self.result, committed) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Err(error)), _) => Err(self.health.note(&error)),
            (Some(Ok(_)) | None, Err(fault)) => Err(fault),
            (None, Ok(())) => Err(Fault::transient(Code::Panic, "a write panicked")),
        };
        // Nobody waits any more when the caller was cancelled: the write stands all the same.
        let _ = self.reply.send(answer);
    }
}

impl Writer {
    /// Starts the thread. It ends, after a last checkpoint, when every `Writer` is dropped.
    pub(crate) fn start(desk: WriterState) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, waiting) = channel();
        let health = desk.health.clone();
        let committed = Arc::new(Notify::new());
        let notify = Arc::clone(&committed);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || run(desk, &waiting, &notify))?;
        Ok((
            Self {
                jobs,
                committed,
                health,
            },
            thread,
        ))
    }

    /// Runs `work` in the next group. `Ok` only after its commit was synced.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let gone = || Fault::transient(Code::WriterGone, "the writer has stopped");
        let task = Task {
            health: self.health.clone(),
            work: Some(work),
            result: None,
            reply,
        };
        self.jobs.send(Box::new(task)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Would a write be accepted now, as far as is known?
    pub(crate) fn is_ready(&self) -> Result<(), Fault> {
        self.health.is_ready()
    }

    /// Told after every commit of this process.
    pub(crate) fn committed(&self) -> &Notify {
        &self.committed
    }
}

fn run(mut desk: WriterState, waiting: &Receiver<Box<dyn Job>>, committed: &Notify) {
    let _end = EndsByPanic("the writer's thread");
    let is_command = desk.checkpoints.is_none();
    let most = if is_command { GROUP_OF_COMMAND } else { GROUP };
    let mut group = Vec::with_capacity(most);
    loop {
        match waiting.recv_timeout(LOOK) {
            Ok(first) => {
                group.push(first);
                group.extend(waiting.try_iter().take(most - 1));
                desk.serve(&mut group, committed);
                if is_command {
                    let_in();
                }
            }
            Err(RecvTimeoutError::Timeout) => desk.look(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if desk.checkpoints.is_some() {
        desk.identity.must_hold(&desk.connection);
        // Leaves one file behind where possible; the log is as good, so a failure here loses nothing.
        let _ = desk
            .connection
            .pragma_update(None, "wal_checkpoint", "truncate");
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "another process waits for the lock, and cannot be asked"
)]
fn let_in() {
    std::thread::sleep(LET_IN);
}

impl WriterState {
    pub(crate) fn new(
        connection: Connection,
        checkpoints: Option<Checkpoints>,
        identity: Arc<Identity>,
        health: Health,
    ) -> Self {
        Self {
            connection,
            checkpoints,
            identity,
            health,
            anchor: None,
            recovered: 0,
        }
    }

    /// When there is nothing to commit. Where the last commit failed, tries one that changes nothing: whoever asks whether
    /// posts are accepted may send none until they are.
    fn look(&mut self) {
        self.identity.must_hold(&self.connection);
        if self.checkpoints.is_some() && self.health.is_failing() {
            // What it came to is remembered; the next look tries again.
            let _ = commit(self, write_nothing);
        }
    }

    /// Pages that were read while the disk failed are forgotten.
    fn forget(&mut self) {
        let recoveries = self.health.recoveries();
        if std::mem::replace(&mut self.recovered, recoveries) != recoveries {
            // What it cannot free is in use, and there is nothing in use now.
            let _ = self.connection.execute_batch("PRAGMA shrink_memory");
        }
    }

    /// Commits a group and answers it. The files are looked at before, so that nothing is written over what others wrote,
    /// and after, so that nothing is promised that nobody finds.
    fn serve(&mut self, group: &mut Vec<Box<dyn Job>>, committed: &Notify) {
        self.identity.must_hold(&self.connection);
        self.forget();
        let result = commit(self, |connection| transact(connection, group));
        self.identity.must_hold(&self.connection);
        if let (Some(anchor), Ok(Some(mark))) = (&self.anchor, &result) {
            anchor.write(mark);
        }
        committed.notify_waiters();
        let result = result.map(|_| ());
        for job in group.drain(..) {
            job.answer(result.clone());
        }
        // After the answers: nobody waits for it but the next group.
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.after_commit(&self.connection, &self.identity);
        }
    }
}

fn commit<T>(
    desk: &WriterState,
    transact: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, Fault> {
    desk.health.check()?;
    let result = transact(&desk.connection);
    if let Err(error) = &result {
        if is_failed_sync(error) {
            die("a sync to disk failed: nobody knows what the disk holds now");
        }
        // SQLite has rolled back by itself after some errors: then this one says "no transaction".
        let _ = desk.connection.execute_batch("ROLLBACK");
    }
    match result {
        Ok(done) => {
            desk.health.works();
            Ok(done)
        }
        Err(error) => {
            let fault = desk.health.note(&error);
            desk.health.fails(&fault);
            Err(fault)
        }
    }
}

/// Writes a page as it is.
fn write_nothing(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "user_version", version)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

/// Where the database is with what the group does; `None`: it does nothing.
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

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
