//! What is owed to receivers, on SQLite. Born behind the outbox: what is owed of some changes, and the cursor behind them,
//! are one transaction.
//!
//! A row that is damaged is left where it is, and said: what it says would be told to somebody.

mod birth;
mod desk;
mod rows;

pub use birth::DELIVERIES;
pub(crate) use birth::bear;
pub(crate) use rows::{ATTEMPT, DELIVERY, RECEIVER, attempt, receiver, stored};

use counterfoil_core::{Fault, Timestamp};
use counterfoil_telling::courier::{KEPT_ATTEMPTS, Tried, merge, note};
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::health::Health;
use counterfoil_telling::ports::{Deliveries, Settled};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::send::Outcome;
use rusqlite::types::Value;
use rusqlite::{Connection, Params, params, params_from_iter};

use crate::store::Store;
use crate::sums::damage;
use rows::{Stored, find, health_of, put, put_health};

/// Behind no older one of its submission that waits, too.
const FIRST: &str = "NOT EXISTS (
    SELECT 1 FROM deliveries AS older WHERE older.receiver = deliveries.receiver AND older.form = deliveries.form
        AND older.id = deliveries.id AND older.seq < deliveries.seq AND older.state = 'waiting')";

impl Deliveries for Store {
    async fn bear(&self, born: &[Delivery]) -> Result<(), Fault> {
        let born = born.to_vec();
        self.writer()
            .write(move |connection| birth::bear(connection, &born))
            .await
    }

    async fn due(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        but: &[DeliveryId],
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        let sql = format!(
            "SELECT {DELIVERY} FROM deliveries
             WHERE receiver = ?1 AND state = 'waiting' AND due_at <= ?2 AND {FIRST} ORDER BY due_at"
        );
        let of = params![receiver.as_str(), now.as_millis()];
        self.read(|connection| some(connection, &sql, of, |id| !but.contains(id), most))
    }

    async fn oldest(&self, receiver: &ReceiverName) -> Result<Option<Delivery>, Fault> {
        let sql = format!(
            "SELECT {DELIVERY} FROM deliveries
             WHERE receiver = ?1 AND state = 'waiting' AND {FIRST} ORDER BY born_at"
        );
        let of = params![receiver.as_str()];
        let mut oldest = self.read(|connection| some(connection, &sql, of, |_| true, 1))?;
        Ok(oldest.pop())
    }

    async fn due_together(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        let sql = format!(
            "SELECT {DELIVERY} FROM deliveries
             WHERE receiver = ?1 AND state = 'waiting' AND due_at <= ?2 ORDER BY due_at, born_at, seq"
        );
        let of = params![receiver.as_str(), now.as_millis()];
        self.read(|connection| some(connection, &sql, of, |_| true, most))
    }

    async fn settle(&self, tried: &Tried, outcome: &Outcome) -> Result<Option<Settled>, Fault> {
        let mut settled = self
            .settle_letter(std::slice::from_ref(tried), outcome)
            .await?;
        Ok(settled.pop())
    }

    async fn settle_letter(
        &self,
        tried: &[Tried],
        outcome: &Outcome,
    ) -> Result<Vec<Settled>, Fault> {
        let (tried, outcome) = (tried.to_vec(), outcome.clone());
        self.writer()
            .write(move |connection| {
                let settled = tried
                    .iter()
                    .filter_map(|one| settle(connection, one).transpose());
                let settled: Vec<_> = settled.collect::<rusqlite::Result<_>>()?;
                heal(connection, settled, &outcome)
            })
            .await
    }

    async fn letters_since(&self, receiver: &ReceiverName, since: Timestamp) -> Result<u32, Fault> {
        self.read(|connection| {
            let sql = "SELECT count(DISTINCT at) FROM attempts
                       WHERE receiver = ?1 AND at >= ?2 AND cause IS NULL";
            let of = params![receiver.as_str(), since.as_millis()];
            connection
                .prepare_cached(sql)?
                .query_row(of, |row| row.get(0))
        })
    }

