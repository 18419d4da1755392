//! What is set aside of a notice that could not be published: enough to bring it out again with the id it had, and
//! nothing of what was submitted.
//!
//! Written as JSON, for as long as a queue keeps it: its golden test never changes, and a new version reads the old ones.
//!
//! ```text
//! v                1
//! cause            why it is set aside
//! sequence_number  where its record stood in the stream, for whoever looks there
//! at               when that record was made
//! notice           the CloudEvents object; or, where none could be made of the record:
//! keys             the entry's key: `pk` and `sk`
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cause::Cause;
use crate::form::FormId;
use crate::notice::Notice;
use crate::submission::{SubmissionId, SubmissionRef};
use crate::time::Timestamp;

/// Where a change stood in its feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The record's number; none where the feed gave it none.
    pub sequence_number: Option<String>,
    /// When the record was made.
    pub at: Option<Timestamp>,
}

/// An entry's key, as its record tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// `{form}#{shard}`.
    pub pk: String,
    /// The submission's id.
    pub sk: String,
}

impl Keys {
    /// Whose entry it is; `None`: no submission's.
    #[must_use]
    pub fn of(&self) -> Option<SubmissionRef> {
        let (form, _) = self.pk.rsplit_once('#')?;
        Some(SubmissionRef { form: FormId::parse_stored(form)?, id: SubmissionId::parse(&self.sk)? })
    }
}

/// What there is to bring out again.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The notice itself.
    Notice(Box<Notice>),
    /// A change of this entry, and perhaps which: it is made again from the entry.
    Change(SubmissionRef, Option<u64>),
    /// The key of what could not be read, which names no submission.
    Keys(Keys),
    /// Changes that were in the feed between these two moments, whosever they are.
    Span(Timestamp, Timestamp),
    /// Nothing: it has not even a key.
    Nothing,
}

/// Something that is set aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Parked {
    /// What it is.
    pub what: What,
    /// Why.
    pub cause: Cause,
    /// Where it stood in its feed.
    pub origin: Origin,
}

/// The only version so far.
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Written {
    v: u64,
    cause: Cause,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notice: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<Keys>,
}

impl Parked {
    /// What it is called in lists, and to bring it out: the notice's id, or what else it has. `None`: nothing.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match &self.what {
            What::Notice(notice) => Some(notice.id.clone()),
            What::Change(of, Some(seq)) => Some(format!("{of}:{seq}")),
            What::Change(of, None) => Some(of.to_string()),
            What::Keys(keys) => Some(format!("{}/{}", keys.pk, keys.sk)),
            What::Span(..) | What::Nothing => None,
        }
    }

    /// As it is kept on a queue. A span is written by nobody but Lambda.
    #[must_use]
    pub fn encode(&self) -> String {
        let (notice, keys) = match &self.what {
            What::Notice(notice) => (serde_json::to_value(notice).ok(), None),
            What::Keys(keys) => (None, Some(keys.clone())),
            What::Change(of, _) => {
                (None, Some(Keys { pk: format!("{}#{}", of.form, of.id.shard()), sk: of.id.to_string() }))
            }
            What::Span(..) | What::Nothing => (None, None),
        };
        let Origin { sequence_number, at } = self.origin.clone();
        let written = Written { v: VERSION, cause: self.cause.clone(), sequence_number, at, notice, keys };
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads it; `None`: it is none of ours, or a newer program's.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let Written { v, cause, sequence_number, at, notice, keys } = serde_json::from_str(text).ok()?;
        let what = match (notice, keys) {
            (Some(notice), _) => What::Notice(Box::new(Notice::read(notice)?)),
            (None, Some(keys)) => keys.of().map_or_else(|| What::Keys(keys.clone()), |of| What::Change(of, None)),
            (None, None) => What::Nothing,
        };
        (v == VERSION).then_some(Self { what, cause, origin: Origin { sequence_number, at } })
    }
}

#[cfg(test)]
#[path = "parked_tests.rs"]
mod tests;
