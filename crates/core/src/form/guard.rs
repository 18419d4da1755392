//! What a form's definition says about posts that nobody wants: budget, burst; and how strict it is.

use std::time::Duration;

use serde::Deserialize;

/// What becomes of a post that breaks the schema's rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is refused, with everything that is wrong.
    #[default]
    Enforce,
    /// It is accepted and kept as it came; what would have been refused is kept beside it, and told.
    Observe,
}

/// So many in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many, 1 at least.
    pub count: u32,
    /// In what time.
    pub per: Period,
}

/// A time to count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

impl Period {
    /// How long that is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        match self {
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(60 * 60),
            Self::Day => Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// How many submissions a form takes. Off unless written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// From all callers together.
    pub per_form: Option<Rate>,
    /// From one address.
    pub per_address: Option<Rate>,
}
