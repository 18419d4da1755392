//! The thread that writes, and what waits for it. Nobody who hands something over ever waits for the other side of
//! the pipe; whoever wants to know is told when it is out.
//!
//! ```text
//! a line ────────┐   bounded by its bytes:          the thread
//!                ├─► what is too much is dropped ──► write(2) ── may hang as long as it likes
//! some notices ──┘   bounded by their number:         │
//!       ▲            what is too much is refused      │
//!       └────────────────── out, or failed ───────────┘
//! ```

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tracing_subscriber::fmt::MakeWriter;

/// Bytes of lines that may wait: what is logged in a few seconds of trouble, and little beside 128 MB.
const LINES: usize = 4 * 1024 * 1024;
/// Batches of notices that may wait. One publisher waits for one; another may be of a call that was given up.
const BATCHES: usize = 2;

/// The way to the thread.
#[derive(Clone)]
pub(super) struct Outlet(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    /// Told when something waits.
    more: Condvar,
    /// Told when nothing does.
    none: Condvar,
}

#[derive(Default)]
struct Waiting {
    pieces: VecDeque<Piece>,
    /// Of its lines.
    bytes: usize,
    /// Of its notices.
    batches: usize,
    /// Is a piece being written?
    writes: bool,
}

enum Piece {
    Line(Vec<u8>),
    Notices(Vec<u8>, oneshot::Sender<io::Result<()>>),
}

impl Outlet {
    /// Starts a thread that writes to standard error.
    pub(super) fn to_standard_error() -> io::Result<Self> {
        // A descriptor of its own: nobody else waits for a lock that the thread holds while it hangs.
        let out = io::stderr().as_fd().try_clone_to_owned()?;
        Self::to(File::from(out))
    }

    fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            more: Condvar::new(),
            none: Condvar::new(),
        });
        let outlet = Self(Arc::clone(&shared));
        std::thread::Builder::new()
            .name("log".into())
            .spawn(move || shared.run(out))?;
        Ok(outlet)
    }

    /// Hands over a line, or drops it when too much waits already.
    fn line(&self, line: &[u8]) {
        let mut waiting = self.0.waiting();
        if waiting.bytes + line.len() <= LINES {
            waiting.bytes += line.len();
            waiting.pieces.push_back(Piece::Line(line.to_vec()));
            self.0.more.notify_one();
        }
    }

    /// Done when all of it is out. Given up before that, it may be out or not.
    pub(super) async fn written(&self, notices: Vec<u8>) -> io::Result<()> {
        self.notices(notices)?
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the log's thread has ended")))
    }

    /// Hands over notices, and gives what says when they are out.
    fn notices(&self, notices: Vec<u8>) -> io::Result<oneshot::Receiver<io::Result<()>>> {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.0.waiting();
        if waiting.batches >= BATCHES {
            return Err(io::Error::other("earlier notices are not out yet"));
        }
        waiting.batches += 1;
        waiting.pieces.push_back(Piece::Notices(notices, tell));
        self.0.more.notify_one();
        Ok(told)
    }

    /// Waits until nothing is left to write, but not longer than this.
    pub(super) fn wait_until_written(&self, patience: Duration) {
        let waits = |waiting: &mut Waiting| waiting.writes || !waiting.pieces.is_empty();
        // Written or not, the process ends now.
        drop(
            self.0
                .none
                .wait_timeout_while(self.0.waiting(), patience, waits),
        );
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Every change is made whole before the lock is let go of.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut out: impl Write) {
        loop {
            match self.next() {
                // A line that cannot be written is lost, as one that nobody reads.
                Piece::Line(line) => drop(out.write_all(&line)),
                // Nobody waits for these any more: they are published again, so once is enough.
                Piece::Notices(_, tell) if tell.is_closed() => {}
                Piece::Notices(notices, tell) => drop(tell.send(out.write_all(&notices))),
            }
        }
    }

    /// Waits for the next piece to write.
    fn next(&self) -> Piece {
        let mut waiting = self.waiting();
        waiting.writes = false;
        loop {
            if let Some(piece) = waiting.pieces.pop_front() {
                match &piece {
                    Piece::Line(line) => waiting.bytes -= line.len(),
                    Piece::Notices(..) => waiting.batches -= 1,
                }
                waiting.writes = true;
                return piece;
            }
            self.none.notify_all();
            waiting = self
                .more
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// `tracing` gives a whole line with each call.
impl Write for Outlet {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.line(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Outlet {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
#[path = "outlet_tests.rs"]
mod tests;
