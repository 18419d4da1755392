//! Opens the SQLite file: the settings that make a commit durable, and the checks before the first one.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::migrations::{ShapeError, migrate, version};

/// SQLite before 3.51.3 can corrupt a WAL that two connections checkpoint (sqlite.org/wal.html#walresetbug).
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a write waits for another process's short transaction.
const BUSY: Duration = Duration::from_secs(5);

/// The connection of the one writer.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, ShapeError> {
    assert!(
        rusqlite::version_number() >= OLDEST_SQLITE,
        "SQLite {} is too old: it can corrupt its write-ahead log; 3.51.3 is the oldest that is safe",
        rusqlite::version()
    );
    let mut connection = Connection::open_with_flags(path, flags() | OpenFlags::SQLITE_OPEN_CREATE)?;
    connection.busy_timeout(BUSY)?;
    // Before anything is changed: is it ours, and not newer?
    version(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // FULL: each commit is synced before it is answered. NORMAL could lose the last ones in a power cut.
    connection.pragma_update(None, "synchronous", "full")?;
    // macOS only, where a plain fsync leaves the data in the drive's cache.
    connection.pragma_update(None, "fullfsync", true)?;
    // 16 MB between checkpoints: fewer syncs of the main file than the default 4 MB, and a short pause each.
    connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&mut connection)?;
    Ok(connection)
}

/// A connection that only reads. The file must be there.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, ShapeError> {
    let connection = Connection::open_with_flags(path, flags())?;
    connection.busy_timeout(BUSY)?;
    version(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn flags() -> OpenFlags {
    // Each connection is used by one thread at a time, which its owner sees to.
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}
