//! Deliveries, attempts and receivers as rows, and back; each with a sum behind its columns.

use std::time::Duration;

use counterfoil_core::notice::Change;
use counterfoil_core::{FormId, State, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_telling::alarms::{AlarmNews, AlarmState};
use counterfoil_telling::courier::Attempt;
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::health::{Health, ReceiverState};
use counterfoil_telling::news::News;
use counterfoil_telling::orders::{Order, Signed};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::send::Reply;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::rows::{Sql, cause_column};
use crate::sums::{self, DIFFERS, Damaged, UNREADABLE};

/// The columns of [`stored`], in its order.
pub(crate) const DELIVERY: &str = "receiver, form, id, seq, entry_state, run, entry_cause, changed_at, state, born_at, \
                                   due_at, attempts, tries, since, cause, done_at, deed, sum";
/// The columns of [`attempt`], in its order.
pub(crate) const ATTEMPT: &str = "receiver, form, id, seq, n, at, ms, code, said, cause, sum";
/// The columns of [`receiver`], in its order.
pub(crate) const RECEIVER: &str =
    "name, state, since, failures, told, back_at, cause, enabled, sum";

/// A delivery's row.
pub(crate) struct Stored {
    pub(crate) delivery: Delivery,
    /// When it was delivered or given up.
    done_at: Option<Timestamp>,
    pub(crate) order: Option<Order>,
}

impl Stored {
    /// One that has just been born.
    pub(crate) fn born(delivery: &Delivery) -> Self {
        Self {
            delivery: delivery.clone(),
            done_at: None,
            order: None,
        }
    }

    /// Takes what it becomes `now`.
    pub(crate) fn becomes(&mut self, next: Delivery, now: Timestamp) {
        self.done_at = match next.state {
            DeliveryState::Delivered | DeliveryState::Discarded => self.done_at.or(Some(now)),
            DeliveryState::Waiting | DeliveryState::Failed => None,
        };
        self.delivery = next;
    }
}

/// One delivery.
pub(crate) fn find(connection: &Connection, id: &DeliveryId) -> rusqlite::Result<Option<Stored>> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries WHERE receiver = ?1 AND form = ?2 AND id = ?3 AND seq = ?4"
    );
    let mut select = connection.prepare_cached(&sql)?;
    select
        .query_row(params_from_iter(key(id)), stored)
        .optional()
}

pub(super) fn key(id: &DeliveryId) -> [Value; 4] {
    [
        id.receiver.as_str().to_owned().into(),
        id.of.form.as_str().to_owned().into(),
        id.of.id.as_bytes().to_vec().into(),
        Value::Integer(id.seq.cast_signed()),
    ]
}

fn columns(stored: &Stored) -> Vec<Value> {
    let Delivery { id, news, .. } = &stored.delivery;
    let delivery = &stored.delivery;
    let mut columns = Vec::from(key(id));
    let (run, cause) = match news {
        News::Change(change) => (change.run, change.cause.clone().into()),
        // Of an alarm, what it says.
        News::Alarm(alarm) => (0, json(Some(&alarm.facts))),
    };
    columns.extend([
        news.state().to_owned().into(),
        run.into(),
        cause,
        news.at().as_millis().into(),
        delivery.state.as_str().to_owned().into(),
        delivery.born_at.as_millis().into(),
        delivery.due_at.as_millis().into(),
        delivery.attempts.into(),
        delivery.tries.into(),
        delivery.since.as_millis().into(),
        cause_column(delivery.cause.as_ref()).into(),
        stored.done_at.map(Timestamp::as_millis).into(),
        json(stored.order.as_ref()),
    ]);
    columns
}

fn json(value: Option<&impl Serialize>) -> Value {
    value
        .and_then(|value| serde_json::to_string(value).ok())
        .into()
}

/// Writes a row with its sum behind it.
fn write(connection: &Connection, sql: &str, mut values: Vec<Value>) -> rusqlite::Result<()> {
    values.push(sums::of_values(&values).to_vec().into());
    let mut write = connection.prepare_cached(sql)?;
    write.execute(params_from_iter(values)).map(|_| ())
}

