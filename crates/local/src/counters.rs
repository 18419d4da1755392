//! Counters on SQLite: one write each, in whatever group the writer is at.

use counterfoil_core::ports::{Counter, Counters};
use counterfoil_core::{Fault, Timestamp};
use rusqlite::{Connection, params};

use crate::store::Store;

/// Counters removed in one transaction.
const SWEEP: u32 = 5000;

impl Counters for Store {
    async fn add(&self, counter: &Counter, by: i32) -> Result<i64, Fault> {
        let Counter { name, until } = counter.clone();
        self.writer()
            .write(move |connection| {
                let sql = "INSERT INTO counters (until, name, count) VALUES (?1, ?2, ?3)
                           ON CONFLICT DO UPDATE SET count = count + excluded.count RETURNING count";
                let values = params![until.as_millis(), name, by];
                connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))
            })
            .await
    }
}

/// Removes some of what nobody asks for any more.
pub(crate) fn remove(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM counters WHERE (until, name) IN (SELECT until, name FROM counters WHERE until <= ?1 LIMIT ?2)";
    connection
        .prepare_cached(sql)?
        .execute(params![now.as_millis(), SWEEP])
}
