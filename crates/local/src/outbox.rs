//! The outbox: changes of state in their order, and how far each publisher has come.

use counterfoil_core::notice::Change;
use counterfoil_core::{Cause, Fault, State, SubmissionId, SubmissionRef, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::reader::Reader;
use crate::rows::{Sql, cause_column, damaged};
use crate::search;
use crate::store::Store;
use crate::sums::{self, DIFFERS, UNREADABLE};

/// A change and its place in the outbox.
#[derive(Clone, Debug)]
pub struct Announced {
    /// Its place.
    pub position: i64,
    /// The change.
    pub change: Change,
}

impl Store {
    /// Makes the outbox wait for exactly these publishers: a new one starts at what is still there, and one
    /// that is gone holds nothing back any more.
    pub async fn register_publishers(&self, names: Vec<String>) -> Result<(), Fault> {
        self.writer()
            .write(move |connection| {
                let known: Vec<String> = connection
                    .prepare_cached("SELECT publisher FROM cursors")?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                for gone in known.iter().filter(|name| !names.contains(name)) {
                    connection.execute("DELETE FROM cursors WHERE publisher = ?1", [gone])?;
                }
                let sql =
                    "INSERT OR IGNORE INTO cursors (publisher, position, sum) VALUES (?1, 0, ?2)";
                let mut add = connection.prepare_cached(sql)?;
                names.iter().try_for_each(|name| {
                    add.execute(params![name, cursor_sum(name, 0)]).map(|_| ())
                })
            })
            .await
    }

    /// The next changes for a publisher, oldest first: up to one that is damaged. A fault of damage: the first one is
    /// ([`Store::set_aside`] goes on behind it).
    pub fn announced(&self, publisher: &str, most: usize) -> Result<Vec<Announced>, Fault> {
        self.read(|connection| {
            let Some(cursor) = cursor(connection, publisher)? else {
                return Ok(Vec::new());
            };
            let sql = format!(
                "SELECT {COLUMNS} FROM outbox WHERE position > ?1 ORDER BY position LIMIT ?2"
            );
            let mut select = connection.prepare_cached(&sql)?;
            let mut rows: Vec<_> = select
                .query_map(params![cursor, most], announced)?
                .collect();
            let bad = rows.iter().position(Result::is_err).unwrap_or(rows.len());
            rows.truncate(bad.max(1));
            rows.into_iter().collect()
        })
    }

    /// Sets the next change aside for a publisher: it is damaged, and what it says would not be what was.
    pub async fn set_aside(&self, publisher: &str) -> Result<(), Fault> {
        let publisher = publisher.to_owned();
        self.writer()
            .write(move |connection| {
                let from = cursor(connection, &publisher)?.unwrap_or(0);
                let sql = "SELECT min(position) FROM outbox WHERE position > ?1";
                let Some(position) = connection.query_row(sql, [from], |row| row.get::<_, Option<i64>>(0))? else {
                    return Ok(());
                };
                let sql = "INSERT OR IGNORE INTO parked_notices (publisher, position, form, id, seq, cause)
                           SELECT ?1, position, form, id, seq, ?3 FROM outbox WHERE position = ?2";
                connection.execute(sql, params![publisher, position, cause_column(Some(&Cause::damaged()))])?;
                move_on(connection, &publisher, position)?;
                // Nothing of it is to be believed: it is made again from its entry.
                let sql = "DELETE FROM outbox WHERE position = ?1 AND position <= ?2";
                connection.execute(sql, params![position, done(connection)?]).map(|_| ())
            })
            .await
    }

    /// Notes that a publisher is done with everything up to `position`, sets aside what it will never take,
    /// and removes what every publisher is done with.
    pub async fn advance(
        &self,
        publisher: &str,
        position: i64,
        parked: Vec<(Announced, Cause)>,
    ) -> Result<(), Fault> {
        let publisher = publisher.to_owned();
        self.writer()
            .write(move |connection| {
                parked
                    .iter()
                    .try_for_each(|(what, cause)| park(connection, &publisher, what, cause))?;
                move_on(connection, &publisher, position)
            })
            .await
    }
}

/// How far a publisher has come; `None`: it is none of ours. A damaged one starts anew at what is still there, which
/// publishes again and leaves nothing out.
fn cursor(connection: &Connection, publisher: &str) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT publisher, position, sum FROM cursors WHERE publisher = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([publisher], whole_cursor)
        .optional()
}

fn whole_cursor(row: &Row<'_>) -> rusqlite::Result<i64> {
    if sums::fits(row, 2)? {
        row.get(1)
    } else {
        Ok(0)
    }
}

fn cursor_sum(publisher: &str, position: i64) -> Vec<u8> {
    sums::of_values(&[publisher.to_owned().into(), position.into()]).to_vec()
}

