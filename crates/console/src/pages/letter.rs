//! What was submitted, as its owner reads it: the form's fields in their order under their titles, and addresses as links.

use counterfoil_core::{Body, Form};
use maud::{Markup, html};
use serde_json::Value;

use super::address::{encoded, is_address, is_web};
use super::bits::visible;
use counterfoil_operations::gist::ordered;

/// All of it.
pub(super) fn shown(form: Option<&Form>, body: &Body) -> Markup {
    match body {
        Body::Payload(payload) => html! {
            dl.letter {
                @for (name, value) in ordered(form, &payload.fields()) {
                    dt dir="auto" { (visible(title(form, name))) }
                    dd dir="auto" { (of_value(form, name, value)) }
                }
            }
        },
        Body::Raw(bytes) => html! {
            p { "No envelope could be read from it. This is what the queue delivered:" }
            pre.raw { (visible(&String::from_utf8_lossy(bytes))) }
        },
        Body::Erased => {
            html! { p { "It was removed: on request, or because the form keeps it no longer." } }
        }
    }
}

/// The schema's title of a field, else its name.
pub(super) fn title<'a>(form: Option<&'a Form>, name: &'a str) -> &'a str {
    let node = form.and_then(|form| form.schema.property(name));
    let title = node
        .and_then(|node| node.get("title"))
        .and_then(Value::as_str);
    title.filter(|title| !title.is_empty()).unwrap_or(name)
}

fn of_value(form: Option<&Form>, name: &str, value: &Value) -> Markup {
    match value {
        Value::String(text) if text.trim().is_empty() => html! { span.fine { "empty" } },
        Value::String(text) => choice(form, name, value).map_or_else(|| linked(text), visible),
        Value::Bool(is_so) => html! { (if *is_so { "Yes" } else { "No" }) },
        Value::Number(_) => choice(form, name, value).map_or_else(|| html! { (value) }, visible),
        Value::Null => html! { span.fine { "nothing" } },
        Value::Array(items)
            if items
                .iter()
                .all(|item| !item.is_array() && !item.is_object()) =>
        {
            html! {
                ul.plain { @for item in items { li { (of_value(form, name, item)) } } }
            }
        }
        Value::Array(_) | Value::Object(_) => html! { pre { (visible(&format!("{value:#}"))) } },
    }
}

/// What a choice is called, where the form calls it something else than its value.
fn choice<'a>(form: Option<&'a Form>, name: &str, value: &Value) -> Option<&'a str> {
    let schema = &form?.schema;
    let node = schema.property(name)?;
    let node = node
        .get("items")
        .map_or(node, |items| schema.resolve(items));
    let one = node
        .get("oneOf")?
        .as_array()?
        .iter()
        .find(|one| one.get("const") == Some(value))?;
    one.get("title")?.as_str()
}

/// Text with its addresses as links. Where they lead learns nothing of where they stood.
pub(super) fn linked(text: &str) -> Markup {
    let words = text.split_inclusive(char::is_whitespace).map(|part| {
        let word = part.trim_end();
        (word, &part[word.len()..])
    });
    html! {
        @for (word, space) in words {
            @match parts(word) {
                Some((before, href, inner, after)) => {
                    (visible(before)) a href=(href) rel="noreferrer noopener" { (visible(inner)) } (visible(after))
                }
                None => (visible(word)),
            }
            (visible(space))
        }
    }
}

/// A word that has an address in it: what is before it, where it leads, the address, and what is after it.
fn parts(word: &str) -> Option<(&str, String, &str, &str)> {
    let around = |c: char| "()[]<>\"'“”«»,;:!?.。，！？".contains(c);
    let inner = word.trim_matches(around);
    let start = word.find(inner).filter(|_| !inner.is_empty())?;
    let href = if is_web(inner) {
        inner.to_owned()
    } else if is_address(inner) {
        format!("mailto:{}", encoded(inner))
    } else {
        return None;
    };
    Some((&word[..start], href, inner, &word[start + inner.len()..]))
}
