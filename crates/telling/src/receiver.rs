//! A receiver's name: what `[receivers.NAME]` of `receivers.toml` and `to = "NAME"` of a form write.

use std::fmt::{self, Display};
use std::sync::Arc;

use counterfoil_core::form::SUBMITTER;
use serde::{Deserialize, Serialize};

/// The name of a receiver: 1 to 32 characters of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReceiverName(Arc<str>);

/// The longest name, in characters.
const LONGEST: usize = 32;

impl ReceiverName {
    /// Reads a name. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (1..=LONGEST).contains(&text.len()) && text.bytes().all(fits);
        is_name.then(|| Self(text.into()))
    }

    /// Whoever submits: the one of whom `receivers.toml` does not know.
    #[must_use]
    pub fn submitter() -> Self {
        Self(SUBMITTER.into())
    }

    /// Is it whoever submits?
    #[must_use]
    pub fn is_submitter(&self) -> bool {
        self.as_str() == SUBMITTER
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for ReceiverName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ReceiverName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a receiver's name is 1 to 32 characters of a-z, 0-9 and -")
    }
}

impl From<ReceiverName> for String {
    fn from(name: ReceiverName) -> Self {
        name.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        for good in ["crm", "a", "0-9", &"x".repeat(LONGEST)] {
            assert_eq!(
                ReceiverName::parse(good).map(String::from).as_deref(),
                Some(good)
            );
        }
        for bad in ["", "CRM", "a b", "a/b", "ü", &"x".repeat(LONGEST + 1)] {
            assert_eq!(ReceiverName::parse(bad), None, "{bad}");
        }
    }
}
