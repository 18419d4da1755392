//! What people have said of causes, as it is kept.

use counterfoil_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::history::Actor;

/// What a person said of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It needs somebody: takes the other two back.
    Open,
    /// Somebody is at it.
    Acknowledged,
    /// It is mended.
    Resolved,
}

/// A note on a cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Which cause: its whole fingerprint.
    pub fingerprint: String,
    /// What was said.
    pub mark: Mark,
    /// By whom.
    pub who: Actor,
    /// When.
    pub at: Timestamp,
}
