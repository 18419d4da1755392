//! Can the store take writes? What it was found to lack is remembered until it has been seen to work again: nothing is
//! accepted into a database that is damaged, and nobody waits for a restart when it is not.
//!
//! ```text
//!           an error that tells of damage             found so, again and again
//!  sound ───────────────────────────────► in doubt ───────────────────────────► damaged
//!    ▲  ▲                                    │                                     │
//!    │  └────── read through, and whole ─────┘                                     │
//!    └────────────────── read through, and whole ◄─────────────────────────────────┘
//! ```
//!
//! A disk that fails to read for a moment looks like damage: the verdict is a second look's, by a connection and a thread
//! of their own. An error of the disk is never a verdict.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use counterfoil_core::{Code, Fault};
use rusqlite::ErrorCode;

use crate::database::open_for_reading;
use crate::fault::{EndsByPanic, fault};
use crate::migrations::ShapeError;

/// Looks that find damage before it is believed, and the time between two: longer than a disk is away that comes back.
const LOOKS: u32 = 4;
const PAUSE: Duration = Duration::from_secs(2);
/// Between two looks at what is damaged: somebody may mend the disk.
const PAUSE_DAMAGED: Duration = Duration::from_secs(30);
/// A look ends after this long. It reads some 100 MB a second.
const LONGEST: Duration = Duration::from_secs(300);
/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 100_000;

/// What is known of the store's health; shared by all who use it.
#[derive(Clone, Debug)]
pub(crate) struct Health(Arc<State>);

#[derive(Debug)]
struct State {
    /// `None`: nobody looks again, as a command is over soon.
    path: Option<PathBuf>,
    standing: Mutex<Standing>,
    /// Why the last write failed, until one succeeds.
    failing: Mutex<Option<Fault>>,
    recoveries: AtomicU64,
    /// Did a look end before it had seen everything?
    unfinished: AtomicBool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Sound,
    Doubted,
    Damaged,
}

/// What a look saw.
enum Seen {
    Whole,
    Unfinished,
    Damage(String),
}

impl Health {
    /// For a server: what is doubted is looked at again.
    pub(crate) fn of_server(path: &Path) -> Self {
        Self::new(Some(path.into()))
    }

    /// For a command: one error is enough.
    pub(crate) fn of_command() -> Self {
        Self::new(None)
    }

    fn new(path: Option<PathBuf>) -> Self {
        Self(Arc::new(State {
            path,
            standing: Mutex::new(Standing::Sound),
            failing: Mutex::default(),
            recoveries: AtomicU64::new(0),
            unfinished: AtomicBool::new(false),
        }))
    }

    /// The fault of `error`; remembers what it tells of the store.
    pub(crate) fn note(&self, error: &rusqlite::Error) -> Fault {
        let fault = fault(error);
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => self.doubt(error),
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly) => {
                self.fails(&fault)
            }
            _ => {}
        }
        fault
    }

    /// A commit failed.
    pub(crate) fn fails(&self, fault: &Fault) {
        *lock(&self.0.failing) = Some(fault.clone());
    }

    /// A commit succeeded.
    pub(crate) fn works(&self) {
        *lock(&self.0.failing) = None;
    }

    /// Did the last write fail?
    pub(crate) fn is_failing(&self) -> bool {
        lock(&self.0.failing).is_some()
    }

    /// Refuses what would be written into a database that is damaged or in doubt.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match *lock(&self.0.standing) {
            Standing::Sound => Ok(()),
            Standing::Doubted => Err(Fault::transient(
                Code::DatabaseDoubted,
                "an error told of damage: nothing is accepted until the database has been read through",
            )),
            Standing::Damaged => Err(Fault::transient(
                Code::DatabaseCorrupt,
                "the database is damaged",
            )),
        }
    }

    /// Would a write be accepted now, as far as is known?
    pub(crate) fn is_ready(&self) -> Result<(), Fault> {
        self.check()?;
        lock(&self.0.failing).clone().map_or(Ok(()), Err)
    }

    /// How often the database was found whole after a doubt. What a connection keeps in memory from before may be wrong.
    pub(crate) fn recoveries(&self) -> u64 {
        self.0.recoveries.load(Ordering::Acquire)
    }

    fn doubt(&self, error: &rusqlite::Error) {
        let mut standing = lock(&self.0.standing);
        if *standing != Standing::Sound {
            return;
        }
        if self.0.path.is_none() {
            *standing = Standing::Damaged;
            return;
        }
        let state = Arc::downgrade(&self.0);
        let looks = std::thread::Builder::new()
            .name("second look".into())
            .spawn(move || look_again(&state));
        if looks.is_ok() {
            *standing = Standing::Doubted;
            tracing::warn!(%error, "this may be damage: nothing is accepted until the database has been read through");
        }
    }
}

