//! Deliveries as people see them, and what they do to them.

use counterfoil_core::{Cause, Fault, SubmissionRef, Timestamp};
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::orders::{DeliveryVerb, Order, Signed, anew, ordered, returned};
use counterfoil_telling::ports::{Acted, DeliveryDesk, DeliveryFilter, Standing, Told};
use counterfoil_telling::receiver::ReceiverName;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::rows::{Stored, attempts, find, health_of, put, put_health, stored};
use super::{DELIVERY, change};
use crate::reader::Reader;
use crate::rows::Sql;
use crate::store::Store;
use crate::sums::damage;

impl Reader {
    /// See [`DeliveryDesk::list`].
    pub fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<&DeliveryId>,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        self.read(|connection| list(connection, filter, after, most))
    }

    /// See [`DeliveryDesk::told`].
    pub fn told(&self, id: &DeliveryId) -> Result<Option<Told>, Fault> {
        self.read(|connection| {
            let _moment = connection.unchecked_transaction()?;
            let found = find(connection, id)?;
            found.map(|stored| told(connection, stored)).transpose()
        })
    }

    /// See [`DeliveryDesk::told_of`].
    pub fn told_of(&self, of: &SubmissionRef) -> Result<Vec<Told>, Fault> {
        self.read(|connection| {
            let _moment = connection.unchecked_transaction()?;
            let sql = format!(
                "SELECT {DELIVERY} FROM deliveries WHERE id = ?1 AND form = ?2 ORDER BY receiver, seq"
            );
            let mut select = connection.prepare_cached(&sql)?;
            let of = params![of.id.as_bytes(), of.form.as_str()];
            let found: Vec<Stored> = select
                .query_map(of, stored)?
                .collect::<rusqlite::Result<_>>()?;
            let told = |stored| told(connection, stored);
            found.into_iter().map(told).collect()
        })
    }

    /// See [`DeliveryDesk::standings`].
    pub fn standings(&self) -> Result<Vec<Standing>, Fault> {
        self.read(|connection| {
            let _moment = connection.unchecked_transaction()?;
            // The names by leaps: each is found by one look behind the one before.
            let sql = "SELECT min(name) FROM (
                           SELECT min(receiver) AS name FROM deliveries WHERE receiver > ?1
                           UNION ALL SELECT min(name) FROM receivers WHERE name > ?1)";
            let mut next = connection.prepare_cached(sql)?;
            let mut standings: Vec<Standing> = Vec::new();
            loop {
                let last = standings.last().map_or("", |last| last.receiver.as_str());
                let name: Option<Sql<ReceiverName>> = next.query_row([last], |row| row.get(0))?;
                match name {
                    Some(name) => standings.push(standing(connection, name.0)?),
                    None => return Ok(standings),
                }
            }
        })
    }
}

impl DeliveryDesk for Store {
    async fn list(
        &self,
        filter: &DeliveryFilter,
        after: Option<&DeliveryId>,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        self.reader().deliveries(filter, after, most)
    }

    async fn told(&self, id: &DeliveryId) -> Result<Option<Told>, Fault> {
        self.reader().told(id)
    }

    async fn told_of(&self, of: &SubmissionRef) -> Result<Vec<Told>, Fault> {
        self.reader().told_of(of)
    }

    async fn act(&self, id: &DeliveryId, order: &Order) -> Result<Acted, Fault> {
        let (id, order) = (id.clone(), order.clone());
        self.writer()
            .write(move |connection| act(connection, &id, &order))
            .await
    }

    async fn came_back(&self, id: &DeliveryId, cause: &Cause) -> Result<Acted, Fault> {
        let (id, cause) = (id.clone(), cause.clone());
        let now = self.now();
        self.writer()
            .write(move |connection| came_back(connection, &id, (&cause, now)))
            .await
    }

    async fn standings(&self) -> Result<Vec<Standing>, Fault> {
        self.reader().standings()
    }

    async fn enable(&self, receiver: &ReceiverName, signed: &Signed) -> Result<(), Fault> {
        let (receiver, signed) = (receiver.clone(), signed.clone());
        self.writer()
            .write(move |connection| enable(connection, &receiver, &signed))
            .await
    }
}

fn told(connection: &Connection, stored: Stored) -> rusqlite::Result<Told> {
    Ok(Told {
        attempts: attempts(connection, &stored.delivery.id)?,
        delivery: stored.delivery,
        order: stored.order,
    })
}

