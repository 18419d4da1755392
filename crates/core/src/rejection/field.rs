//! What can be wrong with one field: a stable code, what a text about it needs to know, and the English text.

use crate::format::Format;

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldProblem {
    /// It is missing.
    Required,
    /// The form has no such field.
    Unexpected,
    /// Another JSON type is wanted: one of these.
    Type(Vec<JsonType>),
    /// It is not of this format.
    Format(Format),
    /// Shorter than this many characters.
    MinLength(u64),
    /// Longer than this many characters.
    MaxLength(u64),
    /// Below this number.
    Minimum(String),
    /// Above this number.
    Maximum(String),
    /// Not above this number.
    ExclusiveMinimum(String),
    /// Not below this number.
    ExclusiveMaximum(String),
    /// No multiple of this number.
    MultipleOf(String),
    /// A list of fewer than so many.
    MinItems(u64),
    /// A list of more than so many.
    MaxItems(u64),
    /// A list that holds something twice.
    UniqueItems,
    /// None of the choices.
    Choice,
    /// A box that has to be ticked and is not.
    NotTicked,
    /// Not this one value.
    Constant(String),
    /// It does not match the form's pattern.
    Pattern,
    /// A number that would change if it were stored.
    InexactNumber,
    /// It contains the character U+0000.
    NulCharacter,
    /// It contains half of a character: a surrogate without its other half.
    LoneSurrogate,
    /// It takes one value, and was sent as a list or more than once.
    NoList,
    /// Any other rule of the schema, by its keyword.
    Rule(String),
}

/// A type of JSON, as JSON Schema names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonType {
    /// `string`
    Text,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `boolean`
    Boolean,
    /// `array`
    List,
    /// `object`
    Object,
    /// `null`
    Null,
}

impl JsonType {
    /// Reads JSON Schema's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::Text,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "array" => Self::List,
            "object" => Self::Object,
            "null" => Self::Null,
            _ => return None,
        })
    }

    const fn english(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Null => "null",
        }
    }
}

impl FieldProblem {
    /// Stable and machine-readable.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Required => "required",
            Self::Unexpected => "unexpected",
            Self::Type(_) => "type",
            Self::Format(_) => "format",
            Self::MinLength(_) => "min-length",
            Self::MaxLength(_) => "max-length",
            Self::Minimum(_) => "minimum",
            Self::Maximum(_) => "maximum",
            Self::ExclusiveMinimum(_) => "exclusive-minimum",
            Self::ExclusiveMaximum(_) => "exclusive-maximum",
            Self::MultipleOf(_) => "multiple-of",
            Self::MinItems(_) => "min-items",
            Self::MaxItems(_) => "max-items",
            Self::UniqueItems => "unique-items",
            Self::Choice => "choice",
            Self::NotTicked | Self::Constant(_) => "constant",
            Self::Pattern => "pattern",
            Self::InexactNumber => "inexact-number",
            Self::NulCharacter => "nul-character",
            Self::LoneSurrogate => "lone-surrogate",
            Self::NoList => "no-list",
            Self::Rule(keyword) => keyword,
        }
    }

    /// One English sentence for a person. Pages in other languages write their own from the variant.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Required => "This field is required.".into(),
            Self::Unexpected => "The form has no such field.".into(),
            Self::Type(wanted) => {
                let words: Vec<_> = wanted.iter().map(|one| one.english()).collect();
                format!("This must be {}.", words.join(" or "))
            }
            Self::Format(format) => english_format(*format),
            Self::MinLength(1) => "This must not be empty.".into(),
            Self::MinLength(limit) => format!("This must have at least {limit} characters."),
            Self::MaxLength(limit) => format!("This must have at most {limit} characters."),
            Self::Minimum(limit) => format!("This must be {limit} or more."),
            Self::Maximum(limit) => format!("This must be {limit} or less."),
            Self::ExclusiveMinimum(limit) => format!("This must be more than {limit}."),
            Self::ExclusiveMaximum(limit) => format!("This must be less than {limit}."),
            Self::MultipleOf(step) => format!("This must be a multiple of {step}."),
            Self::MinItems(1) => "Give at least one.".into(),
            Self::MinItems(limit) => format!("Give at least {limit}."),
            Self::MaxItems(limit) => format!("Give at most {limit}."),
            Self::UniqueItems => "Give nothing twice.".into(),
            Self::Choice => "This is none of the choices.".into(),
            Self::NotTicked => "This has to be ticked.".into(),
            Self::Constant(value) => format!("This must be {value}."),
            Self::Pattern => "This does not have the form that is asked for.".into(),
            Self::InexactNumber => "This number has more digits than can be kept exactly.".into(),
            Self::NulCharacter => {
                "This contains the character U+0000, which cannot be kept.".into()
            }
            Self::LoneSurrogate => {
                "This contains half of a character (a lone surrogate), which cannot be kept.".into()
            }
            Self::NoList => "This field takes one value, and several were sent.".into(),
            Self::Rule(keyword) => format!("This breaks the form's rule \"{keyword}\"."),
        }
    }
}

fn english_format(format: Format) -> String {
    let by_its_name = || format!("This is not a valid {}.", format.as_str());
    format
        .record()
        .wrong
        .map_or_else(by_its_name, |wrong| wrong.english.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_and_every_problem_has_words() {
        let page = include_str!("../../../../docs/problems/invalid-fields.md");
        let text = String::new;
        let problems = [
            FieldProblem::Required,
            FieldProblem::Unexpected,
            FieldProblem::Type(vec![JsonType::Text]),
            FieldProblem::Format(Format::Email),
            FieldProblem::MinLength(2),
            FieldProblem::MaxLength(2),
            FieldProblem::Minimum(text()),
            FieldProblem::Maximum(text()),
            FieldProblem::ExclusiveMinimum(text()),
            FieldProblem::ExclusiveMaximum(text()),
            FieldProblem::MultipleOf(text()),
            FieldProblem::MinItems(2),
            FieldProblem::MaxItems(2),
            FieldProblem::UniqueItems,
            FieldProblem::Choice,
            FieldProblem::NotTicked,
            FieldProblem::Constant(text()),
            FieldProblem::Pattern,
            FieldProblem::InexactNumber,
            FieldProblem::NulCharacter,
            FieldProblem::LoneSurrogate,
            FieldProblem::NoList,
        ];
        for problem in problems {
            assert!(
                page.contains(&format!("`{}`", problem.code())),
                "{}",
                problem.code()
            );
            assert!(problem.detail().ends_with('.'), "{problem:?}");
        }
    }
}