    async fn health(&self, receiver: &ReceiverName) -> Result<Health, Fault> {
        self.read(|connection| Ok(health_of(connection, receiver)?.0))
    }

    async fn bring_back(
        &self,
        receiver: &ReceiverName,
        back_at: Timestamp,
        most: usize,
    ) -> Result<usize, Fault> {
        let receiver = receiver.clone();
        self.writer()
            .write(move |connection| {
                let sql = format!(
                    "SELECT {DELIVERY} FROM deliveries
                     WHERE receiver = ?1 AND state = 'waiting' AND due_at > ?2 ORDER BY due_at"
                );
                let of = params![receiver.as_str(), back_at.as_millis()];
                let late = some(connection, &sql, of, |_| true, most)?;
                for delivery in &late {
                    change(connection, &delivery.id, |stored| {
                        stored.delivery.due_at = back_at
                    })?;
                }
                Ok(late.len())
            })
            .await
    }

    async fn caught_up(&self, receiver: &ReceiverName, back_at: Timestamp) -> Result<bool, Fault> {
        let receiver = receiver.clone();
        self.writer()
            .write(move |connection| {
                let sql = "SELECT EXISTS (SELECT 1 FROM deliveries
                           WHERE receiver = ?1 AND state = 'waiting' AND due_at <= ?2)";
                let of = params![receiver.as_str(), back_at.as_millis()];
                if connection.query_row(sql, of, |row| row.get(0))? {
                    return Ok(false);
                }
                let (mut health, enabled) = health_of(connection, &receiver)?;
                if health.back_at == Some(back_at) {
                    health.back_at = None;
                    put_health(connection, &receiver, &health, enabled.as_ref())?;
                }
                Ok(true)
            })
            .await
    }
}

