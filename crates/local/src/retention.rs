//! Removes what was submitted when its form's retention is over, a few at a time, so that no write waits for it. What is
//! left says so to its ticket and drops late copies, for [`HEAD_KEPT`]; then it goes too.
//!
//! Removed is only what was past its retention when a sweep, a day ago or more, believed the clock (`doubt.rs`).
//! What was written in the boot of that sweep is judged by the uptime alone, which nobody sets; what is older by
//! the clock, as far as the uptime bears it out.

use counterfoil_core::ports::Uptime;
use counterfoil_core::status::HEAD_KEPT;
use counterfoil_core::{Fault, Head, Timestamp};
use counterfoil_operations::change::expired;
use rusqlite::{Connection, params};

use crate::doubt::{self, Belief, Look};
use crate::rows::{HEAD, head};
use crate::store::Store;
use crate::sums::damage;
use crate::{boots, counters, deliveries, ledger};

/// Entries handled in one transaction.
const SWEEP: usize = 500;

/// What a sweep did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// So many entries were removed.
    Removed(usize),
    /// The clock has been set, or is far from what it was: nothing was removed.
    ClockInDoubt,
}

/// The moment of a sweep.
struct Moment<'a> {
    at: Timestamp,
    uptime: &'a Uptime,
    boot: i64,
}

impl Store {
    /// Removes some of what is past its retention, counters too. Failed and held ones never are.
    pub async fn sweep(&self) -> Result<Swept, Fault> {
        let (now, uptime) = (self.now(), self.uptime());
        self.writer()
            .write(
                move |connection| match doubt::look(connection, now, &uptime)? {
                    Belief::Doubted => Ok(Swept::ClockInDoubt),
                    Belief::Believed {
                        now: look,
                        relied_on,
                    } => {
                        counters::remove(connection, now)?;
                        let moment = Moment {
                            at: now,
                            uptime: &uptime,
                            boot: look.boot,
                        };
                        let removed = relied_on
                            .map(|then| remove(connection, &moment, &then))
                            .transpose()?;
                        Ok(Swept::Removed(removed.unwrap_or(0)))
                    }
                },
            )
            .await
    }
}

/// Removes what was past its retention `then`: what was submitted, and later what is left.
fn remove(connection: &Connection, moment: &Moment<'_>, then: &Look) -> rusqlite::Result<usize> {
    deliveries::prune(connection, then.at)?;
    let due = due(connection, then)?;
    for head in &due {
        match expired(head, moment.at.plus(HEAD_KEPT), moment.at) {
            Some(next) => ledger::expire(connection, &next, moment.uptime)?,
            None => ledger::remove(connection, &head.of)?,
        }
    }
    if due.is_empty() {
        boots::forget(connection, moment.boot, then.boot)?;
    }
    Ok(due.len())
}

/// Some of the rows whose time was over `then`.
fn due(connection: &Connection, then: &Look) -> rusqlite::Result<Vec<Head>> {
    let boots = boots::all(connection)?;
    // A clock that was set later in that boot is not followed by what is older than the boot.
    let trusted = boots
        .iter()
        .find(|boot| boot.number == then.boot)
        .and_then(|boot| boot.trusted);
    let at = trusted.map_or(then.at, |ahead| then.at.min(then.up + ahead));
    let mut due = select(
        connection,
        "boot IS NULL AND ?1 = 0 AND expires_at <= ?2 ORDER BY expires_at",
        [0, at],
        SWEEP,
    )?;
    for boot in &boots {
        let up = if boot.number == then.boot {
            then.up
        } else {
            at - boot.ahead
        };
        let due_in_boot = "boot = ?1 AND expires_up <= ?2 ORDER BY expires_up";
        due.extend(select(
            connection,
            due_in_boot,
            [boot.number, up],
            SWEEP - due.len(),
        )?);
    }
    Ok(due)
}

fn select(
    connection: &Connection,
    due: &str,
    [boot, over]: [i64; 2],
    most: usize,
) -> rusqlite::Result<Vec<Head>> {
    let sql = format!("SELECT {HEAD} FROM entries WHERE {due}");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params![boot, over])?;
    let mut due = Vec::new();
    // Those that cannot be read are not among the `most`: however many there are, the others go on.
    while due.len() < most
        && let Some(row) = rows.next()?
    {
        match head(row) {
            Ok(head) => due.push(head),
            // A flipped bit must not remove anything, and not keep the others.
            Err(error) if damage(&error).is_some() => {
                tracing::error!(%error, "kept beyond its retention")
            }
            Err(error) => return Err(error),
        }
    }
    Ok(due)
}
