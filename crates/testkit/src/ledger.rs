//! A ledger in memory, held to the same contract as the real ones, that fails or panics on order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use counterfoil_core::ports::{Entries, Ledger, Polls, Write};
use counterfoil_core::{Body, Code, Entry, Fault, FormId, Head, State, SubmissionRef};
use counterfoil_operations::causes::Note;
use counterfoil_operations::history::{Action, Edit, Line};
use counterfoil_operations::job::{Candidate, Job, JobId};
use counterfoil_operations::marks::{Marks, Watermark};
use counterfoil_operations::ports::Actions;

use crate::queue::Fail;

/// Rows, and every change of state in its order.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    rows: Mutex<BTreeMap<SubmissionRef, Entry>>,
    history: Mutex<BTreeMap<SubmissionRef, Vec<Line>>>,
    pub(crate) notes: Mutex<BTreeMap<String, Note>>,
    pub(crate) jobs: Mutex<BTreeMap<JobId, Job>>,
    pub(crate) parts: Mutex<BTreeMap<(JobId, u32), Vec<Candidate>>>,
    pub(crate) marks: Mutex<BTreeMap<SubmissionRef, Marks>>,
    pub(crate) watermarks: Mutex<BTreeMap<FormId, Watermark>>,
    pub(crate) damaged: Mutex<BTreeSet<SubmissionRef>>,
    changes: Mutex<Vec<(SubmissionRef, u64, State)>>,
    orders: Mutex<Vec<Plan>>,
}

/// What the next write is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Fail.
    Fail(Fail),
    /// Panic.
    Panic,
}

impl MemoryLedger {
    /// The next write does this (orders are carried out first in, first out).
    pub fn order(&self, order: Plan) {
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
        self.rows
            .lock()
            .unwrap()
            .insert(entry.head.of.clone(), entry);
    }

    fn carry_out(&self, write: impl FnOnce() -> Write) -> Result<Write, Fault> {
        let order = {
            let mut orders = self.orders.lock().unwrap();
            if orders.is_empty() {
                None
            } else {
                Some(orders.remove(0))
            }
        };
        match order {
            None => Ok(write()),
            Some(Plan::Panic) => panic!("on order"),
            Some(Plan::Fail(how)) => {
                if how == Fail::After {
                    write();
                }
                Err(Fault::transient(
                    Code::Injected,
                    format!("fails {how:?} on order"),
                ))
            }
        }
    }

    /// Every line of every history.
    pub(crate) fn lines(&self) -> Vec<(SubmissionRef, Line)> {
        let history = self.history.lock().unwrap();
        history
            .iter()
            .flat_map(|(of, lines)| lines.iter().map(|line| (of.clone(), line.clone())))
            .collect()
    }

    fn remember(&self, of: &SubmissionRef, line: Line) {
        self.history
            .lock()
            .unwrap()
            .entry(of.clone())
            .or_default()
            .push(line);
    }

    fn change(&self, next: &Head, deed: Option<&Action>, edit: Option<&Edit>) -> Write {
        let mut rows = self.rows.lock().unwrap();
        match rows.get_mut(&next.of) {
            Some(row) if row.head.seq + 1 == next.seq => {
                if next.is_news(&row.head) {
                    self.announce(next);
                }
                row.head = next.clone();
                if let Some(edit) = edit {
                    row.body = Body::Payload(edit.after.clone());
                }
                self.remember(&next.of, Line::from_change(next, deed, edit));
                Write::Done
            }
            other => Write::Refused(other.map(|row| Box::new(row.head.clone()))),
        }
    }

    fn announce(&self, head: &Head) {
        self.changes
            .lock()
            .unwrap()
            .push((head.of.clone(), head.seq, head.state));
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
            if let Some(line) = Line::of_first(&entry.head) {
                self.remember(&entry.head.of, line);
            }
            rows.insert(entry.head.of.clone(), entry.clone());
            Write::Done
        })
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        self.carry_out(|| self.change(next, None, None))
    }

    async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
        self.carry_out(|| {
            let written = self.change(&next.head, None, None);
            if written == Write::Done {
                self.put(next.clone());
            }
            written
        })
    }
}

impl Actions for MemoryLedger {
    async fn act(&self, next: &Head, deed: &Action, edit: Option<&Edit>) -> Result<Write, Fault> {
        self.carry_out(|| self.change(next, Some(deed), edit))
    }

    async fn history(&self, of: &SubmissionRef) -> Result<Vec<Line>, Fault> {
        Ok(self
            .history
            .lock()
            .unwrap()
            .get(of)
            .cloned()
            .unwrap_or_default())
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
