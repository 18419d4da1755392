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
//! keys             the entry's key: `pk` and `sk`; absent where the record names no submission, for then its key may
//!                  hold anything
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

/// Whose entry has this key, `{form}#{shard}` and the submission's id; `None`: no submission's.
#[must_use]
pub fn submission_of(pk: &str, sk: &str) -> Option<SubmissionRef> {
    let (form, _) = pk.rsplit_once('#')?;
    Some(SubmissionRef {
        form: FormId::parse_stored(form)?,
        id: SubmissionId::parse(sk)?,
    })
}

/// What there is to bring out again.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The notice itself.
    Notice(Box<Notice>),
    /// A change of this entry, and perhaps which: it is made again from the entry.
    Change(SubmissionRef, Option<u64>),
    /// Changes that were in the feed between these two moments, whosever they are.
    Span(Timestamp, Timestamp),
    /// Nothing: it names no submission.
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

/// An entry's key.
#[derive(Serialize, Deserialize)]
struct Keys {
    pk: String,
    sk: String,
}

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
            What::Span(..) | What::Nothing => None,
        }
    }

    /// As it is kept on a queue. A span is written by nobody but Lambda.
    #[must_use]
    pub fn encode(&self) -> String {
        let (notice, keys) = match &self.what {
            What::Notice(notice) => (serde_json::to_value(notice).ok(), None),
            What::Change(of, _) => (
                None,
                Some(Keys {
                    pk: format!("{}#{}", of.form, of.id.shard()),
                    sk: of.id.to_string(),
                }),
            ),
            What::Span(..) | What::Nothing => (None, None),
        };
        let Origin {
            sequence_number,
            at,
        } = self.origin.clone();
        let written = Written {
            v: VERSION,
            cause: self.cause.clone(),
            sequence_number,
            at,
            notice,
            keys,
        };
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads it; `None`: it is none of ours, or a newer program's.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let Written {
            v,
            cause,
            sequence_number,
            at,
            notice,
            keys,
        } = serde_json::from_str(text).ok()?;
        let what = match (notice, keys) {
            (Some(notice), _) => What::Notice(Box::new(Notice::read(notice)?)),
            (None, Some(Keys { pk, sk })) => {
                submission_of(&pk, &sk).map_or(What::Nothing, |of| What::Change(of, None))
            }
            (None, None) => What::Nothing,
        };
        (v == VERSION).then_some(Self {
            what,
            cause,
            origin: Origin {
                sequence_number,
                at,
            },
        })
    }
}

#[cfg(test)]
#[path = "parked_tests.rs"]
mod tests;
