//! Rows of the database as the words of `core`, and back.

use counterfoil_core::{
    Body, Cause, ContentHash, FormId, Head, Payload, State, SubmissionId, SubmissionRef, Timestamp,
};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Type, Value, ValueRef};

/// The columns of [`head`], in its order.
pub(crate) const HEAD: &str = "form, id, state, seq, run, verdict_run, content, payload_hash, schema, \
     received_at, updated_at, attempts, cause, hold, expires_at";
/// How many they are.
pub(crate) const HEAD_COLUMNS: usize = 15;

/// Reads a head from the first columns of a row.
pub(crate) fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        of: SubmissionRef { form: row.get::<_, Sql<FormId>>(0)?.0, id: row.get::<_, Sql<SubmissionId>>(1)?.0 },
        state: row.get::<_, Sql<State>>(2)?.0,
        seq: row.get(3)?,
        run: row.get(4)?,
        verdict_run: row.get(5)?,
        content: row.get::<_, Option<Sql<ContentHash>>>(6)?.map(|hash| hash.0),
        payload_hash: row.get::<_, Option<Sql<ContentHash>>>(7)?.map(|hash| hash.0),
        schema: row.get(8)?,
        received_at: row.get::<_, Sql<Timestamp>>(9)?.0,
        updated_at: row.get::<_, Sql<Timestamp>>(10)?.0,
        attempts: row.get(11)?,
        cause: row.get::<_, Option<Sql<Cause>>>(12)?.map(|cause| cause.0),
        hold: row.get(13)?,
        expires_at: row.get::<_, Option<Sql<Timestamp>>>(14)?.map(|at| at.0),
    })
}

/// Reads a body from two columns: its kind and its bytes.
pub(crate) fn body(row: &Row<'_>, at: usize) -> rusqlite::Result<Body> {
    match row.get::<_, i64>(at)? {
        0 => {
            let text = String::from_utf8(row.get(at + 1)?).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(at + 1, Type::Blob, Box::new(error.utf8_error()))
            })?;
            Ok(Body::Payload(Payload::from_stored(text)))
        }
        1 => Ok(Body::Raw(row.get(at + 1)?)),
        2 => Ok(Body::Erased),
        other => Err(rusqlite::Error::IntegralValueOutOfRange(at, other)),
    }
}

/// A body as its two columns.
pub(crate) fn body_columns(body: &Body) -> (i64, Value) {
    match body {
        Body::Payload(payload) => (0, Value::Blob(payload.as_str().as_bytes().to_vec())),
        Body::Raw(bytes) => (1, Value::Blob(bytes.clone())),
        Body::Erased => (2, Value::Null),
    }
}

/// A cause as the JSON of its column.
pub(crate) fn cause_column(cause: Option<&Cause>) -> Option<String> {
    cause.and_then(|cause| serde_json::to_string(cause).ok())
}

/// A word of `core` read from a column.
pub(crate) struct Sql<T>(pub(crate) T);

fn read<T>(value: Option<T>) -> FromSqlResult<Sql<T>> {
    value.map(Sql).ok_or(FromSqlError::InvalidType)
}

impl FromSql for Sql<FormId> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        read(FormId::parse_stored(value.as_str()?))
    }
}

impl FromSql for Sql<State> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        read(State::parse(value.as_str()?))
    }
}

impl FromSql for Sql<SubmissionId> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        read(value.as_blob()?.try_into().ok().map(SubmissionId::from_bytes))
    }
}

impl FromSql for Sql<ContentHash> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        read(value.as_blob()?.try_into().ok().map(ContentHash::from_bytes))
    }
}

impl FromSql for Sql<Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(|millis| Sql(Timestamp::from_millis(millis)))
    }
}

impl FromSql for Sql<Cause> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        read(serde_json::from_str(value.as_str()?).ok())
    }
}
