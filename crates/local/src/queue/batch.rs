//! What goes into one batch. It is bound by bytes as well as by number, so that no backlog, however large its records,
//! is more than the process can hold; and it is shared, so that none of these keeps the others waiting:
//!
//! | what | its share |
//! |---|---|
//! | due again | half; and of those that are handled alone, because they came back often, no more than a few |
//! | sent again by a person's order | a sixteenth, always: a fresh one waits for no more than that, whenever it comes |
//! | new | all that the others leave |
//!
//! What is new leaves its part to what is due. Of each the oldest comes first, and of each the first one is always taken:
//! a record of any size has its turn.

use std::collections::HashSet;
use std::time::Duration;

use counterfoil_core::{Envelope, Timestamp};
use rusqlite::{Connection, Params, Row, params};

use super::{Leases, Received, one};
use crate::loops::ALONE;
use crate::message::{COLUMNS, body, length, received};

/// What one batch may hold.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Records.
    pub records: usize,
    /// Bytes of their bodies.
    pub bytes: usize,
}

impl Bounds {
    /// One part in so many.
    fn part(self, of: usize) -> Self {
        Self {
            records: self.records.div_ceil(of),
            bytes: self.bytes / of,
        }
    }
}

/// What is left of somebody's share of a batch.
pub(super) struct Share {
    left: Bounds,
    is_untouched: bool,
}

impl Share {
    pub(super) fn within(bounds: Bounds) -> Self {
        Self {
            left: bounds,
            is_untouched: true,
        }
    }

    /// Takes room for a record of this size, where there is some.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let fits = self.left.records > 0 && (self.is_untouched || bytes <= self.left.bytes);
        if fits {
            self.is_untouched = false;
            self.left = Bounds {
                records: self.left.records - 1,
                bytes: self.left.bytes.saturating_sub(bytes),
            };
        }
        fits
    }
}

/// What is due again has one part in so many.
const DUE: usize = 2;
/// What was sent again has one part in so many.
const AGAIN: usize = 16;
/// Records in one batch that are handled alone at most: each takes as long as a batch.
const LONE: usize = 8;
/// Most places that are kept in mind while what is new is looked for behind them.
const ASIDE: usize = 16_384;

/// Of them, as many are looked past for one batch.
const LOOK: usize = 512;

/// A batch, and what was learnt of the queue.
pub(super) struct Filled {
    pub(super) batch: Vec<Received>,
    /// Leases that ran out and were looked at: they are void.
    pub(super) over: Vec<i64>,
    /// How many of those set aside had their turn.
    pub(super) from_aside: usize,
    /// What was set aside.
    pub(super) aside: Vec<i64>,
    /// Everything up to here was seen.
    pub(super) newest: i64,
}

/// A batch that is being filled.
pub(super) struct Filling<'a> {
    connection: &'a Connection,
    leases: &'a Leases,
    bounds: Bounds,
    bytes: usize,
    taken: HashSet<i64>,
    lone: usize,
    filled: Filled,
}

impl<'a> Filling<'a> {
    pub(super) fn new(connection: &'a Connection, leases: &'a Leases, bounds: Bounds) -> Self {
        let filled = Filled {
            batch: Vec::new(),
            over: Vec::new(),
            from_aside: 0,
            aside: Vec::new(),
            newest: leases.newest,
        };
        Self {
            connection,
            leases,
            bounds,
            bytes: 0,
            taken: HashSet::new(),
            lone: 0,
            filled,
        }
    }

    /// Fills it. What seems to be hidden for longer than `longest` was hidden before the clock was set back, and is due.
    pub(super) fn fill(
        mut self,
        (now, up): (Timestamp, Duration),
        longest: Duration,
    ) -> rusqlite::Result<Filled> {
        let mut share = Share::within(self.bounds.part(DUE));
        self.over(up, &mut share)?;
        self.due(now, longest, &mut share)?;
        let mut again = Share::within(self.bounds.part(AGAIN));
        self.aside(&mut again)?;
        self.fresh()?;
        self.found(&mut again)?;
        let mut rest = self.rest();
        self.due(now, longest, &mut rest)?;
        Ok(self.filled)
    }