/// Adds a publisher that is owed what comes from now on; one that is there stays where it is.
pub(crate) fn join_at_end(connection: &Connection, publisher: &str) -> rusqlite::Result<()> {
    if cursor(connection, publisher)?.is_some() {
        return Ok(());
    }
    // The last position that was ever given, its row may be gone.
    let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'";
    let end: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    let sql = "INSERT INTO cursors (publisher, position, sum) VALUES (?1, ?2, ?3)";
    connection
        .execute(sql, params![publisher, end, cursor_sum(publisher, end)])
        .map(|_| ())
}

/// Moves a cursor to `position`, and removes what every publisher is done with.
pub(crate) fn move_on(
    connection: &Connection,
    publisher: &str,
    position: i64,
) -> rusqlite::Result<()> {
    let position = cursor(connection, publisher)?.unwrap_or(0).max(position);
    let sql = "UPDATE cursors SET position = ?2, sum = ?3 WHERE publisher = ?1";
    connection.prepare_cached(sql)?.execute(params![
        publisher,
        position,
        cursor_sum(publisher, position)
    ])?;
    trim(connection)
}

/// Removes what nobody needs any more: no publisher, and not the index of words.
pub(crate) fn trim(connection: &Connection) -> rusqlite::Result<()> {
    let done = done(connection)?;
    // What is set aside stays, to be brought out as it is.
    let sql = "DELETE FROM outbox WHERE position <= ?1 AND NOT EXISTS (
                   SELECT 1 FROM parked_notices AS parked
                   WHERE parked.publisher IN (SELECT publisher FROM cursors) AND parked.position = outbox.position)";
    connection.prepare_cached(sql)?.execute([done]).map(|_| ())
}

/// How far every publisher has come; `None`: there is none.
pub(crate) fn cursor_of_all(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let mut select = connection.prepare_cached("SELECT publisher, position, sum FROM cursors")?;
    let cursors: Vec<i64> = select
        .query_map([], whole_cursor)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(cursors.into_iter().min())
}

/// Up to where nobody needs the outbox; `None`: there is no publisher yet.
pub(crate) fn done(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let published = cursor_of_all(connection)?;
    published
        .map(|published| search::holds(connection, published))
        .transpose()
}

/// One more change for the publishers.
pub(crate) fn announce(connection: &Connection, change: &Change) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO outbox (form, id, seq, state, run, cause, at, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let columns: [Value; 7] = [
        Value::Text(change.of.form.as_str().to_owned()),
        Value::Blob(change.of.id.as_bytes().to_vec()),
        Value::Integer(change.seq.cast_signed()),
        Value::Text(change.state.as_str().to_owned()),
        change.run.into(),
        change.cause.clone().into(),
        change.at.as_millis().into(),
    ];
    let sum = sums::of_values(&columns).to_vec();
    statement
        .execute(params_from_iter(
            columns.into_iter().chain([Value::Blob(sum)]),
        ))
        .map(|_| ())
}

/// The columns of [`announced`], in its order.
pub(crate) const COLUMNS: &str = "form, id, seq, state, run, cause, at, sum, position";

/// Reads a change, and checks it.
pub(crate) fn announced(row: &Row<'_>) -> rusqlite::Result<Announced> {
    let damaged = |what| -> rusqlite::Error {
        let mut damaged = damaged(row, what);
        damaged.whose = format!("a change of {} that is to be published", damaged.whose);
        damaged.into()
    };
    if !sums::fits(row, 7)? {
        return Err(damaged(DIFFERS));
    }
    read(row).map_err(|_| damaged(UNREADABLE))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Announced> {
    let form = row.get::<_, Sql<counterfoil_core::FormId>>(0)?.0;
    let id = row.get::<_, Sql<SubmissionId>>(1)?.0;
    let change = Change {
        of: SubmissionRef { form, id },
        seq: row.get(2)?,
        state: row.get::<_, Sql<State>>(3)?.0,
        run: row.get(4)?,
        cause: row.get(5)?,
        at: row.get::<_, Sql<Timestamp>>(6)?.0,
    };
    Ok(Announced {
        position: row.get(8)?,
        change,
    })
}

fn park(
    connection: &Connection,
    publisher: &str,
    what: &Announced,
    cause: &Cause,
) -> rusqlite::Result<()> {
    let Change { of, seq, .. } = &what.change;
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO parked_notices VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let cause = cause_column(Some(cause));
    insert.execute(params![
        publisher,
        what.position,
        of.form.as_str(),
        of.id.as_bytes(),
        seq,
        cause
    ])?;
    Ok(())
}

impl Reader {
    /// How many notices this publisher will never take.
    pub fn parked(&self, publisher: &str) -> Result<u64, Fault> {
        self.read(|connection| {
            let sql = "SELECT count(*) FROM parked_notices WHERE publisher = ?1";
            connection.query_row(sql, [publisher], |row| row.get(0))
        })
    }
}