/// Writes a delivery that is new; one that is there stays as it is.
pub(crate) fn insert(connection: &Connection, stored: &Stored) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT OR IGNORE INTO deliveries ({DELIVERY})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
    );
    write(connection, &sql, columns(stored))
}

/// Writes a delivery over what was written of it.
pub(crate) fn put(connection: &Connection, stored: &Stored) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO deliveries ({DELIVERY})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
    );
    write(connection, &sql, columns(stored))
}

/// Writes an attempt.
pub(crate) fn put_attempt(
    connection: &Connection,
    id: &DeliveryId,
    attempt: &Attempt,
) -> rusqlite::Result<()> {
    let ms = i64::try_from(attempt.took.as_millis()).unwrap_or(i64::MAX);
    let mut values = Vec::from(key(id));
    values.extend([
        attempt.n.into(),
        attempt.at.as_millis().into(),
        ms.into(),
        attempt.reply.code.into(),
        attempt.reply.said.clone().into(),
        cause_column(attempt.cause.as_ref()).into(),
    ]);
    let sql = format!(
        "INSERT OR REPLACE INTO attempts ({ATTEMPT}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    );
    write(connection, &sql, values)
}

/// The attempts at a delivery, oldest first.
pub(crate) fn attempts(connection: &Connection, id: &DeliveryId) -> rusqlite::Result<Vec<Attempt>> {
    let sql = format!(
        "SELECT {ATTEMPT} FROM attempts
         WHERE receiver = ?1 AND form = ?2 AND id = ?3 AND seq = ?4 ORDER BY n"
    );
    let mut select = connection.prepare_cached(&sql)?;
    select
        .query_map(params_from_iter(key(id)), attempt)?
        .collect()
}

/// How a receiver is, and who enabled it last. A row that is damaged says nothing: the receiver is tried, which shows how
/// it is.
pub(crate) fn health_of(
    connection: &Connection,
    name: &ReceiverName,
) -> rusqlite::Result<(Health, Option<Signed>)> {
    let sql = format!("SELECT {RECEIVER} FROM receivers WHERE name = ?1");
    let mut select = connection.prepare_cached(&sql)?;
    let found = select
        .query_row(params![name.as_str()], receiver)
        .optional();
    match found {
        Ok(found) => Ok(found
            .map(|(_, health, enabled)| (health, enabled))
            .unwrap_or_default()),
        Err(error) if sums::damage(&error).is_some() => {
            tracing::error!(%error, "it is taken to be up");
            Ok(Default::default())
        }
        Err(error) => Err(error),
    }
}

/// Writes how a receiver is.
pub(crate) fn put_health(
    connection: &Connection,
    name: &ReceiverName,
    health: &Health,
    enabled: Option<&Signed>,
) -> rusqlite::Result<()> {
    let values = vec![
        name.as_str().to_owned().into(),
        health.state.as_str().to_owned().into(),
        health.since.map(Timestamp::as_millis).into(),
        health.failures.into(),
        health.told.into(),
        health.back_at.map(Timestamp::as_millis).into(),
        cause_column(health.cause.as_ref()).into(),
        json(enabled),
    ];
    let sql = format!(
        "INSERT OR REPLACE INTO receivers ({RECEIVER}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    );
    write(connection, &sql, values)
}

/// Reads a delivery, and checks it.
pub(crate) fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    checked(row, 17, || {
        Ok(Stored {
            delivery: delivery(row)?,
            done_at: time(row, 15)?,
            order: parsed(row, 16)?,
        })
    })
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let of = SubmissionRef {
        form: row.get::<_, Sql<FormId>>(1)?.0,
        id: row.get::<_, Sql<SubmissionId>>(2)?.0,
    };
    let seq = row.get(3)?;
    let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Sql<Timestamp>>(column)?.0);
    Ok(Delivery {
        id: DeliveryId {
            receiver: row.get::<_, Sql<ReceiverName>>(0)?.0,
            of: of.clone(),
            seq,
        },
        news: news(row, of, seq)?,
        state: row.get::<_, Sql<DeliveryState>>(8)?.0,
        born_at: at(9)?,
        due_at: at(10)?,
        attempts: row.get(11)?,
        tries: row.get(12)?,
        since: at(13)?,
        cause: parsed(row, 14)?,
    })
}

