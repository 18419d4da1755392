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
//! ends, every lease is void, and none of them counts as a receive (but see `in_hand.rs`).

mod batch;

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counterfoil_core::ports::Queue;
use counterfoil_core::settling::Delivery;
use counterfoil_core::{Cause, Fault, SubmissionRef, Timestamp};
use rusqlite::{Connection, Row, params};

pub use batch::Bounds;
use batch::{Filling, Share};

use crate::lost::count_disposed;
use crate::message::{COLUMNS, OTHERS, length, received, seal};
use crate::reader::Reader;
use crate::store::Store;

impl Queue for Store {
    async fn send(&self, of: &SubmissionRef, body: String) -> Result<(), Fault> {
        let sent_at = self.now().as_millis();
        let seal = seal(of, &body, sent_at);
        self.writer()
            .write(move |connection| {
                let sql = "INSERT INTO queue (body, sent_at, sum) VALUES (?1, ?2, ?3)";
                connection
                    .prepare_cached(sql)?
                    .execute(params![body, sent_at, seal])
                    .map(|_| ())
            })
            .await
    }
}

/// Where a received message stands in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its place.
    pub position: i64,
    /// How often it was received, this time included.
    pub receives: u32,
}

/// A delivery and where it stands in the queue.
#[derive(Clone)]
pub struct Received {
    /// Where it stands.
    pub slot: Slot,
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
    /// Everything up to here has been seen by this process: leased at least once, or set aside.
    newest: i64,
    /// What was sent again by a person's order, was seen, and waits for its place in a batch.
    aside: VecDeque<i64>,
    /// What is out now, or came back because its lease ran out.
    out: HashMap<i64, Lease>,
}

struct Lease {
    /// By the uptime: a clock that is set ends no lease.
    until: Duration,
    receives: u32,
}

impl Consumer {
    /// A consumer that never hides a retry for longer than `longest`: one that seems to be hidden for longer was
    /// hidden before the clock was set back, and is due.
    #[must_use]
    pub fn new(longest: Duration) -> Self {
        Self {
            leases: Mutex::default(),
            longest,
        }
    }

    /// Leases a batch for `visibility`, shared between what is due again, what is new, and what a person has sent again
    /// (`queue/batch.rs`). An empty list: there is nothing now.
    pub fn receive(
        &self,
        store: &Store,
        bounds: Bounds,
        visibility: Duration,
    ) -> Result<Vec<Received>, Fault> {
        let (now, up) = (store.now(), store.uptime().up);
        let mut leases = self.leases();
        // Everything is read before a lease is changed: a read that fails leaves them as they are.
        let filled = store.read(|connection| {
            Filling::new(connection, &leases, bounds).fill((now, up), self.longest)
        })?;
        for position in &filled.over {
            leases.out.remove(position);
        }
        leases.aside.drain(..filled.from_aside);
        leases.aside.extend(filled.aside);
        leases.newest = filled.newest;
        for row in &filled.batch {
            leases.lease(row, up + visibility);
        }
        Ok(filled.batch)
    }

    /// Leases one message by its place, whenever it is due; `None`: it is not there any more.
    pub fn receive_one(
        &self,
        store: &Store,
        position: i64,
        visibility: Duration,
    ) -> Result<Option<Received>, Fault> {
        let row = store.read(|connection| one(connection, position))?;
        if let Some(row) = &row {
            self.leases().lease(row, store.uptime().up + visibility);
        }
        Ok(row)
    }

