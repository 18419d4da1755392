//! What a ticket says of the people behind its form: when, where the form shows it, and never who.

use std::sync::Mutex;
use std::time::Duration;

use counterfoil_core::ports::{Polls, Seen, SeenMarks};
use counterfoil_core::status::{Answering, TicketState, View, view};
use counterfoil_core::{Code, Fault, Forms, Head, State, SubmissionRef, Timestamp};
use counterfoil_testkit::build::{THEN, entry, envelope, forms, keyring};
use counterfoil_testkit::{CountingEntropy, ManualClock};
use futures_util::FutureExt;

use super::{DAY, contact, ticket};

/// One row with its marks, which may not be readable; and what was asked for.
struct Marked {
    row: Option<Head>,
    seen: Result<Seen, Fault>,
    asked: Mutex<Vec<(SubmissionRef, Timestamp)>>,
}

impl Polls for Marked {
    async fn head(&self, _of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        Ok(self.row.clone())
    }
}

impl SeenMarks for Marked {
    async fn seen(&self, of: &SubmissionRef, listed_at: Timestamp) -> Result<Seen, Fault> {
        self.asked.lock().unwrap().push((of.clone(), listed_at));
        self.seen.clone()
    }
}

fn after(seconds: u64) -> Timestamp {
    THEN.plus(Duration::from_secs(seconds))
}

fn both() -> Seen {
    Seen {
        seen_at: Some(after(60)),
        answered_at: Some(after(3600)),
    }
}

impl Marked {
    fn new(state: State) -> Self {
        let mut row = entry(&envelope(1, "m"), None).head;
        row.state = state;
        Self {
            row: Some(row),
            seen: Ok(both()),
            asked: Mutex::default(),
        }
    }

    /// What a ticket says, what was asked of the marks for that, and the faults that were told.
    fn tells(&self, ticket: &str, forms: &Forms) -> (View, usize, Vec<String>) {
        let (keys, clock, entropy) = (keyring(), ManualClock::new(), CountingEntropy::default());
        let told = Mutex::new(Vec::new());
        let with = Answering {
            keys: &keys,
            polls: self,
            clock: &clock,
            entropy: &entropy,
            forms,
            buries: true,
            unread: &|fault| told.lock().unwrap().push(fault.to_string()),
        };
        let seen = view(ticket, &with).now_or_never().unwrap().unwrap();
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        (seen.unwrap(), asked.len(), told.into_inner().unwrap())
    }
}

/// The form `contact`, which shows when it was seen.
fn showing() -> Forms {
    contact(|text| format!("show_seen = true\n{text}"))
}

#[test]
fn a_stored_submissions_ticket_says_when_it_was_seen_and_answered() {
    let ours = ticket(&envelope(1, "m"));
    let mut marked = Marked::new(State::Stored);
    let (seen, asked, _) = marked.tells(&ours, &showing());
    assert_eq!((seen.seen, asked), (both(), 1));
    let json = serde_json::to_value(&seen).unwrap();
    assert_eq!(json["seen_at"], after(60).to_string());
    assert_eq!(json["answered_at"], after(3600).to_string());
    marked.seen = Ok(Seen {
        seen_at: None,
        ..both()
    });
    let json = serde_json::to_value(marked.tells(&ours, &showing()).0).unwrap();
    assert!(json.get("seen_at").is_none() && json.get("answered_at").is_some());
}

#[test]
fn an_entry_is_asked_for_at_its_place_in_the_list() {
    let mut marked = Marked::new(State::Stored);
    let row = marked.row.as_mut().unwrap();
    row.received_at = after(DAY);
    let (of, listed_at) = (row.of.clone(), row.listed_at());
    let forms = showing();
    let (keys, clock, entropy) = (keyring(), ManualClock::new(), CountingEntropy::default());
    let with = Answering {
        keys: &keys,
        polls: &marked,
        clock: &clock,
        entropy: &entropy,
        forms: &forms,
        buries: true,
        unread: &|_| (),
    };
    view(&ticket(&envelope(1, "m")), &with)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(*marked.asked.lock().unwrap(), [(of, listed_at)]);
}

#[test]
fn nothing_is_read_where_nothing_is_shown() {
    let ours = ticket(&envelope(1, "m"));
    for without in [forms(), Forms::default()] {
        let (seen, asked, _) = Marked::new(State::Stored).tells(&ours, &without);
        assert_eq!(
            (seen.state, seen.seen, asked),
            (TicketState::Stored, Seen::default(), 0)
        );
    }
    for state in [
        State::Failed,
        State::Held,
        State::Discarded,
        State::Erased,
        State::Expired,
    ] {
        let (seen, asked, _) = Marked::new(state).tells(&ours, &showing());
        assert_eq!((seen.seen, asked), (Seen::default(), 0), "{state}");
    }
    let others = ticket(&envelope(1, "other"));
    let (seen, asked, _) = Marked::new(State::Stored).tells(&others, &showing());
    assert_eq!(
        (seen.state, seen.seen, asked),
        (TicketState::Conflict, Seen::default(), 0),
        "what was seen is another's"
    );
    let mut none = Marked::new(State::Stored);
    none.row = None;
    assert_eq!(none.tells(&ours, &showing()).1, 0);
}

#[test]
fn marks_that_cannot_be_read_are_left_out_and_told_once() {
    let mut marked = Marked::new(State::Stored);
    marked.seen = Err(Fault::transient(Code::DatabaseBusy, "locked"));
    let (seen, asked, told) = marked.tells(&ticket(&envelope(1, "m")), &showing());
    assert_eq!(
        (seen.state, seen.seen, asked),
        (TicketState::Stored, Seen::default(), 1)
    );
    assert_eq!(told, ["locked"]);
}
