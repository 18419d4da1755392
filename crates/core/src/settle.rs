//! The settling table: what an envelope makes of an entry. One pure function, used by both homes, by the
//! worker and by `bury`.
//!
//! ```text
//! entry              envelope                               becomes
//! none               any                                    its verdict: stored, held or failed
//! erased             any                                    nothing: dropped
//! any                other content                          kept apart, as a dead letter of its own (or held by its checks)
//! discarded, expired same content                           nothing: dropped
//! failed             another payload (superseded by edit)   nothing: dropped
//! failed             a success, of whatever run             stored (or held by its checks)
//! failed             a failure of a later run               failed again
//! held               a release                              stored, or failed
//! any                same content, nothing above            nothing: a duplicate
//! ```

use std::time::Duration;

use crate::cause::Cause;
use crate::entry::{Head, State};
use crate::envelope::Kind;
use crate::payload::ContentHash;
use crate::submission::{SubmissionId, SubmissionRef};
use crate::time::Timestamp;

/// What the worker found about an envelope, before it looks at the ledger.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is good.
    Stored,
    /// It is suspected spam, for this reason.
    Held(String),
    /// It failed for good.
    Failed(Cause),
}

/// What an envelope says to the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// Which submission.
    pub of: SubmissionRef,
    /// Why it was sent.
    pub kind: Kind,
    /// Which run of it.
    pub run: u32,
    /// What its ticket was made for; `None` when no envelope could be read.
    pub content: Option<ContentHash>,
    /// The hash of the payload it carries; `None` when no envelope could be read.
    pub payload_hash: Option<ContentHash>,
    /// Fingerprint of the schema it was accepted under.
    pub schema: String,
    /// When the submission was accepted.
    pub received_at: Timestamp,
    /// How often the queue has delivered it.
    pub attempts: u32,
    /// What the worker found.
    pub verdict: Verdict,
    /// How long a stored entry of this form is kept, from its verdict on; `None`: for good.
    pub kept: Option<Duration>,
    /// Where it is kept if another submission has its place.
    pub apart: SubmissionRef,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Write this row, with the envelope's body, where none is.
    Insert(Box<Head>),
    /// Replace the row by this; its body stays.
    Update(Box<Head>),
    /// Settle this in its stead: a dead letter of its own.
    KeepApart(Box<Incoming>),
    /// Nothing to write.
    Nothing(Quiet),
}

/// Why there is nothing to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quiet {
    /// It was settled before: delivered twice, or the earlier answer was lost.
    Duplicate,
    /// An edit has taken its place.
    Superseded,
    /// The entry was discarded or erased.
    Dropped,
}

/// The table.
#[must_use]
pub fn decide(entry: Option<&Head>, incoming: &Incoming, now: Timestamp) -> Decision {
    let Some(entry) = entry else {
        return Decision::Insert(Box::new(first(incoming, now)));
    };
    // What is known of an expired one tells another content apart: that was answered with 202 too, and is not dropped.
    if entry.state == State::Erased || (entry.state == State::Expired && entry.content.is_none()) {
        return Decision::Nothing(Quiet::Dropped);
    }
    if entry.content != incoming.content {
        return Decision::KeepApart(Box::new(apart(entry, incoming)));
    }
    match entry.state {
        State::Discarded | State::Erased | State::Expired => Decision::Nothing(Quiet::Dropped),
        State::Stored => Decision::Nothing(Quiet::Duplicate),
        State::Failed => failed(entry, incoming, now),
        State::Held => held(entry, incoming, now),
    }
}

fn failed(entry: &Head, incoming: &Incoming, now: Timestamp) -> Decision {
    if entry.payload_hash != incoming.payload_hash {
        return Decision::Nothing(Quiet::Superseded);
    }
    match incoming.verdict {
        Verdict::Stored | Verdict::Held(_) => Decision::Update(Box::new(next(entry, incoming, now))),
        // The failure of a run whose failure is known says nothing new: `bury` after the worker's own
        // write, or a redelivery whose answer was lost.
        Verdict::Failed(_) if incoming.run > entry.verdict_run => {
            Decision::Update(Box::new(next(entry, incoming, now)))
        }
        Verdict::Failed(_) => Decision::Nothing(Quiet::Duplicate),
    }
}

fn held(entry: &Head, incoming: &Incoming, now: Timestamp) -> Decision {
    match (incoming.kind, &incoming.verdict) {
        (Kind::Release, Verdict::Stored | Verdict::Failed(_)) if incoming.run > entry.verdict_run => {
            Decision::Update(Box::new(next(entry, incoming, now)))
        }
        (Kind::Release | Kind::Submit | Kind::Replay, _) => Decision::Nothing(Quiet::Duplicate),
    }
}

/// The row of a submission that has none.
fn first(incoming: &Incoming, now: Timestamp) -> Head {
    let (state, cause, hold) = outcome(&incoming.verdict);
    Head {
        of: incoming.of.clone(),
        state,
        seq: 1,
        run: incoming.run,
        verdict_run: incoming.run,
        content: incoming.content,
        payload_hash: incoming.payload_hash,
        schema: incoming.schema.clone(),
        received_at: incoming.received_at,
        updated_at: now,
        attempts: incoming.attempts,
        cause,
        hold,
        expires_at: incoming.kept.filter(|_| state == State::Stored).map(|kept| now.plus(kept)),
    }
}

/// The row after `incoming`'s verdict.
fn next(entry: &Head, incoming: &Incoming, now: Timestamp) -> Head {
    let (state, cause, hold) = outcome(&incoming.verdict);
    let run = entry.run.max(incoming.run);
    // A success ends every run that is under way: what it would send is already kept.
    let verdict_run = if state == State::Stored { run } else { entry.verdict_run.max(incoming.run) };
    Head {
        state,
        cause,
        hold,
        run,
        verdict_run,
        seq: entry.seq + 1,
        updated_at: now,
        attempts: incoming.attempts,
        expires_at: incoming.kept.filter(|_| state == State::Stored).map(|kept| now.plus(kept)),
        ..entry.clone()
    }
}

/// The same envelope with a row of its own. What is suspected is held there too: a key that somebody repeats leads round no
/// check.
fn apart(entry: &Head, incoming: &Incoming) -> Incoming {
    let verdict = match (&incoming.verdict, incoming.content) {
        // What could not be read at all keeps its own cause.
        (Verdict::Failed(cause), None) => Verdict::Failed(cause.clone()),
        (Verdict::Held(reason), _) => Verdict::Held(reason.clone()),
        (Verdict::Stored | Verdict::Failed(_), _) => Verdict::Failed(Cause::key_conflict(&entry.of)),
    };
    Incoming { of: incoming.apart.clone(), verdict, ..incoming.clone() }
}

fn outcome(verdict: &Verdict) -> (State, Option<Cause>, Option<String>) {
    match verdict {
        Verdict::Stored => (State::Stored, None, None),
        Verdict::Held(reason) => (State::Held, None, Some(reason.clone())),
        Verdict::Failed(cause) => (State::Failed, Some(cause.clone()), None),
    }
}

/// Where the loser of a key conflict is kept; a body that could not be read goes to `_unknown`.
#[must_use]
pub fn apart_from(of: &SubmissionRef, content: Option<&ContentHash>, body: &[u8]) -> SubmissionRef {
    match content {
        Some(content) => SubmissionRef { form: of.form.clone(), id: of.id.of_conflict(content) },
        None => SubmissionRef { form: crate::FormId::unknown(), id: SubmissionId::of_unknown_body(body) },
    }
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