    /// Disposes of received messages in one transaction. Their leases end with it; when it fails they stand
    /// until they run out, and the same call may be made again.
    pub async fn dispose(
        &self,
        store: &Store,
        what: &[(Slot, Disposal)],
        last: u32,
    ) -> Result<(), Fault> {
        let (now, rows) = (store.now(), what.to_vec());
        store
            .writer()
            .write(move |connection| {
                let disposed = rows
                    .iter()
                    .map(|row| dispose_one(connection, row, now, last))
                    .sum::<Result<_, _>>()?;
                count_disposed(connection, disposed)
            })
            .await?;
        let mut leases = self.leases();
        for (slot, _) in what {
            leases.out.remove(&slot.position);
        }
        Ok(())
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leases {
    fn lease(&mut self, row: &Received, until: Duration) {
        self.out.insert(
            row.slot.position,
            Lease {
                until,
                receives: row.slot.receives,
            },
        );
    }

    /// What was leased and never disposed of in time, with the receives so far.
    fn over(&self, up: Duration) -> Vec<(i64, u32)> {
        let over = self.out.iter().filter(|(_, lease)| lease.until <= up);
        let mut over: Vec<_> = over
            .map(|(position, lease)| (*position, lease.receives))
            .collect();
        over.sort_unstable();
        over
    }
}

/// A message by its place, as far as it is still there.
fn one(connection: &Connection, position: i64) -> rusqlite::Result<Option<Received>> {
    let mut select =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM queue WHERE position = ?1"))?;
    select.query_map([position], received)?.next().transpose()
}

/// How many were taken off the queues: one that goes to the other is not.
fn dispose_one(
    connection: &Connection,
    row: &(Slot, Disposal),
    now: Timestamp,
    last: u32,
) -> rusqlite::Result<usize> {
    let (Slot { position, receives }, disposal) = row;
    match disposal {
        Disposal::Ack => {
            return connection
                .prepare_cached("DELETE FROM queue WHERE position = ?1")?
                .execute([position]);
        }
        Disposal::Retry(_) if *receives >= last => give_up(connection, *position, *receives, 0)?,
        Disposal::Retry(after) => {
            let mut hide = connection.prepare_cached(
                "UPDATE queue SET receives = ?2, visible_at = ?3 WHERE position = ?1",
            )?;
            hide.execute(params![position, receives, now.plus(*after).as_millis()])?;
        }
    }
    Ok(0)
}

/// Moves a message to the dead-letter queue. `ended`: how often it ended the process.
fn give_up(
    connection: &Connection,
    position: i64,
    receives: u32,
    ended: u8,
) -> rusqlite::Result<()> {
    let mut copy = connection.prepare_cached(
        "INSERT INTO dead_letter_queue (body, sent_at, receives, ended, sum)
         SELECT body, sent_at, ?2, ?3, sum FROM queue WHERE position = ?1",
    )?;
    copy.execute(params![position, receives, ended])?;
    connection
        .prepare_cached("DELETE FROM queue WHERE position = ?1")?
        .execute([position])
        .map(|_| ())
}

/// A message that the queue gave up on.
#[derive(Clone)]
pub struct Dead {
    /// Its place in the dead-letter queue.
    pub position: i64,
    /// What was received. Its count is final: no further receive is made of it.
    pub delivery: Delivery,
    /// Why.
    pub cause: Cause,
}

fn dead(row: &Row<'_>) -> rusqlite::Result<Dead> {
    let Received { slot, mut delivery } = received(row)?;
    delivery.receives = slot.receives - 1;
    let cause = match row.get(OTHERS)? {
        0 => Cause::gave_up(delivery.receives),
        ends => Cause::ended_the_process(ends),
    };
    Ok(Dead {
        position: slot.position,
        delivery,
        cause,
    })
}

impl Store {
    /// Counts a receive of a message that was in hand alone when the process ended; given up, it goes to the dead-letter
    /// queue, with how often that was.
    pub(crate) async fn ended(&self, position: i64, given_up: Option<u8>) -> Result<(), Fault> {
        self.writer()
            .write(move |connection| {
                let mut select =
                    connection.prepare_cached("SELECT receives FROM queue WHERE position = ?1")?;
                // Settled, and taken off the queue, before the process ended.
                let Some(receives) = select
                    .query_map([position], |row| row.get::<_, u32>(0))?
                    .next()
                    .transpose()?
                else {
                    return Ok(());
                };
                let receives = receives.saturating_add(1);
                if let Some(ends) = given_up {
                    return give_up(connection, position, receives, ends);
                }
                let mut count = connection
                    .prepare_cached("UPDATE queue SET receives = ?2 WHERE position = ?1")?;
                count.execute(params![position, receives]).map(|_| ())
            })
            .await
    }

    /// The oldest messages of the dead-letter queue.
    pub fn dead(&self, bounds: Bounds) -> Result<Vec<Dead>, Fault> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS}, ended FROM dead_letter_queue ORDER BY position");
            let mut select = connection.prepare_cached(&sql)?;
            let (mut rows, mut share, mut batch) =
                (select.query([])?, Share::within(bounds), Vec::new());
            while let Some(row) = rows.next()? {
                if !share.take(length(row)?) {
                    break;
                }
                batch.push(dead(row)?);
            }
            Ok(batch)
        })
    }

    /// A message of the dead-letter queue by its place; `None`: it is not there any more.
    pub(crate) fn dead_one(&self, position: i64) -> Result<Option<Dead>, Fault> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS}, ended FROM dead_letter_queue WHERE position = ?1");
            connection
                .prepare_cached(&sql)?
                .query_map([position], dead)?
                .next()
                .transpose()
        })
    }

    /// Takes buried messages off the dead-letter queue.
    pub async fn forget_dead(&self, positions: Vec<i64>) -> Result<(), Fault> {
        self.writer()
            .write(move |connection| {
                let mut delete = connection
                    .prepare_cached("DELETE FROM dead_letter_queue WHERE position = ?1")?;
                let gone = positions
                    .iter()
                    .map(|position| delete.execute([position]))
                    .sum::<Result<_, _>>()?;
                count_disposed(connection, gone)
            })
            .await
    }
}

impl Reader {
    /// Messages in the queue and in the dead-letter queue.
    pub fn backlog(&self) -> Result<(u64, u64), Fault> {
        self.read(|connection| {
            let sql =
                "SELECT (SELECT count(*) FROM queue), (SELECT count(*) FROM dead_letter_queue)";
            connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        })
    }
}
