//! Alarms: what needs a person, told once when it begins, at most once an hour while it grows, and once when it is over.
//!
//! [`step`] is a pure rule: what is found, the time and an id are handed in, and a home writes what it gives in one
//! transaction with the deliveries that tell it.

mod step;
mod words;

use std::time::Duration;

use counterfoil_core::{SubmissionRef, Timestamp};
use serde::{Deserialize, Serialize};

pub use step::{Alarm, Open, Seen, step};

/// What can need a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmKind {
    /// Submissions that failed for good, of one cause.
    DeadLetters,
    /// A receiver that fails, or is disabled.
    Receiver,
    /// What a receiver will not be told any more, unless somebody retries it.
    Deliveries,
    /// Submissions that were accepted and are nowhere.
    Lost,
    /// A disk that is nearly full.
    Disk,
    /// A clock that was set, so that nothing is removed for a day.
    Clock,
    /// Submissions that were refused with 503.
    Intake,
}

const MINUTE: Duration = Duration::from_secs(60);

impl AlarmKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::DeadLetters,
        Self::Receiver,
        Self::Deliveries,
        Self::Lost,
        Self::Disk,
        Self::Clock,
        Self::Intake,
    ];

    /// The word for it, as stored, shown, and written in `alarms`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeadLetters => "dead-letters",
            Self::Receiver => "receiver",
            Self::Deliveries => "deliveries",
            Self::Lost => "lost",
            Self::Disk => "disk",
            Self::Clock => "clock",
            Self::Intake => "intake",
        }
    }

    /// Reads the word. `None`: it is none of ours.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// How long it lasts before anybody is told.
    const fn hold(self) -> Duration {
        match self {
            Self::DeadLetters | Self::Receiver | Self::Deliveries | Self::Lost | Self::Clock => {
                Duration::ZERO
            }
            Self::Disk | Self::Intake => Duration::from_secs(20),
        }
    }

    /// How long it has to be gone before it is said to be over.
    const fn calm(self) -> Duration {
        match self {
            Self::Receiver | Self::Deliveries | Self::Lost | Self::Clock => Duration::ZERO,
            // A replay may fail again.
            Self::DeadLetters => Duration::from_secs(20),
            Self::Disk | Self::Intake => MINUTE.saturating_mul(5),
        }
    }

    /// How long it keeps still between two messages that it goes on.
    const fn gap(self) -> Duration {
        match self {
            // There are four, each at its time.
            Self::Receiver => Duration::ZERO,
            Self::DeadLetters
            | Self::Deliveries
            | Self::Lost
            | Self::Disk
            | Self::Clock
            | Self::Intake => MINUTE.saturating_mul(60),
        }
    }
}

/// Which alarm: what, and of whom.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlarmKey {
    /// What.
    pub kind: AlarmKind,
    /// Of whom: a cause's fingerprint, a receiver's name, else nothing.
    pub subject: String,
}

/// What was found: that something needs a person now.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Which alarm it raises.
    pub key: AlarmKey,
    /// Since when it is so, as far as is known.
    pub since: Timestamp,
    /// How many, or of a receiver how many hundredths of the time until it is disabled. More is worse.
    pub count: u64,
    /// More of it, for a person; nothing that was submitted.
    pub detail: String,
    /// Does a person know of it? Then it is told to nobody, and what was told stays as it is.
    pub is_known: bool,
}

/// Has it begun, or is it over?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AlarmState {
    /// It needs a person.
    Raised,
    /// It is over.
    Cleared,
}

impl AlarmState {
    /// The word for it, as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Cleared => "cleared",
        }
    }

    /// Reads the word. `None`: it is none of ours.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Raised, Self::Cleared]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// One message of an alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmNews {
    /// Which time that it was raised: `_alarm/ID`.
    pub of: SubmissionRef,
    /// Which message of it, from 1.
    pub seq: u64,
    /// When it was so.
    pub at: Timestamp,
    /// Has it begun, or is it over?
    pub state: AlarmState,
    /// What it says.
    pub facts: AlarmFacts,
}

/// What a message of an alarm says. A stored format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmFacts {
    /// What needs a person.
    pub alarm: AlarmKind,
    /// Of whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// Since when.
    pub since: Timestamp,
    /// How many; when it is over, how many at the worst.
    pub count: u64,
    /// More of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}
