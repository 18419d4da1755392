//! Brings the write-ahead log back into the main file, so that neither grows for ever.
//!
//! A second thread copies most of it while the writer goes on; when the log has grown long, the writer copies
//! the little that is left itself, after which SQLite starts the log anew. Without the second thread every
//! checkpoint would hold up a whole group. SQLite's own automatic checkpoint is switched off: it ignores a failed
//! sync of the main file, and that must end the process like any other.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use crate::database::open_for_checkpoints;
use crate::fault::{EndsByPanic, die, is_failed_sync};
use crate::identity::Identity;
use crate::migrations::ShapeError;

/// The second thread copies each time the log has grown by so many pages (4 KiB each).
const BACKGROUND: i32 = 2048;
/// The writer copies what is left each time it has grown by so many. It grows on only while a reader holds it.
const FOREGROUND: i32 = 8192;

/// The writer's side.
pub(crate) struct Checkpoints {
    pages: Arc<AtomicI32>,
    /// The log's length when the writer last copied, and when the second thread was last asked to.
    copied_at: i32,
    asked_at: i32,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Takes over the checkpoints of `connection` (the writer's), and starts the second thread.
    pub(crate) fn start(
        path: &Path,
        connection: &mut Connection,
        identity: &Arc<Identity>,
    ) -> Result<Self, ShapeError> {
        let pages = Arc::new(AtomicI32::new(0));
        let seen = Arc::clone(&pages);
        // Replaces the automatic checkpoint, which is a hook of the same kind.
        connection.wal_hook(Some(move |_: &mut _, pages| {
            seen.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        let own = open_for_checkpoints(path)?;
        let identity = Arc::clone(identity);
        let (wake, asked) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("checkpoints".into())
            .spawn(move || copy_when_asked(&own, &identity, &asked))?;
        Ok(Self {
            pages,
            copied_at: 0,
            asked_at: 0,
            wake: Some(wake),
            thread: Some(thread),
        })
    }

    /// Called by the writer when nothing is under way.
    pub(crate) fn after_commit(&mut self, connection: &Connection, identity: &Identity) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.asked_at {
            // The log has started anew.
            (self.copied_at, self.asked_at) = (0, 0);
        }
        if pages >= self.copied_at + FOREGROUND {
            copy(connection);
            identity.remember_length();
            (self.copied_at, self.asked_at) = (pages, pages);
        } else if pages >= self.asked_at + BACKGROUND {
            self.asked_at = pages;
            // Still busy with the last time, if it is full.
            let _ = self.wake.as_ref().map(|wake| wake.try_send(()));
        }
    }
}

impl Drop for Checkpoints {
    /// Waits for the second thread: whoever closes a connection last may still write, and that must be before the
    /// directory is free for others.
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            // Where it has panicked, the process is ending.
            let _ = thread.join();
        }
    }
}

fn copy_when_asked(connection: &Connection, identity: &Identity, asked: &Receiver<()>) {
    let _end = EndsByPanic("the thread of checkpoints");
    while asked.recv().is_ok() {
        // Nothing is copied from a log that was cut or is another's: the writer finds it, too, and ends the process.
        if identity.check(connection).is_ok() {
            copy(connection);
            identity.remember_length();
        }
    }
}

/// Copies what no reader holds. What cannot be copied now stays in the log, and nothing is lost.
pub(crate) fn copy(connection: &Connection) {
    match connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        Ok(()) => {}
        Err(error) if is_failed_sync(&error) => {
            die("a sync to disk failed: nobody knows what the disk holds now")
        }
        Err(error) => {
            tracing::warn!(%error, "failed to bring the log into the database; it stays in the log")
        }
    }
}
