//! What a form's schema may say: every keyword, type and format is known, because a validator quietly passes over
//! those that it does not know, and then a rule that was written does not hold.

use serde_json::{Map, Value};

use super::{Around, SchemaFault};
use crate::format::Format;
use crate::json::child;
use crate::suggest::{mend, nearest};

/// Keywords whose value is a schema.
const ONE: [&str; 10] = [
    "items",
    "contains",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "not",
    "if",
    "then",
    "else",
];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords whose value has a schema under each name.
const NAMED: [&str; 4] = [
    "properties",
    "patternProperties",
    "$defs",
    "dependentSchemas",
];
/// The other keywords of 2020-12.
const PLAIN: [&str; 36] = [
    "type",
    "format",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
    "contentEncoding",
    "contentMediaType",
    "$ref",
    "$dynamicRef",
    "$anchor",
    "$id",
    "$schema",
    "$comment",
];
const TYPES: [&str; 7] = [
    "string", "integer", "number", "boolean", "array", "object", "null",
];
/// What people write for a type, and what it is called.
const OTHER_TYPES: [(&str, &str); 11] = [
    ("text", "string"),
    ("textarea", "string"),
    ("tel", "string"),
    ("checkbox", "boolean"),
    ("str", "string"),
    ("int", "integer"),
    ("float", "number"),
    ("double", "number"),
    ("bool", "boolean"),
    ("list", "array"),
    ("map", "object"),
];

/// The first keyword, type or format below `node` that is not known.
pub(super) fn check(node: &Value, at: &str, around: &Around) -> Result<(), SchemaFault> {
    let Value::Object(members) = node else {
        return Ok(());
    };
    members.iter().try_for_each(|(keyword, value)| {
        let here = child(at, keyword);
        if keyword.starts_with("x-") || PLAIN.contains(&keyword.as_str()) {
            return plain(members, keyword, &here);
        }
        if ONE.contains(&keyword.as_str()) {
            return check(value, &here, around);
        }
        if LIST.contains(&keyword.as_str()) {
            let items = value.as_array().into_iter().flatten().enumerate();
            return items
                .into_iter()
                .try_for_each(|(nth, item)| check(item, &child(&here, &nth.to_string()), around));
        }
        if NAMED.contains(&keyword.as_str()) {
            let named = value.as_object().into_iter().flatten();
            return named
                .into_iter()
                .try_for_each(|(name, node)| rules(name, node, &child(&here, name), around));
        }
        Err(SchemaFault {
            pointer: here,
            message: unknown(keyword, around),
        })
    })
}

/// What stands under a name is a schema.
fn rules(name: &str, node: &Value, at: &str, around: &Around) -> Result<(), SchemaFault> {
    if node.is_object() || node.is_boolean() {
        return check(node, at, around);
    }
    let message = (around.misplaced)(name).unwrap_or_else(|| {
        format!("give a table of rules, such as {name} = {{ type = \"string\" }}")
    });
    Err(SchemaFault {
        pointer: at.to_owned(),
        message,
    })
}

fn plain(members: &Map<String, Value>, keyword: &str, at: &str) -> Result<(), SchemaFault> {
    let value = members.get(keyword).unwrap_or(&Value::Null);
    let wrong = |message: String| {
        Err(SchemaFault {
            pointer: at.to_owned(),
            message,
        })
    };
    match keyword {
        "type" => {
            let named = value
                .as_array()
                .map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            match named
                .iter()
                .filter_map(Value::as_str)
                .find(|name| !TYPES.contains(name))
            {
                Some(name) => wrong(format!("no type is called {name:?}; {}", meant_type(name))),
                None => Ok(()),
            }
        }
        "required" if !value.is_array() => wrong(required(value, at)),
        "format" => match value.as_str().filter(|name| Format::parse(name).is_none()) {
            Some(name) => wrong(format!(
                "no format is called {name:?}; {}",
                meant_format(name)
            )),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn meant_type(name: &str) -> String {
    match Format::meant_by(name).or_else(|| Format::parse(name)) {
        Some(format) => format!("say type = \"string\" and format = \"{}\"", format.as_str()),
        None => match OTHER_TYPES.iter().find(|(other, _)| *other == name) {
            Some((_, meant)) => did_you_mean(meant),
            None => mend(name, &TYPES),
        },
    }
}

fn meant_format(name: &str) -> String {
    match Format::meant_by(name) {
        Some(meant) => did_you_mean(meant.as_str()),
        None => mend(name, &Format::ALL.map(Format::as_str)),
    }
}

fn did_you_mean(known: &str) -> String {
    format!("did you mean \"{known}\"?")
}

/// `required = true` in a field, as HTML has it; or one name that is no list.
fn required(value: &Value, at: &str) -> String {
    let field = at
        .strip_suffix("/required")
        .and_then(|node| node.rsplit_once("/properties/"));
    match (value, field) {
        (Value::Bool(true), Some(("", name))) => {
            format!(
                "is a list in [schema], not a rule of a field: take this out and put \"{name}\" into `required` of [schema]"
            )
        }
        (Value::Bool(false), Some(_)) => {
            "is a list of names; a field that is not in it may be left out: take this out".into()
        }
        (Value::String(name), _) => format!("is a list of names, such as [{name:?}]"),
        _ => "is a list of names, such as [\"email\"]".into(),
    }
}

fn unknown(keyword: &str, around: &Around) -> String {
    // The commonest slip of TOML: a key below a table's head is the table's.
    if let Some(mend) = (around.misplaced)(keyword) {
        return mend;
    }
    let known = [&ONE[..], &LIST, &NAMED, &PLAIN].concat();
    if let Some(meant) = nearest(keyword, known) {
        return format!("JSON Schema has no keyword {keyword:?}; did you mean \"{meant}\"?");
    }
    let other = "take it out, or begin it with \"x-\" if it is a note of yours";
    let mend = (around.nearly_misplaced)(keyword).unwrap_or_else(|| other.to_owned());
    format!("JSON Schema 2020-12 has no keyword {keyword:?}; {mend}")
}
