//! Notices that are made again from an entry: its head and history tell every change that was announced.

use std::sync::Mutex;
use std::time::Duration;

use counterfoil_core::notice::Change;
use counterfoil_core::parked::{Origin, Parked, What};
use counterfoil_core::ports::{Ledger, Polls, Write};
use counterfoil_core::{Cause, Head, Payload, State, Timestamp};
use counterfoil_operations::change;
use counterfoil_operations::history::Verb;
use counterfoil_operations::notices::{Range, announced, around, rebuild};
use counterfoil_operations::ports::Actions;
use counterfoil_testkit::MemoryLedger;
use counterfoil_testkit::build::{THEN, deed, entry, envelope, fields, reference};

use super::{Fixture, all, id, ids, now, parked};

#[test]
fn a_key_brings_out_what_its_entry_tells() {
    let home = Fixture::default();
    now(home.ledger.insert(&entry(&envelope(1, "m"), None))).unwrap();
    for (what, expected) in [
        (What::Change(reference(1), None), Ok(id(1))),
        (What::Change(reference(1), Some(1)), Ok(id(1))),
        (What::Change(reference(1), Some(7)), Ok(id(1))),
        (What::Change(reference(2), None), Err("its entry is gone")),
        (What::Nothing, Err("it cannot be read here")),
    ] {
        home.aside.lock().unwrap().clear();
        home.hidden.lock().unwrap().clear();
        home.park(parked(what.clone()));
        let tally = all(&home);
        match expected {
            Ok(id) => assert_eq!(
                (tally.resent, home.take_out(), home.names().len()),
                (1, vec![id], 0),
                "{what:?}"
            ),
            Err(why) => assert!(
                tally.told[0].1.starts_with(why) && home.names().len() == 1,
                "{what:?} {tally:?}"
            ),
        }
    }
}

#[test]
fn what_only_says_when_is_made_good_by_all_that_changed_then_and_only_then_removed() {
    let at = |minutes: u64| THEN.plus(Duration::from_secs(minutes * 60));
    let home = Fixture::default();
    for number in 0..7 {
        let mut row = entry(&envelope(number, "m"), None);
        row.head.updated_at = at(u64::from(number) * 10);
        now(home.ledger.insert(&row)).unwrap();
    }
    let (since, until) = around(at(30), at(40));
    assert_eq!((since, until), (at(25), at(45)));
    let origin = Origin {
        sequence_number: None,
        at: Some(at(60)),
    };
    home.park(parked(What::Span(since, until)));
    home.park(Parked {
        origin,
        ..parked(What::Nothing)
    });
    home.refused.lock().unwrap().insert(id(4));
    let tally = all(&home);
    assert_eq!(
        (tally.resent, tally.rebuilt, tally.refused),
        (0, 2, 1),
        "not all of it is made good"
    );
    assert_eq!((home.take_out(), home.names().len()), (ids([3, 6]), 2));
    home.refused.lock().unwrap().clear();
    let tally = all(&home);
    assert_eq!((tally.resent, tally.rebuilt, tally.refused), (2, 3, 0));
    assert_eq!((home.take_out(), home.names().len()), (ids([3, 4, 6]), 0));
}

#[test]
fn a_rebuild_ends_where_the_topic_does() {
    let home = Fixture {
        most: Mutex::new(Some(4)),
        ..Fixture::default()
    };
    (0..9).for_each(|number| {
        drop(now(home.ledger.insert(&entry(&envelope(number, "m"), None))).unwrap())
    });
    let range = Range {
        since: THEN,
        until: THEN.plus(Duration::from_secs(1)),
        form: None,
    };
    let tally = now(rebuild(&home, &range)).unwrap();
    assert_eq!(
        (tally.rebuilt, tally.stopped.unwrap().code.as_str()),
        (4, "aws-denied")
    );
}

