//! The file `search.db`: made, opened, and thrown away. It holds nothing that the main database does not have, so
//! whatever is wrong with it is mended by making it anew.
//!
//! It keeps a rollback journal, not a write-ahead log: a log would hold on to words after they are erased, for as long as
//! somebody reads. The journal has what a step replaces, and is emptied at its end; there is one short step at a time, and
//! readers wait for that.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::words::TOKENIZER;
use crate::identity::beside_of;

/// "CFLS": tells it from any other database.
const APPLICATION_ID: i32 = 0x4346_4C53;

/// What is written into it, and how. Another one is thrown away.
const VERSION: i32 = 1;

/// Pages (4 KiB) that are read through in well under a second. Damage in a larger file is found when it is met.
const QUICK_PAGES: u64 = 16_384;

/// How long a reader waits for the end of a step.
const BUSY: Duration = Duration::from_secs(5);

/// What SQLite may have beside the file.
const BESIDE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// `doc` is a place in the order of listing (`place.rs`), so that matches come in that order without being sorted.
const SHAPE: &str = "
CREATE TABLE docs (doc INTEGER PRIMARY KEY, form TEXT NOT NULL, id BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX docs_of ON docs (id, form);
CREATE TABLE state (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL,
    mark BLOB NOT NULL,
    walked INTEGER NOT NULL,
    whole INTEGER NOT NULL
) STRICT;
";

/// Why the index cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// It is not there.
    #[error("it is not there")]
    Missing,
    /// It cannot be believed any more.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// Something else is in its way: the disk is full, or it may not be written.
    #[error("{0}")]
    InTheWay(String),
}

impl From<rusqlite::Error> for Broken {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::SystemIoFailure,
            ) => Self::InTheWay(error.to_string()),
            // Our own statements fit our own shape: whatever else is wrong is wrong with the file.
            _ => Self::Damaged(error.to_string()),
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::NotFound {
            Self::Missing
        } else {
            Self::InTheWay(error.to_string())
        }
    }
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Which(u64, u64);

impl Which {
    /// The file at `path`.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let found = fs::symlink_metadata(path)?;
        if found.is_file() {
            Ok(Self(found.dev(), found.ino()))
        } else {
            Err(io::Error::other("it is no file"))
        }
    }
}

/// Makes an empty index, whatever was there. It is for its own user alone, and so is the journal, which SQLite gives the
/// rights of the file.
pub(crate) fn create(path: &Path) -> Result<Connection, Broken> {
    throw_away(path)?;
    // Closed again before SQLite opens it: a process that closes a file frees all its locks on it.
    drop(
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?,
    );
    let connection = connect(path)?;
    for_writing(&connection)?;
    let words = format!(
        "CREATE VIRTUAL TABLE words USING fts5(text, tags, columnsize = 0, tokenize = \"{TOKENIZER}\");
         INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
         PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {VERSION};"
    );
    connection.execute_batch(&format!("BEGIN; {SHAPE} {words} COMMIT"))?;
    Ok(connection)
}

/// Opens an index for the one that writes it, and looks at it as far as that is quick.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, Broken> {
    let connection = open(path)?;
    for_writing(&connection)?;
    let pages: u64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages <= QUICK_PAGES {
        let said: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        if said != "ok" {
            return Err(Broken::Damaged(said));
        }
    }
    Ok(connection)
}

/// Opens an index to look something up. It may be written meanwhile, by another process perhaps.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, Broken> {
    let connection = open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn open(path: &Path) -> Result<Connection, Broken> {
    Which::at(path)?;
    let connection = connect(path)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    if (number("application_id")?, number("user_version")?) == (APPLICATION_ID, VERSION) {
        Ok(connection)
    } else {
        Err(Broken::Damaged("it is of another program".into()))
    }
}

/// Also a reader may write: it takes back what a killed writer left half done.
fn connect(path: &Path) -> Result<Connection, Broken> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

fn for_writing(connection: &Connection) -> rusqlite::Result<()> {
    // With FTS5's own `secure-delete`: that takes words out of its lists, and this empties what SQLite frees.
    connection.pragma_update(None, "secure_delete", true)?;
    // Emptied, not removed: that needs no sync of the directory.
    let _: String =
        connection.pragma_update_and_check(None, "journal_mode", "truncate", |row| row.get(0))?;
    // The main database forgets what the index has: so the index must not.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "cache_size", -8192)
}

/// Removes the index, and what SQLite has beside it. Whatever is no file stays.
pub(crate) fn throw_away(path: &Path) -> Result<(), Broken> {
    for file in
        std::iter::once(path.to_owned()).chain(BESIDE.iter().map(|end| beside_of(path, end)))
    {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