impl State {
    /// Judges by one look; `true`: it is over.
    fn judge(&self, seen: Seen, found: &mut u32) -> bool {
        let damage = match seen {
            Seen::Whole => return self.recover(),
            Seen::Unfinished if !self.unfinished.swap(true, Ordering::Relaxed) => {
                return self.recover();
            }
            Seen::Unfinished => {
                "errors tell of damage again and again, and it is too large to be read through"
                    .into()
            }
            Seen::Damage(what) => what,
        };
        *found += 1;
        let mut standing = lock(&self.standing);
        if *found >= LOOKS
            && std::mem::replace(&mut *standing, Standing::Damaged) != Standing::Damaged
        {
            tracing::error!(
                %damage,
                "the database is damaged: nothing is accepted. Restart the server first, which reads it anew; if it is \
                 refused then, `counterfoil submissions verify` says what is damaged: export the rest, restore a backup"
            );
        }
        false
    }

    fn recover(&self) -> bool {
        self.recoveries.fetch_add(1, Ordering::Release);
        *lock(&self.standing) = Standing::Sound;
        tracing::warn!(
            "the database was read through and is whole: submissions are accepted again"
        );
        true
    }
}

/// Looks until the database is whole, or the store is gone.
fn look_again(state: &Weak<State>) {
    let _end = EndsByPanic("the thread that looks for damage");
    let mut found = 0;
    while let Some(state) = state.upgrade() {
        let Some(path) = &state.path else { return };
        match look(path) {
            Ok(seen) => {
                if state.judge(seen, &mut found) {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "failed to read the database through; trying again")
            }
        }
        drop(state);
        std::thread::park_timeout(if found < LOOKS { PAUSE } else { PAUSE_DAMAGED });
    }
}

/// Reads the whole database, unless that takes too long. `Err`: the disk would not let it.
#[allow(
    clippy::disallowed_methods,
    reason = "how long a read takes is the machine's affair"
)]
fn look(path: &Path) -> Result<Seen, rusqlite::Error> {
    let mut connection = match open_for_reading(path) {
        Ok(connection) => connection,
        Err(ShapeError::Sqlite(error)) => return verdict(error),
        Err(other) => return Ok(Seen::Damage(other.to_string())),
    };
    let start = std::time::Instant::now();
    connection.progress_handler(STEPS, Some(move || start.elapsed() > LONGEST))?;
    match connection.query_row("PRAGMA integrity_check(1)", [], |row| {
        row.get::<_, String>(0)
    }) {
        Ok(said) if said == "ok" => Ok(Seen::Whole),
        Ok(said) => Ok(Seen::Damage(said)),
        Err(error) => verdict(error),
    }
}

fn verdict(error: rusqlite::Error) -> Result<Seen, rusqlite::Error> {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Ok(Seen::Damage(error.to_string()))
        }
        Some(ErrorCode::OperationInterrupted) => Ok(Seen::Unfinished),
        _ => Err(error),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
