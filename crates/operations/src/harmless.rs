//! Text that people sent, made harmless for a terminal: it must not move the cursor, colour or reorder lines.

use std::fmt::Write;

use counterfoil_core::visible::steers;
use serde_json::Value;

/// `text` with control characters, and those that reorder or hide text, written as `\u{…}`. Line breaks and
/// tabs stay where `lines` says so.
#[must_use]
pub fn harmless(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) && !(lines && matches!(character, '\n' | '\t')) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

/// JSON that is harmless for a terminal and says exactly the same: what would steer it is written as `\u…`.
#[must_use]
pub fn json(value: &Value) -> String {
    escaped(&value.to_string())
}

/// As [`json`], on many lines, for people.
#[must_use]
pub fn pretty_json(value: &Value) -> String {
    escaped(&format!("{value:#}"))
}

/// All that is harmful and left in JSON is within its strings, and in the plane whose escapes have four digits.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if steers(character) && character != '\n' {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_and_steers_nothing() {
        let value = serde_json::json!({"a\u{202e}": "b\u{1b}[2J\u{9b}\u{7f}\u{feff}😀\n"});
        for text in [json(&value), pretty_json(&value)] {
            assert!(
                !text
                    .chars()
                    .any(|character| steers(character) && character != '\n'),
                "{text}"
            );
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(
            harmless("a\u{1b}[31mb\u{9b}c\r\u{202e}d\u{7f}", true),
            r"a\u{1b}[31mb\u{9b}c\u{d}\u{202e}d\u{7f}"
        );
        assert_eq!(harmless("two\nlines\t", true), "two\nlines\t");
        assert_eq!(harmless("two\nlines", false), r"two\u{a}lines");
        assert_eq!(harmless("Åda 今日 😀", false), "Åda 今日 😀");
    }
}