/// Actions and verdicts on a dead letter, one after the other.
#[derive(Clone, Copy, Debug)]
enum Step {
    Order,
    Edit,
    Discard,
    Undo,
    Fails,
    Holds,
    Passes,
}

const STEPS: [Step; 7] = [
    Step::Order,
    Step::Edit,
    Step::Discard,
    Step::Undo,
    Step::Fails,
    Step::Holds,
    Step::Passes,
];

/// The row after it, and the deed that it was; `None`: it cannot be done now.
fn after(step: Step, head: &Head, at: Timestamp) -> Option<(Head, Option<Verb>)> {
    let verdict = |state, cause, hold: Option<&str>| {
        let next = Head {
            seq: head.seq + 1,
            updated_at: at,
            verdict_run: head.run,
            ..head.clone()
        };
        head.is_awaiting().then_some((
            Head {
                state,
                cause,
                hold: hold.map(str::to_owned),
                ..next
            },
            None,
        ))
    };
    let deed = |next: Option<Head>, verb| Some((next?, Some(verb)));
    match step {
        Step::Order if head.state == State::Held => deed(change::ordered(head, at), Verb::Release),
        Step::Order => deed(change::ordered(head, at), Verb::Replay),
        Step::Edit => {
            let hash = Payload::from_fields(fields("edited").as_object().unwrap()).hash();
            deed(change::edited(head, hash, at), Verb::Edit)
        }
        Step::Discard => deed(change::discarded(head, None, at), Verb::Discard),
        Step::Undo => deed(change::undone(head, at), Verb::Undo),
        Step::Fails => verdict(State::Failed, Some(Cause::gave_up(20)), None),
        Step::Holds => verdict(State::Held, None, Some("honeypot")),
        Step::Passes => verdict(State::Stored, None, None),
    }
}

/// Every way of some steps from a first verdict: what the ledger announced is what head and history tell.
#[test]
fn head_and_history_tell_every_change_that_was_announced() {
    let mut ways: Vec<Vec<Step>> = vec![Vec::new()];
    let mut told = 0;
    while let Some(way) = ways.pop() {
        let ledger = MemoryLedger::default();
        now(ledger.insert(&entry(&envelope(1, "m"), Some(Cause::gave_up(20))))).unwrap();
        let mut head = now(ledger.head(&reference(1))).unwrap().unwrap();
        let mut is_possible = true;
        for (number, step) in way.iter().enumerate() {
            let Some((next, verb)) = after(
                *step,
                &head,
                THEN.plus(Duration::from_secs(number as u64 + 1)),
            ) else {
                is_possible = false;
                break;
            };
            let written = match verb {
                Some(verb) => now(ledger.act(&next, &deed(verb), None)),
                None => now(ledger.update(&next)),
            };
            assert_eq!(written.unwrap(), Write::Done);
            head = next;
        }
        if !is_possible {
            continue;
        }
        let history = now(ledger.history(&reference(1))).unwrap();
        let changes = announced(&head, &history);
        let seen: Vec<_> = changes
            .iter()
            .map(|change| (change.of.clone(), change.seq, change.state))
            .collect();
        assert_eq!(seen, ledger.changes(), "{way:?}");
        assert!(
            changes
                .iter()
                .all(|change| change.run <= head.run && change.at <= head.updated_at),
            "{way:?}"
        );
        told += 1;
        if way.len() < 5 {
            ways.extend(STEPS.map(|step| [way.as_slice(), &[step]].concat()));
        }
    }
    assert!(told > 100, "{told} ways");
}

#[test]
fn a_stored_entry_tells_its_one_change_and_an_expired_one_none() {
    let ledger = MemoryLedger::default();
    now(ledger.insert(&entry(&envelope(1, "m"), None))).unwrap();
    let head = now(ledger.head(&reference(1))).unwrap().unwrap();
    assert_eq!(announced(&head, &[]), [Change::from_head(&head)]);
    let expired = change::expired(&head, THEN, THEN).unwrap();
    assert!(announced(&expired, &[]).is_empty());
}
