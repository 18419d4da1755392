//! A form's JSON Schema (2020-12), compiled: formats are asserted, remote references and look-around
//! patterns are refused, and the regular expressions run in linear time.

mod errors;
mod keywords;
mod patterns;

use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value};

use crate::format::Format;
use crate::json::child;
use crate::payload::ContentHash;
use crate::rejection::FieldError;

/// What is wrong with a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFault {
    /// JSON Pointer to the place in the schema.
    pub pointer: String,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.pointer, self.message)
        }
    }
}

/// What is known of names around a schema: in TOML whatever follows a table's head belongs to it, so a name that stands in
/// a schema may have been meant for what is above.
pub(crate) struct Around {
    /// What to do with a name that belongs there.
    pub misplaced: fn(&str) -> Option<String>,
    /// What to do with one that is nearly such a name.
    pub nearly_misplaced: fn(&str) -> Option<String>,
}

impl Around {
    const NOTHING: Self = Self {
        misplaced: |_| None,
        nearly_misplaced: |_| None,
    };
}

/// A compiled schema.
pub struct Schema {
    source: Value,
    validator: Validator,
    fingerprint: String,
}

impl Schema {
    /// Compiles `source`, around which nothing stands. `Err` says everything that is wrong, and where.
    pub fn compile(source: Value) -> Result<Self, Vec<SchemaFault>> {
        Self::compile_within(source, &Around::NOTHING)
    }

    /// Compiles `source`. What stands around it has the first say of a name that is none of the schema's.
    pub(crate) fn compile_within(source: Value, around: &Around) -> Result<Self, Vec<SchemaFault>> {
        let mut faults = forbid_ours(&source);
        forbid_remote(&source, "", &mut faults);
        faults.extend(keywords::check(&source, around));
        if !faults.is_empty() {
            return Err(faults);
        }
        let checked = Format::ALL
            .into_iter()
            .filter_map(|format| Some((format.as_str(), format.record().check?)));
        let validator = checked
            .fold(jsonschema::options(), |options, (name, check)| {
                options.with_format(name, check)
            })
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_pattern_options(patterns::options())
            .build(&source)
            .map_err(|error| unbuilt(&source, &error))?;
        let canonical = serde_json_canonicalizer::to_vec(&source)
            .map_err(|error| vec![fault("", error.to_string())])?;
        let fingerprint = ContentHash::digest(&canonical).to_string()[..16].to_owned();
        Ok(Self {
            source,
            validator,
            fingerprint,
        })
    }

    /// The schema as it was written.
    #[must_use]
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// 16 characters that change when the schema does.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The properties in their written order.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Value)> {
        let properties = self.source.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flatten()
            .map(|(name, node)| (name.as_str(), self.resolve(node)))
    }

    /// One property's schema, local references followed.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Value> {
        Some(self.resolve(self.source.get("properties")?.get(name)?))
    }

    /// Must a submission have this field?
    #[must_use]
    pub fn requires(&self, name: &str) -> bool {
        let required = self.source.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|required| required == name))
    }

    /// Follows local references (`#/$defs/…`), a few of them: a loop ends where it began.
    #[must_use]
    pub fn resolve<'a>(&'a self, mut node: &'a Value) -> &'a Value {
        for _ in 0..8 {
            let target = node
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|text| text.strip_prefix('#'));
            match target.and_then(|pointer| self.source.pointer(pointer)) {
                Some(next) => node = next,
                None => return node,
            }
        }
        node
    }

    /// Everything that is wrong with `fields`, in the schema's order of finding; empty when nothing is.
    #[must_use]
    pub fn check(&self, fields: &Map<String, Value>) -> Vec<FieldError> {
        self.errors(&Value::Object(fields.clone()))
    }

    /// As [`Self::check`], for who can lend the fields, so that none is copied. They are there again afterwards.
    #[must_use]
    pub fn check_lent(&self, fields: &mut Map<String, Value>) -> Vec<FieldError> {
        let lent = Value::Object(std::mem::take(fields));
        let errors = self.errors(&lent);
        if let Value::Object(lent) = lent {
            *fields = lent;
        }
        errors
    }

    /// As [`Self::check_lent`], a line break counted as a browser shows and counts it (its `maxlength` too): one character, although it
    /// sends CR LF (HTML, "the form-data set").
    #[must_use]
    pub fn check_as_shown(&self, fields: &mut Map<String, Value>) -> Vec<FieldError> {
        if fields.values().any(breaks_lines) {
            self.check_lent(&mut shown(fields))
        } else {
            self.check_lent(fields)
        }
    }

    /// As [`Self::check`], of what is kept: nothing says any more whether a page or a program sent it, so a line break may count in
    /// either way.
    #[must_use]
    pub fn check_kept(&self, mut fields: Map<String, Value>) -> Vec<FieldError> {
        let wrong = self.check_lent(&mut fields);
        if wrong.is_empty() {
            wrong
        } else {
            self.check_as_shown(&mut fields)
        }
    }

    fn errors(&self, fields: &Value) -> Vec<FieldError> {
        if self.validator.is_valid(fields) {
            return Vec::new();
        }
        let mut errors: Vec<FieldError> = self
            .validator
            .iter_errors(fields)
            .flat_map(|e| errors::field_errors(&e))
            .collect();
        errors.sort_by_key(|error| self.position(&error.pointer));
        errors.dedup();
        errors
    }

    /// Where on the page the field stands, so that a list of errors follows the page.
    fn position(&self, pointer: &str) -> usize {
        let name = pointer.split('/').nth(1).unwrap_or_default();
        self.properties()
            .position(|(property, _)| child("", property) == format!("/{name}"))
            .unwrap_or(usize::MAX)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.fingerprint)
    }
}

