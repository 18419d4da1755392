//! What counts as a word, and when an entry has it: one reading of texts for every home that searches in them.
//!
//! A text is brought to one spelling first: capital letters, accents, vowel points, wide and composed forms make no
//! difference. Then its letters and digits make words. Chinese, Japanese and Korean are written without spaces, so there
//! each character is a word of its own. What a person puts between two spaces is asked as one phrase: its words must
//! stand next to each other, and the last of them may be the beginning of a longer one.

use counterfoil_core::{Body, Entry};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use serde_json::Value;

use super::Search;

/// What a person looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    phrases: Vec<Vec<String>>,
    field: Option<String>,
}

impl Wanted {
    /// Reads what was typed; `None`: there is no word in it, and nothing has it.
    #[must_use]
    pub fn parse(search: &Search) -> Option<Self> {
        let phrases: Vec<Vec<String>> = search
            .text
            .split_whitespace()
            .map(words)
            .filter(|phrase| !phrase.is_empty())
            .collect();
        let field = search.field.clone();
        (!phrases.is_empty()).then_some(Self { phrases, field })
    }

    /// Is all of it in what was submitted? The names of fields are not looked at, nor what is no payload.
    #[must_use]
    pub fn is_in(&self, entry: &Entry) -> bool {
        let Body::Payload(payload) = &entry.body else {
            return false;
        };
        let mut texts = Vec::new();
        for (name, value) in &payload.fields() {
            if self.field.as_ref().is_none_or(|field| field == name) {
                values(value, &mut texts);
            }
        }
        self.phrases
            .iter()
            .all(|phrase| texts.iter().any(|text| has(text, phrase)))
    }
}

/// The words of a text, in their order.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in folded(text).chars() {
        if is_word_of_its_own(character) || !character.is_alphanumeric() {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        }
        if is_word_of_its_own(character) {
            words.push(character.to_string());
        } else if character.is_alphanumeric() {
            word.push(character);
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// A text in the one spelling that is compared.
#[must_use]
pub fn folded(text: &str) -> String {
    let letters = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(text)
        .chars()
        .filter(|character| !is_accent(*character))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect::<String>();
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(&letters)
        .into_owned()
}

/// The words of every text and number in a value.
fn values(value: &Value, texts: &mut Vec<Vec<String>>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => texts.push(words(&number.to_string())),
        Value::String(text) => texts.push(words(text)),
        Value::Array(items) => items.iter().for_each(|item| values(item, texts)),
        Value::Object(members) => members.values().for_each(|member| values(member, texts)),
    }
}

fn has(text: &[String], phrase: &[String]) -> bool {
    let Some((last, before)) = phrase.split_last() else {
        return true;
    };
    text.windows(phrase.len())
        .any(|window| window.starts_with(before) && window[before.len()].starts_with(last.as_str()))
}

/// Accents of Latin, Greek and Cyrillic letters; the vowel points of Hebrew and Arabic, and what only stretches a word.
const fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}'
        | '\u{5c4}' | '\u{5c5}' | '\u{5c7}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Chinese, Japanese and Korean.
const fn is_word_of_its_own(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_words_in_one_spelling() {
        let cases = [
            ("Ada Lovelace", &["ada", "lovelace"][..]),
            ("ada@example.org", &["ada", "example", "org"]),
            ("Café CAFE\u{301}", &["cafe", "cafe"]),
            ("STRASSE Straße", &["strasse", "strasse"]),
            ("ΟΔΟΣ οδός", &["οδοσ", "οδοσ"]),
            ("Ａｄａ ﬁne", &["ada", "fine"]),
            ("数据库 a数", &["数", "据", "库", "a", "数"]),
            ("한국어", &["한", "국", "어"]),
            ("がｶﾞ", &["が", "ガ"]),
            ("שָׁלוֹם", &["שלום"]),
            ("مَرْحَبًا", &["مرحبا"]),
            ("+49 (0)30", &["49", "0", "30"]),
            ("—!? 😀", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn a_phrase_is_found_in_its_order_and_its_last_word_by_its_beginning() {
        let text = words("We met at the Example Organisation, 图书馆在那里");
        for (phrase, is_there) in [
            ("example", true),
            ("example-org", true),
            ("exam-organisation", false),
            ("organisation-example", false),
            ("ample", false),
            ("图书", true),
            ("书图", false),
            ("馆", true),
        ] {
            assert_eq!(has(&text, &words(phrase)), is_there, "{phrase}");
        }
    }
}
