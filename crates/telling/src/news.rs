//! What a delivery tells: a change of a submission, or an alarm.

use counterfoil_core::notice::Change;
use counterfoil_core::{SubmissionRef, Timestamp};

use crate::alarms::{AlarmNews, AlarmState};

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// A change of a submission.
    Change(Change),
    /// Something that needs a person, or that it is over.
    Alarm(AlarmNews),
}

impl News {
    /// What it is about: a submission; an alarm is written in the same way, under the form `_alarm`.
    #[must_use]
    pub const fn of(&self) -> &SubmissionRef {
        match self {
            Self::Change(change) => &change.of,
            Self::Alarm(alarm) => &alarm.of,
        }
    }

    /// Which news of it; the higher is the newer.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Change(change) => change.seq,
            Self::Alarm(alarm) => alarm.seq,
        }
    }

    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Change(change) => change.at,
            Self::Alarm(alarm) => alarm.at,
        }
    }

    /// The state after it, as a word.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Change(change) => change.state.as_str(),
            Self::Alarm(alarm) => match alarm.state {
                AlarmState::Raised => AlarmState::Raised.as_str(),
                AlarmState::Cleared => AlarmState::Cleared.as_str(),
            },
        }
    }

    /// The change, if it is one.
    #[must_use]
    pub const fn change(&self) -> Option<&Change> {
        match self {
            Self::Change(change) => Some(change),
            Self::Alarm(_) => None,
        }
    }
}

impl From<Change> for News {
    fn from(change: Change) -> Self {
        Self::Change(change)
    }
}

impl From<AlarmNews> for News {
    fn from(alarm: AlarmNews) -> Self {
        Self::Alarm(alarm)
    }
}
