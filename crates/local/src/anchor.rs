//! The anchor: how far the database had come when the last answer went out, in a small file beside it. It is written after
//! each commit and never synced: after a power cut it may be behind, and is never ahead. A database that is behind its
//! anchor has lost what was acknowledged.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use counterfoil_machine::files::must_be_regular;
use rusqlite::Connection;

use crate::sums;

/// How far a database has come. All of it only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Commits.
    pub(crate) commits: i64,
    /// Messages that were put on the queue: submissions accepted, and what was replayed.
    pub(crate) queued: i64,
    /// Changes of state.
    pub(crate) announced: i64,
}

impl Mark {
    /// Where the database is, within a transaction: with that.
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut select = connection.prepare_cached("SELECT name, seq FROM sqlite_sequence")?;
        let mut rows = select.query([])?;
        let mut mark = Self::default();
        while let Some(row) = rows.next()? {
            // A number that was damaged is behind, and keeps no commit from being made.
            let number = row.get_ref(1)?.as_i64().unwrap_or(0);
            match row.get_ref(0)?.as_bytes().unwrap_or_default() {
                b"commits" => mark.commits = number,
                b"queue" => mark.queued = number,
                b"outbox" => mark.announced = number,
                _ => {}
            }
        }
        Ok(mark)
    }

    /// Counts the commit that is under way, and gives where the database is with it.
    pub(crate) fn advance(connection: &Connection) -> rusqlite::Result<Self> {
        let counted = "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'commits'";
        if connection.prepare_cached(counted)?.execute([])? == 0 {
            connection.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES ('commits', 1)",
                [],
            )?;
        }
        Self::read(connection)
    }

    /// How far a database that is `here` is behind this; `None`: it is not.
    pub(crate) fn missing(&self, here: &Self) -> Option<Self> {
        let missing = Self {
            commits: (self.commits - here.commits).max(0),
            queued: (self.queued - here.queued).max(0),
            announced: (self.announced - here.announced).max(0),
        };
        (missing != Self::default()).then_some(missing)
    }

    fn line(&self) -> String {
        let Self {
            commits,
            queued,
            announced,
        } = self;
        let text = format!("counterfoil-anchor 1 {commits:020} {queued:020} {announced:020}");
        let sum = u64::from_be_bytes(sums::of_bytes(text.as_bytes()));
        format!("{text} {sum:016x}\n")
    }

    fn parse(line: &str) -> Option<Self> {
        let mut numbers = line
            .strip_prefix("counterfoil-anchor 1 ")?
            .split(' ')
            .map(|digits| digits.parse().ok());
        let mut next = || numbers.next().flatten();
        let mark = Self {
            commits: next()?,
            queued: next()?,
            announced: next()?,
        };
        (mark.line() == line).then_some(mark)
    }
}

/// The file, to write.
pub(crate) struct Anchor(File);

impl Anchor {
    /// Where the anchor of the database at `path` is.
    pub(crate) fn path(database: &Path) -> PathBuf {
        database.with_extension("anchor")
    }

    /// The mark of the last answer; `None`: there is none, or it cannot be read, and nothing is known.
    pub(crate) fn read(database: &Path) -> Option<Mark> {
        let path = Self::path(database);
        // A pipe of this name would be waited for.
        must_be_regular(&path).ok()?;
        let file = File::open(path).ok()?;
        let mut bytes = [0; 160];
        let read = file.read_at(&mut bytes, 0).ok()?;
        Mark::parse(std::str::from_utf8(&bytes[..read]).ok()?)
    }

    /// Opens or makes the file beside the database.
    pub(crate) fn open(database: &Path) -> io::Result<Self> {
        let path = Self::path(database);
        must_be_regular(&path)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        options.open(path).map(Self)
    }

    /// Notes what is about to be answered. A mark that cannot be written is behind, as after a power cut.
    pub(crate) fn write(&self, mark: &Mark) {
        let _ = self.0.write_all_at(mark.line().as_bytes(), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_back_and_a_damaged_one_is_no_mark() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("counterfoil.db");
        assert_eq!(Anchor::read(&database), None);
        let anchor = Anchor::open(&database).unwrap();
        assert_eq!(Anchor::read(&database), None, "empty");
        for commits in [1, i64::MAX, 7] {
            let mark = Mark {
                commits,
                queued: 3,
                announced: 0,
            };
            anchor.write(&mark);
            assert_eq!(Anchor::read(&database), Some(mark));
        }
        let good = std::fs::read(Anchor::path(&database)).unwrap();
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(Anchor::path(&database), flipped).unwrap();
            assert_eq!(Anchor::read(&database), None, "bit {bit}");
        }
    }

    #[test]
    fn a_database_is_behind_in_whatever_it_is_behind() {
        let anchor = Mark {
            commits: 9,
            queued: 5,
            announced: 4,
        };
        assert_eq!(anchor.missing(&anchor), None);
        assert_eq!(
            anchor.missing(&Mark {
                commits: 12,
                queued: 5,
                announced: 6
            }),
            None
        );
        let missing = anchor.missing(&Mark {
            commits: 9,
            queued: 3,
            announced: 6,
        });
        assert_eq!(
            missing,
            Some(Mark {
                commits: 0,
                queued: 2,
                announced: 0
            })
        );
    }
}
