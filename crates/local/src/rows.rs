//! Rows of the database as the words of `core`, and back.

use counterfoil_core::{
    Body, Cause, ContentHash, Entry, FormId, Head, Payload, State, SubmissionId, SubmissionRef,
    Timestamp,
};
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};

use crate::sums::{self, DIFFERS, Damaged, Sum, UNREADABLE};

/// The columns of [`head`], in its order.
pub(crate) const HEAD: &str = "form, id, state, seq, run, verdict_run, content, payload_hash, schema, \
     received_at, updated_at, attempts, cause, hold, expires_at, boot, expires_up, body_kind, sum";
/// How many they are.
pub(crate) const HEAD_COLUMNS: usize = 19;
/// Where the kind of the body is among them.
const KIND: usize = 17;
/// Where the sum is: behind everything that it sums up.
const SUM: usize = 18;

/// What stands in an entry's column `sum`: so that a poll, which reads no body, can check the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Of the head's columns, the body's kind, and `body`.
    head: Sum,
    /// Of the body.
    pub(crate) body: Sum,
}

impl Sums {
    /// Those of a head, as its columns up to the body's kind.
    pub(crate) fn compute<'v>(columns: impl Iterator<Item = ValueRef<'v>>, body: Sum) -> Self {
        Self {
            head: sums::sum(columns.chain([ValueRef::Integer(i64::from_be_bytes(body))])),
            body,
        }
    }

    /// As they are stored.
    pub(crate) fn column(&self) -> Value {
        Value::Blob([self.head, self.body].concat())
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, body) = bytes.split_at_checked(8)?;
        Some(Self {
            head: head.try_into().ok()?,
            body: body.try_into().ok()?,
        })
    }
}

/// Reads a head from the first columns of a row, and checks it.
pub(crate) fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    checked(row)?;
    read_head(row).map_err(|_| damaged(row, UNREADABLE).into())
}

/// The sums of a row, which fit its head; `None`: a row of a former version.
pub(crate) fn checked(row: &Row<'_>) -> rusqlite::Result<Option<Sums>> {
    let sums = match row.get_ref(SUM)? {
        ValueRef::Null => return Ok(None),
        ValueRef::Blob(bytes) => Sums::parse(bytes),
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) => None,
    };
    let columns = (0..SUM)
        .map(|at| row.get_ref(at))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    match sums.filter(|sums| Sums::compute(columns.into_iter(), sums.body) == *sums) {
        Some(sums) => Ok(Some(sums)),
        None => Err(damaged(row, DIFFERS).into()),
    }
}

/// The kind of a row's body.
pub(crate) fn kind(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(KIND)
}

fn read_head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        of: SubmissionRef {
            form: row.get::<_, Sql<FormId>>(0)?.0,
            id: row.get::<_, Sql<SubmissionId>>(1)?.0,
        },
        state: row.get::<_, Sql<State>>(2)?.0,
        seq: row.get(3)?,
        run: row.get(4)?,
        verdict_run: row.get(5)?,
        content: row
            .get::<_, Option<Sql<ContentHash>>>(6)?
            .map(|hash| hash.0),
        payload_hash: row
            .get::<_, Option<Sql<ContentHash>>>(7)?
            .map(|hash| hash.0),
        schema: row.get(8)?,
        received_at: row.get::<_, Sql<Timestamp>>(9)?.0,
        updated_at: row.get::<_, Sql<Timestamp>>(10)?.0,
        attempts: row.get(11)?,
        cause: row.get::<_, Option<Sql<Cause>>>(12)?.map(|cause| cause.0),
        hold: row.get(13)?,
        expires_at: row.get::<_, Option<Sql<Timestamp>>>(14)?.map(|at| at.0),
    })
}

/// The boot in which a retention ends, and the uptime; `None`: the entry has none, or a former version wrote it.
pub(crate) type Term = Option<(i64, i64)>;

/// Where the boot of a row's term is.
const TERM: usize = 15;

