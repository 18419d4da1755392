//! What people recognise a submission by: who wrote, about what, and how it begins. One choice for rows and headings.

use counterfoil_core::{Body, Form};
use serde_json::{Map, Value};

use super::address::is_address;

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

/// What a form's submission is recognised by. A later version of a form's definition may say which fields; this is the one
/// place that would ask it.
#[must_use]
pub fn gist(form: Option<&Form>, body: &Body) -> Gist {
    match body {
        Body::Payload(payload) => of_fields(form, &payload.fields()),
        Body::Raw(bytes) => Gist {
            excerpt: Some(shortened(&String::from_utf8_lossy(bytes))),
            ..Gist::default()
        },
        Body::Erased => Gist::default(),
    }
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
pub(super) fn ordered<'a>(
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
