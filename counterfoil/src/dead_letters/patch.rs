//! JSON Patch (RFC 6902): read, applied to what was submitted, and made from an edit.

use std::path::Path;

use counterfoil_core::rejection::Rejection;
use counterfoil_core::{Payload, json};
use json_patch::{Patch, diff};
use serde_json::Value;

use super::act::problem;
use crate::exit::configuration;
use crate::terminal::harmless;

/// Reads a patch from a file; `-` is standard input.
pub(super) fn read(path: &Path) -> anyhow::Result<Patch> {
    let named = |error: &dyn std::fmt::Display| configuration(format!("{}: {error}", path.display()));
    let text =
        if path == Path::new("-") { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(path) };
    let text = text.map_err(|error| named(&error))?;
    serde_json::from_str(&text).map_err(|error| named(&format!("this is no JSON Patch (RFC 6902): {error}")))
}

/// What a payload is after a patch; `Err`: why the patch does not fit it.
pub(super) fn apply(patch: &Patch, before: &Payload) -> Result<Payload, String> {
    let mut fields = Value::Object(before.fields());
    // The library's words name places in the patch, and no value.
    json_patch::patch(&mut fields, patch).map_err(|error| format!("the patch does not apply: {error}"))?;
    payload(&fields.to_string()).map_err(|problems| problems.join("; "))
}

/// What an edit changed.
pub(super) fn between(before: &Payload, after: &Payload) -> Patch {
    diff(&Value::Object(before.fields()), &Value::Object(after.fields()))
}

/// Reads fields as strictly as a post is read; `Err`: everything that is wrong.
pub(crate) fn payload(text: &str) -> Result<Payload, Vec<String>> {
    let fields = json::read_object(text.as_bytes()).map_err(|rejection| match rejection {
        Rejection::Malformed(what) => vec![harmless(&what, false)],
        Rejection::BadIdempotencyKey(what) => vec![what.to_owned()],
        Rejection::TooLarge { what, limit } => vec![format!("a {} is larger than {limit} bytes", what.as_str())],
        Rejection::Invalid(errors) => errors.iter().map(problem).collect(),
    })?;
    Ok(Payload::from_fields(&fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn payload_of(value: &Value) -> Payload {
        Payload::from_fields(value.as_object().unwrap())
    }

    #[test]
    fn a_patch_that_an_edit_gives_makes_the_same_edit() {
        let (before, after) = (payload_of(&json!({"a": 1, "b": "x"})), payload_of(&json!({"b": "y", "c": [1, 2]})));
        assert_eq!(apply(&between(&before, &after), &before), Ok(after));
    }

    #[test]
    fn a_patch_that_does_not_fit_says_so_without_a_value() {
        let before = payload_of(&json!({"name": "Ada"}));
        for patch in [
            json!([{"op": "test", "path": "/name", "value": "Bob"}]),
            json!([{"op": "remove", "path": "/mail"}]),
            json!([{"op": "replace", "path": "", "value": 5}]),
        ] {
            let patch: Patch = serde_json::from_value(patch).unwrap();
            let why = apply(&patch, &before).unwrap_err();
            assert!(!why.is_empty() && !why.contains("Ada") && !why.contains("Bob"), "{why}");
        }
    }
}
