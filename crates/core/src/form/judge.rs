//! Judges the keys of a form's file by their names and shapes: unknown, missing, or not what has to be written for them.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::Faults;
use super::keys::{Key, Shape, full, is_needed, keys, misplaced};
use crate::suggest::{mend, nearest};

/// Notes what is wrong with the keys of a form. The names of those that are sound, with all that is below them.
pub(super) fn sound<'t>(form: &'t Spanned<DeTable<'_>>, faults: &mut Faults) -> Vec<&'t str> {
    let table = form.get_ref();
    missing(table, "", form.span().start, faults);
    let entries = table.iter().filter(|(key, value)| {
        let before = faults.count();
        entry(key, value, "", faults);
        faults.count() == before
    });
    entries.map(|(key, _)| key.get_ref().as_ref()).collect()
}

fn entry(
    key: &Spanned<impl AsRef<str>>,
    value: &Spanned<DeValue<'_>>,
    path: &str,
    faults: &mut Faults,
) {
    let name = key.get_ref().as_ref();
    let full = full(path, name);
    let known = keys(path).unwrap_or_default();
    let Some((_, shape, give)) = known.iter().find(|(known, ..)| *known == name) else {
        let message = format!("unknown key {full:?}; {}", meant(name, path, known));
        return faults.note((key.span().start, message));
    };
    if !shape.fits(value.get_ref()) {
        let message = format!("{full}: give {}", shape.give(give));
        return faults.note((value.span().start, message));
    }
    if keys(&full).is_some() {
        for (table, at) in tables(value) {
            if !is_read_elsewhere(*shape, value) {
                missing(table, &full, at, faults);
            }
            for (key, value) in table {
                entry(key, value, &full, faults);
            }
        }
    }
}

/// Where several tables are meant, whoever reads them judges a single one.
fn is_read_elsewhere(shape: Shape, value: &Spanned<DeValue<'_>>) -> bool {
    matches!(shape, Shape::Tables) && value.get_ref().is_table()
}

/// Notes the keys that have to be there and are not, unless one that is unknown stands for it.
fn missing(table: &DeTable<'_>, path: &str, at: usize, faults: &mut Faults) {
    let known = keys(path).unwrap_or_default();
    let written: Vec<&str> = table
        .iter()
        .map(|(key, _)| key.get_ref().as_ref())
        .collect();
    let names: Vec<&str> = known.iter().map(|(name, ..)| *name).collect();
    let strangers = written.iter().filter(|name| !names.contains(name));
    let meant: Vec<&str> = strangers
        .filter_map(|name| nearest(name, names.iter().copied()))
        .collect();
    for (name, shape, give) in known {
        let full = full(path, name);
        if written.contains(name) || meant.contains(name) || !is_needed(&full, name) {
            continue;
        }
        let above = if path.is_empty() {
            ", above the first [table]"
        } else {
            ""
        };
        let give = shape.give(give);
        faults.note((at, format!("{full}: is missing; give {give}{above}")));
    }
}

/// What to do about a key that is unknown.
fn meant(name: &str, path: &str, known: &[Key]) -> String {
    let names: Vec<_> = known.iter().map(|(known, ..)| *known).collect();
    let of_the_form = misplaced(name).filter(|_| !path.is_empty());
    of_the_form.unwrap_or_else(|| mend(name, &names))
}

/// The table that a value is, or those of its list, with where they begin.
fn tables<'v, 'a>(
    value: &'v Spanned<DeValue<'a>>,
) -> impl Iterator<Item = (&'v DeTable<'a>, usize)> {
    let listed = value.get_ref().as_array().into_iter();
    let values = std::iter::once(value).chain(listed.flat_map(|list| list.iter()));
    values.filter_map(|value| Some((value.get_ref().as_table()?, value.span().start)))
}
