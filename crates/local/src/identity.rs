//! Are the database's files still those that were opened? A file that was removed, replaced or cut short under a running
//! server takes every write without complaint, and nobody finds them again. What is saved
//! then is `salvage`'s affair.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use counterfoil_machine::files::{must_be_regular, read};
use rusqlite::Connection;

use crate::rescue::SECRETS;
use crate::salvage;

/// Which files the database was when it was opened.
pub(crate) struct Identity {
    pub(crate) directory: Watched,
    pub(crate) database: Watched,
    /// `None`: the database has no log. A server's always has; the copy that a command looks at may not.
    pub(crate) beside: Option<Beside>,
    /// The most bytes that the database's file was seen to have.
    length: AtomicU64,
    /// The directory's path, wherever this process's own directory is.
    pub(crate) whole_path: PathBuf,
    /// What the secrets of the directory were, as far as there were any.
    pub(crate) secrets: Vec<(&'static str, Vec<u8>)>,
}

/// Bytes of a secret's file at most.
const MOST: u64 = 64 * 1024;

/// What lies beside a database.
pub(crate) struct Beside {
    pub(crate) log: Watched,
    pub(crate) index: Watched,
    /// The log that the connections have open. SQLite locks no byte of it, so closing this frees no lock.
    open: File,
    /// Bytes of one frame in it.
    frame: u64,
}

/// Something at a path.
pub(crate) struct Watched {
    pub(crate) path: PathBuf,
    file: (u64, u64),
}

/// What is no longer as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// The database, or its directory.
    Database,
    /// The log.
    Log,
    /// The log's index, which processes share.
    Index,
    /// What the log held.
    Cut,
    /// What the database's file held.
    CutDatabase,
}

/// Bytes before the first frame of a log.
const LOG_HEADER: u64 = 32;
/// How a log begins; the last bit is the byte order of its checksums.
const LOG_MAGIC: u32 = 0x377f_0682;
impl Identity {
    /// The files at `path` now; `connection` has them open.
    pub(crate) fn read(path: &Path, connection: &Connection) -> io::Result<Self> {
        let mode: String = connection
            .pragma_query_value(None, "journal_mode", text)
            .map_err(io::Error::other)?;
        let page: u64 = connection
            .pragma_query_value(None, "page_size", |row| row.get(0))
            .map_err(io::Error::other)?;
        let beside = (mode == "wal")
            .then(|| Beside::read(path, page + 24))
            .transpose()?;
        let above = path
            .parent()
            .filter(|above| !above.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let secrets = SECRETS
            .iter()
            .filter_map(|name| Some((*name, read(&above.join(name), MOST).ok()?)));
        Ok(Self {
            length: std::fs::metadata(path)?.len().into(),
            directory: Watched::read(above.into())?,
            database: Watched::file(path.into())?,
            beside,
            whole_path: std::path::absolute(above)?,
            secrets: secrets.collect(),
        })
    }

    /// Is everything as it was? A path that cannot be looked at counts as gone: then nobody finds it either. Opens nothing:
    /// closing a database file would free the locks that SQLite holds on it.
    pub(crate) fn check(&self, connection: &Connection) -> Result<(), Gone> {
        let Some(beside) = &self.beside else {
            return self.database_must_be_whole(connection);
        };
        // Twice: another process may have begun the log anew between the question and the look.
        if beside.is_cut(connection) && beside.is_cut(connection) {
            return Err(Gone::Cut);
        }
        self.database_must_be_whole(connection)?;
        beside.log.must_be_in_place(Gone::Log)?;
        beside.index.must_be_in_place(Gone::Index)
    }

    /// Remembers how long the database's file has become: after each copy of the log into it.
    pub(crate) fn remember_length(&self) {
        let length = std::fs::metadata(&self.database.path).map_or(0, |file| file.len());
        self.length.fetch_max(length, Ordering::Relaxed);
    }

    /// Is the database in its place, and as long as it was? It only grows, unless somebody else's program has vacuumed it:
    /// then it has all the pages that it says. One look at the file tells both, before and after each commit.
    fn database_must_be_whole(&self, connection: &Connection) -> Result<(), Gone> {
        let length = self.database.found().ok_or(Gone::Database)?.len();
        if length >= self.length.fetch_max(length, Ordering::Relaxed) {
            return Ok(());
        }
        match bytes(connection) {
            Ok(all) if all > 0 && all <= length => {
                self.length.store(length, Ordering::Relaxed);
                Ok(())
            }
            Ok(_) | Err(_) => Err(Gone::CutDatabase),
        }
    }

    /// Was the database's file cut, before or after it lost its name?
    pub(crate) fn is_cut(&self) -> bool {
        self.database
            .opened()
            .is_some_and(|file| file.len() < self.length.load(Ordering::Relaxed))
    }

    /// Has the database no name any more, in any directory? What it holds is gone with this process then.
    pub(crate) fn is_nameless(&self) -> bool {
        let log = self
            .beside
            .as_ref()
            .is_some_and(|beside| beside.open.metadata().is_ok_and(|log| log.nlink() == 0));
        self.database.opened().map_or(log, |file| file.nlink() == 0)
    }

    /// Ends the process unless everything is as it was, and saves before what was committed.
    pub(crate) fn must_hold(&self, connection: &Connection) {
        if let Err(gone) = self.check(connection) {
            salvage::end(self, gone, connection);
        }
    }
}

impl Beside {
    fn read(database: &Path, frame: u64) -> io::Result<Self> {
        let log = Watched::file(beside_of(database, "-wal"))?;
        let index = Watched::file(beside_of(database, "-shm"))?;
        let open = File::open(&log.path)?;
        Ok(Self {
            log,
            index,
            open,
            frame,
        })
    }

