//! From what people wrote to the words of the index, and from what they ask to a question of FTS5. What a word is, and
//! when a text has it, is said once for every home (`operations::catalogue::words`); an index must only not miss one.
//!
//! `unicode61` is given words with spaces between them, in one spelling, and is set to end words at spaces alone. Nothing
//! that a person types is an operator: a question has nothing of it but letters and digits, and those stand in quotes.

use counterfoil_core::Body;
use counterfoil_operations::catalogue::words::words;
use serde_json::Value;

/// Between two values: no phrase goes across. It is a letter of nobody's (private use), and no part of a word of ours.
const EDGE: &str = " \u{E000} ";

/// So much of a question is asked. The entries that are found are held against all of it.
const MOST: usize = 32;

/// How `unicode61` is set: letters of every script, those too that are newer than SQLite, are parts of words.
pub(super) const TOKENIZER: &str = "unicode61 remove_diacritics 0 categories 'L* N* M* C* P* S*'";

/// What of a body is looked for, as it is written into the index. Empty: nothing.
pub(super) fn written(body: &Body) -> String {
    let mut text = String::new();
    match body {
        Body::Payload(payload) => payload
            .fields()
            .values()
            .for_each(|value| write(&mut text, value)),
        Body::Raw(_) | Body::Erased => {}
    }
    text
}

fn write(text: &mut String, value: &Value) {
    let words = match value {
        Value::String(one) => words(one),
        Value::Number(number) => words(&number.to_string()),
        Value::Array(values) => return values.iter().for_each(|value| write(text, value)),
        Value::Object(members) => return members.values().for_each(|value| write(text, value)),
        Value::Null | Value::Bool(_) => return,
    };
    if words.is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push_str(EDGE);
    }
    text.push_str(&words.join(" "));
}

/// What FTS5 is asked in its column `text`: what stands between two spaces as a phrase, which may go on. `None`: there
/// is no word in it.
pub(super) fn asked(text: &str) -> Option<String> {
    let phrases = text
        .split_whitespace()
        .map(words)
        .filter(|phrase| !phrase.is_empty());
    let phrases: Vec<_> = phrases
        .take(MOST)
        .map(|mut phrase| {
            phrase.truncate(MOST);
            format!("text : \"{}\" *", phrase.join(" "))
        })
        .collect();
    (!phrases.is_empty()).then(|| phrases.join(" "))
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
