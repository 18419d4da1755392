//! What people have marked entries as. Written by the one writer, as all that people do; read with the entries.

use counterfoil_core::ports::{Seen, SeenMarks};
use counterfoil_core::{Fault, FormId, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::Spot;
use counterfoil_operations::history::Actor;
use counterfoil_operations::marks::{Made, Mark, Marking, Marks, Watermark};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::rows::{Sql, damaged};
use crate::store::Store;
use crate::sums::{self, DIFFERS, Damaged, UNREADABLE, damage};

/// The columns of [`marks`], in its order.
pub(crate) const MARKS: &str = "form, id, seen_at, seen_by, answered_at, answered_by, sum";
/// The columns of [`watermark`], in its order.
pub(crate) const WATERMARK: &str = "form, id, listed_at, made_at, made_by, sum";

impl Marking for Store {
    async fn mark(&self, of: &SubmissionRef, mark: Mark, made: Option<&Made>) -> Result<(), Fault> {
        let (of, made) = (of.clone(), made.cloned());
        self.writer()
            .write(move |connection| put(connection, &of, mark, made))
            .await
    }

    async fn marks(&self, of: &[Spot]) -> Result<Vec<Marks>, Fault> {
        self.read(|connection| {
            let _moment = connection.unchecked_transaction()?;
            of.iter().map(|spot| self::read(connection, spot)).collect()
        })
    }

    async fn see_all(&self, form: &FormId, watermark: &Watermark) -> Result<(), Fault> {
        let (form, watermark) = (form.clone(), watermark.clone());
        self.writer()
            .write(move |connection| raise(connection, &form, &watermark))
            .await
    }
}

impl SeenMarks for Store {
    async fn seen(&self, of: &SubmissionRef, listed_at: Timestamp) -> Result<Seen, Fault> {
        let of = of.clone();
        let spot = Spot { listed_at, of };
        let marks = self.read(|connection| {
            let _moment = connection.unchecked_transaction()?;
            self::read(connection, &spot)
        })?;
        Ok(Seen {
            seen_at: marks.seen.map(|made| made.at),
            answered_at: marks.answered.map(|made| made.at),
        })
    }
}

/// The marks of an entry at this place.
pub(crate) fn read(connection: &Connection, spot: &Spot) -> rusqlite::Result<Marks> {
    let mut marks = own(connection, &spot.of)?;
    if marks.seen.is_none() {
        let watermark = watermark_of(connection, &spot.of.form)?;
        marks.seen = watermark
            .filter(|watermark| *spot <= watermark.upto)
            .map(|watermark| watermark.made);
    }
    Ok(marks)
}

/// Removes those of an entry of which nothing is left.
pub(crate) fn forget(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<()> {
    let sql = "DELETE FROM marks WHERE form = ?1 AND id = ?2";
    connection
        .prepare_cached(sql)?
        .execute(params![of.form.as_str(), of.id.as_bytes()])
        .map(|_| ())
}

fn own(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Marks> {
    let sql = format!("SELECT {MARKS} FROM marks WHERE form = ?1 AND id = ?2");
    let mut select = connection.prepare_cached(&sql)?;
    let found = select
        .query_row(params![of.form.as_str(), of.id.as_bytes()], marks)
        .optional()?;
    Ok(found.unwrap_or_default())
}

fn watermark_of(connection: &Connection, form: &FormId) -> rusqlite::Result<Option<Watermark>> {
    let sql = format!("SELECT {WATERMARK} FROM watermarks WHERE form = ?1");
    connection
        .prepare_cached(&sql)?
        .query_row([form.as_str()], watermark)
        .optional()
}

/// Puts a mark or takes it away. What is damaged is written anew: who made it cannot be told any more.
fn put(
    connection: &Connection,
    of: &SubmissionRef,
    mark: Mark,
    made: Option<Made>,
) -> rusqlite::Result<()> {
    let mut marks = undamaged(own(connection, of))?.unwrap_or_default();
    let there = match mark {
        Mark::Seen => &mut marks.seen,
        Mark::Answered => &mut marks.answered,
    };
    *there = made.map(|made| there.take().unwrap_or(made));
    if marks == Marks::default() {
        return forget(connection, of);
    }
    let [seen_at, seen_by] = columns(marks.seen);
    let [answered_at, answered_by] = columns(marks.answered);
    let key = [
        of.form.as_str().to_owned().into(),
        of.id.as_bytes().to_vec().into(),
    ];
    let values: Vec<Value> = key
        .into_iter()
        .chain([seen_at, seen_by, answered_at, answered_by])
        .collect();
    let sql = format!("INSERT OR REPLACE INTO marks ({MARKS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    write(connection, &sql, values)
}

/// Raises a form's watermark.
fn raise(connection: &Connection, form: &FormId, next: &Watermark) -> rusqlite::Result<()> {
    let there = undamaged(watermark_of(connection, form))?.flatten();
    if there.is_some_and(|there| there.upto >= next.upto) {
        return Ok(());
    }
    let [made_at, made_by] = columns(Some(next.made.clone()));
    let listed_at = next.upto.listed_at.as_millis().into();
    let id = next.upto.of.id.as_bytes().to_vec().into();
    let values = vec![
        form.as_str().to_owned().into(),
        id,
        listed_at,
        made_at,
        made_by,
    ];
    let sql =
        format!("INSERT OR REPLACE INTO watermarks ({WATERMARK}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    write(connection, &sql, values)
}

/// Writes a row with its sum behind it.
fn write(connection: &Connection, sql: &str, mut values: Vec<Value>) -> rusqlite::Result<()> {
    values.push(sums::of_values(&values).to_vec().into());
    connection
        .prepare_cached(sql)?
        .execute(params_from_iter(values))
        .map(|_| ())
}

fn columns(made: Option<Made>) -> [Value; 2] {
    let (at, by) = made
        .map(|made| (made.at.as_millis(), made.by.as_str().to_owned()))
        .unzip();
    [at.into(), by.into()]
}

/// What was read; `None`: it is damaged.
fn undamaged<T>(read: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if damage(&error).is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads marks, and checks them.
pub(crate) fn marks(row: &Row<'_>) -> rusqlite::Result<Marks> {
    let damaged = |what| {
        let whose = damaged(row, what).whose;
        Damaged {
            whose: format!("what {whose} is marked as"),
            what,
        }
    };
    if !sums::fits(row, 6)? {
        return Err(damaged(DIFFERS).into());
    }
    let read = || {
        Ok(Marks {
            seen: made(row, 2)?,
            answered: made(row, 4)?,
        })
    };
    read().map_err(|_: rusqlite::Error| damaged(UNREADABLE).into())
}

/// Reads a watermark, and checks it.
pub(crate) fn watermark(row: &Row<'_>) -> rusqlite::Result<Watermark> {
    let damaged = |what| {
        let form: Option<Sql<FormId>> = row.get(0).ok();
        let form = form.map_or_else(|| "(form unreadable)".to_owned(), |form| form.0.to_string());
        Damaged {
            whose: format!("up to where {form} was seen"),
            what,
        }
    };
    if !sums::fits(row, 5)? {
        return Err(damaged(DIFFERS).into());
    }
    let read = || {
        let of = SubmissionRef {
            form: row.get::<_, Sql<FormId>>(0)?.0,
            id: row.get::<_, Sql<SubmissionId>>(1)?.0,
        };
        let upto = Spot {
            listed_at: row.get::<_, Sql<Timestamp>>(2)?.0,
            of,
        };
        let made = made(row, 3)?.ok_or(rusqlite::Error::InvalidQuery)?;
        Ok(Watermark { upto, made })
    };
    read().map_err(|_: rusqlite::Error| damaged(UNREADABLE).into())
}

/// Who made a mark, and when, from two columns.
fn made(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Made>> {
    let time: Option<Sql<Timestamp>> = row.get(at)?;
    let by: Option<Sql<Actor>> = row.get(at + 1)?;
    Ok(time.zip(by).map(|(at, by)| Made { at: at.0, by: by.0 }))
}

impl FromSql for Sql<Actor> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Actor::parse(value.as_str()?)
            .map(Sql)
            .ok_or(FromSqlError::InvalidType)
    }
}
