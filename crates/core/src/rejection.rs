//! The caller's mistakes about a submission, found before anything was accepted. (Those about a request, such as an
//! unknown form, are `ingest`'s.) Texts here are public: they name fields and limits, and never echo what was sent.

mod field;

pub use field::{FieldProblem, JsonType};

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
