//! What people do to deliveries, and what that makes of them.

use counterfoil_core::{Cause, Timestamp};
use counterfoil_operations::history::Actor;
use serde::{Deserialize, Serialize};

use crate::delivery::{Delivery, DeliveryState};

/// What a person can do to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryVerb {
    /// Try one that failed or was discarded once more, with a new course of tries. What waits is tried at once.
    Retry,
    /// Send one again that was delivered, with the id it had.
    Resend,
    /// Give one up that waits or has failed.
    Discard,
}

impl DeliveryVerb {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Retry, Self::Resend, Self::Discard];

    /// Reads the word. `None`: it is none of ours.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == word)
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Resend => "resend",
            Self::Discard => "discard",
        }
    }

    /// May it be done to a delivery in this state?
    #[must_use]
    pub const fn fits(self, state: DeliveryState) -> bool {
        match self {
            Self::Retry => !matches!(state, DeliveryState::Delivered),
            Self::Resend => matches!(state, DeliveryState::Delivered),
            Self::Discard => matches!(state, DeliveryState::Waiting | DeliveryState::Failed),
        }
    }
}

/// Who did something to a delivery or a receiver, when, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Why, in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The last thing that a person did to a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What.
    pub verb: DeliveryVerb,
    /// By whom, when, and why.
    #[serde(flatten)]
    pub signed: Signed,
}

/// What a person's order makes of a delivery. `None`: it is not meant for one in this state.
#[must_use]
pub fn ordered(stored: &Delivery, verb: DeliveryVerb, now: Timestamp) -> Option<Delivery> {
    let mut next = stored.clone();
    match verb {
        _ if !verb.fits(stored.state) => return None,
        DeliveryVerb::Discard => next.state = DeliveryState::Discarded,
        DeliveryVerb::Retry | DeliveryVerb::Resend => {
            next.state = DeliveryState::Waiting;
            anew(&mut next, now);
        }
    }
    Some(next)
}

/// What becomes of a delivery whose letter came back. `None`: it is not one that was delivered.
#[must_use]
pub fn returned(stored: &Delivery, cause: &Cause) -> Option<Delivery> {
    let mut next = stored.clone();
    (next.state, next.cause) = (DeliveryState::Failed, Some(cause.clone()));
    (stored.state == DeliveryState::Delivered).then_some(next)
}

/// Begins a new course of tries.
pub fn anew(delivery: &mut Delivery, now: Timestamp) {
    (delivery.tries, delivery.since, delivery.due_at) = (0, now, now);
}
