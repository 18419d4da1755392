//! Tables of `receivers.toml` with the place of everything in them, and faults that say line, key and mend.

use std::num::NonZeroU32;

use counterfoil_core::suggest::mend;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with `receivers.toml`. It never holds a secret, nor an address that may be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ReceiversFault {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong, and how to mend it.
    pub message: String,
}

/// A byte offset and what is wrong there.
pub(super) type Wrong = (usize, String);

/// The fault at a byte of `text`.
pub(super) fn at(text: &str, (offset, message): Wrong) -> ReceiversFault {
    let before = text.get(..offset).unwrap_or(text);
    let last = before.rsplit('\n').next();
    ReceiversFault {
        line: before.matches('\n').count() + 1,
        column: last.map_or(0, |line| line.chars().count()) + 1,
        message,
    }
}

/// Keys that would hold a secret, and the key that names the environment variable instead.
const SECRETS: [(&str, &str); 4] = [
    ("password", "password_env"),
    ("secret", "secret_env"),
    ("secrets", "secret_env"),
    ("token", "token_env"),
];

/// A text of the file, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

/// A table with its path, such as `receivers.crm`.
pub(super) struct Keys<'t, 'a> {
    table: &'t DeTable<'a>,
    path: String,
    at: usize,
}

impl<'t, 'a> Keys<'t, 'a> {
    pub(super) fn new(table: &'t DeTable<'a>, path: &str, at: usize) -> Self {
        Self {
            table,
            path: path.to_owned(),
            at,
        }
    }

    /// Refuses a key that nobody would look at.
    pub(super) fn are_among(&self, known: &[&str]) -> Result<(), Wrong> {
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let full = self.full(name);
            let secret = SECRETS.iter().find(|(secret, _)| *secret == name);
            let message = match secret {
                Some((_, instead)) => format!(
                    "{full}: a secret never stands in this file; give the name of an environment variable in `{instead}`"
                ),
                None => format!("unknown key {full:?}; {}", mend(name, known)),
            };
            return Err((key.span().start, message));
        }
        Ok(())
    }

    /// A fault of the key `name`, or of the table where it is not written.
    pub(super) fn wrong(&self, name: &str, message: &str) -> Wrong {
        let at = self.get(name).map_or(self.at, |value| value.span().start);
        (at, format!("{}: {message}", self.full(name)))
    }

    pub(super) fn text(&self, name: &str, give: &str) -> Result<Option<Text<'t>>, Wrong> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match value.get_ref().as_str() {
            Some(text) => Ok(Some(Text {
                text,
                at: value.span().start,
            })),
            None => Err(self.wrong(name, &format!("give {give}"))),
        }
    }

    pub(super) fn needed(&self, name: &str, give: &str) -> Result<Text<'t>, Wrong> {
        let missing = || self.wrong(name, &format!("is missing; give {give}"));
        self.text(name, give)?.ok_or_else(missing)
    }

    /// The texts of a list, or one text that stands for a list of one.
    pub(super) fn texts(&self, name: &str, give: &str) -> Result<Vec<Text<'t>>, Wrong> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        let text = |value: &'t Spanned<DeValue<'a>>| {
            let text = value.get_ref().as_str()?;
            let at = value.span().start;
            Some(Text { text, at })
        };
        let listed = match value.get_ref().as_array() {
            Some(list) => list.iter().map(text).collect(),
            None => text(value).map(|one| vec![one]),
        };
        listed.ok_or_else(|| self.wrong(name, &format!("give {give}")))
    }

    /// A number above 0.
    pub(super) fn number(&self, name: &str, give: &str) -> Result<Option<NonZeroU32>, Wrong> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let written = value.get_ref().as_integer();
        let read =
            written.and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        match read.and_then(NonZeroU32::new) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(name, &format!("give {give}"))),
        }
    }

    /// Is the key written?
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn get(&self, name: &str) -> Option<&'t Spanned<DeValue<'a>>> {
        let mut all = self.table.iter();
        let (_, value) = all.find(|(key, _)| key.get_ref().as_ref() == name)?;
        Some(value)
    }

    fn full(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}
