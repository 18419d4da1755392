//! An entry: the ledger's row for one submission.

use std::fmt;
use std::time::Duration;

use crate::cause::Cause;
use crate::fault::Fault;
use crate::payload::{ContentHash, Payload};
pub use crate::state::State;
use crate::submission::{SubmissionId, SubmissionRef};
use crate::time::Timestamp;

/// How far an id's time may be from the acceptance, to be believed.
pub const LISTED_WITHIN: Duration = Duration::from_secs(10 * 60);

/// When an entry with this id, accepted at this time, stands in a list: see [`Head::listed_at`].
#[must_use]
pub fn listed_at(id: &SubmissionId, received_at: Timestamp) -> Timestamp {
    let apart = id.time().as_millis().abs_diff(received_at.as_millis());
    if u128::from(apart) <= LISTED_WITHIN.as_millis() {
        id.time()
    } else {
        received_at
    }
}

/// All of an entry but what was submitted: what a ticket's answer may be made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Which submission.
    pub of: SubmissionRef,
    /// What became of it.
    pub state: State,
    /// Counts its changes from 1. No entry is 0.
    pub seq: u64,
    /// The latest run that was ordered: 0 the submission itself, raised by each replay or release.
    pub run: u32,
    /// The run that `state` is the verdict of. Below `run`: a replay or release is under way.
    pub verdict_run: u32,
    /// The hash its ticket was made for. `None` when no envelope could be read, or after erasure.
    pub content: Option<ContentHash>,
    /// The hash of the payload as it is now; differs from `content` only after an operator's edit.
    pub payload_hash: Option<ContentHash>,
    /// Fingerprint of the schema it was accepted under; empty when unknown.
    pub schema: String,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// When this row last changed.
    pub updated_at: Timestamp,
    /// How often the queue had delivered it when the verdict was given.
    pub attempts: u32,
    /// Why it failed; `None` unless it did.
    pub cause: Option<Cause>,
    /// Why it is held; `None` unless it is.
    pub hold: Option<String>,
    /// When it may be removed: first what was submitted, then what is left of it. Failed and held ones never.
    pub expires_at: Option<Timestamp>,
}

impl Head {
    /// Is a replay or release ordered whose verdict is not in yet?
    #[must_use]
    pub const fn is_awaiting(&self) -> bool {
        self.run > self.verdict_run
    }

    /// When it stands in a list: at its id's time where that is within ten minutes of its acceptance, because a home may
    /// keep entries in the order of their ids; else at its acceptance. It never changes.
    #[must_use]
    pub fn listed_at(&self) -> Timestamp {
        listed_at(&self.of.id, self.received_at)
    }

    /// Is this something to publish, after the row was as `before`? An order of a run is not: its verdict will be. A good
    /// copy of what could not be read is. That a retention is over is not.
    #[must_use]
    pub fn is_news(&self, before: &Self) -> bool {
        let is_changed = self.state != before.state
            || self.verdict_run != before.verdict_run
            || self.content != before.content;
        is_changed && self.state != State::Expired
    }
}

/// What was submitted, as far as it could be read. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// The fields.
    Payload(Payload),
    /// The queue's body as it came: no envelope could be read from it.
    Raw(Vec<u8>),
    /// Removed on request, or because its form's retention is over.
    Erased,
}

impl Body {
    /// How many bytes it has.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Payload(payload) => payload.as_str().len(),
            Self::Raw(bytes) => bytes.len(),
            Self::Erased => 0,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The ledger's row for a submission.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// All but what was submitted.
    pub head: Head,
    /// What was submitted.
    pub body: Body,
}

impl Entry {
    /// This entry, if what was submitted is what its hash was made of; else a fault that names it.
    pub fn intact(self) -> Result<Self, Fault> {
        let fits = match &self.body {
            Body::Payload(payload) => self.head.payload_hash == Some(payload.hash()),
            Body::Raw(_) | Body::Erased => true,
        };
        let differs = "is damaged: what was submitted differs from the hash beside it; restore it from a backup";
        if fits {
            Ok(self)
        } else {
            Err(Fault::damaged(format!("{} {differs}", self.head.of)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_listed_at_its_ids_time_only_where_that_is_believable() {
        let head = |received_at| Head {
            of: SubmissionRef::parse("contact/01930057-d880-7abc-8def-0123456789ab").unwrap(),
            state: State::Stored,
            seq: 1,
            run: 0,
            verdict_run: 0,
            content: None,
            payload_hash: None,
            schema: String::new(),
            received_at,
            updated_at: received_at,
            attempts: 1,
            cause: None,
            hold: None,
            expires_at: None,
        };
        let id_time = head(Timestamp::from_millis(0)).of.id.time();
        let minutes = |minutes: i64| Timestamp::from_millis(id_time.as_millis() + minutes * 60_000);
        for (minute, is_id) in [
            (0, true),
            (-10, true),
            (10, true),
            (-11, false),
            (11, false),
            (1_000_000, false),
        ] {
            let listed = head(minutes(minute)).listed_at();
            assert_eq!(
                listed,
                if is_id { id_time } else { minutes(minute) },
                "{minute}"
            );
        }
    }
}
