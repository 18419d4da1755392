//! What a ticket says, by entry and by age.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_core::ports::Polls;
use counterfoil_core::status::{Answering, TicketState, View, retry_after, view};
use counterfoil_core::{
    Cause, Checks, Code, Entry, Envelope, Fault, Form, FormId, Forms, Head, State, SubmissionRef,
    Ticket,
};
use counterfoil_operations::change::expired;
use counterfoil_testkit::build::{THEN, entry, envelope, forms, keyring};
use counterfoil_testkit::{CountingEntropy, ManualClock, MemoryLedger};
use futures_util::FutureExt;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn ticket(of: &Envelope) -> String {
    Ticket::mint(&keyring(), &of.of, THEN, &of.content).to_string()
}

fn look(
    text: &str,
    row: Option<Entry>,
    age: Duration,
    forms: &Forms,
    buries: bool,
) -> Option<View> {
    let (ledger, clock, keys) = (MemoryLedger::default(), ManualClock::new(), keyring());
    row.into_iter().for_each(|row| ledger.put(row));
    clock.advance(age);
    let entropy = CountingEntropy::default();
    let with = Answering {
        keys: &keys,
        polls: &ledger,
        clock: &clock,
        entropy: &entropy,
        forms,
        buries,
    };
    view(text, &with).now_or_never().unwrap().unwrap()
}

fn state(row: Option<Entry>, age_secs: u64) -> TicketState {
    look(
        &ticket(&envelope(1, "m")),
        row,
        Duration::from_secs(age_secs),
        &forms(),
        true,
    )
    .unwrap()
    .state
}

fn row(state: State, run: u32) -> Option<Entry> {
    let mut row = entry(&envelope(1, "m"), None);
    (row.head.state, row.head.run) = (state, run);
    Some(row)
}

#[test]
fn without_an_entry_age_widens_what_is_said() {
    let ages = [
        (0, TicketState::Queued),
        (15 * 60 - 1, TicketState::Queued),
        (15 * 60, TicketState::Delayed),
        (5 * DAY - 1, TicketState::Delayed),
        (5 * DAY, TicketState::Unresolved),
        (500 * DAY, TicketState::Unresolved),
    ];
    for (age, expected) in ages {
        assert_eq!(state(None, age), expected, "{age} s");
    }
}

#[test]
fn without_bury_a_message_may_wait_for_two_weeks() {
    let text = ticket(&envelope(1, "m"));
    let at = |days| {
        look(
            &text,
            None,
            Duration::from_secs(days * DAY),
            &forms(),
            false,
        )
        .unwrap()
        .state
    };
    assert_eq!(
        (at(14), at(15)),
        (TicketState::Delayed, TicketState::Unresolved)
    );
}

fn keeping_for(days: u64) -> Forms {
    let kept = format!("retention_days = {days}");
    let text = include_str!("../../../forms/contact.toml").replace("# retention_days = 365", &kept);
    [Form::parse(FormId::parse("contact").unwrap(), &text).unwrap()]
        .into_iter()
        .collect()
}

#[test]
fn a_short_retention_never_hides_that_a_submission_was_lost() {
    let ticket = ticket(&envelope(1, "m"));
    for (kept, buries, expected) in [
        (
            1,
            true,
            [
                (5 * DAY - 1, "delayed"),
                (5 * DAY, "unresolved"),
                (16 * DAY - 1, "unresolved"),
                (16 * DAY, "expired"),
            ],
        ),
        (
            3,
            true,
            [
                (DAY, "delayed"),
                (4 * DAY, "delayed"),
                (18 * DAY - 1, "unresolved"),
                (18 * DAY, "expired"),
            ],
        ),
        (
            3,
            false,
            [
                (14 * DAY, "delayed"),
                (15 * DAY, "unresolved"),
                (17 * DAY, "unresolved"),
                (18 * DAY, "expired"),
            ],
        ),
        // It leaves nothing, and long before its end it was not lost.
        (
            15,
            true,
            [
                (4 * DAY, "delayed"),
                (5 * DAY, "unresolved"),
                (15 * DAY - 1, "unresolved"),
                (15 * DAY, "expired"),
            ],
        ),
    ] {
        for (age, word) in expected {
            let seen = look(
                &ticket,
                None,
                Duration::from_secs(age),
                &keeping_for(kept),
                buries,
            )
            .unwrap();
            assert_eq!(seen.state.as_str(), word, "kept {kept} days, {age} s");
        }
    }
}

