//! Which way a language is written, by its tag.

/// Languages that are written from right to left where their tag names no script (CLDR, "likely subtags").
const RIGHT_TO_LEFT: [&str; 14] = [
    "ar", "arc", "ckb", "dv", "fa", "he", "iw", "nqo", "ps", "sd", "syr", "ug", "ur", "yi",
];

/// Scripts that are.
const SCRIPTS: [&str; 8] = [
    "adlm", "arab", "aran", "hebr", "nkoo", "rohg", "syrc", "thaa",
];

/// The value of `dir` for a BCP 47 tag; `None`: from left to right, which needs no word.
pub(crate) fn direction(language: &str) -> Option<&'static str> {
    let lower = language.to_ascii_lowercase();
    let mut parts = lower.split('-');
    let primary = parts.next().unwrap_or_default();
    // A script has four letters; what stands before it, three at most.
    let script = parts
        .take(2)
        .find(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_alphabetic()));
    let is_reversed = script.map_or_else(
        || RIGHT_TO_LEFT.contains(&primary),
        |script| SCRIPTS.contains(&script),
    );
    is_reversed.then_some("rtl")
}

#[cfg(test)]
mod tests {
    use super::direction;

    #[test]
    fn a_script_says_more_than_a_language() {
        for tag in ["he", "ar-EG", "FA", "az-Arab", "pa-Arab-PK", "ur"] {
            assert_eq!(direction(tag), Some("rtl"), "{tag}");
        }
        for tag in ["en", "zh-Hant-TW", "ar-Latn", "az", "sl-1994", ""] {
            assert_eq!(direction(tag), None, "{tag}");
        }
    }
}
