//! A form's JSON Schema (2020-12), compiled: formats are asserted, remote references and look-around
//! patterns are refused, and the regular expressions run in linear time.

use std::fmt;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, EmailOptions, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

use crate::json::child;
use crate::payload::ContentHash;
use crate::rejection::{FieldError, FieldProblem, JsonType};

/// A compiled schema.
pub struct Schema {
    source: Value,
    validator: Validator,
    fingerprint: String,
}

impl Schema {
    /// Compiles `source`. `Err` says in words what is wrong and where.
    pub fn compile(source: Value) -> Result<Self, String> {
        forbid_ours(&source)?;
        forbid_remote(&source, "")?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .with_email_options(
                EmailOptions::default().with_required_tld().without_display_text().without_domain_literal(),
            )
            .build(&source)
            .map_err(|error| describe(&error))?;
        let canonical = serde_json_canonicalizer::to_vec(&source).map_err(|error| error.to_string())?;
        let fingerprint = ContentHash::of(&canonical).to_string()[..16].to_owned();
        Ok(Self { source, validator, fingerprint })
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
        properties.into_iter().flatten().map(|(name, node)| (name.as_str(), self.resolve(node)))
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
            let target = node.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
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
        let instance = Value::Object(fields.clone());
        if self.validator.is_valid(&instance) {
            return Vec::new();
        }
        let mut errors: Vec<FieldError> =
            self.validator.iter_errors(&instance).flat_map(|e| field_errors(&e)).collect();
        errors.sort_by_key(|error| self.position(&error.pointer));
        errors.dedup();
        errors
    }

    /// Where on the page the field stands, so that a list of errors follows the page.
    fn position(&self, pointer: &str) -> usize {
        let name = pointer.split('/').nth(1).unwrap_or_default();
        self.properties().position(|(property, _)| child("", property) == format!("/{name}")).unwrap_or(usize::MAX)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.fingerprint)
    }
}

/// One error of the library as ours: a pointer to the *field*, and what is wrong in our words.
fn field_errors(error: &ValidationError<'_>) -> Vec<FieldError> {
    use FieldProblem as P;
    let at = error.instance_path().as_str();
    let one = |problem| vec![FieldError { pointer: at.to_owned(), problem }];
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            vec![FieldError { pointer: child(at, property.as_str().unwrap_or_default()), problem: P::Required }]
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().map(|name| FieldError { pointer: child(at, name), problem: P::Unexpected }).collect()
        }
        ValidationErrorKind::Type { kind } => one(P::Type(types(kind))),
        ValidationErrorKind::Format { format } => one(P::Format(format.clone())),
        ValidationErrorKind::MinLength { limit } => one(P::MinLength(*limit)),
        ValidationErrorKind::MaxLength { limit } => one(P::MaxLength(*limit)),
        ValidationErrorKind::Minimum { limit } => one(P::Minimum(limit.to_string())),
        ValidationErrorKind::Maximum { limit } => one(P::Maximum(limit.to_string())),
        ValidationErrorKind::ExclusiveMinimum { limit } => one(P::ExclusiveMinimum(limit.to_string())),
        ValidationErrorKind::ExclusiveMaximum { limit } => one(P::ExclusiveMaximum(limit.to_string())),
        ValidationErrorKind::MultipleOf { multiple_of } => one(P::MultipleOf(multiple_of.to_string())),
        ValidationErrorKind::MinItems { limit } => one(P::MinItems(*limit)),
        ValidationErrorKind::MaxItems { limit } => one(P::MaxItems(*limit)),
        ValidationErrorKind::UniqueItems => one(P::UniqueItems),
        ValidationErrorKind::Enum { .. } => one(P::Choice),
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context }
            if context.iter().flatten().all(is_constant) =>
        {
            one(P::Choice)
        }
        ValidationErrorKind::Constant { expected_value } => one(match &**expected_value {
            Value::Bool(true) => P::NotTicked,
            Value::String(text) => P::Constant(text.clone()),
            other => P::Constant(other.to_string()),
        }),
        ValidationErrorKind::Pattern { .. } => one(P::Pattern),
        other => one(P::Rule(other.keyword().to_owned())),
    }
}

/// `oneOf` of constants is a list of choices.
fn is_constant(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Constant { .. })
}

fn types(kind: &TypeKind) -> Vec<JsonType> {
    match kind {
        TypeKind::Single(one) => JsonType::parse(&one.to_string()).into_iter().collect(),
        TypeKind::Multiple(many) => many.iter().filter_map(|one| JsonType::parse(&one.to_string())).collect(),
    }
}

/// Names that start with `_` are ours: no form may define one.
fn forbid_ours(source: &Value) -> Result<(), String> {
    if source.get("type").and_then(Value::as_str) != Some("object") {
        return Err("the schema's type must be \"object\": a submission is one object of fields".into());
    }
    let properties = source.get("properties").and_then(Value::as_object);
    match properties.into_iter().flatten().find(|(name, _)| name.starts_with('_')) {
        Some((name, _)) => Err(format!("properties.{name}: names that start with '_' are reserved; rename the field")),
        None => Ok(()),
    }
}

/// A schema that has to be fetched could change, fail or be made to call anywhere.
fn forbid_remote(node: &Value, at: &str) -> Result<(), String> {
    match node {
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            let reference = matches!(name.as_str(), "$ref" | "$dynamicRef").then(|| value.as_str()).flatten();
            if reference.is_some_and(|text| !text.starts_with('#')) {
                return Err(format!("{at}/{name}: only references into the same schema (\"#/$defs/…\") are allowed"));
            }
            forbid_remote(value, &child(at, name))
        }),
        Value::Array(items) => items.iter().try_for_each(|item| forbid_remote(item, at)),
        _ => Ok(()),
    }
}

fn describe(error: &ValidationError<'_>) -> String {
    let at = error.instance_path().as_str();
    if at.is_empty() { error.to_string() } else { format!("{at}: {error}") }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