fn fault(pointer: &str, message: impl Into<String>) -> SchemaFault {
    SchemaFault {
        pointer: pointer.into(),
        message: message.into(),
    }
}

/// Why no validator could be built: the keywords' values that are none, and the patterns that cannot be used.
fn unbuilt(source: &Value, first: &ValidationError<'_>) -> Vec<SchemaFault> {
    let is_pattern = |error: &ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::Format { format } if format == "regex");
    let said =
        |error: &ValidationError<'_>| fault(error.instance_path().as_str(), error.to_string());
    let mut faults = patterns::wrong(source, "");
    let judge = jsonschema::draft202012::meta::validator();
    let others = judge.iter_errors(source);
    faults.extend(
        others
            .filter(|error| !is_pattern(error))
            .map(|error| said(&error)),
    );
    if faults.is_empty() {
        faults.push(said(first));
    }
    faults
}

/// A submission is one object, and names that start with `_` are ours: no form may define one.
fn forbid_ours(source: &Value) -> Vec<SchemaFault> {
    let mut faults = Vec::new();
    if source.get("type").and_then(Value::as_str) != Some("object") {
        let message = "must be \"object\": a submission is one object of fields";
        faults.push(fault("/type", message));
    }
    let properties = source.get("properties").and_then(Value::as_object);
    let names = properties.into_iter().flatten().map(|(name, _)| name);
    let ours = names.filter(|name| name.starts_with('_'));
    faults.extend(ours.map(|name| {
        let message = "names that start with '_' are reserved; rename the field";
        fault(&child("/properties", name), message)
    }));
    faults
}

/// A schema that has to be fetched could change, fail or be made to call anywhere.
fn forbid_remote(node: &Value, at: &str, faults: &mut Vec<SchemaFault>) {
    match node {
        Value::Object(members) => {
            for (name, value) in members {
                let here = child(at, name);
                let is_reference = matches!(name.as_str(), "$ref" | "$dynamicRef");
                let target = value.as_str().filter(|_| is_reference);
                if target.is_some_and(|text| !text.starts_with('#')) {
                    let message =
                        "only references into the same schema (\"#/$defs/…\") are allowed";
                    faults.push(fault(&here, message));
                }
                forbid_remote(value, &here, faults);
            }
        }
        Value::Array(items) => {
            for item in items {
                forbid_remote(item, at, faults);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Is there a CR LF in it? Fields of an HTML form are texts or lists of texts.
fn breaks_lines(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("\r\n"),
        Value::Array(items) => items.iter().any(breaks_lines),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

fn shown(fields: &Map<String, Value>) -> Map<String, Value> {
    fn one(value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(text.replace("\r\n", "\n")),
            Value::Array(items) => items.iter().map(one).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.clone(),
        }
    }
    fields
        .iter()
        .map(|(name, value)| (name.clone(), one(value)))
        .collect()
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
