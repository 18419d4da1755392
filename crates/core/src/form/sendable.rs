//! Rules that nothing can satisfy. Where nobody can send the form because of one, that is a fault; else it is a thought.

use serde_json::Value;

use super::{Form, Mode};
use crate::json::{MAX_FIELDS, MAX_NAME, MAX_VALUE, child};

/// A JSON Pointer into the definition, and what cannot be there.
type Wrong = (String, String);

/// The least, the most, and the one type that they bind.
const PAIRS: [(&str, &str, &str); 5] = [
    ("minLength", "maxLength", "string"),
    ("minItems", "maxItems", "array"),
    ("minimum", "maximum", "number"),
    ("minimum", "maximum", "integer"),
    ("minProperties", "maxProperties", "object"),
];

/// Why nobody can send the form. Nothing is in the way of one that is closed, or that refuses nothing.
pub(super) fn never(form: &Form) -> Vec<Wrong> {
    if !form.enabled || form.mode == Mode::Observe {
        return Vec::new();
    }
    let whole = whole(form, true).into_iter();
    whole.chain(fields(form, true)).collect()
}

/// What cannot be satisfied in a form that can be sent without it.
pub(super) fn doubts(form: &Form) -> Vec<Wrong> {
    whole(form, false)
        .into_iter()
        .chain(fields(form, false))
        .collect()
}

/// Of the form as one object; `surely`: no program can send it either.
fn whole(form: &Form, surely: bool) -> Vec<Wrong> {
    let source = form.schema.source();
    let mut wrong: Vec<_> = crossed(source)
        .map(|(key, message)| (format!("/schema/{key}"), message))
        .into_iter()
        .collect();
    let count = form.schema.properties().count();
    let closed = source.get("additionalProperties") == Some(&Value::Bool(false))
        && source.get("patternProperties").is_none();
    let least = source.get("minProperties").and_then(Value::as_f64);
    if let Some(least) = least.filter(|least| *least > count as f64 && (closed || !surely)) {
        let message =
            format!("asks for {least} fields where there are {count}; take it out or add fields");
        wrong.push(("/schema/minProperties".into(), message));
    }
    let required = source
        .get("required")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    // What the page itself adds counts too.
    let hidden = 1 + usize::from(form.honeypot.is_some()) + usize::from(form.captcha.is_some());
    let sent = if surely { required } else { count + hidden };
    if sent > MAX_FIELDS {
        let message = format!(
            "a submission has at most {MAX_FIELDS} fields, and here it would have {sent}; ask for fewer"
        );
        wrong.push((
            if surely {
                "/schema/required"
            } else {
                "/schema/properties"
            }
            .into(),
            message,
        ));
    }
    wrong
}

/// Of each field; `surely`: of those that are required.
fn fields(form: &Form, surely: bool) -> Vec<Wrong> {
    // As written: what a reference leads to may be of another resource.
    let written = form
        .schema
        .source()
        .get("properties")
        .and_then(Value::as_object);
    let named = written
        .into_iter()
        .flatten()
        .filter(|(name, _)| !surely || form.schema.requires(name));
    named
        .filter_map(|(name, node)| {
            let here = child("/schema/properties", name);
            let of_the_name = nameless(name).map(|message| (here.clone(), message));
            of_the_name
                .or_else(|| node_of(node).map(|(key, message)| (format!("{here}/{key}"), message)))
        })
        .collect()
}

/// A name under which nothing is taken.
fn nameless(name: &str) -> Option<String> {
    match name.len() {
        0 => Some("a field with an empty name cannot be sent; give it a name".into()),
        size if size > MAX_NAME => Some(format!(
            "a field's name has at most {MAX_NAME} bytes, and this has {size}; shorten it"
        )),
        _ => None,
    }
}

fn node_of(node: &Value) -> Option<(&'static str, String)> {
    if node
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
    {
        return Some((
            "enum",
            "is empty, so there is nothing to choose; list the choices or take it out".into(),
        ));
    }
    let least = node
        .get("minLength")
        .and_then(Value::as_f64)
        .filter(|_| is_a(node, "string"));
    if least.is_some_and(|least| least > MAX_VALUE as f64) {
        return Some((
            "minLength",
            format!("a text has at most {MAX_VALUE} bytes, so none is long enough; lower it"),
        ));
    }
    crossed(node)
}

/// A least that is above its most.
fn crossed(node: &Value) -> Option<(&'static str, String)> {
    PAIRS
        .iter()
        .filter(|(.., kind)| is_a(node, kind))
        .find_map(|(least, most, _)| {
            let (low, high) = (node.get(*least)?, node.get(*most)?);
            let message = || {
                format!(
                    "is {low}, above {most}, which is {high}, so nothing fits; change one of them"
                )
            };
            (low.as_f64()? > high.as_f64()?).then(|| (*least, message()))
        })
}

fn is_a(node: &Value, kind: &str) -> bool {
    node.get("type").and_then(Value::as_str) == Some(kind)
}
