//! What an edit changes, field by field, with the part of a text that differs marked.

use counterfoil_core::Payload;
use maud::{Markup, html};
use serde_json::Value;

use super::bits::visible;

/// What becomes of one field.
#[derive(Debug, PartialEq)]
enum Change {
    Added(String),
    Removed(String),
    Changed(String, String),
}

/// Fields that differ, and how many do not.
pub(super) fn table(before: &Payload, after: &Payload) -> Markup {
    let (changes, same) = changes(before, after);
    html! {
        table.diff {
            thead { tr { th scope="col" { "Field" } th scope="col" { "Before" } th scope="col" { "After" } } }
            tbody { @for (name, change) in &changes { (row(name, change)) } }
        }
        @if same > 0 { p.fine { (same) (if same == 1 { " field stays" } else { " fields stay" }) " as before." } }
    }
}

fn row(name: &str, change: &Change) -> Markup {
    let (before, after) = match change {
        Change::Added(after) => (
            html! { span.fine { "not there" } },
            html! { ins { (visible(after)) } },
        ),
        Change::Removed(before) => (
            html! { del { (visible(before)) } },
            html! { span.fine { "removed" } },
        ),
        Change::Changed(before, after) => marked(before, after),
    };
    html! { tr { th scope="row" { (visible(name)) } td data-label="Before" { (before) } td data-label="After" { (after) } } }
}

/// Both texts, with the words between their common beginning and end marked.
fn marked(before: &str, after: &str) -> (Markup, Markup) {
    let same: usize = before
        .chars()
        .zip(after.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    // Back to where a word begins, so that words are told and not letters.
    let begin = before[..same]
        .char_indices()
        .rev()
        .find(|(_, c)| !c.is_alphanumeric());
    let begin = begin.map_or(0, |(at, c)| at + c.len_utf8());
    let (rest, other) = (&before[begin..], &after[begin..]);
    let both = rest.chars().rev().zip(other.chars().rev());
    let same: usize = both
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let tail = &rest[rest.len() - same..];
    let tail = tail
        .find(|c: char| !c.is_alphanumeric())
        .map_or("", |at| &tail[at..]);
    let (start, old, new) = (
        &before[..begin],
        &rest[..rest.len() - tail.len()],
        &other[..other.len() - tail.len()],
    );
    (
        html! { (visible(start)) @if !old.is_empty() { del { (visible(old)) } } (visible(tail)) },
        html! { (visible(start)) @if !new.is_empty() { ins { (visible(new)) } } (visible(tail)) },
    )
}

fn changes(before: &Payload, after: &Payload) -> (Vec<(String, Change)>, usize) {
    let (before, after) = (before.fields(), after.fields());
    let mut found = Vec::new();
    let mut same = 0;
    for (name, old) in &before {
        match after.get(name) {
            Some(new) if new == old => same += 1,
            Some(new) => found.push((name.clone(), both(old, new))),
            None => found.push((name.clone(), Change::Removed(text(old)))),
        }
    }
    let added = after.iter().filter(|(name, _)| !before.contains_key(*name));
    found.extend(added.map(|(name, new)| (name.clone(), Change::Added(text(new)))));
    (found, same)
}

/// `"1"` and `1` read the same: then both are written as JSON.
fn both(old: &Value, new: &Value) -> Change {
    match (text(old), text(new)) {
        (one, other) if one == other => Change::Changed(old.to_string(), new.to_string()),
        (one, other) => Change::Changed(one, other),
    }
}

/// Text as it is, everything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| format!("{value:#}"), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn payload(value: Value) -> Payload {
        Payload::from_fields(value.as_object().unwrap())
    }

    #[test]
    fn what_was_added_removed_and_changed_is_told_apart() {
        let before = payload(json!({"a": "x", "b": 1, "c": "same"}));
        let after = payload(json!({"a": "y", "c": "same", "d": true}));
        let expected = [
            ("a".to_owned(), Change::Changed("x".into(), "y".into())),
            ("b".to_owned(), Change::Removed("1".into())),
            ("d".to_owned(), Change::Added("true".into())),
        ];
        assert_eq!(changes(&before, &after), (expected.into(), 1));
    }

    #[test]
    fn a_number_and_its_text_differ_for_the_eye_too() {
        let (found, _) = changes(&payload(json!({"n": 1})), &payload(json!({"n": "1"})));
        assert_eq!(found[0].1, Change::Changed("1".into(), "\"1\"".into()));
    }

    #[test]
    fn only_the_words_that_differ_are_marked_and_no_character_is_cut() {
        let check = |before, after, shown: (&str, &str)| {
            let (one, other) = marked(before, after);
            assert_eq!(
                (one.into_string().as_str(), other.into_string().as_str()),
                shown
            );
        };
        check(
            "ada@éx.org",
            "ada@èx.org",
            ("ada@<del>éx</del>.org", "ada@<ins>èx</ins>.org"),
        );
        check(
            "on Sundays?",
            "on Sunday mornings?",
            ("on <del>Sundays</del>?", "on <ins>Sunday mornings</ins>?"),
        );
        check("a a", "a a a", ("a <del>a</del>", "a <ins>a a</ins>"));
        check(
            "<b>",
            "<i>",
            ("&lt;<del>b</del>&gt;", "&lt;<ins>i</ins>&gt;"),
        );
        check("", "x", ("", "<ins>x</ins>"));
    }
}
