//! Dead letters and held submissions that are there before a server starts, as if that had become of them at some time.

use std::time::Duration;

use counterfoil_core::ports::Clock;
use counterfoil_core::{Cause, Entry, FormId, Payload, Retryable, State, SubmissionId, Timestamp};
use counterfoil_machine::SystemClock;
use counterfoil_testkit::build::{entry, envelope};
use serde_json::Value;

use crate::seed::put_rows;
use crate::server::Machine;

/// One dead letter, or a held submission.
pub(crate) struct Letter {
    /// Of this form.
    pub(crate) form: &'static str,
    /// It came and failed so long ago.
    pub(crate) ago: Duration,
    pub(crate) cause: Cause,
    /// Held for this, and no dead letter.
    pub(crate) hold: Option<&'static str>,
    pub(crate) fields: Value,
}

impl Letter {
    /// To the contact form, of a cause that a replay helps against.
    pub(crate) fn new(message: &str) -> Self {
        let fields = serde_json::json!({"name": "Ada Lovelace", "email": "ada@example.org", "message": message});
        let cause = Cause::written(
            "ledger-busy",
            Retryable::Yes,
            "the ledger did not answer in 30 s",
        );
        Self {
            form: "contact",
            ago: Duration::from_secs(60),
            cause,
            hold: None,
            fields,
        }
    }
}

/// So many of them, a second apart.
pub(crate) fn letters(count: u64) -> Vec<Letter> {
    let letter = |n| Letter {
        ago: Duration::from_secs(60 + n),
        ..Letter::new(&format!("message {n}"))
    };
    (0..count).map(letter).collect()
}

/// Held for these reasons, a second apart.
pub(crate) fn held(reasons: &[&'static str]) -> Vec<Letter> {
    let letter = |(n, hold): (u64, &&'static str)| Letter {
        ago: Duration::from_secs(60 + n),
        hold: Some(*hold),
        ..Letter::new(&format!("held {n}"))
    };
    (0..).zip(reasons).map(letter).collect()
}

/// Writes them into a home that no server has; gives their names, `form/id`, in their order.
pub(crate) fn plant(home: &Machine, letters: &[Letter]) -> Vec<String> {
    let rows: Vec<Entry> = letters
        .iter()
        .zip(0u16..)
        .map(|(letter, number)| row(letter, number))
        .collect();
    let names = rows.iter().map(|row| row.head.of.to_string()).collect();
    put_rows(home, rows.into_iter());
    names
}

pub(crate) fn row(letter: &Letter, number: u16) -> Entry {
    let now = SystemClock.now().as_millis();
    let at = Timestamp::from_millis(now - i64::try_from(letter.ago.as_millis()).unwrap());
    let mut random = [7; 10];
    random[8..].copy_from_slice(&number.to_be_bytes());
    let mut sent = envelope(0, "");
    sent.payload = Payload::from_fields(letter.fields.as_object().unwrap());
    (sent.content, sent.payload_hash) = (sent.payload.hash(), sent.payload.hash());
    (sent.of.form, sent.of.id) = (
        FormId::parse(letter.form).unwrap(),
        SubmissionId::fresh(at, random),
    );
    sent.received_at = at;
    let mut row = entry(&sent, Some(letter.cause.clone()));
    (row.head.updated_at, row.head.attempts) = (at, 20);
    if let Some(hold) = letter.hold {
        (row.head.state, row.head.cause, row.head.hold) =
            (State::Held, None, Some(hold.to_owned()));
        row.head.attempts = 1;
    }
    row
}