    /// What the batch can still hold.
    fn rest(&self) -> Share {
        let records = self.bounds.records.saturating_sub(self.filled.batch.len());
        // Where nothing is left of its bytes, none of them is to be taken only because it is the first.
        let is_full = self.bytes >= self.bounds.bytes;
        Share::within(Bounds {
            records: if is_full { 0 } else { records },
            bytes: self.bounds.bytes - self.bytes.min(self.bounds.bytes),
        })
    }

    fn push(&mut self, row: Received) {
        self.bytes += row.delivery.body.len();
        self.lone += usize::from(row.slot.receives > ALONE);
        self.taken.insert(row.slot.position);
        self.filled.batch.push(row);
    }

    /// Those whose leases ran out, as far as they are still there; that receive counts.
    fn over(&mut self, up: Duration, share: &mut Share) -> rusqlite::Result<()> {
        for (position, receives) in self.leases.over(up) {
            let Some(mut row) = one(self.connection, position)? else {
                self.filled.over.push(position);
                continue;
            };
            if self.lone >= LONE || !share.take(row.delivery.body.len()) {
                break;
            }
            row.slot.receives = row.slot.receives.max(receives.saturating_add(1));
            row.delivery.receives = row.slot.receives;
            self.filled.over.push(position);
            self.push(row);
        }
        Ok(())
    }

    fn due(
        &mut self,
        now: Timestamp,
        longest: Duration,
        share: &mut Share,
    ) -> rusqlite::Result<()> {
        // Each goes along the index, so that no more is read than is taken.
        for (condition, moment) in [
            ("visible_at <= ?1", now),
            ("visible_at > ?1", now.plus(longest)),
        ] {
            let sql = format!(
                "SELECT {COLUMNS} FROM queue WHERE receives > 0 AND {condition} ORDER BY visible_at, position"
            );
            self.each(&sql, [moment.as_millis()], share)?;
        }
        Ok(())
    }

    fn each(&mut self, sql: &str, values: impl Params, share: &mut Share) -> rusqlite::Result<()> {
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query(values)?;
        while let Some(row) = rows.next()? {
            let position = row.get(0)?;
            if self.leases.out.contains_key(&position) || self.taken.contains(&position) {
                continue;
            }
            if self.lone >= LONE || !share.take(length(row)?) {
                break;
            }
            self.push(received(row)?);
        }
        Ok(())
    }

    /// What was set aside before, oldest first.
    fn aside(&mut self, share: &mut Share) -> rusqlite::Result<()> {
        for position in &self.leases.aside {
            match one(self.connection, *position)? {
                Some(row) if !share.take(row.delivery.body.len()) => break,
                Some(row) => self.push(row),
                None => {}
            }
            self.filled.from_aside += 1;
        }
        Ok(())
    }

    /// What is new. What was sent again is set aside on the way.
    fn fresh(&mut self) -> rusqlite::Result<()> {
        let mut share = self.rest();
        let sql = format!(
            "SELECT {COLUMNS} FROM queue WHERE receives < 1 AND position > ?1 ORDER BY position"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query(params![self.filled.newest])?;
        while let Some(row) = rows.next()? {
            let position = row.get(0)?;
            if self.leases.aside.len() + self.filled.aside.len() < ASIDE && was_sent_again(row)? {
                if self.filled.aside.len() >= LOOK {
                    break;
                }
                self.filled.aside.push(position);
            } else if self.taken.contains(&position) || self.leases.out.contains_key(&position) {
                // It is in hand by its place.
            } else if share.take(length(row)?) {
                self.push(received(row)?);
            } else {
                break;
            }
            self.filled.newest = position;
        }
        Ok(())
    }

    /// What was set aside just now, as far as there is room for it: those set aside before have had their turn.
    fn found(&mut self, share: &mut Share) -> rusqlite::Result<()> {
        if self.filled.from_aside < self.leases.aside.len() {
            return Ok(());
        }
        let (mut turn, mut rest) = (0, self.rest());
        for position in self.filled.aside.clone() {
            match one(self.connection, position)? {
                Some(row)
                    if !(rest.take(row.delivery.body.len())
                        && share.take(row.delivery.body.len())) =>
                {
                    break;
                }
                Some(row) => self.push(row),
                None => {}
            }
            turn += 1;
        }
        self.filled.aside.drain(..turn);
        Ok(())
    }
}

fn was_sent_again(row: &Row<'_>) -> rusqlite::Result<bool> {
    Ok(Envelope::was_sent_again(body(row)?))
}