/// A row's term.
pub(crate) fn term(row: &Row<'_>) -> rusqlite::Result<Term> {
    let boot: Option<i64> = row.get(TERM)?;
    Ok(boot.zip(row.get(TERM + 1)?))
}

/// A head as the columns that [`HEAD`] begins with, up to the body's kind.
pub(crate) fn head_columns(head: &Head, term: Term, kind: i64) -> [Value; SUM] {
    let (boot, up) = term.unzip();
    let hash = |hash: Option<&ContentHash>| hash.map(|hash| hash.as_bytes().to_vec());
    [
        Value::Text(head.of.form.as_str().to_owned()),
        Value::Blob(head.of.id.as_bytes().to_vec()),
        Value::Text(head.state.as_str().to_owned()),
        // No row has changed as often as that.
        Value::Integer(head.seq.cast_signed()),
        head.run.into(),
        head.verdict_run.into(),
        hash(head.content.as_ref()).into(),
        hash(head.payload_hash.as_ref()).into(),
        Value::Text(head.schema.clone()),
        head.received_at.as_millis().into(),
        head.updated_at.as_millis().into(),
        head.attempts.into(),
        cause_column(head.cause.as_ref()).into(),
        head.hold.clone().into(),
        head.expires_at.map(|at| at.as_millis()).into(),
        boot.into(),
        up.into(),
        kind.into(),
    ]
}

/// Reads a whole entry, its body in the column after the head's, and checks that too.
pub(crate) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let (sums, head) = (checked(row)?, head(row)?);
    let bytes = match row.get_ref(HEAD_COLUMNS)? {
        ValueRef::Null => &[],
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) => bytes,
        ValueRef::Integer(_) | ValueRef::Real(_) => return Err(damaged(row, UNREADABLE).into()),
    };
    let hash = ContentHash::digest(bytes);
    if sums.is_some_and(|sums| sums.body != sums::short(&hash)) {
        return Err(damaged(row, DIFFERS).into());
    }
    let body = match row.get::<_, i64>(KIND)? {
        0 if head.payload_hash != Some(hash) => return Err(damaged(row, DIFFERS).into()),
        0 => match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Body::Payload(Payload::from_stored(text)),
            Err(_) => return Err(damaged(row, UNREADABLE).into()),
        },
        1 => Body::Raw(bytes.to_vec()),
        2 => Body::Erased,
        _ => return Err(damaged(row, UNREADABLE).into()),
    };
    Ok(Entry { head, body })
}

/// The damage of a row that begins with a form and an id.
pub(crate) fn damaged(row: &Row<'_>, what: &'static str) -> Damaged {
    let form = row.get::<_, Sql<FormId>>(0).map_or_else(
        |_| "(form unreadable)".to_owned(),
        |form| form.0.to_string(),
    );
    let id = row
        .get::<_, Sql<SubmissionId>>(1)
        .map_or_else(|_| "(id unreadable)".to_owned(), |id| id.0.to_string());
    Damaged {
        whose: format!("{form}/{id}"),
        what,
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

/// The sum of a body's column.
pub(crate) fn body_sum(body: &Value) -> Sum {
    match body {
        Value::Blob(bytes) => sums::of_bytes(bytes),
        Value::Text(text) => sums::of_bytes(text.as_bytes()),
        Value::Null | Value::Integer(_) | Value::Real(_) => sums::of_bytes(&[]),
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
        read(
            value
                .as_blob()?
                .try_into()
                .ok()
                .map(SubmissionId::from_bytes),
        )
    }
}

impl FromSql for Sql<ContentHash> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        read(
            value
                .as_blob()?
                .try_into()
                .ok()
                .map(ContentHash::from_bytes),
        )
    }
}

impl FromSql for Sql<Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_i64()
            .map(|millis| Sql(Timestamp::from_millis(millis)))
    }
}

impl FromSql for Sql<Cause> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        read(serde_json::from_str(value.as_str()?).ok())
    }
}
