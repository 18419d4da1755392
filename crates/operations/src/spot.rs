//! Where an entry stands in the order in which entries are listed.

use counterfoil_core::{Entry, SubmissionRef, Timestamp};

/// Where an entry stands in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// When it is listed.
    pub listed_at: Timestamp,
    /// Which submission.
    pub of: SubmissionRef,
}

impl Spot {
    /// The place of an entry.
    #[must_use]
    pub fn from_entry(entry: &Entry) -> Self {
        Self {
            listed_at: entry.head.listed_at(),
            of: entry.head.of.clone(),
        }
    }
}
