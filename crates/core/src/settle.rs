//! The settling table: what an envelope makes of an entry. One pure function, used by both homes, by the
//! worker and by `bury`.
//!
//! ```text
//! entry                                 envelope                               becomes
//! none                                  any                                    its verdict: stored, held or failed
//! erased                                any                                    nothing: dropped
//! failed, unreadable when it came       a readable one                         as if there were none: the good copy wins
//! discarded                             same content, or none known            nothing: dropped
//! expired                               same content, or none was known        nothing: dropped
//! failed, held; a run under way         what cannot be that run: unreadable    failed: the run has ended; then as below
//!                                         where it was awaited, other content
//! any                                   other content                          kept apart, as a dead letter of its own (or held by its checks)
//! failed                                another payload (superseded by edit)   nothing: dropped
//! failed, a person's run under way      the original, suspected                nothing: a person has decided
//! failed                                a success, of whatever run             stored (or held by its checks)
//! failed                                a failure of a later run               failed again
//! held                                  a person's later run                   stored, or failed
//! any                                   same content, nothing above            nothing: a duplicate
//! ```
//!
//! When nothing is in flight, nobody waits for a verdict: whatever a run's envelope comes to, its run ends.

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
    /// Replace the row by this, and its body by the envelope's.
    Mend(Box<Head>),
    /// Replace the row by this; its body stays. Then ask again what becomes of the envelope.
    EndRun(Box<Head>),
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
    /// A person has sent it again, and a suspicion does not overrule them.
    Decided,
}

/// The table.
#[must_use]
pub fn decide(entry: Option<&Head>, incoming: &Incoming, now: Timestamp) -> Decision {
    let Some(entry) = entry else {
        return Decision::Insert(Box::new(first(incoming, now)));
    };
    let same = entry.content == incoming.content;
    let known = entry.content.is_some() && incoming.content.is_some();
    match entry.state {
        State::Erased => Decision::Nothing(Quiet::Dropped),
        State::Discarded if same || !known => Decision::Nothing(Quiet::Dropped),
        // What is known of an expired one tells another content apart: that was answered with 202 too, and is not dropped.
        State::Expired if same || entry.content.is_none() => Decision::Nothing(Quiet::Dropped),
        State::Failed if entry.content.is_none() && incoming.content.is_some() => {
            Decision::Mend(Box::new(mended(entry, incoming, now)))
        }
        State::Failed | State::Held if ends_the_run(entry, incoming) => {
            let next = Box::new(ended(entry, incoming, now));
            if same {
                Decision::Update(next)
            } else {
                Decision::EndRun(next)
            }
        }
        State::Stored | State::Failed | State::Held | State::Discarded | State::Expired
            if !same =>
        {
            Decision::KeepApart(Box::new(apart(entry, incoming)))
        }
        State::Discarded | State::Expired => Decision::Nothing(Quiet::Dropped),
        State::Stored => Decision::Nothing(Quiet::Duplicate),
        State::Failed => failed(entry, incoming, now),
        State::Held => held(entry, incoming, now),
    }
}

/// Is a run under way that this may have been, and that it cannot be settled as? What is unreadable does not say which
/// run it was: it ends the one that is awaited, and should that still come, its success counts.
fn ends_the_run(entry: &Head, incoming: &Incoming) -> bool {
    let other = entry.content != incoming.content && incoming.run > entry.verdict_run;
    entry.is_awaiting() && (incoming.content.is_none() || other)
}

/// Has a person decided what this would undo?
fn overrules(entry: &Head, incoming: &Incoming) -> bool {
    let suspected = matches!(incoming.verdict, Verdict::Held(_));
    suspected && entry.is_awaiting() && incoming.run <= entry.verdict_run
}

fn failed(entry: &Head, incoming: &Incoming, now: Timestamp) -> Decision {
    if entry.payload_hash != incoming.payload_hash {
        return Decision::Nothing(Quiet::Superseded);
    }
    match incoming.verdict {
        Verdict::Held(_) if overrules(entry, incoming) => Decision::Nothing(Quiet::Decided),
        Verdict::Stored | Verdict::Held(_) => {
            Decision::Update(Box::new(next(entry, incoming, now)))
        }
        // The failure of a run whose failure is known says nothing new: `bury` after the worker's own
        // write, or a redelivery whose answer was lost.
        Verdict::Failed(_) if incoming.run > entry.verdict_run => {
            Decision::Update(Box::new(next(entry, incoming, now)))
        }
        Verdict::Failed(_) => Decision::Nothing(Quiet::Duplicate),
    }
}

