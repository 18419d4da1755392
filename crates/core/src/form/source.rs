//! A form's TOML with the place of everything in it: where a fault is, and which keys are none.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::suggest::mend;

/// A byte offset and what is wrong there.
pub(super) type Wrong = (usize, String);

const RATE: &[&str] = &["count", "per"];
/// Every key by its table. What is below `schema` is JSON Schema's own.
const KEYS: [(&str, &[&str]); 7] = [
    (
        "",
        &[
            "title",
            "intro",
            "language",
            "button",
            "thanks",
            "enabled",
            "mode",
            "origins",
            "redirect",
            "honeypot",
            "captcha",
            "budget",
            "burst",
            "notify",
            "retention_days",
            "schema",
        ],
    ),
    ("captcha", &["provider", "site_key", "secret_env", "action", "hosts"]),
    ("budget", &["per_form", "per_address"]),
    ("budget.per_form", RATE),
    ("budget.per_address", RATE),
    ("burst", RATE),
    ("notify", &["fields"]),
];

/// The parsed text.
pub(super) struct Source<'a>(DeTable<'a>);

impl<'a> Source<'a> {
    /// Reads TOML, and refuses a key that nobody would look at.
    pub(super) fn parse(text: &'a str) -> Result<Self, Wrong> {
        let table = DeTable::parse(text).map_err(|error| {
            (error.span().map_or(0, |span| span.start), format!("not TOML: {}", error.message().trim_end()))
        })?;
        let table = table.into_inner();
        known(&table, "")?;
        Ok(Self(table))
    }

    /// Where the key is that a JSON Pointer names, or the nearest above it that is written.
    pub(super) fn locate(&self, pointer: &str) -> usize {
        let mut at = 0;
        let mut here: Option<&Spanned<DeValue<'_>>> = None;
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            let table = here.map_or(Some(&self.0), |value| value.get_ref().as_table());
            let found = match table {
                Some(table) => table.iter().find(|(key, _)| key.get_ref().as_ref() == part),
                None => None,
            };
            if let Some((key, value)) = found {
                (at, here) = (key.span().start, Some(value));
                continue;
            }
            let item = here.and_then(|list| list.get_ref().as_array()).zip(part.parse().ok());
            let Some(item) = item.and_then(|(list, nth): (_, usize)| list.get(nth)) else { return at };
            (at, here) = (item.span().start, Some(item));
        }
        at
    }
}

fn known(table: &DeTable<'_>, path: &str) -> Result<(), Wrong> {
    let Some((_, keys)) = KEYS.iter().find(|(known, _)| *known == path) else { return Ok(()) };
    table.iter().try_for_each(|(key, value)| {
        let name = key.get_ref().as_ref();
        let full = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        if !keys.contains(&name) {
            return Err((key.span().start, format!("unknown key {full:?}; {}", mend(name, keys))));
        }
        value.get_ref().as_table().map_or(Ok(()), |below| known(below, &full))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_explained() {
        let page = include_str!("../../../../docs/forms.md");
        for (table, keys) in KEYS {
            for key in keys {
                let is_there =
                    [format!("`{key}`"), format!("\n{key} = "), format!("{{ {key} = "), format!(", {key} = ")];
                assert!(is_there.iter().any(|form| page.contains(form)), "{table}.{key}");
            }
        }
    }
}
