//! Text that people sent, made harmless for a terminal: it must not move the cursor, colour or reorder lines.

use std::fmt::Write;

use counterfoil_web::steers;

/// `text` with control characters, and those that reorder or hide text, written as `\u{…}`. Line breaks and
/// tabs stay where `lines` says so.
pub(crate) fn harmless(text: &str, lines: bool) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(harmless("a\u{1b}[31mb\u{9b}c\r\u{202e}d\u{7f}", true), r"a\u{1b}[31mb\u{9b}c\u{d}\u{202e}d\u{7f}");
        assert_eq!(harmless("two\nlines\t", true), "two\nlines\t");
        assert_eq!(harmless("two\nlines", false), r"two\u{a}lines");
        assert_eq!(harmless("Åda 今日 😀", false), "Åda 今日 😀");
    }
}
