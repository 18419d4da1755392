//! What was acknowledged and is gone, as far as that can be told before anything is changed: by reading the log, and by
//! holding the database against its anchor. Nobody goes on without somebody's word that the loss is accepted, and then it is
//! written down.

use std::fs;
use std::path::Path;

use counterfoil_core::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, params};

use crate::anchor::{Anchor, Mark};
use crate::data_dir::DataDir;
use crate::migrations::{ShapeError, version};
use crate::wal::{self, Log};

/// Versions of the database from this one on count their commits.
const COUNTING: usize = 4;

/// May a database be opened that has lost something?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Losses {
    /// No.
    Refused,
    /// Yes: it is written down, and a log that is broken is kept beside.
    Accepted,
}

/// What a look at the files found.
#[derive(Default)]
pub(crate) struct Found {
    /// What is missing, in words; empty where nothing is.
    pub(crate) lost: Vec<String>,
    /// The log ends with a write that was never finished, and of which nobody was told.
    pub(crate) torn: bool,
}

/// Looks before a loss is believed.
const LOOKS: usize = 3;

/// Looks at the files of a database that nobody serves. A command may be writing to its log just then, and a log that is read
/// while it grows may seem broken: a loss is believed only when every look finds one.
pub(crate) fn look(database: &Path) -> Result<Found, ShapeError> {
    let mut found = look_once(database)?;
    for _ in 1..LOOKS {
        if found.lost.is_empty() {
            break;
        }
        found = look_once(database)?;
    }
    Ok(found)
}

fn look_once(database: &Path) -> Result<Found, ShapeError> {
    let log = wal::scan(database)?;
    let torn = log == Log::Sound { torn: true };
    let log = match log {
        Log::Empty | Log::Sound { .. } => None,
        Log::Headless => Some(
            "the head of its write-ahead log is damaged: nothing of the log can be read".to_owned(),
        ),
        Log::Broken { good, lost } => Some(format!(
            "its write-ahead log is damaged after frame {good}: {lost} or more commits behind that cannot be read"
        )),
    };
    let missing = behind(database).map(|mark| behind_by(&mark));
    Ok(Found {
        lost: log.into_iter().chain(missing).collect(),
        torn,
    })
}

/// What is missing, in words.
pub(crate) fn behind_by(
    Mark {
        commits,
        queued,
        announced,
    }: &Mark,
) -> String {
    format!(
        "it is behind what was acknowledged, by {commits} commits: {queued} submissions that were accepted and {announced} \
         changes of state are missing"
    )
}

/// How far the database is behind its anchor. A file that cannot be read has other troubles, which whoever opens it finds.
fn behind(database: &Path) -> Option<Mark> {
    let anchor = Anchor::read(database)?;
    let is_empty = fs::metadata(database).map_or(true, |file| file.len() == 0);
    let here = if is_empty {
        Mark::default()
    } else {
        here(database).ok()?
    };
    anchor.missing(&here)
}

/// Where the database is: at nothing, where it is of a version that does not count. An anchor is written by one that does,
/// so what it counted is not in there. Leaves its files as they are.
fn here(database: &Path) -> Result<Mark, ShapeError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "query_only", true)?;
    match version(&connection)? {
        found if found < COUNTING => Ok(Mark::default()),
        _ => Ok(Mark::read(&connection)?),
    }
}

/// An error if something is missing: for whoever only reads. Where the directory is served, the server has looked, and its
/// log is being written.
pub(crate) fn refuse(database: &Path) -> Result<(), ShapeError> {
    let free = database.parent().and_then(DataDir::lock_of);
    let found = free
        .map(|_lock| look(database))
        .transpose()?
        .unwrap_or_default();
    found
        .lost
        .is_empty()
        .then_some(())
        .ok_or_else(|| ShapeError::Lost(found.lost.join("; ")))
}

/// Keeps a broken log, as it is, for whoever may be able to read more of it.
pub(crate) fn set_aside(database: &Path) -> Result<(), ShapeError> {
    let log = wal::path(database);
    if matches!(wal::scan(database)?, Log::Empty | Log::Sound { .. }) {
        return Ok(());
    }
    let kept = |n: u32| database.with_extension(format!("db-wal.damaged-{n}"));
    let free = (1..=u32::MAX).map(kept).find(|path| !path.exists());
    free.map_or(Ok(0), |path| fs::copy(log, path))?;
    Ok(())
}

/// Writes down what was lost.
pub(crate) fn record(
    connection: &Connection,
    lost: &[String],
    at: Timestamp,
) -> rusqlite::Result<()> {
    for said in lost {
        tracing::error!("a loss is accepted, and is written down: {said}");
        connection.execute(
            "INSERT INTO losses (at, said) VALUES (?1, ?2)",
            params![at.as_millis(), said],
        )?;
    }
    Ok(())
}

/// Starts the log anew: what lies behind its break would be taken for a loss at a later start.
pub(crate) fn start_anew(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