/// A home whose rows go whole, and leave something beside them. Counts what it is asked.
#[derive(Default)]
struct Leaving {
    row: Option<Head>,
    left: Option<Head>,
    asked: [AtomicUsize; 2],
}

impl Polls for Leaving {
    async fn head(&self, _of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.asked[0].fetch_add(1, Ordering::Relaxed);
        Ok(self.row.clone())
    }

    async fn left(&self, _of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.asked[1].fetch_add(1, Ordering::Relaxed);
        Ok(self.left.clone())
    }
}

impl Leaving {
    /// What this ticket says after so many seconds, and how often the row and what is left of it were read for that.
    fn tells(&self, ticket: &str, forms: &Forms, age: u64) -> (View, [usize; 2]) {
        let (keys, clock, entropy) = (keyring(), ManualClock::new(), CountingEntropy::default());
        clock.advance(Duration::from_secs(age));
        let with = Answering {
            keys: &keys,
            polls: self,
            clock: &clock,
            entropy: &entropy,
            forms,
            buries: true,
        };
        let seen = view(ticket, &with)
            .now_or_never()
            .unwrap()
            .unwrap()
            .unwrap();
        (
            seen,
            [0, 1].map(|n| self.asked[n].swap(0, Ordering::Relaxed)),
        )
    }
}

#[test]
fn where_a_row_goes_whole_what_it_leaves_is_asked_for_once_and_only_when_there_is_none() {
    let sent = envelope(1, "m");
    let (ours, row) = (ticket(&sent), entry(&sent, None).head);
    let after = |days: u64| THEN.plus(Duration::from_secs(days * DAY));
    let gone = expired(&row, after(16), after(1)).unwrap();
    let lost = Leaving::default();
    let forms = keeping_for(1);
    for (age, says, asked) in [
        (15 * 60 - 1, TicketState::Queued, [1, 0]),
        (15 * 60, TicketState::Delayed, [1, 1]),
        (DAY, TicketState::Delayed, [1, 1]),
        (5 * DAY, TicketState::Unresolved, [1, 1]),
        (16 * DAY, TicketState::Expired, [1, 1]),
    ] {
        let (seen, read) = lost.tells(&ours, &forms, age);
        assert_eq!((seen.state, read), (says, asked), "{age} s");
    }
    let leaves = Leaving {
        left: Some(gone),
        ..Leaving::default()
    };
    // The form keeps it for longer now, or is gone: what is left says what became of it.
    for forms in [keeping_for(1), keeping_for(300), Forms::default()] {
        let (seen, read) = leaves.tells(&ours, &forms, 6 * DAY);
        assert_eq!(
            (seen.state, seen.seq, seen.updated_at, read),
            (TicketState::Expired, 2, after(1), [1, 1])
        );
    }
    let others = ticket(&envelope(1, "other"));
    assert_eq!(
        leaves.tells(&others, &forms, 6 * DAY).0.state,
        TicketState::Conflict
    );
    let stays = Leaving {
        row: Some(row),
        ..leaves
    };
    let (seen, read) = stays.tells(&ours, &forms, 6 * DAY);
    assert_eq!(
        (seen.state, read),
        (TicketState::Stored, [1, 0]),
        "while there is a row, it alone is read"
    );
}

#[test]
fn an_entry_says_what_became_of_it() {
    let states = [
        (State::Stored, TicketState::Stored),
        (State::Failed, TicketState::Failed),
        (State::Held, TicketState::Held),
        (State::Discarded, TicketState::Failed),
        (State::Erased, TicketState::Erased),
        (State::Expired, TicketState::Expired),
    ];
    for (entry, expected) in states {
        assert_eq!(state(row(entry, 0), 100 * DAY), expected);
    }
}

