//! How the server of a directory tries again. It lies with the data, so that a command that stands in for the server
//! gives nothing up any sooner.

use std::time::Duration;

use counterfoil_core::Fault;
use counterfoil_core::settling::RetryPolicy;
use rusqlite::{OptionalExtension, Row, params};

use crate::store::Store;

impl Store {
    /// Writes down how this directory's server tries again.
    pub async fn set_policy(&self, policy: RetryPolicy) -> Result<(), Fault> {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.writer()
            .write(move |connection| {
                let sql = "INSERT INTO policy (only, base_ms, cap_ms, max_receives) VALUES (1, ?1, ?2, ?3)
                           ON CONFLICT DO UPDATE SET base_ms = ?1, cap_ms = ?2, max_receives = ?3";
                connection.execute(sql, params![millis(policy.base), millis(policy.cap), policy.max_receives])
            })
            .await
            .map(|_| ())
    }

    /// How this directory's server tries again, as far as one has ever said so.
    pub fn policy(&self) -> Result<Option<RetryPolicy>, Fault> {
        self.read(|connection| {
            let sql = "SELECT base_ms, cap_ms, max_receives FROM policy";
            connection.query_row(sql, [], policy).optional()
        })
    }
}

fn policy(row: &Row<'_>) -> rusqlite::Result<RetryPolicy> {
    Ok(RetryPolicy {
        base: Duration::from_millis(row.get(0)?),
        cap: Duration::from_millis(row.get(1)?),
        max_receives: row.get(2)?,
    })
}
