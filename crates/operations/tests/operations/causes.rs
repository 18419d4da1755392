//! Causes: grouped, counted, and where each stands.

use std::time::Duration;

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Cause, Code, FormId, State, Timestamp};
use counterfoil_operations::causes::{Group, Mark, Note, Standing, causes, note_resolved};
use counterfoil_operations::history::Actor;
use counterfoil_operations::ports::Notes;
use counterfoil_testkit::MemoryLedger;
use counterfoil_testkit::build::{THEN, entry, envelope};
use futures_util::FutureExt;

fn later(secs: u64) -> Timestamp {
    THEN.plus(Duration::from_secs(secs))
}

/// A dead letter that failed so many seconds after it was accepted.
fn die(ledger: &MemoryLedger, number: u8, cause: &Cause, secs: u64) {
    let mut row = entry(&envelope(number, "m"), Some(cause.clone()));
    row.head.updated_at = later(secs);
    ledger.insert(&row).now_or_never().unwrap().unwrap();
}

/// Its next verdict.
fn settle(ledger: &MemoryLedger, number: u8, cause: Option<Cause>, secs: u64) {
    let mut head = ledger
        .entry(&counterfoil_testkit::build::reference(number))
        .unwrap()
        .head;
    (head.seq, head.run, head.verdict_run) = (head.seq + 1, head.run + 1, head.run + 1);
    head.state = if cause.is_some() {
        State::Failed
    } else {
        State::Stored
    };
    (head.cause, head.updated_at) = (cause, later(secs));
    ledger.update(&head).now_or_never().unwrap().unwrap();
}

fn groups(ledger: &MemoryLedger) -> Vec<Group> {
    causes(ledger, None).now_or_never().unwrap().unwrap()
}

fn note(ledger: &MemoryLedger, group: &Group, mark: Mark, secs: u64) {
    let note = Note {
        fingerprint: group.fingerprint.clone(),
        mark,
        who: Actor::parse("ada").unwrap(),
        at: later(secs),
    };
    ledger.note(&note).now_or_never().unwrap().unwrap();
}

fn busy(number: u8) -> Cause {
    Cause::new(
        Code::DatabaseBusy,
        format!("table 't{number}' took {number} ms"),
    )
}

#[test]
fn a_cause_counts_what_is_dead_now_and_what_ever_was() {
    let ledger = MemoryLedger::default();
    for number in 1..=5 {
        die(&ledger, number, &busy(number), number.into());
    }
    die(&ledger, 6, &Cause::hash_mismatch(), 9);
    settle(&ledger, 1, None, 100);
    settle(&ledger, 2, Some(busy(2)), 200);
    settle(&ledger, 3, Some(Cause::hash_mismatch()), 300);
    let groups = groups(&ledger);
    let told: Vec<_> = groups
        .iter()
        .map(|group| (group.code.as_str(), group.count, group.total))
        .collect();
    assert_eq!(told, [("database-busy", 3, 5), ("hash-mismatch", 2, 2)]);
    let busy = &groups[0];
    assert_eq!((busy.first_seen, busy.last_seen), (later(1), later(200)));
    assert_eq!(busy.detail, "table … took # ms");
    assert_eq!(busy.hours.values().sum::<u64>(), 6, "failures, not entries");
    assert!(busy.forms.contains(&FormId::parse("contact").unwrap()));
    assert!(
        causes(&ledger, Some(&FormId::unknown()))
            .now_or_never()
            .unwrap()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_cause_stands_where_people_put_it_until_it_comes_back() {
    let ledger = MemoryLedger::default();
    die(&ledger, 1, &busy(1), 10);
    let standing = || groups(&ledger)[0].standing;
    assert_eq!(standing(), Standing::Open);
    note(&ledger, &groups(&ledger)[0], Mark::Acknowledged, 20);
    assert_eq!(standing(), Standing::Acknowledged);
    note(&ledger, &groups(&ledger)[0], Mark::Resolved, 30);
    assert_eq!(standing(), Standing::Resolved);
    die(&ledger, 2, &busy(2), 40);
    assert_eq!(standing(), Standing::Reopened);
    note(&ledger, &groups(&ledger)[0], Mark::Open, 50);
    assert_eq!(standing(), Standing::Open);
}

#[test]
fn what_was_replayed_to_the_last_is_resolved_and_reopened_when_it_comes_back() {
    let ledger = MemoryLedger::default();
    die(&ledger, 1, &busy(1), 10);
    let ada = Actor::parse("ada").unwrap();
    let resolve = |secs| {
        note_resolved(&ledger, &ada, later(secs))
            .now_or_never()
            .unwrap()
            .unwrap()
    };
    assert_eq!(resolve(15), 0, "one is dead still");
    settle(&ledger, 1, None, 20);
    assert_eq!(groups(&ledger)[0].standing, Standing::Resolved);
    assert_eq!((resolve(30), resolve(31)), (1, 0), "noted once");
    die(&ledger, 2, &busy(2), 40);
    assert_eq!(
        (groups(&ledger)[0].standing, groups(&ledger)[0].total),
        (Standing::Reopened, 2)
    );
}

#[test]
fn a_name_on_call_steers_no_terminal() {
    for bad in ["", "  ", "a\u{1b}[31m", "a\nb", &"x".repeat(201)] {
        assert_eq!(Actor::parse(bad), None, "{bad:?}");
    }
    assert_eq!(Actor::parse(" Ada L. ").unwrap().as_str(), "Ada L.");
}
