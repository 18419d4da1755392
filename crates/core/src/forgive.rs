//! What clients send that no visitor typed, and that the schema refuses: a second look takes it out.
//!
//! Only what would be refused is taken out, so that a post which was always accepted stays what it was, and its key goes on
//! meaning it.

use serde_json::{Map, Value};

use crate::form::Form;
use crate::json::child;
use crate::rejection::{FieldError, FieldProblem};

/// Names that frameworks and browsers send beside a form's own: buttons, and proofs against forgery that are another
/// program's. `docs/forms.md` lists them.
pub const NOBODY_TYPED: [&str; 12] = [
    "submit",
    "button",
    "commit",
    "send",
    "op",
    "utf8",
    "authenticity_token",
    "csrf_token",
    "csrfmiddlewaretoken",
    "form_build_id",
    "form_token",
    "form_id",
];

/// Takes out what may be forgiven of what is wrong; `true`: something was, so the rest is to be checked again.
pub(crate) fn forgive(form: &Form, fields: &mut Map<String, Value>, wrong: &[FieldError]) -> bool {
    let is_wrong = |name: &str, is: fn(&FieldProblem) -> bool| {
        let pointer = child("", name);
        let mut at_it = wrong.iter().filter(|error| error.pointer == pointer);
        at_it.any(|error| is(&error.problem))
    };
    let is_unexpected = |problem: &FieldProblem| *problem == FieldProblem::Unexpected;
    let names: Vec<String> = fields
        .iter()
        .filter(|(name, value)| {
            let is_left_empty = *value == "" && !form.schema.requires(name);
            let is_of_a_client = is_button(name) || is_coordinate(name, fields);
            (is_left_empty && is_wrong(name, |_| true))
                || (is_of_a_client && is_wrong(name, is_unexpected))
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in &names {
        fields.shift_remove(name);
    }
    !names.is_empty()
}

fn is_button(name: &str) -> bool {
    NOBODY_TYPED
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// Where an image was pressed that sends the form: `x` and `y`, or `name.x` and `name.y`.
fn is_coordinate(name: &str, fields: &Map<String, Value>) -> bool {
    let (base, axis) = match name.rfind('.') {
        Some(at) => (&name[..=at], &name[at + 1..]),
        None => ("", name),
    };
    let other = match axis {
        "x" => "y",
        "y" => "x",
        _ => return false,
    };
    let is_number = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    [name, &format!("{base}{other}")]
        .iter()
        .all(|name| fields.get(*name).is_some_and(is_number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::form::FormId;

    const FORM: &str = "title = \"T\"\n[schema]\ntype = \"object\"\nrequired = [\"name\"]\n\
        additionalProperties = false\n[schema.properties.name]\ntype = \"string\"\nminLength = 1\n\
        [schema.properties.email]\ntype = \"string\"\nformat = \"email\"\n\
        [schema.properties.note]\ntype = \"string\"\n[schema.properties.guests]\ntype = \"integer\"\n";

    /// The fields that are left, and how many of those are wrong.
    fn left(fields: Value) -> (Value, usize) {
        let form = Form::parse(FormId::parse("f").unwrap(), FORM).unwrap();
        let Value::Object(mut fields) = fields else {
            unreachable!()
        };
        let wrong = form.schema.check(&fields);
        forgive(&form, &mut fields, &wrong);
        let wrong = form.schema.check(&fields).len();
        (Value::Object(fields), wrong)
    }

    #[test]
    fn an_optional_field_that_was_left_empty_goes_only_where_it_would_be_refused() {
        let sent = json!({"name": "Ada", "email": "", "note": "", "guests": ""});
        assert_eq!(left(sent), (json!({"name": "Ada", "note": ""}), 0));
        assert_eq!(left(json!({"name": ""})), (json!({"name": ""}), 1));
        let wrong = json!({"name": "Ada", "email": "x"});
        assert_eq!(left(wrong.clone()), (wrong, 1));
    }

    #[test]
    fn what_nobody_typed_goes_and_every_other_unknown_name_stays() {
        let sent = json!({"name": "Ada", "Submit": "Send", "utf8": "✓", "go.x": "3", "go.y": "4", "x": "1", "y": "2"});
        assert_eq!(left(sent), (json!({"name": "Ada"}), 0));
        for other in [
            json!({"name": "Ada", "surname": "L"}),
            json!({"name": "Ada", "go.x": "3"}),
            json!({"name": "Ada", "x": "left", "y": "2"}),
        ] {
            let (kept, wrong) = left(other.clone());
            assert_eq!((kept, wrong > 0), (other, true));
        }
    }
}
