//! The validator's errors in our words: a pointer to the field, and what is wrong with it.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::format::Format;
use crate::json::child;
use crate::rejection::{FieldError, FieldProblem, JsonType};

/// One error of the library as ours: a pointer to the *field*, and what is wrong in our words.
pub(super) fn field_errors(error: &ValidationError<'_>) -> Vec<FieldError> {
    use FieldProblem as P;
    let at = error.instance_path().as_str();
    let one = |problem| {
        vec![FieldError {
            pointer: at.to_owned(),
            problem,
        }]
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            vec![FieldError {
                pointer: child(at, property.as_str().unwrap_or_default()),
                problem: P::Required,
            }]
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| FieldError {
                pointer: child(at, name),
                problem: P::Unexpected,
            })
            .collect(),
        ValidationErrorKind::Type { kind } => one(P::Type(types(kind))),
        ValidationErrorKind::Format { format } => one(problem_of_format(format)),
        ValidationErrorKind::MinLength { limit } => one(P::MinLength(*limit)),
        ValidationErrorKind::MaxLength { limit } => one(P::MaxLength(*limit)),
        ValidationErrorKind::Minimum { limit } => one(P::Minimum(limit.to_string())),
        ValidationErrorKind::Maximum { limit } => one(P::Maximum(limit.to_string())),
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            one(P::ExclusiveMinimum(limit.to_string()))
        }
        ValidationErrorKind::ExclusiveMaximum { limit } => {
            one(P::ExclusiveMaximum(limit.to_string()))
        }
        ValidationErrorKind::MultipleOf { multiple_of } => {
            one(P::MultipleOf(multiple_of.to_string()))
        }
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

/// A schema with a format that is none is not compiled.
fn problem_of_format(name: &str) -> FieldProblem {
    Format::parse(name).map_or_else(|| FieldProblem::Rule("format".into()), FieldProblem::Format)
}

/// `oneOf` of constants is a list of choices.
fn is_constant(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Constant { .. })
}

fn types(kind: &TypeKind) -> Vec<JsonType> {
    match kind {
        TypeKind::Single(one) => JsonType::parse(&one.to_string()).into_iter().collect(),
        TypeKind::Multiple(many) => many
            .iter()
            .filter_map(|one| JsonType::parse(&one.to_string()))
            .collect(),
    }
}
