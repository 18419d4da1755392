//! What a form's schema may say: every keyword, type and format is known, because a validator quietly passes over
//! those that it does not know, and then a rule that was written does not hold.

use serde_json::Value;

use super::{Around, SchemaFault, fault};
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

/// Each keyword, type and format below `node` that is not known.
pub(super) fn check(node: &Value, around: &Around) -> Vec<SchemaFault> {
    let mut found = Found {
        around,
        faults: Vec::new(),
    };
    found.node(node, "");
    found.faults
}

struct Found<'a> {
    around: &'a Around,
    faults: Vec<SchemaFault>,
}

impl Found<'_> {
    fn node(&mut self, node: &Value, at: &str) {
        for (keyword, value) in node.as_object().into_iter().flatten() {
            let here = child(at, keyword);
            if keyword.starts_with("x-") || PLAIN.contains(&keyword.as_str()) {
                let message = plain(keyword, value, &here);
                self.faults
                    .extend(message.map(|message| fault(&here, message)));
            } else if ONE.contains(&keyword.as_str()) {
                self.node(value, &here);
            } else if LIST.contains(&keyword.as_str()) {
                for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.node(item, &child(&here, &nth.to_string()));
                }
            } else if NAMED.contains(&keyword.as_str()) {
                for (name, node) in value.as_object().into_iter().flatten() {
                    self.named(name, node, &child(&here, name));
                }
            } else {
                self.faults
                    .push(fault(&here, unknown(keyword, self.around)));
            }
        }
    }

    /// What stands under a name is a schema.
    fn named(&mut self, name: &str, node: &Value, at: &str) {
        if node.is_object() || node.is_boolean() {
            return self.node(node, at);
        }
        let message = (self.around.misplaced)(name).unwrap_or_else(|| {
            format!("give a table of rules, such as {name} = {{ type = \"string\" }}")
        });
        self.faults.push(fault(at, message));
    }
}

/// What is wrong with the value of a keyword that holds no schema.
fn plain(keyword: &str, value: &Value, at: &str) -> Option<String> {
    match keyword {
        "type" => {
            let named = value
                .as_array()
                .map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            let mut named = named.iter().filter_map(Value::as_str);
            let name = named.find(|name| !TYPES.contains(name))?;
            Some(format!("no type is called {name:?}; {}", meant_type(name)))
        }
        "required" if !value.is_array() => Some(required(value, at)),
        "format" => {
            let name = value.as_str()?;
            let is_known = Format::parse(name).is_some();
            (!is_known).then(|| format!("no format is called {name:?}; {}", meant_format(name)))
        }
        _ => None,
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
