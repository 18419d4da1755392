//! JSON Patch (RFC 6902), applied to what was submitted, and made from an edit. What is wrong with one is told in the
//! words of whoever wrote it: make it harmless before it is shown.

use counterfoil_core::envelope::MAX_ENCODED;
use counterfoil_core::json::MAX_DEPTH;
use counterfoil_core::rejection::Rejection;
use counterfoil_core::{Payload, json};
use json_patch::diff;
pub use json_patch::{Patch, PatchOperation};
use serde_json::Value;

use crate::words::problem;

/// What a payload is after a patch; `Err`: why the patch does not fit it.
pub fn apply(patch: &Patch, before: &Payload) -> Result<Payload, String> {
    let mut fields = Value::Object(before.fields());
    for (place, operation) in patch.0.iter().enumerate() {
        json_patch::patch(&mut fields, std::slice::from_ref(operation)).map_err(|mut error| {
            error.operation = place;
            // The library's words name places in the patch, and no value.
            format!("the patch does not apply: {error}")
        })?;
        // A copy at most doubles what is there: it never gets larger than twice the most.
        if !is_small(&fields, MAX_DEPTH, &mut MAX_ENCODED.clone()) {
            return Err(format!(
                "the patch makes it larger or deeper than a submission may be ({MAX_ENCODED} bytes, {MAX_DEPTH} levels)"
            ));
        }
    }
    payload(&fields.to_string()).map_err(|problems| problems.join("; "))
}

/// Has it at most so many levels, and does it fit this room as JSON, as far as can be told without writing it?
fn is_small(value: &Value, levels: usize, room: &mut usize) -> bool {
    let takes =
        |room: &mut usize, bytes: usize| room.checked_sub(bytes).map(|rest| *room = rest).is_some();
    takes(room, 1)
        && match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => true,
            Value::String(text) => takes(room, text.len()),
            Value::Array(values) => {
                levels > 0 && values.iter().all(|value| is_small(value, levels - 1, room))
            }
            Value::Object(members) => {
                levels > 0
                    && members.iter().all(|(name, value)| {
                        takes(room, name.len()) && is_small(value, levels - 1, room)
                    })
            }
        }
}

/// What an edit changed.
pub fn between(before: &Payload, after: &Payload) -> Patch {
    diff(
        &Value::Object(before.fields()),
        &Value::Object(after.fields()),
    )
}

/// Reads fields as strictly as a post is read; `Err`: everything that is wrong.
pub fn payload(text: &str) -> Result<Payload, Vec<String>> {
    let fields = json::read_object(text.as_bytes()).map_err(|rejection| match rejection {
        Rejection::Malformed(what) => vec![what],
        Rejection::BadIdempotencyKey(what) => vec![what.to_owned()],
        Rejection::TooLarge { what, limit } => {
            vec![format!("a {} is larger than {limit} bytes", what.as_str())]
        }
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
        let (before, after) = (
            payload_of(&json!({"a": 1, "b": "x"})),
            payload_of(&json!({"b": "y", "c": [1, 2]})),
        );
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
            assert!(
                !why.is_empty() && !why.contains("Ada") && !why.contains("Bob"),
                "{why}"
            );
        }
        let late = json!([{"op": "test", "path": "/name", "value": "Ada"}, {"op": "remove", "path": "/mail"}]);
        let why = apply(&serde_json::from_value(late).unwrap(), &before).unwrap_err();
        assert!(why.contains("'/1'"), "it names the operation: {why}");
    }

    #[test]
    fn a_patch_that_doubles_what_is_there_again_and_again_ends_early() {
        let before = payload_of(&json!({"a": [1], "name": "Ada"}));
        let doubled = |kind: &str| match kind {
            "copied into itself" => json!({"op": "copy", "from": "/a", "path": "/a/-"}),
            "all of it" => json!({"op": "copy", "from": "", "path": "/b"}),
            "by another name" => json!({"op": "copy", "from": "", "path": "/a"}),
            _ => json!({"op": "add", "path": "/a/-", "value": "x".repeat(70_000)}),
        };
        for kind in [
            "copied into itself",
            "all of it",
            "by another name",
            "added",
        ] {
            let patch: Patch =
                serde_json::from_value(Value::from_iter(vec![doubled(kind); 60])).unwrap();
            let why = apply(&patch, &before).unwrap_err();
            assert!(
                why.contains("larger or deeper than a submission may be"),
                "{kind}: {why}"
            );
        }
    }
}
