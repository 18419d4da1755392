//! What people recognise an entry by, in one line: the first short texts of its form, and a beginning of what was written.
//! It is as it was sent: whoever shows it makes it harmless first.

use counterfoil_core::{Body, Entry, Form};
use serde_json::{Map, Value};

/// Short texts that say who it is.
const WHO: usize = 2;
/// Characters of a text that is still short.
const SHORT: usize = 80;
/// Characters of a beginning.
const EXCERPT: usize = 200;

/// Who wrote, and what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gist {
    /// The first short texts, such as a name and an address.
    pub who: Vec<String>,
    /// The beginning of what was written.
    pub what: Option<String>,
}

impl Gist {
    /// Of an entry, in the order of its form's fields; without a form, in the order that the fields have by themselves.
    #[must_use]
    pub fn new(entry: &Entry, form: Option<&Form>) -> Self {
        let Body::Payload(payload) = &entry.body else {
            return Self::default();
        };
        let mut texts = texts(payload.fields(), form);
        let is_long = |text: &String| text.contains('\n') || text.chars().count() > SHORT;
        let long = texts.iter().position(is_long).map(|at| texts.remove(at));
        let rest = texts.split_off(texts.len().min(WHO));
        let what = long
            .or_else(|| rest.into_iter().next())
            .map(|text| beginning(&text));
        let who = texts.iter().map(|text| beginning(text)).collect();
        Self { who, what }
    }

    /// All of it in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let parts: Vec<&str> = self
            .who
            .iter()
            .chain(&self.what)
            .map(String::as_str)
            .collect();
        parts.join(" · ")
    }
}

/// The texts that somebody has written, in order. What was chosen from a list tells one from another badly.
fn texts(mut fields: Map<String, Value>, form: Option<&Form>) -> Vec<String> {
    let mut texts = Vec::new();
    for (name, schema) in form.into_iter().flat_map(|form| form.schema.properties()) {
        let value = fields.remove(name);
        if schema.get("enum").is_none() {
            texts.extend(value.and_then(text));
        }
    }
    texts.extend(fields.into_iter().filter_map(|(_, value)| text(value)));
    texts
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// The beginning of a text, with single blanks.
fn beginning(text: &str) -> String {
    let mut short = String::new();
    let mut left = EXCERPT;
    for word in text.split_whitespace() {
        if left == 0 {
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        let word: String = word.chars().take(left).collect();
        left -= word.chars().count();
        short.push_str(&word);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_core::{Cause, FormId, Payload};
    use counterfoil_testkit::build::{entry, envelope};
    use serde_json::json;

    fn line(fields: &Value, form: Option<&Form>) -> String {
        let mut row = entry(&envelope(1, "m"), None::<Cause>);
        row.body = Body::Payload(Payload::from_fields(fields.as_object().unwrap()));
        Gist::new(&row, form).line()
    }

    #[test]
    fn the_forms_order_says_who_and_the_longest_there_says_what() {
        let text = "title = \"x\"\n[schema]\ntype = \"object\"\n[schema.properties.topic]\nenum = [\"sales\", \"press\"]\n\
                    [schema.properties.surname]\n[schema.properties.first]\n[schema.properties.town]\n\
                    [schema.properties.count]\n[schema.properties.body]\n";
        let form = Form::parse(FormId::parse("f").unwrap(), text).unwrap();
        let mut sent = json!({
            "body": "Hello,\n\n  I'd like\tone", "count": 3, "first": "Ada", "surname": "Lovelace", "topic": "sales", "town": "London",
        });
        assert_eq!(
            line(&sent, Some(&form)),
            "Lovelace · Ada · Hello, I'd like one"
        );
        sent["body"] = " ".into();
        assert_eq!(line(&sent, Some(&form)), "Lovelace · Ada · London");
        assert_eq!(line(&json!({"b": "two", "a": "one"}), None), "one · two");
        assert_eq!(line(&json!({"count": 3}), Some(&form)), "");
    }

    #[test]
    fn a_beginning_is_short_whatever_was_written() {
        let long = line(&json!({ "a": "今日は ".repeat(1000) }), None);
        assert!(long.chars().count() < 2 * EXCERPT, "{long}");
        assert_eq!(
            line(&json!({ "a": "x".repeat(1 << 20) }), None).len(),
            EXCERPT
        );
    }
}
