//! The index as its one writer sees it: what is in an entry is put in, replaced, or forgotten, in steps that are there
//! whole or not at all, each with how far the index has come by it.

use std::path::{Path, PathBuf};

use counterfoil_core::{Entry, State, SubmissionRef};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::behind::Mark;
use super::file::{self, Broken, Which};
use super::place::{TIES, first_at, tags_of};
use super::scrub::{prepare, scrub};
use super::words::written;

/// How far an index has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// It knows the outbox up to here.
    pub(super) position: i64,
    /// That of its last step, which the main database wrote down before it.
    pub(super) mark: Mark,
    /// Entries are read through up to this one.
    pub(super) walked: i64,
    /// All were read through.
    pub(super) is_whole: bool,
}

/// One step.
pub(super) struct Step {
    /// Entries as they are now.
    pub(super) entries: Vec<Entry>,
    /// Submissions of which there is no entry that can be read.
    pub(super) gone: Vec<SubmissionRef>,
    /// The mark of the step before it.
    pub(super) from: Mark,
    /// How far the index has come by it.
    pub(super) to: Progress,
}

/// An index that is open for writing.
pub(super) struct Index {
    connection: Connection,
    path: PathBuf,
    which: Which,
}

impl Index {
    /// Makes an empty one in the place of whatever is there.
    pub(super) fn create(path: &Path, progress: &Progress) -> Result<Self, Broken> {
        let index = Self::at(path, file::create(path)?)?;
        let sql = "INSERT INTO state VALUES (1, ?1, ?2, ?3, ?4)";
        let Progress {
            position,
            mark,
            walked,
            is_whole,
        } = progress;
        index
            .connection
            .execute(sql, params![position, mark, walked, is_whole])?;
        Ok(index)
    }

    /// Opens the one that is there.
    pub(super) fn open(path: &Path) -> Result<Self, Broken> {
        Self::at(path, file::open_for_writing(path)?)
    }

    fn at(path: &Path, connection: Connection) -> Result<Self, Broken> {
        prepare(&connection)?;
        Ok(Self {
            connection,
            path: path.into(),
            which: Which::at(path)?,
        })
    }

    /// Is it what is at its path? Somebody may have removed it.
    pub(super) fn is_in_place(&self) -> bool {
        Which::at(&self.path).is_ok_and(|found| found == self.which)
    }

    pub(super) fn progress(&self) -> Result<Progress, Broken> {
        Ok(progress(&self.connection)?)
    }

    /// Does one step, durably.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), Broken> {
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut forgotten = Vec::new();
        for of in &step.gone {
            forgotten.extend(forget(&transaction, of)?);
        }
        for entry in &step.entries {
            forgotten.extend(put(&transaction, entry)?);
        }
        scrub(&transaction, &forgotten)?;
        let Progress {
            position,
            mark,
            walked,
            is_whole,
        } = &step.to;
        let sql =
            "UPDATE state SET position = ?1, mark = ?2, walked = ?3, whole = ?4 WHERE mark = ?5";
        let row = params![position, mark, walked, is_whole, step.from];
        if transaction.prepare_cached(sql)?.execute(row)? == 0 {
            // One that was cancelled goes on to its end on its thread. What it has read may be older than what is there.
            return Err(Broken::InTheWay("another step came between".into()));
        }
        Ok(transaction.commit()?)
    }
}

/// How far the index of this connection has come.
pub(super) fn progress(connection: &Connection) -> rusqlite::Result<Progress> {
    let read = |row: &Row<'_>| {
        Ok(Progress {
            position: row.get(0)?,
            mark: row.get(1)?,
            walked: row.get(2)?,
            is_whole: row.get(3)?,
        })
    };
    connection.query_row("SELECT position, mark, walked, whole FROM state", [], read)
}

/// Puts an entry in as it is now, instead of what it was. Returns the text that it had.
fn put(connection: &Connection, entry: &Entry) -> rusqlite::Result<Option<String>> {
    let text = match entry.head.state {
        State::Stored | State::Failed | State::Held | State::Discarded => written(&entry.body),
        State::Erased | State::Expired => String::new(),
    };
    let of = &entry.head.of;
    let tags = tags_of(&of.form, entry.head.state);
    let listed = first_at(entry.head.listed_at());
    let known = known(connection, of)?;
    // Most changes are of other things than the text.
    if known
        .as_ref()
        .is_some_and(|known| known.is(listed, [&text, &tags]))
    {
        return Ok(None);
    }
    if known.is_some() {
        forget(connection, of)?;
    }
    if !text.is_empty() {
        let doc = free(connection, listed, of)?;
        let sql = "INSERT INTO docs (doc, form, id) VALUES (?1, ?2, ?3)";
        connection.prepare_cached(sql)?.execute(params![
            doc,
            of.form.as_str(),
            of.id.as_bytes()
        ])?;
        let sql = "INSERT INTO words (rowid, text, tags) VALUES (?1, ?2, ?3)";
        connection
            .prepare_cached(sql)?
            .execute(params![doc, text, tags])?;
    }
    Ok(known.map(|known| known.text).filter(|known| *known != text))
}

/// Takes a submission out. Returns the text that it had.
fn forget(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Option<String>> {
    let Some(known) = known(connection, of)? else {
        return Ok(None);
    };
    connection
        .prepare_cached("DELETE FROM words WHERE rowid = ?1")?
        .execute([known.doc])?;
    connection
        .prepare_cached("DELETE FROM docs WHERE doc = ?1")?
        .execute([known.doc])?;
    Ok(Some(known.text))
}

/// What the index has of a submission.
struct Known {
    doc: i64,
    text: String,
    tags: String,
}

impl Known {
    fn is(&self, listed: i64, [text, tags]: [&String; 2]) -> bool {
        self.doc & !TIES == listed && self.text == *text && self.tags == *tags
    }
}

fn known(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Option<Known>> {
    let sql = "SELECT doc, text, tags FROM docs JOIN words ON words.rowid = docs.doc WHERE id = ?1 AND form = ?2";
    let known = |row: &Row<'_>| {
        Ok(Known {
            doc: row.get(0)?,
            text: row.get(1)?,
            tags: row.get(2)?,
        })
    };
    connection
        .prepare_cached(sql)?
        .query_row(params![of.id.as_bytes(), of.form.as_str()], known)
        .optional()
}

/// A place that is free among those of one moment: the ids of a moment end differently, so the first try mostly is.
fn free(connection: &Connection, listed: i64, of: &SubmissionRef) -> rusqlite::Result<i64> {
    let end = of
        .id
        .as_bytes()
        .iter()
        .fold(0_i64, |sum, byte| (sum * 31 + i64::from(*byte)) & TIES);
    let mut is_taken = connection.prepare_cached("SELECT 1 FROM docs WHERE doc = ?1")?;
    let mut tie = end;
    while is_taken.exists([listed | tie])? {
        tie = (tie + 1) & TIES;
        if tie == end {
            return Err(rusqlite::Error::IntegralValueOutOfRange(0, listed));
        }
    }
    Ok(listed | tie)
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
