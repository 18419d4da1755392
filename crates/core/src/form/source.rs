//! A form's TOML with the place of everything in it: where a fault is.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::Faults;

/// The parsed text.
#[derive(Clone)]
pub(super) struct Source<'a>(Spanned<DeTable<'a>>);

impl<'a> Source<'a> {
    /// Reads TOML; what is none is noted, all of it.
    pub(super) fn parse(text: &'a str, faults: &mut Faults) -> Option<Self> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let is_good = errors.is_empty();
        faults.extend(errors.iter().map(|error| {
            (
                error.span().map_or(0, |span| span.start),
                format!("not TOML: {}", error.message().trim_end()),
            )
        }));
        is_good.then_some(Self(table))
    }

    /// All that is written.
    pub(super) fn table(&self) -> &Spanned<DeTable<'a>> {
        &self.0
    }

    /// As it is read on.
    pub(super) fn into_table(self) -> Spanned<DeTable<'a>> {
        self.0
    }

    /// What is written, with those keys of the form that `keep` says.
    pub(super) fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let entries = self.0.get_ref().iter();
        let kept = entries.filter(|(key, _)| keep(key.get_ref().as_ref()));
        let kept = kept.map(|(key, value)| (key.clone(), value.clone()));
        Self(Spanned::new(self.0.span(), kept.collect()))
    }

    /// What is written for a key of the form.
    pub(super) fn value(&self, key: &str) -> Option<&Spanned<DeValue<'a>>> {
        let mut all = self.0.get_ref().iter();
        let (_, value) = all.find(|(known, _)| known.get_ref().as_ref() == key)?;
        Some(value)
    }

    /// The texts of a list.
    pub(super) fn texts(&self, key: &str) -> impl Iterator<Item = &str> {
        let items = self.value(key).and_then(|list| list.get_ref().as_array());
        items
            .into_iter()
            .flat_map(|items| items.iter())
            .filter_map(|item| item.get_ref().as_str())
    }

    /// Where the key is that a JSON Pointer names, or the nearest above it that is written.
    pub(super) fn locate(&self, pointer: &str) -> usize {
        let mut at = 0;
        let mut here: Option<&Spanned<DeValue<'_>>> = None;
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            let table = here.map_or(Some(self.0.get_ref()), |value| value.get_ref().as_table());
            let found = match table {
                Some(table) => table.iter().find(|(key, _)| key.get_ref().as_ref() == part),
                None => None,
            };
            if let Some((key, value)) = found {
                (at, here) = (key.span().start, Some(value));
                continue;
            }
            let item = here
                .and_then(|list| list.get_ref().as_array())
                .zip(part.parse().ok());
            let Some(item) = item.and_then(|(list, nth): (_, usize)| list.get(nth)) else {
                return at;
            };
            (at, here) = (item.span().start, Some(item));
        }
        at
    }
}
