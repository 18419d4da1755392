//! What may become of a submission, by its words.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Kept for good. Nothing but erasure changes it.
    Stored,
    /// A dead letter: payload kept, can be replayed.
    Failed,
    /// Put aside as suspected spam.
    Held,
    /// An operator gave it up. The submitter sees `failed`.
    Discarded,
    /// A tombstone: the payload is gone on request.
    Erased,
    /// What is left for a while when its form's retention is over, so that its ticket is not taken for lost and no late
    /// copy brings it back.
    Expired,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Stored,
        Self::Failed,
        Self::Held,
        Self::Discarded,
        Self::Erased,
        Self::Expired,
    ];

    /// The word, as in notices, rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Discarded => "discarded",
            Self::Erased => "erased",
            Self::Expired => "expired",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
