//! The queue on SQLite: what is durable is in the file, what is only leased is in memory.
//!
//! ```text
//! send ─► row, receives 0 ──lease──► ack: row deleted
//!            ▲                └────► retry: receives + 1, visible later (the only write on this path)
//!            │ lease runs out        └─ at the last receive: moved to the dead-letter queue, for `bury`
//!            └────────────────────────  receives + 1 in memory
//! ```
//!
//! A lease costs no write: the directory's lock proves that there is no other worker, so when this process
//! ends, every lease is void, and none of them counts as a receive.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counterfoil_core::ports::Queue;
use counterfoil_core::settling::Delivery;
use counterfoil_core::{Fault, SubmissionRef, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::lost::count_disposed;
use crate::reader::Reader;
use crate::store::Store;

impl Queue for Store {
    async fn send(&self, _of: &SubmissionRef, body: String) -> Result<(), Fault> {
        let sent_at = self.now().as_millis();
        self.writer()
            .write(move |connection| {
                let mut insert = connection.prepare_cached("INSERT INTO queue (body, sent_at) VALUES (?1, ?2)")?;
                insert.execute(params![body, sent_at]).map(|_| ())
            })
            .await
    }
}

/// A delivery and where it stands in the queue.
#[derive(Clone)]
pub struct Received {
    /// Its place in the queue.
    pub position: i64,
    /// What was received.
    pub delivery: Delivery,
}

/// What to do with a received message.
#[derive(Clone, Debug, PartialEq)]
pub enum Disposal {
    /// It is settled: delete it.
    Ack,
    /// Show it again after this long; at the last receive, move it to the dead-letter queue.
    Retry(Duration),
}

/// The worker's side of the queue. There is one in a process.
pub struct Consumer {
    leases: Mutex<Leases>,
    longest: Duration,
}

#[derive(Default)]
struct Leases {
    /// Everything up to here has been leased at least once by this process.
    newest: i64,
    /// What is out now, or came back because its lease ran out.
    out: HashMap<i64, Lease>,
}

struct Lease {
    until: Timestamp,
    receives: u32,
}

impl Consumer {
    /// A consumer that never hides a retry for longer than `longest`: one that seems to be hidden for longer was
    /// hidden before the clock was set back, and is due.
    #[must_use]
    pub fn new(longest: Duration) -> Self {
        Self { leases: Mutex::default(), longest }
    }

    /// Leases up to `most` messages for `visibility`: first what is due again, then what is new, oldest first.
    /// An empty list: there is nothing now.
    pub fn receive(&self, store: &Store, most: usize, visibility: Duration) -> Result<Vec<Received>, Fault> {
        let now = store.now();
        let mut leases = self.leases();
        let over = leases.over(now, most);
        // Everything is read before a lease is changed: a read that fails leaves them as they are.
        let received = store.read(|connection| {
            let mut rows = again(connection, &over)?;
            let due = retries(connection, (now, now.plus(self.longest)), most + leases.out.len())?;
            rows.extend(due.into_iter().filter(|row| !leases.out.contains_key(&row.position)));
            rows.truncate(most);
            rows.extend(fresh(connection, leases.newest, most - rows.len())?);
            Ok(rows)
        })?;
        for (position, _) in &over {
            leases.out.remove(position);
        }
        for row in &received {
            leases.newest = leases.newest.max(row.position);
            let lease = Lease { until: now.plus(visibility), receives: row.delivery.receives };
            leases.out.insert(row.position, lease);
        }
        Ok(received)
    }

    /// Disposes of received messages in one transaction. Their leases end with it; when it fails they stand
    /// until they run out, and the same call may be made again.
    pub async fn dispose(&self, store: &Store, what: &[(Received, Disposal)], last: u32) -> Result<(), Fault> {
        let now = store.now();
        let rows: Vec<(i64, u32, Disposal)> =
            what.iter().map(|(row, disposal)| (row.position, row.delivery.receives, disposal.clone())).collect();
        let positions: Vec<i64> = rows.iter().map(|(position, ..)| *position).collect();
        store
            .writer()
            .write(move |connection| {
                let disposed = rows.iter().map(|row| dispose_one(connection, row, now, last)).sum::<Result<_, _>>()?;
                count_disposed(connection, disposed)
            })
            .await?;
        let mut leases = self.leases();
        for position in positions {
            leases.out.remove(&position);
        }
        Ok(())
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leases {
    /// What was leased and never disposed of in time, with the receives so far.
    fn over(&self, now: Timestamp, most: usize) -> Vec<(i64, u32)> {
        let over = self.out.iter().filter(|(_, lease)| lease.until <= now);
        over.map(|(position, lease)| (*position, lease.receives)).take(most).collect()
    }
}

/// The messages whose leases ran out, as far as they are still there; that receive counts.
fn again(connection: &Connection, over: &[(i64, u32)]) -> rusqlite::Result<Vec<Received>> {
    let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM queue WHERE position = ?1"))?;
    let mut rows = Vec::with_capacity(over.len());
    for (position, receives) in over {
        for row in select.query_map([position], received)? {
            let mut row = row?;
            row.delivery.receives = row.delivery.receives.max(receives + 1);
            rows.push(row);
        }
    }
    Ok(rows)
}

const COLUMNS: &str = "position, body, sent_at, receives";

fn received(row: &Row<'_>) -> rusqlite::Result<Received> {
    // As bytes: whatever lies there, text or not, is delivered, and becomes an entry.
    let body = row.get_ref(1)?.as_bytes().map(<[u8]>::to_vec)?;
    let receives: u32 = row.get(3)?;
    let delivery = Delivery { body, sent_at: Timestamp::from_millis(row.get(2)?), receives: receives + 1 };
    Ok(Received { position: row.get(0)?, delivery })
}

fn retries(
    connection: &Connection,
    (now, longest): (Timestamp, Timestamp),
    most: usize,
) -> rusqlite::Result<Vec<Received>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM queue WHERE receives > 0 AND (visible_at <= ?1 OR visible_at > ?2)
         ORDER BY visible_at, position LIMIT ?3"
    );
    let values = params![now.as_millis(), longest.as_millis(), most];
    connection.prepare_cached(&sql)?.query_map(values, received)?.collect()
}

fn fresh(connection: &Connection, after: i64, most: usize) -> rusqlite::Result<Vec<Received>> {
    let sql = format!("SELECT {COLUMNS} FROM queue WHERE receives = 0 AND position > ?1 ORDER BY position LIMIT ?2");
    connection.prepare_cached(&sql)?.query_map(params![after, most], received)?.collect()
}

/// How many were taken off the queues: one that goes to the other is not.
fn dispose_one(
    connection: &Connection,
    (position, receives, disposal): &(i64, u32, Disposal),
    now: Timestamp,
    last: u32,
) -> rusqlite::Result<usize> {
    match disposal {
        Disposal::Ack => {
            return connection.prepare_cached("DELETE FROM queue WHERE position = ?1")?.execute([position]);
        }
        Disposal::Retry(_) if *receives >= last => {
            let mut copy = connection.prepare_cached(
                "INSERT INTO dead_letter_queue (body, sent_at, receives)
                 SELECT body, sent_at, ?2 FROM queue WHERE position = ?1",
            )?;
            copy.execute(params![position, receives])?;
            connection.prepare_cached("DELETE FROM queue WHERE position = ?1")?.execute([position])?;
        }
        Disposal::Retry(after) => {
            let mut hide =
                connection.prepare_cached("UPDATE queue SET receives = ?2, visible_at = ?3 WHERE position = ?1")?;
            hide.execute(params![position, receives, now.plus(*after).as_millis()])?;
        }
    }
    Ok(0)
}

impl Store {
    /// The oldest messages of the dead-letter queue.
    pub fn dead(&self, most: usize) -> Result<Vec<Received>, Fault> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM dead_letter_queue ORDER BY position LIMIT ?1");
            let rows = connection.prepare_cached(&sql)?.query_map([most], received)?.collect::<Result<Vec<_>, _>>()?;
            // The count there is final: no further receive is made of it.
            let uncounted = |mut row: Received| {
                row.delivery.receives -= 1;
                row
            };
            Ok(rows.into_iter().map(uncounted).collect())
        })
    }

    /// Takes buried messages off the dead-letter queue.
    pub async fn forget_dead(&self, positions: Vec<i64>) -> Result<(), Fault> {
        self.writer()
            .write(move |connection| {
                let mut delete = connection.prepare_cached("DELETE FROM dead_letter_queue WHERE position = ?1")?;
                let gone = positions.iter().map(|position| delete.execute([position])).sum::<Result<_, _>>()?;
                count_disposed(connection, gone)
            })
            .await
    }
}

impl Reader {
    /// Messages in the queue and in the dead-letter queue.
    pub fn backlog(&self) -> Result<(u64, u64), Fault> {
        self.read(|connection| {
            let sql = "SELECT (SELECT count(*) FROM queue), (SELECT count(*) FROM dead_letter_queue)";
            connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        })
    }
}
