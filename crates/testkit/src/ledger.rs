//! A ledger in memory, held to the same contract as the real ones, that fails or panics on order.

use std::collections::BTreeMap;
use std::sync::Mutex;

use counterfoil_core::ports::{Entries, Ledger, Polls, Write};
use counterfoil_core::{Entry, Fault, Head, State, SubmissionRef};

use crate::queue::Fail;

/// Rows, and every change of state in its order.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    rows: Mutex<BTreeMap<SubmissionRef, Entry>>,
    changes: Mutex<Vec<(SubmissionRef, u64, State)>>,
    orders: Mutex<Vec<Order>>,
}

/// What the next write is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Fail.
    Fail(Fail),
    /// Panic.
    Panic,
}

impl MemoryLedger {
    /// The next write does this (orders are carried out first in, first out).
    pub fn order(&self, order: Order) {
        self.orders.lock().unwrap().push(order);
    }

    /// A row, with its body.
    pub fn entry(&self, of: &SubmissionRef) -> Option<Entry> {
        self.rows.lock().unwrap().get(of).cloned()
    }

    /// Every row.
    pub fn entries(&self) -> Vec<Entry> {
        self.rows.lock().unwrap().values().cloned().collect()
    }

    /// Every change of state so far.
    pub fn changes(&self) -> Vec<(SubmissionRef, u64, State)> {
        self.changes.lock().unwrap().clone()
    }

    /// Puts a row there, whatever was there.
    pub fn put(&self, entry: Entry) {
        self.rows.lock().unwrap().insert(entry.head.of.clone(), entry);
    }

    fn carry_out(&self, write: impl FnOnce() -> Write) -> Result<Write, Fault> {
        let order = {
            let mut orders = self.orders.lock().unwrap();
            if orders.is_empty() { None } else { Some(orders.remove(0)) }
        };
        match order {
            None => Ok(write()),
            Some(Order::Panic) => panic!("on order"),
            Some(Order::Fail(how)) => {
                if how == Fail::After {
                    write();
                }
                Err(Fault::transient("injected", format!("fails {how:?} on order")))
            }
        }
    }

    fn announce(&self, head: &Head) {
        self.changes.lock().unwrap().push((head.of.clone(), head.seq, head.state));
    }
}

impl Ledger for MemoryLedger {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        self.carry_out(|| {
            let mut rows = self.rows.lock().unwrap();
            if let Some(there) = rows.get(&entry.head.of) {
                return Write::Refused(Some(Box::new(there.head.clone())));
            }
            self.announce(&entry.head);
            rows.insert(entry.head.of.clone(), entry.clone());
            Write::Done
        })
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        self.carry_out(|| {
            let mut rows = self.rows.lock().unwrap();
            match rows.get_mut(&next.of) {
                Some(row) if row.head.seq + 1 == next.seq => {
                    if next.is_news(&row.head) {
                        self.announce(next);
                    }
                    row.head = next.clone();
                    Write::Done
                }
                other => Write::Refused(other.map(|row| Box::new(row.head.clone()))),
            }
        })
    }
}

impl Entries for MemoryLedger {
    async fn entry(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        Ok(Self::entry(self, of))
    }
}

impl Polls for MemoryLedger {
    async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        Ok(self.entry(of).map(|entry| entry.head))
    }
}
