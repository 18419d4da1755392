//! The caller's mistakes about a submission, found before anything was accepted. (Those about a request, such as an
//! unknown form, are `ingest`'s.) Texts here are public: they name fields and limits, and never echo what was sent.

/// Why a post was refused. Nothing was kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// Syntax, duplicate names, depth, count: the text says which.
    Malformed(String),
    /// The header and the hidden field disagree, or the key is no key.
    BadIdempotencyKey(&'static str),
    /// A size limit.
    TooLarge {
        /// What was too large.
        what: Oversize,
        /// The most that is accepted, in bytes.
        limit: usize,
    },
    /// The fields do not fit the form's schema: everything that is wrong, not just the first.
    Invalid(Vec<FieldError>),
}

/// What was too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oversize {
    /// The request's body.
    Body,
    /// One field's value.
    Field,
    /// One field's name.
    Name,
    /// The submission as it would be queued.
    Envelope,
}

impl Oversize {
    /// The word for a person.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Field => "field",
            Self::Name => "name",
            Self::Envelope => "submission",
        }
    }
}

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) to the field; a missing member's pointer is where it should be.
    pub pointer: String,
    /// What is wrong.
    pub problem: FieldProblem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldProblem {
    /// It is missing.
    Required,
    /// The form has no such field.
    Unexpected,
    /// Another JSON type is wanted.
    Type(String),
    /// It is not of this format (`email`, `date`, …).
    Format(String),
    /// Shorter than this many characters.
    MinLength(u64),
    /// Longer than this many characters.
    MaxLength(u64),
    /// Below this number.
    Minimum(String),
    /// Above this number.
    Maximum(String),
    /// None of the choices.
    Choice,
    /// It does not match the form's pattern.
    Pattern,
    /// A number that would change if it were stored.
    InexactNumber,
    /// It contains the character U+0000.
    NulCharacter,
    /// Any other rule of the schema, by its keyword.
    Rule(String),
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
            Self::Choice => "choice",
            Self::Pattern => "pattern",
            Self::InexactNumber => "inexact-number",
            Self::NulCharacter => "nul-character",
            Self::Rule(keyword) => keyword,
        }
    }

    /// One English sentence for a person. Pages in other languages write their own from the code.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Required => "This field is required.".into(),
            Self::Unexpected => "The form has no such field.".into(),
            Self::Type(wanted) => format!("This must be {wanted}."),
            Self::Format(format) => match format.as_str() {
                "email" => "Give an e-mail address, such as name@example.org.".into(),
                "uri" => "Give a web address, such as https://example.org/page.".into(),
                "date" => "Give a date, such as 2026-11-22.".into(),
                other => format!("This is not a valid {other}."),
            },
            Self::MinLength(1) => "This must not be empty.".into(),
            Self::MinLength(limit) => format!("This must have at least {limit} characters."),
            Self::MaxLength(limit) => format!("This must have at most {limit} characters."),
            Self::Minimum(limit) => format!("This must be {limit} or more."),
            Self::Maximum(limit) => format!("This must be {limit} or less."),
            Self::Choice => "This is none of the choices.".into(),
            Self::Pattern => "This does not have the form that is asked for.".into(),
            Self::InexactNumber => "This number has more digits than can be kept exactly.".into(),
            Self::NulCharacter => "This contains the character U+0000, which cannot be kept.".into(),
            Self::Rule(keyword) => format!("This breaks the form's rule \"{keyword}\"."),
        }
    }
}
