//! What went wrong behind a port, told so that a caller can decide: does trying again help?

use crate::cause::{Cause, Code};

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
        /// A short stable name to group by.
        code: Code,
        /// What happened, for a person; never a submitted value.
        detail: String,
    },
    /// This envelope can never succeed as it is.
    #[error("{0}")]
    Permanent(Cause),
}

/// Writes refused because another writer was quicker, after which it is for the caller to try again later.
pub const CONTENTION: usize = 16;

impl Fault {
    /// A fault that may pass.
    pub fn transient(code: Code, detail: impl Into<String>) -> Self {
        Self::Transient {
            code,
            detail: detail.into(),
        }
    }

    /// What is stored is not what was written: `detail` names the submission, and nothing of it is to be believed.
    pub fn damaged(detail: impl Into<String>) -> Self {
        Self::transient(Code::DamagedRow, detail)
    }

    /// Is it damage of what is stored, which trying again does not mend?
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Transient {
                code: Code::DamagedRow,
                ..
            }
        )
    }

    /// None of several was taken, which may be the fault of one among them: each is to be tried by itself. `why` is the
    /// service's own code, or another word without a value.
    pub fn together(why: &str) -> Self {
        Self::transient(
            Code::RefusedTogether,
            format!("refused together with others ({why})"),
        )
    }

    /// Is it [`Self::together`]?
    #[must_use]
    pub fn is_together(&self) -> bool {
        matches!(
            self,
            Self::Transient {
                code: Code::RefusedTogether,
                ..
            }
        )
    }

    /// A row kept changing between its reading and its writing.
    #[must_use]
    pub fn contention() -> Self {
        Self::transient(Code::Contention, "the row kept changing under the write")
    }

    /// The cause to write beside an entry that failed with this.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Transient { code, detail } => Cause::new(*code, detail.clone()),
            Self::Permanent(cause) => cause.clone(),
        }
    }
}
