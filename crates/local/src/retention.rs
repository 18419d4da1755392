//! Removes entries whose form's retention is over, a few at a time, so that no write waits for it.
//!
//! Removing is the one thing that a wrong clock could make final. So the last time that was believed is kept, and
//! a clock that has jumped far beyond it removes nothing until it has held for a day.

use std::time::Duration;

use counterfoil_core::{Fault, SubmissionRef, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::counters;
use crate::rows::{HEAD, HEAD_COLUMNS, head};
use crate::store::Store;
use crate::sums::damage;

/// Entries removed in one transaction.
const SWEEP: u32 = 500;
/// A server may be off for so long without its clock being doubted.
const BELIEVED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A clock that has jumped further is believed when it has held for so long.
pub(crate) const HELD: Duration = Duration::from_secs(24 * 60 * 60);

/// What a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// So many entries were removed.
    Removed(usize),
    /// The clock is far ahead of the last time that was believed: nothing was removed.
    ClockInDoubt,
}

impl Store {
    /// Removes some of what is past its retention, counters too. Failed and held ones never are. `held`: for how long this
    /// process has seen the clock go its way.
    pub async fn sweep(&self, held: Duration) -> Result<Swept, Fault> {
        let now = self.now();
        self.writer()
            .write(move |connection| {
                if is_believed(connection, now)? || held >= HELD {
                    believe(connection, now)?;
                    counters::remove(connection, now)?;
                    remove(connection, now).map(Swept::Removed)
                } else {
                    Ok(Swept::ClockInDoubt)
                }
            })
            .await
    }
}

fn is_believed(connection: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    let seen: Option<i64> =
        connection.prepare_cached("SELECT seen_at FROM clock")?.query_row([], |row| row.get(0)).optional()?;
    // A new directory has nothing to lose.
    Ok(seen.is_none_or(|seen| now.since(Timestamp::from_millis(seen)) <= BELIEVED))
}

fn believe(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    let sql = "INSERT INTO clock (only, seen_at) VALUES (1, ?1) ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at";
    connection.prepare_cached(sql)?.execute([now.as_millis()]).map(|_| ())
}

fn remove(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let due = due(connection, now)?;
    for (entry, of) in &due {
        let sql = "DELETE FROM history WHERE id = ?1 AND form = ?2";
        connection.prepare_cached(sql)?.execute(params![of.id.as_bytes(), of.form.as_str()])?;
        connection.prepare_cached("DELETE FROM entries WHERE entry = ?1")?.execute([entry])?;
    }
    Ok(due.len())
}

/// What is past its retention by its own word, and whole: a flipped bit must not remove anything.
fn due(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<(i64, SubmissionRef)>> {
    let sql = format!("SELECT {HEAD}, entry FROM entries WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params![now.as_millis(), SWEEP])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        match head(row) {
            Ok(head) if head.expires_at.is_some_and(|at| at <= now) => due.push((row.get(HEAD_COLUMNS)?, head.of)),
            Ok(_) => {}
            Err(error) if damage(&error).is_some() => tracing::error!(%error, "kept beyond its retention"),
            Err(error) => return Err(error),
        }
    }
    Ok(due)
}
