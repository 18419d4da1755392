//! What was accepted and is nowhere: found by counting, because nothing in this program loses anything, and so nothing
//! in it would say so.
//!
//! ```text
//! accepted (the last position given) = in the queue + in the dead-letter queue + taken off them
//! settled, of each form              = its entries, and what is left of those whose retention is over
//! ```
//!
//! Whatever is missing on the right side is lost: by damage, or by a hand in the database.

use std::sync::atomic::Ordering;

use counterfoil_core::{Fault, FormId};
use rusqlite::{Connection, params};

use crate::reader::Reader;
use crate::rows::Sql;
use crate::store::Store;

/// Before the first look.
pub(crate) const NOT_LOOKED: u64 = u64::MAX;

/// What is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Accepted, and neither settled nor waiting.
    pub unsettled: u64,
    /// Settled, and without an entry: of each form of which there are any.
    pub entries: Vec<(FormId, u64)>,
    /// How many of all these somebody has said to know of.
    pub known: u64,
}

impl Lost {
    /// How many in all.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.unsettled + self.entries.iter().map(|(_, count)| count).sum::<u64>()
    }

    /// How many nobody has said to know of.
    #[must_use]
    pub fn news(&self) -> u64 {
        self.all().saturating_sub(self.known)
    }
}

impl Reader {
    /// What is lost. Reads the index of all entries, so ask now and then.
    pub fn lost(&self) -> Result<Lost, Fault> {
        self.read(|connection| {
            // In one transaction, so that nothing is between two places.
            connection.execute_batch("BEGIN")?;
            let lost = lost(connection);
            connection.execute_batch("ROLLBACK")?;
            lost
        })
    }
}

impl Store {
    /// Keeps what the last look found to be lost and nobody has said to know of, for whoever asks.
    pub(crate) fn note_lost(&self, news: u64) {
        self.seen_lost().store(news, Ordering::Relaxed);
    }

    /// How much the last look found to be lost that nobody has said to know of. `None`: nobody has looked yet.
    pub fn found_lost(&self) -> Option<u64> {
        let found = self.seen_lost().load(Ordering::Relaxed);
        (found != NOT_LOOKED).then_some(found)
    }

    /// Notes that somebody knows of what is lost: only more than that is news.
    pub async fn know_lost(&self) -> Result<(), Fault> {
        self.writer()
            .write(|connection| {
                let lost = lost(connection)?;
                let sql = "INSERT OR REPLACE INTO lost_and_known VALUES (?1, ?2)";
                connection.execute("DELETE FROM lost_and_known", [])?;
                connection.execute(sql, params!["", lost.unsettled])?;
                lost.entries.iter().try_for_each(|(form, count)| {
                    connection
                        .execute(sql, params![form.as_str(), count])
                        .map(|_| ())
                })
            })
            .await
    }
}

fn lost(connection: &Connection) -> rusqlite::Result<Lost> {
    let unsettled = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'queue'), 0)
                     - (SELECT count(*) FROM queue) - (SELECT count(*) FROM dead_letter_queue)
                     - (SELECT count FROM disposed)";
    let unsettled: i64 = connection.query_row(unsettled, [], |row| row.get(0))?;
    let missing =
        "SELECT settled.form, settled.count - coalesce(there.count, 0) AS missing FROM settled
                   LEFT JOIN (SELECT form, count(*) AS count FROM entries GROUP BY form) AS there
                   ON there.form = settled.form WHERE missing > 0";
    let of_form = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Sql<FormId>>(0)?.0, row.get(1)?));
    let entries = connection
        .prepare_cached(missing)?
        .query_map([], of_form)?
        .collect::<Result<_, _>>()?;
    let known = connection.query_row(
        "SELECT coalesce(sum(count), 0) FROM lost_and_known",
        [],
        |row| row.get(0),
    )?;
    Ok(Lost {
        unsettled: u64::try_from(unsettled).unwrap_or(0),
        entries,
        known,
    })
}

/// Counts messages that were taken off the queues in this transaction.
pub(crate) fn count_disposed(connection: &Connection, messages: usize) -> rusqlite::Result<()> {
    let sql = "UPDATE disposed SET count = count + ?1";
    connection
        .prepare_cached(sql)?
        .execute([messages])
        .map(|_| ())
}

/// Counts an entry of this form that is there from now on, or from now on no more (-1).
pub(crate) fn count_settled(
    connection: &Connection,
    form: &FormId,
    by: i64,
) -> rusqlite::Result<()> {
    let sql = "INSERT INTO settled VALUES (?1, ?2) ON CONFLICT DO UPDATE SET count = count + excluded.count";
    connection
        .prepare_cached(sql)?
        .execute(params![form.as_str(), by])
        .map(|_| ())
}
