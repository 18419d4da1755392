//! Alarms on SQLite: how far each was told is written in the transaction of the deliveries that tell it.

mod found;

pub use found::{Found, Look};

use std::collections::BTreeMap;

use counterfoil_core::Fault;
use counterfoil_telling::alarms::{Alarm, AlarmKey, AlarmKind};
use counterfoil_telling::delivery::Delivery;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};
use rusqlite::{Connection, Row, params, params_from_iter};

use crate::deliveries::bear;
use crate::reader::Reader;
use crate::rows::Sql;
use crate::store::Store;
use crate::sums::{self, DIFFERS, Damaged, UNREADABLE, damage};

/// The columns of [`alarm`], in its order.
pub(crate) const ALARM: &str = "kind, subject, alarm, sum";

impl Reader {
    /// What is kept of alarms. One that is damaged is left out, and said: it is found anew, and told once more.
    pub fn alarms(&self) -> Result<BTreeMap<AlarmKey, Alarm>, Fault> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(&format!("SELECT {ALARM} FROM alarms"))?;
            let mut rows = select.query([])?;
            let mut all = BTreeMap::new();
            while let Some(row) = rows.next()? {
                match alarm(row) {
                    Ok((key, alarm)) => drop(all.insert(key, alarm)),
                    Err(error) if damage(&error).is_some() => {
                        tracing::error!(%error, "the alarm is raised anew if it is still so");
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(all)
        })
    }
}

impl Store {
    /// Writes what has become of alarms, with the deliveries that tell it: at once, or not at all.
    pub async fn put_alarms(
        &self,
        changed: Vec<(AlarmKey, Alarm)>,
        born: Vec<Delivery>,
    ) -> Result<(), Fault> {
        self.writer()
            .write(move |connection| {
                changed
                    .iter()
                    .try_for_each(|(key, alarm)| put(connection, key, alarm))?;
                bear(connection, &born)
            })
            .await
    }
}

fn put(connection: &Connection, key: &AlarmKey, alarm: &Alarm) -> rusqlite::Result<()> {
    let (kind, subject) = (key.kind.as_str(), key.subject.as_str());
    if alarm.is_nothing() {
        let sql = "DELETE FROM alarms WHERE kind = ?1 AND subject = ?2";
        let mut delete = connection.prepare_cached(sql)?;
        return delete.execute(params![kind, subject]).map(drop);
    }
    let text = serde_json::to_string(alarm)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let mut values: Vec<Value> = vec![
        kind.to_owned().into(),
        subject.to_owned().into(),
        text.into(),
    ];
    values.push(sums::of_values(&values).to_vec().into());
    let sql = format!("INSERT OR REPLACE INTO alarms ({ALARM}) VALUES (?1, ?2, ?3, ?4)");
    let mut insert = connection.prepare_cached(&sql)?;
    insert.execute(params_from_iter(values)).map(drop)
}

/// Reads what is kept of an alarm, and checks it.
pub(crate) fn alarm(row: &Row<'_>) -> rusqlite::Result<(AlarmKey, Alarm)> {
    let damaged = |what| Damaged {
        whose: "what is known of an alarm".into(),
        what,
    };
    if !sums::fits(row, 3)? {
        return Err(damaged(DIFFERS).into());
    }
    let read = || {
        let key = AlarmKey {
            kind: row.get::<_, Sql<AlarmKind>>(0)?.0,
            subject: row.get(1)?,
        };
        let text: String = row.get(2)?;
        let alarm = serde_json::from_str(&text).map_err(|_| rusqlite::Error::InvalidQuery)?;
        Ok((key, alarm))
    };
    read().map_err(|_: rusqlite::Error| damaged(UNREADABLE).into())
}

impl FromSql for Sql<AlarmKind> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let kind = AlarmKind::parse(value.as_str()?);
        kind.map(Sql).ok_or(FromSqlError::InvalidType)
    }
}
