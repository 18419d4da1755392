//! A delivery: one telling of one change, owed to one receiver until it is delivered, has failed for good, or is discarded.

use std::fmt::{self, Display};

use counterfoil_core::notice::Change;
use counterfoil_core::{Cause, SubmissionRef, Timestamp};

use crate::receiver::ReceiverName;

/// Which delivery: no receiver is owed one change twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// Who is told.
    pub receiver: ReceiverName,
    /// Of which submission.
    pub of: SubmissionRef,
    /// Of which change of it.
    pub seq: u64,
}

/// `{form}/{id}:{seq}/{receiver}`: the `webhook-id`, which never changes however often it is sent.
impl Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.of, self.seq, self.receiver)
    }
}

/// What may become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It is owed, and is tried when it is due.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// Its tries are used up, or the receiver refuses it for good.
    Failed,
    /// An operator gave it up.
    Discarded,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Waiting,
        Self::Delivered,
        Self::Failed,
        Self::Discarded,
    ];

    /// The word for it, as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Discarded => "discarded",
        }
    }

    /// Reads the word. `None`: it is none of ours.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A delivery as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Which one.
    pub id: DeliveryId,
    /// What is told. No field of a submission: what a letter shows of them is read from the entry at each attempt.
    pub change: Change,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it was written down.
    pub born_at: Timestamp,
    /// When it is tried next, while it waits.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub cause: Option<Cause>,
}
