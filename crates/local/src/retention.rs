//! Removes entries whose form's retention is over, a few at a time, so that no write waits for it.
//!
//! Removing is the one thing that a wrong clock could make final. So the last time that was believed is kept, and
//! a clock that has jumped far beyond it removes nothing until it has held for a day.

use std::time::Duration;

use counterfoil_core::{Fault, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::counters;
use crate::store::Store;

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
    let due = "FROM entries WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2";
    let values = params![now.as_millis(), SWEEP];
    connection
        .prepare_cached(&format!("DELETE FROM history WHERE (id, form) IN (SELECT id, form {due})"))?
        .execute(values)?;
    connection.prepare_cached(&format!("DELETE FROM entries WHERE entry IN (SELECT entry {due})"))?.execute(values)
}
