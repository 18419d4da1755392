//! Gathers what is wrong with a form's file, so that all of it is told at once.

use std::fmt;

/// A byte offset and what is wrong there.
pub(super) type Wrong = (usize, String);

/// What is wrong with a form's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct FormFault {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong, and how to fix it.
    pub message: String,
}

impl FormFault {
    /// What is to be said of the byte at `offset`.
    pub(super) fn at(text: &str, offset: usize, message: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: last.chars().count() + 1,
            message,
        }
    }
}

/// Everything that is wrong with a form's file, in the order of its lines; at least one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFaults(Vec<FormFault>);

impl fmt::Display for FormFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for FormFaults {}

impl IntoIterator for FormFaults {
    type Item = FormFault;
    type IntoIter = std::vec::IntoIter<FormFault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// What was found wrong until now.
#[derive(Default)]
pub(super) struct Faults(Vec<Wrong>);

impl Faults {
    /// Notes one.
    pub(super) fn note(&mut self, wrong: Wrong) {
        self.0.push(wrong);
    }

    /// The value, if it is good; else its fault is noted.
    pub(super) fn take<T>(&mut self, read: Result<T, Wrong>) -> Option<T> {
        read.map_err(|wrong| self.note(wrong)).ok()
    }

    /// What is there, if it is good.
    pub(super) fn take_some<T>(&mut self, read: Option<Result<T, Wrong>>) -> Option<T> {
        read.and_then(|read| self.take(read))
    }

    /// The values that are good; the faults of the others are noted.
    pub(super) fn take_all<T>(&mut self, read: impl Iterator<Item = Result<T, Wrong>>) -> Vec<T> {
        read.filter_map(|one| self.take(one)).collect()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Those of `text`, which is no form, each once.
    pub(super) fn of(mut self, text: &str) -> FormFaults {
        if self.0.is_empty() {
            self.note((0, "a form needs a title and a [schema]".into()));
        }
        self.0.sort_by_key(|(offset, _)| *offset);
        self.0.dedup();
        let faults = self.0.into_iter();
        FormFaults(
            faults
                .map(|(offset, message)| FormFault::at(text, offset, message))
                .collect(),
        )
    }
}

impl Extend<Wrong> for Faults {
    fn extend<I: IntoIterator<Item = Wrong>>(&mut self, more: I) {
        self.0.extend(more);
    }
}
