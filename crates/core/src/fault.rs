//! What went wrong behind a port, told so that a caller can decide: does trying again help?

use crate::cause::Cause;

/// A failure of something we depend on, or of one envelope.
///
/// Whatever is not provably the envelope's own fault is [`Fault::Transient`]: time-outs, throttling, a
/// full disk, and also our own misconfiguration (no permission, no such table), because burying
/// submissions does not mend that.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// Trying again later may work.
    #[error("{detail}")]
    Transient {
        /// A short stable name to group by, such as `disk-full` or `throttled`.
        code: &'static str,
        /// What happened, for a person; never a submitted value.
        detail: String,
    },
    /// This envelope can never succeed as it is.
    #[error("{0}")]
    Permanent(Cause),
}

/// The code of [`Fault::damaged`].
const DAMAGED: &str = "damaged";

/// The code of [`Fault::together`].
const TOGETHER: &str = "refused-together";

/// Writes refused because another writer was quicker, after which it is for the caller to try again later.
pub const CONTENTION: usize = 16;

impl Fault {
    /// A fault that may pass.
    pub fn transient(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Transient { code, detail: detail.into() }
    }

    /// What is stored is not what was written: `detail` names the submission, and nothing of it is to be believed.
    pub fn damaged(detail: impl Into<String>) -> Self {
        Self::transient(DAMAGED, detail)
    }

    /// Is it damage of what is stored, which trying again does not mend?
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Transient { code, .. } if *code == DAMAGED)
    }

    /// None of several was taken, which may be the fault of one among them: each is to be tried by itself. `why` is the
    /// service's own code, or another word without a value.
    pub fn together(why: &str) -> Self {
        Self::transient(TOGETHER, format!("refused together with others ({why})"))
    }

    /// Is it [`Self::together`]?
    #[must_use]
    pub fn is_together(&self) -> bool {
        matches!(self, Self::Transient { code, .. } if *code == TOGETHER)
    }

    /// A row kept changing between its reading and its writing.
    #[must_use]
    pub fn contention() -> Self {
        Self::transient("contention", "the row kept changing under the write")
    }

    /// The cause to write beside an entry that failed with this.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Transient { code, detail } => Cause::transient(code, detail),
            Self::Permanent(cause) => cause.clone(),
        }
    }
}
