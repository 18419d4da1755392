//! Text in ASCII alone, which is the same in every charset that a page may be read in.

/// HTML, with a reference for each character beyond ASCII.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        // HTML reads a reference to one of U+0080 to U+009F as what windows-1252 has there, so these have none.
        if character.is_ascii() || character.is_control() {
            out.push(character);
        } else {
            out += &format!("&#x{:x};", u32::from(character));
        }
    }
    out
}

/// A script, all of whose characters beyond ASCII are within its strings.
pub(super) fn script(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            let mut units = [0; 2];
            out.extend(
                character
                    .encode_utf16(&mut units)
                    .iter()
                    .map(|unit| format!("\\u{unit:04x}")),
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_has_a_reference_for_what_is_not_ascii_and_for_nothing_else() {
        assert_eq!(
            html("<p title=\"é\">a &amp; 今 😀</p>"),
            "<p title=\"&#xe9;\">a &amp; &#x4eca; &#x1f600;</p>"
        );
    }

    #[test]
    fn a_control_character_that_html_would_read_as_another_stays() {
        assert_eq!(html("\u{85}\u{a0}"), "\u{85}&#xa0;");
    }

    #[test]
    fn a_script_says_the_same_in_ascii() {
        let text = "今 é 😀 \u{2028}\u{85}";
        let escaped = script(&serde_json::json!(text).to_string());
        assert!(escaped.is_ascii(), "{escaped}");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }
}
