//! What people have marked entries as: seen, or answered. Marks are of people and no states of the pipeline: an entry, its
//! history and its notices do not know them. All people of a home share them.

use std::future::Future;

use counterfoil_core::{Fault, FormId, SubmissionRef, Timestamp};

use crate::history::Actor;
use crate::spot::Spot;

/// A word that people put on an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Somebody has read it.
    Seen,
    /// Somebody has answered it.
    Answered,
}

impl Mark {
    /// Every mark.
    pub const ALL: [Self; 2] = [Self::Seen, Self::Answered];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Answered => "answered",
        }
    }
}

/// Who made a mark, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
}

/// The marks of one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// It was seen: by a mark of its own, or because its form's watermark is at it or after it. Where both say so, its own
    /// mark tells who and when.
    pub seen: Option<Made>,
    /// It was answered.
    pub answered: Option<Made>,
}

impl Marks {
    /// The mark of this kind.
    #[must_use]
    pub const fn get(&self, mark: Mark) -> Option<&Made> {
        match mark {
            Mark::Seen => self.seen.as_ref(),
            Mark::Answered => self.answered.as_ref(),
        }
    }
}

/// Up to where everything of a form was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// Up to this place, with it.
    pub upto: Spot,
    /// Who said so, and when.
    pub made: Made,
}

/// Where a home keeps the marks.
pub trait Marking: Sync {
    /// Puts a mark on an entry, or takes it away (`None`); no entry has to be there. The first one stays: who comes later changes nothing. An entry
    /// that is below its form's watermark stays seen. `Err` promises nothing: it may be done.
    fn mark(
        &self,
        of: &SubmissionRef,
        mark: Mark,
        made: Option<&Made>,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The marks of each of these, in their order; no entry has to be there.
    fn marks(&self, of: &[Spot]) -> impl Future<Output = Result<Vec<Marks>, Fault>> + Send;

    /// Marks everything of a form up to a place as seen. A watermark never goes back, and one at the place of the one that is
    /// there changes nothing.
    fn see_all(
        &self,
        form: &FormId,
        watermark: &Watermark,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}
