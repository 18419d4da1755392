//! What is no fault in a form's definition and may all the same not be meant.

use serde_json::Value;

use super::definition::{FormFault, at};
use super::source::Source;
use super::{Form, Mode};
use crate::json::child;
use crate::suggest::nearest;

/// A JSON Pointer into the definition, and what to think about there.
type Thought = (String, String);

pub(super) fn advice(form: &Form, text: &str) -> Vec<FormFault> {
    let Ok(source) = Source::parse(text) else { return Vec::new() };
    let thoughts = of_the_whole(form).into_iter().chain(required(form)).chain(of_the_fields(form));
    thoughts.map(|(pointer, message)| at(text, source.locate(&pointer), message)).collect()
}

fn of_the_whole(form: &Form) -> Vec<Thought> {
    let mut thoughts = Vec::new();
    if !form.enabled {
        thoughts.push(("/enabled".into(), "the form is closed: its page and posts are refused".into()));
    }
    if form.mode == Mode::Observe {
        let message = "nothing is refused by the schema: what would have been is recorded".into();
        thoughts.push(("/mode".into(), message));
    }
    thoughts
}

/// A name in `required` that no property has: on the page there is no field for it.
fn required(form: &Form) -> Vec<Thought> {
    let names = form.schema.source().get("required").and_then(Value::as_array).into_iter().flatten();
    let missing = names.enumerate().filter_map(|(nth, name)| Some((nth, name.as_str()?)));
    let missing = missing.filter(|(_, name)| form.schema.property(name).is_none());
    missing
        .map(|(nth, name)| {
            let meant = nearest(name, form.schema.properties().map(|(name, _)| name));
            let mend = meant.map_or_else(|| "add it or take it out".into(), |meant| format!("did you mean {meant:?}?"));
            let message = format!("{name:?} is required and is no property, so the page cannot be sent; {mend}");
            (format!("/schema/required/{nth}"), message)
        })
        .collect()
}

fn of_the_fields(form: &Form) -> Vec<Thought> {
    let fields = form.schema.properties();
    fields
        .flat_map(|(name, node)| {
            let here = child("/schema/properties", name);
            let required = form.schema.requires(name);
            of_a_field(node, required)
                .into_iter()
                .map(move |(key, message)| (format!("{here}{key}"), message.to_owned()))
        })
        .collect()
}

fn of_a_field(node: &Value, required: bool) -> Option<(&'static str, &'static str)> {
    let names = |wanted: &str| match node.get("type") {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(many)) => many.iter().any(|one| one == wanted),
        _ => false,
    };
    let items = || node.get("items").and_then(|items| items.get("type")).and_then(Value::as_str);
    if names("object") || names("array") && matches!(items(), Some("object" | "array")) {
        return Some(("/type", "a page cannot ask for this: only programs that send JSON can give it"));
    }
    if names("boolean") && required && node.get("const").is_none() {
        let message = "a box that is not ticked sends nothing, so from a page this is always true; say `const = true` if \
                       that is meant, or take it out of `required`";
        return Some(("", message));
    }
    match node.get("format").and_then(Value::as_str) {
        Some("time") => {
            Some(("/format", "asks for an offset from UTC, which no browser sends; \"time-local\" does not"))
        }
        Some("date-time") => {
            Some(("/format", "asks for an offset from UTC, which no browser sends; \"date-time-local\" does not"))
        }
        _ => None,
    }
}
