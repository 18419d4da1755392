//! The words of a closed set, such as states.

use std::fmt;
use std::str::FromStr;

use counterfoil_core::{Retryable, State};

use crate::marks::Mark;
use crate::worklist::Waiting;

/// Something that is one of a few, each with a word.
pub trait Word: Copy + 'static {
    /// All that it may be, in the order in which they are named to people.
    const ALL: &'static [Self];

    /// Its word.
    fn as_word(self) -> &'static str;
}

impl Word for Retryable {
    const ALL: &'static [Self] = &[Self::Yes, Self::AfterFix, Self::No];

    fn as_word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::AfterFix => "after-fix",
            Self::No => "no",
        }
    }
}

impl Word for State {
    const ALL: &'static [Self] = &Self::ALL;

    fn as_word(self) -> &'static str {
        self.as_str()
    }
}

impl Word for Waiting {
    const ALL: &'static [Self] = &[Self::Failed, Self::Held, Self::Discarded];

    fn as_word(self) -> &'static str {
        self.state().as_str()
    }
}

impl Word for Mark {
    const ALL: &'static [Self] = &Self::ALL;

    fn as_word(self) -> &'static str {
        self.as_str()
    }
}

/// Whether something is so, such as replayed before.
impl Word for bool {
    const ALL: &'static [Self] = &[true, false];

    fn as_word(self) -> &'static str {
        if self { "yes" } else { "no" }
    }
}

/// One of a closed set, as it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<T>(pub T);

impl<T: Word> FromStr for Said<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = T::ALL.iter().find(|one| one.as_word() == text);
        found.map(|one| Self(*one)).ok_or_else(choices::<T>)
    }
}

impl<T: Word> fmt::Display for Said<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_word())
    }
}

/// Reads a word.
///
/// # Errors
///
/// It is none of them; the text names those there are.
pub fn word<T: Word>(text: &str) -> Result<T, String> {
    text.parse::<Said<T>>().map(|said| said.0)
}

/// What there is to choose from.
fn choices<T: Word>() -> String {
    let words: Vec<_> = T::ALL.iter().map(|one| one.as_word()).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("give {} or {last}", rest.join(", ")),
        _ => format!("give {}", words.join("")),
    }
}
