//! Removes entries whose form's retention is over, a few at a time, so that no write waits for it.

use counterfoil_core::Fault;
use rusqlite::params;

use crate::store::Store;

/// Entries removed in one transaction.
const SWEEP: u32 = 500;

impl Store {
    /// Removes some of what is past its retention; says how many. Failed and held ones never are.
    pub async fn sweep(&self) -> Result<usize, Fault> {
        let now = self.now().as_millis();
        self.writer()
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "DELETE FROM history WHERE (id, form) IN
                             (SELECT id, form FROM entries WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
                    )?
                    .execute(params![now, SWEEP])?;
                connection
                    .prepare_cached(
                        "DELETE FROM entries WHERE entry IN
                             (SELECT entry FROM entries WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
                    )?
                    .execute(params![now, SWEEP])
            })
            .await
    }
}