fn list(
    connection: &Connection,
    filter: &DeliveryFilter,
    after: Option<&DeliveryId>,
    most: usize,
) -> rusqlite::Result<Vec<Delivery>> {
    let mut conditions = vec!["(receiver, form, id, seq) > (?1, ?2, ?3, ?4)".to_owned()];
    if let Some(state) = filter.state {
        conditions.push(format!("state = '{}'", state.as_str()));
    }
    if let Some(receiver) = &filter.receiver {
        // A name has no character that means something here.
        conditions.push(format!("receiver = '{receiver}'"));
    }
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries WHERE {} ORDER BY receiver, form, id, seq",
        conditions.join(" AND ")
    );
    let from: [Value; 4] = match after {
        Some(after) => super::rows::key(after),
        None => [
            String::new().into(),
            String::new().into(),
            Vec::new().into(),
            0.into(),
        ],
    };
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params_from_iter(from))?;
    let mut found = Vec::new();
    while found.len() < most
        && let Some(row) = rows.next()?
    {
        match stored(row) {
            Ok(stored) if filter.takes(&stored.delivery) => found.push(stored.delivery),
            Ok(_) => {}
            Err(error) if damage(&error).is_some() => tracing::error!(%error, "it is left out"),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn standing(connection: &Connection, receiver: ReceiverName) -> rusqlite::Result<Standing> {
    let count = |state: DeliveryState| {
        let sql = format!(
            "SELECT count(*) FROM deliveries WHERE receiver = ?1 AND state = '{}'",
            state.as_str()
        );
        let mut count = connection.prepare_cached(&sql)?;
        count.query_row([receiver.as_str()], |row| row.get(0))
    };
    let (health, enabled) = health_of(connection, &receiver)?;
    Ok(Standing {
        waiting: count(DeliveryState::Waiting)?,
        failed: count(DeliveryState::Failed)?,
        receiver,
        health,
        enabled,
    })
}

fn act(connection: &Connection, id: &DeliveryId, order: &Order) -> rusqlite::Result<Acted> {
    let mut stored = match find(connection, id) {
        Ok(Some(stored)) => stored,
        Ok(None) => return Ok(Acted::Absent),
        // Nothing of it is to be believed, and nothing of it is kept.
        Err(error) if damage(&error).is_some() && order.verb == DeliveryVerb::Discard => {
            super::remove(connection, &super::rows::key(id))?;
            return Ok(Acted::Done);
        }
        Err(error) => return Err(error),
    };
    let Some(next) = ordered(&stored.delivery, order.verb, order.signed.at) else {
        return Ok(Acted::NotIn(stored.delivery.state));
    };
    let was_due = stored.delivery.due_at;
    stored.becomes(next, order.signed.at);
    stored.order = Some(order.clone());
    put(connection, &stored)?;
    super::follow(connection, &stored.delivery, was_due, order.signed.at)?;
    Ok(Acted::Done)
}

fn came_back(
    connection: &Connection,
    id: &DeliveryId,
    (cause, now): (&Cause, Timestamp),
) -> rusqlite::Result<Acted> {
    let Some(mut stored) = find(connection, id)? else {
        return Ok(Acted::Absent);
    };
    let Some(next) = returned(&stored.delivery, cause) else {
        return Ok(Acted::NotIn(stored.delivery.state));
    };
    stored.becomes(next, now);
    put(connection, &stored)?;
    Ok(Acted::Done)
}

/// What waits is few rows as a rule, and a receiver that is enabled after days has its thousands written in one
/// transaction: a person waits for it, and must not find half of them begun anew.
fn enable(
    connection: &Connection,
    receiver: &ReceiverName,
    signed: &Signed,
) -> rusqlite::Result<()> {
    let (mut health, _) = health_of(connection, receiver)?;
    health.is_enabled(signed.at);
    put_health(connection, receiver, &health, Some(signed))?;
    let sql =
        format!("SELECT {DELIVERY} FROM deliveries WHERE receiver = ?1 AND state = 'waiting'");
    let waiting = super::some(
        connection,
        &sql,
        params![receiver.as_str()],
        |_| true,
        usize::MAX,
    )?;
    waiting.iter().try_for_each(|delivery| {
        change(connection, &delivery.id, |stored| {
            anew(&mut stored.delivery, signed.at)
        })
    })
}
