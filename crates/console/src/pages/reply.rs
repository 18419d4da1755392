//! A reply: a mail that the owner's own program writes, with whom it is for, what it is about, and what it answers.

use counterfoil_core::{Body, Form, Payload};
use serde_json::Value;

use super::address::{encoded, is_address};
use counterfoil_operations::gist::ordered;

/// Characters of the quoted text. Some programs take no longer address than 2000 bytes.
const QUOTED: usize = 900;
/// Bytes of the whole address.
const LONGEST: usize = 1900;

/// A `mailto:` address; `None`: there is nobody to answer, or nothing to read.
#[must_use]
pub(super) fn reply(form: Option<&Form>, body: &Body) -> Option<String> {
    let Body::Payload(payload) = body else {
        return None;
    };
    let to = writer(form, payload)?;
    let subject = form.map_or("your message", |form| form.title.as_str());
    let head = format!(
        "mailto:{}?subject={}",
        encoded(&to),
        encoded(&format!("Re: {subject}"))
    );
    let mut quoted = quote(form, payload);
    loop {
        let address = format!("{head}&body={}", encoded(&format!("\r\n\r\n{quoted}\r\n")));
        if address.len() <= LONGEST || quoted.is_empty() {
            return Some(address);
        }
        // Shorter by a quarter: one character of Chinese takes nine bytes here.
        let keep = quoted.chars().count() * 3 / 4;
        quoted = if keep < 8 {
            String::new()
        } else {
            cut(&quoted, keep)
        };
    }
}

/// Who is to be answered: the first field that is an address by its schema, else the first that looks like one.
fn writer(form: Option<&Form>, payload: &Payload) -> Option<String> {
    let fields = payload.fields();
    let texts = ordered(form, &fields)
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?.trim())));
    let addresses: Vec<_> = texts.filter(|(_, text)| is_address(text)).collect();
    let by_schema = addresses.iter().find(|(name, _)| {
        let node = form.and_then(|form| form.schema.property(name));
        matches!(
            node.and_then(|node| node.get("format"))
                .and_then(Value::as_str),
            Some("email" | "idn-email")
        )
    });
    by_schema
        .or_else(|| addresses.first())
        .map(|(_, text)| (*text).to_owned())
}

/// The longest text, as mail quotes it.
fn quote(form: Option<&Form>, payload: &Payload) -> String {
    let fields = payload.fields();
    let texts = ordered(form, &fields)
        .into_iter()
        .filter_map(|(_, value)| value.as_str());
    let longest = texts
        .filter(|text| !is_address(text.trim()))
        .max_by_key(|text| text.chars().count());
    let lines = cut(longest.unwrap_or_default().trim(), QUOTED);
    lines
        .lines()
        .map(|line| format!("> {line}"))
        .collect::<Vec<_>>()
        .join("\r\n")
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text[..at].trim_end().trim_end_matches('…')),
        None => text.to_owned(),
    }
}