/// A later run is a person's, whatever it is called: an older program let a suspicion overrule a replay, and left rows
/// that are held and wait for it.
fn held(entry: &Head, incoming: &Incoming, now: Timestamp) -> Decision {
    match incoming.kind {
        Kind::Release | Kind::Replay if incoming.run > entry.verdict_run => {
            Decision::Update(Box::new(next(entry, incoming, now)))
        }
        Kind::Release | Kind::Submit | Kind::Replay => Decision::Nothing(Quiet::Duplicate),
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
        expires_at: incoming
            .kept
            .filter(|_| state == State::Stored)
            .map(|kept| now.plus(kept)),
    }
}

/// The row after `incoming`'s verdict.
fn next(entry: &Head, incoming: &Incoming, now: Timestamp) -> Head {
    let (state, cause, hold) = outcome(&incoming.verdict);
    let run = entry.run.max(incoming.run);
    // A success ends every run that is under way: what it would send is already kept.
    let verdict_run = if state == State::Stored {
        run
    } else {
        entry.verdict_run.max(incoming.run)
    };
    Head {
        state,
        cause,
        hold,
        run,
        verdict_run,
        seq: entry.seq + 1,
        updated_at: now,
        attempts: incoming.attempts,
        expires_at: incoming
            .kept
            .filter(|_| state == State::Stored)
            .map(|kept| now.plus(kept)),
        ..entry.clone()
    }
}

/// The row of what could not be read, now that a good copy came.
fn mended(entry: &Head, incoming: &Incoming, now: Timestamp) -> Head {
    let next = next(entry, incoming, now);
    let next = if overrules(entry, incoming) {
        Head {
            state: entry.state,
            cause: entry.cause.clone(),
            hold: None,
            ..next
        }
    } else {
        next
    };
    Head {
        content: incoming.content,
        payload_hash: incoming.payload_hash,
        schema: incoming.schema.clone(),
        received_at: incoming.received_at,
        ..next
    }
}

/// The row whose run ends without a verdict of its own.
fn ended(entry: &Head, incoming: &Incoming, now: Timestamp) -> Head {
    let cause = match (&incoming.verdict, incoming.content) {
        (Verdict::Failed(cause), None) => cause.of_a_run(),
        (Verdict::Stored | Verdict::Held(_) | Verdict::Failed(_), _) => entry
            .cause
            .clone()
            .unwrap_or_else(|| Cause::key_conflict(&incoming.apart)),
    };
    Head {
        state: State::Failed,
        cause: Some(cause),
        hold: None,
        verdict_run: entry.run,
        seq: entry.seq + 1,
        updated_at: now,
        attempts: incoming.attempts,
        expires_at: None,
        ..entry.clone()
    }
}

/// The envelope again with a row of its own. What is suspected is held there too: a key that somebody repeats leads round no
/// check.
fn apart(entry: &Head, incoming: &Incoming) -> Incoming {
    let verdict = match (&incoming.verdict, incoming.content) {
        // What could not be read at all keeps its own cause.
        (Verdict::Failed(cause), None) => Verdict::Failed(cause.clone()),
        (Verdict::Held(reason), _) => Verdict::Held(reason.clone()),
        (Verdict::Stored | Verdict::Failed(_), _) => {
            Verdict::Failed(Cause::key_conflict(&entry.of))
        }
    };
    Incoming {
        of: incoming.apart.clone(),
        verdict,
        ..incoming.clone()
    }
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
        Some(content) => SubmissionRef {
            form: of.form.clone(),
            id: of.id.of_conflict(content),
        },
        None => SubmissionRef {
            form: crate::FormId::unknown(),
            id: SubmissionId::of_unknown_body(body),
        },
    }
}

#[cfg(test)]
#[path = "settle_tests.rs"]
mod tests;
