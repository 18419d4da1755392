//! All of it, each once, and where to go on.

use std::io;
use std::time::Duration;

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Cause, State, SubmissionId};
use counterfoil_testkit::MemoryLedger;
use counterfoil_testkit::build::{THEN, entry, envelope};
use futures_util::FutureExt;

use super::*;
use crate::Written;

/// Keeps what it gets, and takes so many.
struct Kept(Vec<Entry>, usize);

impl Sink for Kept {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        if self.0.len() == self.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.push(entry.clone());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<Written> {
        Ok(Written::default())
    }
}

/// The `nth` of them, a second after the one before.
fn nth(nth: u64) -> Entry {
    let mut row = entry(&envelope(1, "m"), None::<Cause>);
    let at = THEN.plus(Duration::from_secs(nth));
    row.head.of.id = SubmissionId::fresh(at, [1; 10]);
    (row.head.received_at, row.head.updated_at) = (at, at);
    row
}

fn ledger(rows: impl IntoIterator<Item = Entry>) -> MemoryLedger {
    let ledger = MemoryLedger::default();
    for row in rows {
        ledger.insert(&row).now_or_never().unwrap().unwrap();
    }
    ledger
}

fn what(begun: Timestamp) -> What {
    What {
        scope: Scope {
            states: vec![State::Stored],
            ..Scope::default()
        },
        search: None,
        from: None,
        begun,
    }
}

const LATE: Timestamp = Timestamp::from_millis(i64::MAX);

#[test]
fn it_goes_to_the_end_page_by_page_and_on_from_where_it_was() {
    let ledger = ledger((0..1200).map(nth));
    let (mut first, mut rest) = (Kept(Vec::new(), 10_000), Kept(Vec::new(), 10_000));
    let mut walk = Walk::new(&ledger, what(LATE));
    let step = walk
        .step(&mut first)
        .now_or_never()
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!((step.written, first.0.len()), (500, 500));
    let mut walk = Walk::new(
        &ledger,
        What {
            from: walk.place().cloned(),
            ..what(LATE)
        },
    );
    while walk
        .step(&mut rest)
        .now_or_never()
        .unwrap()
        .unwrap()
        .is_some()
    {}
    let mut ids: Vec<_> = first
        .0
        .iter()
        .chain(&rest.0)
        .map(|entry| entry.head.of.clone())
        .collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((all, ids.len()), (1200, 1200));
}

#[test]
fn what_comes_while_it_lasts_is_left_for_the_next_one() {
    let begun = THEN.plus(Duration::from_secs(10));
    let (mut settled_late, mut changed_since) = (nth(2), nth(3));
    settled_late.head.updated_at = THEN.plus(Duration::from_secs(20));
    (changed_since.head.updated_at, changed_since.head.seq) = (settled_late.head.updated_at, 2);
    let ledger = ledger([nth(1), settled_late, changed_since, nth(10), nth(11)]);
    let mut kept = Kept(Vec::new(), 10);
    let mut walk = Walk::new(&ledger, what(begun));
    while walk
        .step(&mut kept)
        .now_or_never()
        .unwrap()
        .unwrap()
        .is_some()
    {}
    let ids: Vec<_> = kept.0.iter().map(|entry| entry.head.of.id).collect();
    assert_eq!(ids, [nth(1).head.of.id, nth(3).head.of.id]);
}

#[test]
fn an_output_that_takes_no_more_ends_it() {
    let ledger = ledger((0..5).map(nth));
    let mut full = Kept(Vec::new(), 2);
    let mut walk = Walk::new(&ledger, what(LATE));
    let ended = walk.step(&mut full).now_or_never().unwrap();
    assert!(matches!(ended, Err(ExportError::Out(_))));
}