#[test]
fn a_replay_without_a_verdict_reads_queued_then_delayed() {
    for held in [State::Failed, State::Held] {
        assert_eq!(state(row(held, 1), 60), TicketState::Queued);
        assert_eq!(state(row(held, 1), HOUR), TicketState::Delayed);
    }
    assert_eq!(state(row(State::Stored, 1), 60), TicketState::Stored);
}

#[test]
fn the_other_content_of_a_key_says_conflict() {
    let loser = ticket(&envelope(1, "other"));
    let seen = look(
        &loser,
        row(State::Stored, 0),
        Duration::ZERO,
        &forms(),
        true,
    )
    .unwrap();
    assert_eq!(
        (seen.state, seen.is_final, seen.reason),
        (TicketState::Conflict, true, None)
    );
}

#[test]
fn only_a_failure_has_a_reason_and_it_is_public() {
    let cause = Cause::new(Code::DiskFull, "/var/data/secret is full");
    let failed = entry(&envelope(1, "m"), Some(cause));
    let seen = look(
        &ticket(&envelope(1, "m")),
        Some(failed),
        Duration::ZERO,
        &forms(),
        true,
    )
    .unwrap();
    let reason = seen.reason.unwrap();
    assert_eq!(reason.code, "disk-full");
    assert!(!reason.detail().contains("secret"));
    let mut spam = envelope(1, "m");
    spam.checks = Checks {
        honeypot: true,
        ..Checks::default()
    };
    let held = look(
        &ticket(&spam),
        row(State::Held, 0),
        Duration::ZERO,
        &forms(),
        true,
    )
    .unwrap();
    assert_eq!(held.reason, None);
}

#[test]
fn the_answer_has_the_members_of_the_contract() {
    let seen = look(
        &ticket(&envelope(1, "m")),
        None,
        Duration::from_secs(3),
        &forms(),
        true,
    )
    .unwrap();
    let json = serde_json::to_value(&seen).unwrap();
    let names: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        [
            "ticket",
            "form",
            "state",
            "seq",
            "submitted_at",
            "updated_at",
            "final",
            "retry_after"
        ]
    );
    assert_eq!(
        (
            json["state"].as_str(),
            json["seq"].as_u64(),
            json["final"].as_bool()
        ),
        (Some("queued"), Some(0), Some(false))
    );
    let done = look(
        &ticket(&envelope(1, "m")),
        row(State::Stored, 0),
        Duration::ZERO,
        &forms(),
        true,
    )
    .unwrap();
    assert!(
        serde_json::to_value(&done)
            .unwrap()
            .get("retry_after")
            .is_none()
    );
}

#[test]
fn a_ticket_outlives_its_form_and_a_clock_set_back() {
    let text = ticket(&envelope(1, "m"));
    let seen = look(
        &text,
        row(State::Stored, 0),
        Duration::ZERO,
        &Forms::default(),
        true,
    )
    .unwrap();
    assert_eq!(seen.state, TicketState::Stored);
    let (ledger, clock, keys, entropy) = (
        MemoryLedger::default(),
        ManualClock::new(),
        keyring(),
        CountingEntropy::default(),
    );
    clock.set_back(Duration::from_secs(HOUR));
    let forms = forms();
    let with = Answering {
        keys: &keys,
        polls: &ledger,
        clock: &clock,
        entropy: &entropy,
        forms: &forms,
        buries: true,
    };
    let seen = view(&text, &with).now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(
        (seen.state, seen.retry_after),
        (TicketState::Queued, Some(1))
    );
}

#[test]
fn a_forgery_is_nothing() {
    assert_eq!(
        look("contact.AAAA", None, Duration::ZERO, &forms(), true),
        None
    );
}

#[test]
fn the_wait_grows_with_age_and_stays_within_a_minute() {
    for random in [0, 127, 255] {
        let waits: Vec<u32> = [0, 1, 10, 60, 118, 3600, u64::MAX / 4]
            .iter()
            .map(|secs| retry_after(Duration::from_secs(*secs), random))
            .collect();
        assert!(
            waits.is_sorted() && waits.iter().all(|wait| (1..=60).contains(wait)),
            "{waits:?}"
        );
    }
    assert_eq!(retry_after(Duration::from_secs(60), 0), 25);
    assert_eq!(retry_after(Duration::from_secs(60), 255), 37);
}
