//! What people recognise a submission by: who wrote, about what, and how it begins. One choice for the command's lines and the
//! console's rows and headings. It is as it was sent: whoever shows it makes it harmless first.

use counterfoil_core::{Body, Form};
use serde_json::{Map, Value};

/// Characters of an excerpt: more than the widest row shows.
const EXCERPT: usize = 240;
/// Characters of a field that says who or about what; a longer one is prose.
const SHORT: usize = 120;
/// What else is shown beside who wrote.
const ABOUT: usize = 2;
/// Names of fields by which people know each other, where no form says an order.
const KNOWN_BY: [&str; 8] = [
    "name",
    "full_name",
    "first_name",
    "last_name",
    "email",
    "subject",
    "title",
    "company",
];

/// One submission in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gist {
    /// Who wrote: the first text of the form.
    pub who: Option<String>,
    /// The short texts that follow.
    pub about: Vec<String>,
    /// How the longest text begins.
    pub excerpt: Option<String>,
}

/// A text that was submitted.
struct Text {
    text: String,
    /// Is it what a person wrote, and no address, date or choice?
    is_free: bool,
}

impl Gist {
    /// What a submission is recognised by: the fields that the form says (`summary`), else its first texts and how the longest
    /// one begins.
    #[must_use]
    pub fn new(form: Option<&Form>, body: &Body) -> Self {
        match body {
            Body::Payload(payload) => {
                let fields = payload.fields();
                let said = form.map(|form| form.summary.as_slice()).unwrap_or_default();
                as_said(said, &fields).unwrap_or_else(|| of_fields(form, &fields))
            }
            Body::Raw(bytes) => Self {
                excerpt: Some(shortened(&String::from_utf8_lossy(bytes))),
                ..Self::default()
            },
            Body::Erased => Self::default(),
        }
    }

    /// All of it in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = self.who.iter().chain(&self.about).chain(&self.excerpt);
        parts.map(String::as_str).collect::<Vec<_>>().join(" · ")
    }
}

/// The fields that a form says, in its order: the first is who wrote, the last how it begins. `None`: none of them was filled in.
fn as_said(said: &[String], fields: &Map<String, Value>) -> Option<Gist> {
    let text = |name: &String| fields.get(name).and_then(as_text);
    let (first, rest) = said.split_first()?;
    let (last, between) = rest
        .split_last()
        .map_or((None, rest), |(last, rest)| (Some(last), rest));
    let gist = Gist {
        who: text(first),
        about: between.iter().filter_map(text).collect(),
        excerpt: last.and_then(text),
    };
    (gist != Gist::default()).then_some(gist)
}

/// A value as a row shows it.
fn as_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => shortened(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(is_so) => (if *is_so { "yes" } else { "no" }).to_owned(),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(as_text).collect();
            shortened(&texts.join(", "))
        }
        Value::Null | Value::Object(_) => String::new(),
    };
    Some(text).filter(|text| !text.is_empty())
}

fn of_fields(form: Option<&Form>, fields: &Map<String, Value>) -> Gist {
    let mut texts: Vec<Text> = ordered(form, fields)
        .into_iter()
        .filter_map(|(name, value)| text(form, name, value))
        .collect();
    let longest = longest(&texts).map(|at| texts.remove(at).text);
    let mut short = texts
        .into_iter()
        .map(|text| shortened(&text.text))
        .filter(|text| text.chars().count() <= SHORT);
    let who = short.next();
    Gist {
        who,
        about: short.take(ABOUT).collect(),
        excerpt: longest.as_deref().map(shortened),
    }
}

/// Where the longest free text is. The first text says who wrote, unless it is prose or alone.
fn longest(texts: &[Text]) -> Option<usize> {
    let is_prose = |text: &Text| text.text.chars().count() > SHORT / 2 || text.text.contains('\n');
    let first_may = texts.first().is_some_and(is_prose);
    let free = texts
        .iter()
        .enumerate()
        .filter(|(at, text)| text.is_free && (*at > 0 || first_may));
    free.max_by_key(|(at, text)| (text.text.chars().count(), std::cmp::Reverse(*at)))
        .map(|(at, _)| at)
}

fn text(form: Option<&Form>, name: &str, value: &Value) -> Option<Text> {
    let text = value
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())?;
    let node = form.and_then(|form| form.schema.property(name));
    let is_bound = node.is_some_and(|node| {
        ["format", "enum", "oneOf", "const"]
            .iter()
            .any(|key| node.get(key).is_some())
    });
    Some(Text {
        text: text.to_owned(),
        is_free: !is_bound && !is_address(text),
    })
}

/// The fields in the form's order, then the others; without a form, those first by which people know each other.
#[must_use]
pub fn ordered<'a>(
    form: Option<&Form>,
    fields: &'a Map<String, Value>,
) -> Vec<(&'a String, &'a Value)> {
    let known: Vec<&str> = match form {
        Some(form) => form.schema.properties().map(|(name, _)| name).collect(),
        None => KNOWN_BY.to_vec(),
    };
    let first = known.iter().filter_map(|name| fields.get_key_value(*name));
    let rest = fields
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()));
    first.chain(rest).collect()
}

/// On one line, and not longer than a row shows.
fn shortened(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > EXCERPT * 4 {
            break;
        }
    }
    match line.char_indices().nth(EXCERPT) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Is it an e-mail address, and nothing else?
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let fits = |part: &str, more: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || more.contains(c))
            && !part.starts_with('.')
    };
    text.len() <= 254
        && fits(local, ".!#$%&'*+/=?^_`{|}~-")
        && fits(host, ".-")
        && host.contains('.')
        && !host.ends_with('.')
}

#[cfg(test)]
#[path = "gist_tests.rs"]
mod tests;
