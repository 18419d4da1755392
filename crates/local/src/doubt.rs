//! Whether the clock is believed, by the uptime beside it. Removing is the one thing that a wrong clock could make final.
//!
//! ```text
//! sweep    sweep    sweep ══ the two part ══ sweep ── a day ── sweep ── a day ── sweep
//! believed believed believed                 doubted … doubted  believed          what was past its retention
//!     └── all void when they part ─────────┘                        └───────────► then is removed now
//! ```
//!
//! Days are counted by the uptime, over restarts too, and only while somebody looks: neither a jump nor a
//! machine that is off makes them shorter.

use counterfoil_core::Timestamp;
use counterfoil_core::ports::Uptime;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::boots::{self, millis};

/// Clocks that are set right little by little, and the moment between two readings, part by less.
const PARTED: i64 = 60 * 1000;
/// A machine may be off for so long without its clock being doubted.
const OFF: i64 = 7 * DAY;
/// How long a clock is doubted, and how long ago a sweep must have believed it to be relied on.
const DAY: i64 = 24 * HOUR;
/// Between two believed sweeps that are kept.
const HOUR: i64 = 60 * 60 * 1000;

/// A look at both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) at: i64,
    pub(crate) boot: i64,
    pub(crate) up: i64,
}

impl Look {
    /// How far the clock is ahead of the uptime.
    pub(crate) const fn ahead(&self) -> i64 {
        self.at - self.up
    }
}

/// The last sweep.
#[derive(Clone, Copy, Debug)]
struct Watch {
    last: Look,
    watched: i64,
    doubted: Option<i64>,
}

/// What is thought of the clock.
pub(crate) enum Belief {
    /// It has parted from the uptime within the last day.
    Doubted,
    /// It is believed; relied on is what this look saw, if one is old enough.
    Believed { now: Look, relied_on: Option<Look> },
}

/// Looks at both clocks, and keeps what was seen.
pub(crate) fn look(
    connection: &Connection,
    now: Timestamp,
    uptime: &Uptime,
) -> rusqlite::Result<Belief> {
    let boot = boots::number(connection, uptime, now)?;
    let look = Look {
        at: now.as_millis(),
        boot,
        up: millis(uptime.up),
    };
    let before = watch(connection)?;
    // A new directory has nothing to lose.
    let next = before.map_or(
        Watch {
            last: look,
            watched: 0,
            doubted: None,
        },
        |before| before.then(look),
    );
    if let Some(before) = before.filter(|before| before.last.boot != look.boot) {
        boots::end(connection, before.last.boot, look.at - before.last.at)?;
    }
    if next.doubted == Some(next.watched) {
        connection
            .prepare_cached("DELETE FROM believed_sweeps")?
            .execute([])?;
    }
    keep(connection, &next)?;
    boots::note(connection, boot, look.ahead(), next.doubted.is_none())?;
    if next.doubted.is_some() {
        return Ok(Belief::Doubted);
    }
    let relied_on = believed(connection, &next)?;
    if let Some(relied_on) = relied_on {
        boots::trust(connection, relied_on.boot, relied_on.ahead())?;
    }
    Ok(Belief::Believed {
        now: look,
        relied_on,
    })
}

impl Watch {
    /// The sweep after this one.
    fn then(self, look: Look) -> Self {
        let (passed, parted) = self.last.until(&look);
        let watched = self.watched + passed;
        let doubted = if parted {
            Some(watched)
        } else {
            self.doubted.filter(|since| watched - since < DAY)
        };
        Self {
            last: look,
            watched,
            doubted,
        }
    }
}

impl Look {
    /// How much time is sure to have passed until a later look, and whether the clock says something that cannot be.
    const fn until(&self, later: &Self) -> (i64, bool) {
        let by_clock = later.at - self.at;
        if later.boot == self.boot && later.up >= self.up {
            let passed = later.up - self.up;
            return (passed, (by_clock - passed).abs() > PARTED);
        }
        // Another boot, or a machine that was put back to a former state.
        (
            0,
            later.boot == self.boot || by_clock < -PARTED || by_clock > OFF,
        )
    }
}

fn watch(connection: &Connection) -> rusqlite::Result<Option<Watch>> {
    let sql = "SELECT seen_at, boot, up, watched, doubted FROM watch";
    let watch = |row: &Row<'_>| {
        Ok(Watch {
            last: seen(row)?,
            watched: row.get(3)?,
            doubted: row.get(4)?,
        })
    };
    connection
        .prepare_cached(sql)?
        .query_row([], watch)
        .optional()
}

fn seen(row: &Row<'_>) -> rusqlite::Result<Look> {
    Ok(Look {
        at: row.get(0)?,
        boot: row.get(1)?,
        up: row.get(2)?,
    })
}

fn keep(
    connection: &Connection,
    Watch {
        last,
        watched,
        doubted,
    }: &Watch,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO watch VALUES (1, ?1, ?2, ?3, ?4, ?5)";
    connection
        .prepare_cached(sql)?
        .execute(params![last.at, last.boot, last.up, watched, doubted])
        .map(|_| ())
}

/// Keeps a look that believed the clock, and gives the newest that is a day old.
fn believed(connection: &Connection, now: &Watch) -> rusqlite::Result<Option<Look>> {
    let add = "INSERT INTO believed_sweeps SELECT ?1, ?2, ?3, ?4
               WHERE NOT EXISTS (SELECT 1 FROM believed_sweeps WHERE watched > ?1 - ?5)";
    connection.prepare_cached(add)?.execute(params![
        now.watched,
        now.last.at,
        now.last.boot,
        now.last.up,
        HOUR
    ])?;
    let a_day_old =
        "SELECT seen_at, boot, up, watched FROM believed_sweeps WHERE watched <= ?1 - ?2
                     ORDER BY watched DESC LIMIT 1";
    let old = |row: &Row<'_>| Ok((seen(row)?, row.get::<_, i64>(3)?));
    let found = connection
        .prepare_cached(a_day_old)?
        .query_row([now.watched, DAY], old)
        .optional()?;
    if let Some((_, watched)) = &found {
        connection
            .prepare_cached("DELETE FROM believed_sweeps WHERE watched < ?1")?
            .execute([watched])?;
    }
    Ok(found.map(|(look, _)| look))
}
