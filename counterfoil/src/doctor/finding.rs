//! What the report says: a line for each thing that was found, and what mends what is wrong.

use std::fmt;

/// One line of the report.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Good(String),
    /// Worth knowing; neither good nor wrong.
    Note(String),
    /// What cannot be known from outside.
    Unchecked(String),
    Wrong {
        what: String,
        mend: String,
    },
}

impl Finding {
    pub(super) const fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(what) => write!(f, "good   {what}"),
            Self::Note(what) => write!(f, "note   {what}"),
            Self::Unchecked(what) => write!(f, "note   not checked: {what}"),
            Self::Wrong { what, mend } => write!(f, "WRONG  {what}\n       -> {mend}"),
        }
    }
}

pub(super) fn good(what: impl Into<String>) -> Finding {
    Finding::Good(what.into())
}

pub(super) fn wrong(what: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding::Wrong {
        what: what.into(),
        mend: mend.into(),
    }
}
