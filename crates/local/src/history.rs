//! Lines of history: written in the transaction of the change they tell.

use counterfoil_core::{Cause, Payload, State, SubmissionRef, Timestamp};
use counterfoil_operations::history::{Action, Line};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};
use rusqlite::{Connection, Row, params, params_from_iter};

use crate::rows::{Sql, cause_column, damaged};
use crate::sums::{self, DIFFERS, UNREADABLE};

/// The columns of [`line`], in its order.
pub(crate) const LINE: &str =
    "form, id, seq, at, state, run, attempts, cause, hold, deed, before, sum";
/// Where the sum of those before it is.
const SUM: usize = 11;

/// Writes one line.
pub(crate) fn remember(
    connection: &Connection,
    of: &SubmissionRef,
    line: &Line,
) -> rusqlite::Result<()> {
    let columns: [Value; SUM] = [
        Value::Text(of.form.as_str().to_owned()),
        Value::Blob(of.id.as_bytes().to_vec()),
        Value::Integer(line.seq.cast_signed()),
        line.at.as_millis().into(),
        Value::Text(line.state.as_str().to_owned()),
        line.run.into(),
        line.attempts.into(),
        cause_column(line.cause.as_ref()).into(),
        line.hold.clone().into(),
        line.deed
            .as_ref()
            .and_then(|deed| serde_json::to_string(deed).ok())
            .into(),
        line.before
            .as_ref()
            .map(|payload| payload.as_str().as_bytes().to_vec())
            .into(),
    ];
    let sum = Value::Blob(sums::of_values(&columns).to_vec());
    let mut insert = connection.prepare_cached(&format!(
        "INSERT INTO history ({LINE}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    ))?;
    insert
        .execute(params_from_iter(columns.into_iter().chain([sum])))
        .map(|_| ())
}

/// An entry's lines, oldest first.
pub(crate) fn lines(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Vec<Line>> {
    let sql = format!("SELECT {LINE} FROM history WHERE id = ?1 AND form = ?2 ORDER BY seq");
    let mut select = connection.prepare_cached(&sql)?;
    select
        .query_map(params![of.id.as_bytes(), of.form.as_str()], line)?
        .collect()
}

/// Reads a line, and checks it.
pub(crate) fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    let damaged = |what| -> rusqlite::Error {
        let mut damaged = damaged(row, what);
        damaged.whose = format!("the history of {}", damaged.whose);
        damaged.into()
    };
    if !sums::fits(row, SUM)? {
        return Err(damaged(DIFFERS));
    }
    read(row).map_err(|_| damaged(UNREADABLE))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Line> {
    let before: Option<Vec<u8>> = row.get(10)?;
    let text = |bytes| String::from_utf8(bytes).map_err(|_| FromSqlError::InvalidType);
    Ok(Line {
        seq: row.get(2)?,
        at: row.get::<_, Sql<Timestamp>>(3)?.0,
        state: row.get::<_, Sql<State>>(4)?.0,
        run: row.get(5)?,
        attempts: row.get(6)?,
        cause: row.get::<_, Option<Sql<Cause>>>(7)?.map(|cause| cause.0),
        hold: row.get(8)?,
        deed: row.get::<_, Option<Sql<Action>>>(9)?.map(|deed| deed.0),
        before: before.map(text).transpose()?.map(Payload::from_stored),
    })
}

impl FromSql for Sql<Action> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?)
            .map(Sql)
            .map_err(|_| FromSqlError::InvalidType)
    }
}
