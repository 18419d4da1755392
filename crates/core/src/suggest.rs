//! "Did you mean": the known word that is nearest to a mistaken one.

/// The nearest of `known`, if it is near enough to be meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-'], "");
    let word = plain(word);
    let near = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &plain(known)), known));
    // A third of the letters may be wrong: two in a word of six.
    let (distance, known) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= word.chars().count().max(3) / 3).then_some(known)
}

/// " did you mean …?" to follow a semicolon, or what is known.
#[must_use]
pub fn mend(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(nearest) => format!("did you mean \"{nearest}\"?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_mended_and_a_stranger_is_not() {
        let known = ["title", "maxLength", "retention_days", "per"];
        for (word, meant) in [
            ("titel", Some("title")),
            ("maxlenght", Some("maxLength")),
            ("retentionDays", Some("retention_days")),
            ("pre", Some("per")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
