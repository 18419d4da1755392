//! Opens the SQLite file: the settings that make a commit durable, and the checks before the first one.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::migrations::{ShapeError, migrate, must_be_current, version};

/// SQLite before 3.51.3 can corrupt a WAL that two connections checkpoint (sqlite.org/wal.html#walresetbug).
const OLDEST_SQLITE: i32 = 3_051_003;

/// Pages (4 KiB) that are read through in well under a second. Damage in a larger file is found when it is met.
const QUICK_PAGES: u64 = 16_384;

/// Versions before this one have no checksums, which reads as rows without.
const CHECKED: usize = 4;

/// Versions before this one keep no order of listing, and no marks.
const LISTED: usize = 5;

/// How long a write waits for another process's short transaction.
const BUSY: Duration = Duration::from_secs(5);
/// Between two tries of the server. SQLite's own waits grow to 100 ms, and a command that writes again and again, as a
/// replay does, keeps getting in between: a post would wait for several of them.
const TRY: Duration = Duration::from_micros(500);

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the database {path}: {source}")]
pub struct OpenError {
    path: String,
    source: ShapeError,
}

impl OpenError {
    pub(crate) fn new(path: &Path, source: impl Into<ShapeError>) -> Self {
        Self {
            path: path.display().to_string(),
            source: source.into(),
        }
    }
}

/// The connection of the one writer.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, ShapeError> {
    assert!(
        rusqlite::version_number() >= OLDEST_SQLITE,
        "SQLite {} is too old: it can corrupt its write-ahead log; 3.51.3 is the oldest that is safe",
        rusqlite::version()
    );
    let mut connection =
        Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_CREATE)?;
    ready(&connection)?;
    connection.busy_handler(Some(try_again_soon))?;
    // Before anything is changed: is it ours, and not newer?
    version(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // FULL: each commit is synced before it is answered. NORMAL could lose the last ones in a power cut.
    connection.pragma_update(None, "synchronous", "full")?;
    // macOS only, where a plain fsync leaves the data in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    // A log that grew under a long reader is cut back when it starts anew.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&mut connection)?;
    check_whole(&connection)?;
    Ok(connection)
}

/// The connection of a command that writes beside a server. Its version must be this program's, and it never copies
/// the log: that is the server's.
pub(crate) fn open_for_visiting(path: &Path) -> Result<Connection, ShapeError> {
    let connection = Connection::open_with_flags(path, flags())?;
    ready(&connection)?;
    must_be_current(&connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Leaves the log as it is, to the end: what is wrong with it must not be wiped out by looking at it.
pub(crate) fn keep_log(connection: &Connection) -> Result<(), ShapeError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    must_be_current(connection)
}

/// The connection that copies the log into the main file, beside the writer.
pub(crate) fn open_for_checkpoints(path: &Path) -> Result<Connection, ShapeError> {
    let connection = Connection::open_with_flags(path, flags())?;
    ready(&connection)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(connection)
}

/// Reads through a database that is small enough for that to be quick, and says what is wrong with it.
pub(crate) fn check_whole(connection: &Connection) -> Result<(), ShapeError> {
    let pages: u64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages > QUICK_PAGES {
        return Ok(());
    }
    // Indexes too: an entry that its index does not know of is not found by its ticket, and settled again.
    let said: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if said == "ok" {
        Ok(())
    } else {
        Err(ShapeError::Damaged(said))
    }
}

/// A connection that only reads. The file must be there.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, ShapeError> {
    let connection = Connection::open_with_flags(path, flags())?;
    ready(&connection)?;
    as_today(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -4096)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Makes a database of a former version look like one of today's to whoever only reads. A list is sorted by each page then,
/// until a server has brought the database up.
fn as_today(connection: &Connection) -> Result<(), ShapeError> {
    let written = match version(connection)? {
        0..CHECKED => "SELECT *, NULL AS boot, NULL AS expires_up, NULL AS sum FROM main.entries",
        CHECKED..LISTED => "SELECT * FROM main.entries",
        _ => return Ok(()),
    };
    connection.execute_batch(&format!("CREATE TEMP VIEW written AS {written};"))?;
    Ok(connection.execute_batch(include_str!("database/unlisted.sql"))?)
}

/// What every connection has. Our shape has no view and no foreign key: those that somebody adds while we run do nothing.
fn ready(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false)?;
    Ok(())
}

/// Waits a moment for another process's transaction; `false`: it has lasted too long.
#[allow(
    clippy::disallowed_methods,
    reason = "another process frees the lock, and tells nobody"
)]
fn try_again_soon(tries: i32) -> bool {
    let goes_on = TRY * tries.unsigned_abs() < BUSY;
    if goes_on {
        std::thread::sleep(TRY);
    }
    goes_on
}

fn flags() -> OpenFlags {
    // Each connection is used by one thread at a time, which its owner sees to.
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_of_the_writer_is_synced_before_it_returns() {
        let directory = tempfile::tempdir().unwrap();
        let connection = open_for_writing(&directory.path().join("db")).unwrap();
        let setting = |name: &str| {
            connection
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!((setting("synchronous"), setting("fullfsync")), (2, 1));
        let mode: String = connection
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
    }
}
