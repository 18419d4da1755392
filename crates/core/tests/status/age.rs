//! What a ticket says by its age where there is no entry: not yet, lost, or over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_core::ports::{Polls, Seen, SeenMarks};
use counterfoil_core::status::{Answering, TicketState, View, view};
use counterfoil_core::{Fault, Forms, Head, SubmissionRef, Timestamp};
use counterfoil_operations::change::expired;
use counterfoil_testkit::build::{THEN, entry, envelope, forms, keyring};
use counterfoil_testkit::{CountingEntropy, ManualClock};
use futures_util::FutureExt;

use super::{DAY, contact, look, state, ticket};

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
    contact(|text| text.replace("# retention_days = 365", &kept))
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

impl SeenMarks for Leaving {
    async fn seen(&self, _of: &SubmissionRef, _listed_at: Timestamp) -> Result<Seen, Fault> {
        panic!("no form here shows when it was seen")
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
            unread: &|_| (),
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