/// What a delivery tells, of the columns that hold a change; of an alarm, they hold that.
fn news(row: &Row<'_>, of: SubmissionRef, seq: u64) -> rusqlite::Result<News> {
    let at = row.get::<_, Sql<Timestamp>>(7)?.0;
    if of.form == FormId::alarm() {
        let facts = parsed(row, 6)?.ok_or(rusqlite::Error::InvalidQuery)?;
        let state = row.get::<_, Sql<AlarmState>>(4)?.0;
        return Ok(News::Alarm(AlarmNews {
            of,
            seq,
            at,
            state,
            facts,
        }));
    }
    Ok(News::Change(Change {
        of,
        seq,
        state: row.get::<_, Sql<State>>(4)?.0,
        run: row.get(5)?,
        cause: row.get(6)?,
        at,
    }))
}

/// Reads an attempt, and checks it.
pub(crate) fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    checked(row, 10, || {
        Ok(Attempt {
            n: row.get(4)?,
            at: row.get::<_, Sql<Timestamp>>(5)?.0,
            took: Duration::from_millis(row.get(6)?),
            reply: Reply {
                code: row.get(7)?,
                said: row.get(8)?,
            },
            cause: parsed(row, 9)?,
        })
    })
}

/// Reads how a receiver is, and checks it.
pub(crate) fn receiver(row: &Row<'_>) -> rusqlite::Result<(ReceiverName, Health, Option<Signed>)> {
    checked(row, 8, || {
        let health = Health {
            state: row.get::<_, Sql<ReceiverState>>(1)?.0,
            since: time(row, 2)?,
            failures: row.get(3)?,
            told: row.get(4)?,
            back_at: time(row, 5)?,
            cause: parsed(row, 6)?,
        };
        Ok((
            row.get::<_, Sql<ReceiverName>>(0)?.0,
            health,
            parsed(row, 7)?,
        ))
    })
}

/// Reads a row whose sum is in column `sum`, and checks it.
fn checked<T>(
    row: &Row<'_>,
    sum: usize,
    read: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    if !sums::fits(row, sum)? {
        return Err(damaged(row, DIFFERS).into());
    }
    read().map_err(|_| damaged(row, UNREADABLE).into())
}

fn damaged(row: &Row<'_>, what: &'static str) -> Damaged {
    let name = row.get::<_, Sql<ReceiverName>>(0);
    let name = name.map_or_else(|_| "(unreadable)".to_owned(), |name| name.0.to_string());
    let of = row.get::<_, Sql<FormId>>(1).ok();
    let of = of.zip(row.get::<_, Sql<SubmissionId>>(2).ok());
    let whose = match of {
        Some((form, id)) => format!("what the receiver {name} is told of {}/{}", form.0, id.0),
        None => format!("what is known of the receiver {name}"),
    };
    Damaged { whose, what }
}

fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<Sql<Timestamp>>>(at)?.map(|at| at.0))
}

fn parsed<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|_| rusqlite::Error::InvalidQuery)
}

fn word<T>(value: Option<T>) -> FromSqlResult<Sql<T>> {
    value.map(Sql).ok_or(FromSqlError::InvalidType)
}

impl FromSql for Sql<ReceiverName> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        word(ReceiverName::parse(value.as_str()?))
    }
}

impl FromSql for Sql<AlarmState> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        word(AlarmState::parse(value.as_str()?))
    }
}

impl FromSql for Sql<DeliveryState> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        word(DeliveryState::parse(value.as_str()?))
    }
}

impl FromSql for Sql<ReceiverState> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        word(ReceiverState::parse(value.as_str()?))
    }
}