    /// Does the log begin as one does: with the word for it, and at the end of its header a checksum?
    fn begins(&self) -> bool {
        let (mut magic, mut checksum) = ([0; 4], [0; 8]);
        let read = self.open.read_exact_at(&mut magic, 0);
        let read = read.and_then(|()| self.open.read_exact_at(&mut checksum, LOG_HEADER - 8));
        read.is_ok() && u32::from_be_bytes(magic) & !1 == LOG_MAGIC && checksum != [0; 8]
    }

    /// Is there less in the log than its index says, or does it not begin as a log does?
    fn is_cut(&self, connection: &Connection) -> bool {
        let Some(frames) = frames(connection).filter(|frames| *frames > 0) else {
            return false;
        };
        !self.begins()
            || self
                .open
                .metadata()
                .is_ok_and(|file| file.len() < LOG_HEADER + frames * self.frame)
    }
}

impl Watched {
    fn read(path: PathBuf) -> io::Result<Self> {
        let metadata = std::fs::metadata(&path)?;
        Ok(Self {
            path,
            file: (metadata.dev(), metadata.ino()),
        })
    }

    fn file(path: PathBuf) -> io::Result<Self> {
        must_be_regular(&path)?;
        Self::read(path)
    }

    /// The file at its path, if it is still this one.
    fn found(&self) -> Option<Metadata> {
        std::fs::metadata(&self.path)
            .ok()
            .filter(|found| (found.dev(), found.ino()) == self.file)
    }

    pub(crate) fn is_in_place(&self) -> bool {
        self.found().is_some()
    }

    /// The file as this process has it open, whatever is at its path. Opens nothing: see `Identity::check`.
    fn opened(&self) -> Option<Metadata> {
        let open = ["/proc/self/fd", "/dev/fd"]
            .iter()
            .find_map(|all| std::fs::read_dir(all).ok())?;
        let files = open
            .flatten()
            .filter_map(|entry| std::fs::metadata(entry.path()).ok());
        files
            .into_iter()
            .find(|file| (file.dev(), file.ino()) == self.file)
    }

    fn must_be_in_place(&self, otherwise: Gone) -> Result<(), Gone> {
        if self.is_in_place() {
            Ok(())
        } else {
            Err(otherwise)
        }
    }
}

pub(crate) fn beside_of(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Frames in the log, as its index says; it is not changed.
fn frames(connection: &Connection) -> Option<u64> {
    let mut ask = connection
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")
        .ok()?;
    ask.query_row([], |row| row.get::<_, i64>(1))
        .ok()
        .and_then(|frames| u64::try_from(frames).ok())
}

/// How many the database has, its log included, as it says itself.
fn bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok(number("page_count")? * number("page_size")?)
}

fn text(row: &rusqlite::Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
