//! Removes entries whose form's retention is over, a few at a time, so that no write waits for it.
//!
//! Removed is only what was past its retention when a sweep, a day ago or more, believed the clock ([`crate::doubt`]).
//! What was written in the boot of that sweep is judged by the uptime alone, which nobody sets; what is older by
//! the clock, as far as the uptime bears it out.

use counterfoil_core::Fault;
use rusqlite::{Connection, params};

use crate::boots;
use crate::counters;
use crate::doubt::{self, Belief, Look};
use crate::store::Store;

/// Entries removed in one transaction.
const SWEEP: usize = 500;

/// What a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// So many entries were removed.
    Removed(usize),
    /// The clock has been set, or is far from what it was: nothing was removed.
    ClockInDoubt,
}

impl Store {
    /// Removes some of what is past its retention, counters too. Failed and held ones never are.
    pub async fn sweep(&self) -> Result<Swept, Fault> {
        let (now, uptime) = (self.now(), self.uptime());
        self.writer()
            .write(move |connection| match doubt::look(connection, now, &uptime)? {
                Belief::Doubted => Ok(Swept::ClockInDoubt),
                Belief::Believed { now: look, relied_on } => {
                    counters::remove(connection, now)?;
                    let removed = relied_on.map(|then| remove(connection, &look, &then)).transpose()?;
                    Ok(Swept::Removed(removed.unwrap_or(0)))
                }
            })
            .await
    }
}

/// Removes what was past its retention `then`.
fn remove(connection: &Connection, now: &Look, then: &Look) -> rusqlite::Result<usize> {
    let boots = boots::all(connection)?;
    // A clock that was set later in that boot is not followed by what is older than the boot.
    let trusted = boots.iter().find(|boot| boot.number == then.boot).and_then(|boot| boot.trusted);
    let at = trusted.map_or(then.at, |ahead| then.at.min(then.up + ahead));
    let mut removed =
        take(connection, "boot IS NULL AND expires_at <= ?1 AND ?2 = 0 ORDER BY expires_at", [at, 0], SWEEP)?;
    for boot in &boots {
        let up = if boot.number == then.boot { then.up } else { at - boot.ahead };
        removed +=
            take(connection, "expires_up <= ?1 AND boot = ?2 ORDER BY expires_up", [up, boot.number], SWEEP - removed)?;
    }
    if removed == 0 {
        boots::forget(connection, now.boot, then.boot)?;
    }
    Ok(removed)
}

fn take(connection: &Connection, due: &str, values: [i64; 2], most: usize) -> rusqlite::Result<usize> {
    let due = format!("FROM entries WHERE {due} LIMIT ?3");
    let values = params![values[0], values[1], most];
    let history = format!("DELETE FROM history WHERE (id, form) IN (SELECT id, form {due})");
    connection.prepare_cached(&history)?.execute(values)?;
    connection.prepare_cached(&format!("DELETE FROM entries WHERE entry IN (SELECT entry {due})"))?.execute(values)
}
