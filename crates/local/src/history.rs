//! Lines of history: written in the transaction of the change they tell.

use counterfoil_core::operations::history::{Deed, Line};
use counterfoil_core::{Cause, Payload, State, SubmissionRef, Timestamp};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Connection, Row, params};

use crate::rows::{Sql, cause_column};

/// Writes one line.
pub(crate) fn remember(connection: &Connection, of: &SubmissionRef, line: &Line) -> rusqlite::Result<()> {
    let deed = line.deed.as_ref().and_then(|deed| serde_json::to_string(deed).ok());
    let mut insert = connection.prepare_cached(
        "INSERT INTO history (form, id, seq, at, state, run, attempts, cause, hold, deed, before)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    insert.execute(params![
        of.form.as_str(),
        of.id.as_bytes(),
        line.seq,
        line.at.as_millis(),
        line.state.as_str(),
        line.run,
        line.attempts,
        cause_column(line.cause.as_ref()),
        line.hold,
        deed,
        line.before.as_ref().map(|payload| payload.as_str().as_bytes()),
    ])?;
    Ok(())
}

/// An entry's lines, oldest first.
pub(crate) fn lines(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Vec<Line>> {
    let mut select = connection.prepare_cached(
        "SELECT seq, at, state, run, attempts, cause, hold, deed, before FROM history
         WHERE id = ?1 AND form = ?2 ORDER BY seq",
    )?;
    select.query_map(params![of.id.as_bytes(), of.form.as_str()], line)?.collect()
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let before: Option<Vec<u8>> = row.get(8)?;
    Ok(Line {
        seq: row.get(0)?,
        at: row.get::<_, Sql<Timestamp>>(1)?.0,
        state: row.get::<_, Sql<State>>(2)?.0,
        run: row.get(3)?,
        attempts: row.get(4)?,
        cause: row.get::<_, Option<Sql<Cause>>>(5)?.map(|cause| cause.0),
        hold: row.get(6)?,
        deed: row.get::<_, Option<Sql<Deed>>>(7)?.map(|deed| deed.0),
        before: before.map(|bytes| Payload::from_stored(String::from_utf8_lossy(&bytes).into_owned())),
    })
}

impl FromSql for Sql<Deed> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Sql).map_err(|_| FromSqlError::InvalidType)
    }
}