/// The first `most` deliveries of a query that `takes`; what is damaged is passed over, and said.
fn some(
    connection: &Connection,
    sql: &str,
    of: impl Params,
    takes: impl Fn(&DeliveryId) -> bool,
    most: usize,
) -> rusqlite::Result<Vec<Delivery>> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(of)?;
    let mut found = Vec::new();
    while found.len() < most
        && let Some(row) = rows.next()?
    {
        match stored(row) {
            Ok(stored) if takes(&stored.delivery.id) => found.push(stored.delivery),
            Ok(_) => {}
            Err(error) if damage(&error).is_some() => tracing::error!(%error, "it is not sent"),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Changes a delivery that is there.
fn change(
    connection: &Connection,
    id: &DeliveryId,
    change: impl FnOnce(&mut Stored),
) -> rusqlite::Result<()> {
    if let Some(mut stored) = find(connection, id)? {
        change(&mut stored);
        put(connection, &stored)?;
    }
    Ok(())
}

/// Writes what became of a delivery. `None`: it is not there, or another attempt was counted meanwhile.
fn settle(
    connection: &Connection,
    tried: &Tried,
) -> rusqlite::Result<Option<(Delivery, Timestamp)>> {
    let Some(mut stored) = find(connection, &tried.delivery.id)? else {
        return Ok(None);
    };
    let Some(next) = merge(&stored.delivery, tried) else {
        return Ok(None);
    };
    let now = tried.attempt.at.plus(tried.attempt.took);
    let was_due = stored.delivery.due_at;
    stored.becomes(next, now);
    put(connection, &stored)?;
    follow(connection, &stored.delivery, was_due, now)?;
    rows::put_attempt(connection, &stored.delivery.id, &tried.attempt)?;
    forget_old(connection, &stored.delivery)?;
    Ok(Some((stored.delivery, now)))
}

/// Writes what the one outcome of a letter does to its receiver.
fn heal(
    connection: &Connection,
    settled: Vec<(Delivery, Timestamp)>,
    outcome: &Outcome,
) -> rusqlite::Result<Vec<Settled>> {
    let Some((first, now)) = settled.first() else {
        return Ok(Vec::new());
    };
    let receiver = &first.id.receiver;
    let (before, enabled) = health_of(connection, receiver)?;
    let mut health = before.clone();
    let mut warning = note(&mut health, outcome, *now);
    if health != before {
        put_health(connection, receiver, &health, enabled.as_ref())?;
    }
    let told = settled.into_iter().map(|(delivery, _)| Settled {
        delivery,
        health: health.clone(),
        warning: warning.take(),
    });
    Ok(told.collect())
}

/// Lets the later changes of a submission wait as long as an earlier one does: else those would be looked through each time
/// that something due is looked for. What has waited with it goes when it goes.
fn follow(
    connection: &Connection,
    leader: &Delivery,
    was_due: Timestamp,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let waits = leader.state == DeliveryState::Waiting;
    let due_at = if waits { leader.due_at } else { now };
    let DeliveryId { receiver, of, seq } = &leader.id;
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries WHERE receiver = ?1 AND form = ?2 AND id = ?3 AND seq > ?4
         AND state = 'waiting' AND ((?5 AND due_at < ?6) OR (due_at = ?7 AND due_at > ?6))"
    );
    let key = params![
        receiver.as_str(),
        of.form.as_str(),
        of.id.as_bytes(),
        seq,
        waits,
        due_at.as_millis(),
        was_due.as_millis()
    ];
    for follower in some(connection, &sql, key, |_| true, usize::MAX)? {
        change(connection, &follower.id, |stored| {
            stored.delivery.due_at = due_at
        })?;
    }
    Ok(())
}

/// Removes all attempts but the newest.
fn forget_old(connection: &Connection, delivery: &Delivery) -> rusqlite::Result<()> {
    let Some(last) = delivery.attempts.checked_sub(KEPT_ATTEMPTS) else {
        return Ok(());
    };
    let DeliveryId { receiver, of, seq } = &delivery.id;
    let sql = "DELETE FROM attempts WHERE receiver = ?1 AND form = ?2 AND id = ?3 AND seq = ?4 AND n <= ?5";
    let of = params![
        receiver.as_str(),
        of.form.as_str(),
        of.id.as_bytes(),
        seq,
        last
    ];
    connection.prepare_cached(sql)?.execute(of).map(|_| ())
}

/// How long what was delivered or given up is kept.
const KEPT: i64 = 30 * 24 * 60 * 60 * 1000;
/// Rows that are removed in one transaction.
const PRUNED: usize = 2000;

/// Removes deliveries that were done with a month before `then`, and their attempts. What has failed stays.
pub(crate) fn prune(connection: &Connection, then: i64) -> rusqlite::Result<usize> {
    let sql =
        "SELECT receiver, form, id, seq FROM deliveries WHERE done_at IS NOT NULL AND done_at <= ?1
               ORDER BY done_at LIMIT ?2";
    let mut select = connection.prepare_cached(sql)?;
    let key = |row: &rusqlite::Row<'_>| {
        (0..4)
            .map(|at| row.get::<_, Value>(at))
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let keys: Vec<_> = select
        .query_map(params![then - KEPT, PRUNED], key)?
        .collect::<rusqlite::Result<_>>()?;
    for key in &keys {
        remove(connection, key)?;
    }
    Ok(keys.len())
}

/// Removes a delivery and its attempts.
fn remove<'k>(
    connection: &Connection,
    key: impl IntoIterator<Item = &'k Value> + Clone,
) -> rusqlite::Result<()> {
    for table in ["attempts", "deliveries"] {
        let sql = format!(
            "DELETE FROM {table} WHERE receiver = ?1 AND form = ?2 AND id = ?3 AND seq = ?4"
        );
        let mut delete = connection.prepare_cached(&sql)?;
        delete.execute(params_from_iter(key.clone()))?;
    }
    Ok(())
}
