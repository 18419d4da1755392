//! Boots of the machine. An uptime says for certain how much time has passed since another one of the same boot; what is
//! known of the clock beside it converts between boots.

use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::ports::Uptime;
use rusqlite::{Connection, OptionalExtension, params};

/// A boot, as far as the sweeps have seen it.
pub(crate) struct Boot {
    pub(crate) number: i64,
    /// How far the clock was ahead of the uptime.
    pub(crate) ahead: i64,
    /// That moment when a sweep of this boot was first relied on; `None`: none was.
    pub(crate) trusted: Option<i64>,
}

/// Milliseconds of a duration.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The number of a boot, a new one where it has none.
pub(crate) fn number(
    connection: &Connection,
    uptime: &Uptime,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let sql = "SELECT boot FROM boots WHERE id = ?1";
    let known = connection
        .prepare_cached(sql)?
        .query_row([&*uptime.boot], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let ahead = now.as_millis().saturating_sub(millis(uptime.up));
    connection.execute(
        "INSERT INTO boots (id, ahead) VALUES (?1, ?2)",
        params![&*uptime.boot, ahead],
    )?;
    Ok(connection.last_insert_rowid())
}

/// Every boot that is known.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Boot>> {
    let mut select =
        connection.prepare_cached("SELECT boot, ahead, trusted FROM boots ORDER BY boot")?;
    let boot = |row: &rusqlite::Row<'_>| {
        Ok(Boot {
            number: row.get(0)?,
            ahead: row.get(1)?,
            trusted: row.get(2)?,
        })
    };
    select.query_map([], boot)?.collect()
}

/// Notes how far the clock is ahead. While it is doubted, this only grows: what seems younger is kept longer.
pub(crate) fn note(
    connection: &Connection,
    boot: i64,
    ahead: i64,
    is_believed: bool,
) -> rusqlite::Result<()> {
    let sql =
        "UPDATE boots SET ahead = CASE WHEN ?3 THEN ?2 ELSE max(ahead, ?2) END WHERE boot = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![boot, ahead, is_believed])
        .map(|_| ())
}

/// Notes that a sweep of this boot is relied on from now on.
pub(crate) fn trust(connection: &Connection, boot: i64, ahead: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE boots SET trusted = ?2 WHERE boot = ?1 AND trusted IS NULL";
    connection
        .prepare_cached(sql)?
        .execute([boot, ahead])
        .map(|_| ())
}

/// The clock is later in the next boot by so much than when this one ended. As long as no sweep of this one was relied
/// on, its clock may have been behind: then what it wrote is younger than it seems.
pub(crate) fn end(connection: &Connection, boot: i64, later: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE boots SET ahead = ahead + max(?2, 0) WHERE boot = ?1 AND trusted IS NULL";
    connection
        .prepare_cached(sql)?
        .execute([boot, later])
        .map(|_| ())
}

/// Forgets boots but these two in which nothing ends any more.
pub(crate) fn forget(
    connection: &Connection,
    current: i64,
    relied_on: i64,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM boots WHERE boot <> ?1 AND boot <> ?2
               AND NOT EXISTS (SELECT 1 FROM entries WHERE entries.boot = boots.boot)";
    connection
        .prepare_cached(sql)?
        .execute([current, relied_on])
        .map(|_| ())
}
