//! The table of problem types: name, status, title. `docs/problems/{name}.md` explains each.

use http::StatusCode;

/// One type of problem. Its name never changes: clients branch on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// The last part of its URN, and the name of its page.
    pub name: &'static str,
    /// The answer's status.
    pub status: StatusCode,
    /// A few words, the same each time.
    pub title: &'static str,
}

impl ProblemKind {
    /// The `type` of the answer.
    #[must_use]
    pub fn urn(&self) -> String {
        format!("urn:counterfoil:problem:{}", self.name)
    }
}

const fn kind(name: &'static str, status: StatusCode, title: &'static str) -> ProblemKind {
    ProblemKind {
        name,
        status,
        title,
    }
}

pub(super) const MALFORMED: ProblemKind = kind(
    "malformed",
    StatusCode::BAD_REQUEST,
    "The request could not be read",
);
pub(super) const BAD_IDEMPOTENCY_KEY: ProblemKind = kind(
    "bad-idempotency-key",
    StatusCode::BAD_REQUEST,
    "The idempotency key cannot be used",
);
pub(super) const ORIGIN_NOT_ALLOWED: ProblemKind = kind(
    "origin-not-allowed",
    StatusCode::FORBIDDEN,
    "This website may not post to the form",
);
pub(super) const FORM_CLOSED: ProblemKind =
    kind("form-closed", StatusCode::FORBIDDEN, "This form is closed");
pub(super) const UNKNOWN_FORM: ProblemKind = kind(
    "unknown-form",
    StatusCode::NOT_FOUND,
    "There is no such form",
);
pub(super) const UNKNOWN_TICKET: ProblemKind = kind(
    "unknown-ticket",
    StatusCode::NOT_FOUND,
    "There is no such ticket",
);
pub(super) const NOT_FOUND: ProblemKind =
    kind("not-found", StatusCode::NOT_FOUND, "There is nothing here");
pub(super) const METHOD_NOT_ALLOWED: ProblemKind = kind(
    "method-not-allowed",
    StatusCode::METHOD_NOT_ALLOWED,
    "This method is not answered here",
);
pub(super) const REQUEST_TIMEOUT: ProblemKind = kind(
    "request-timeout",
    StatusCode::REQUEST_TIMEOUT,
    "The request came too slowly",
);
pub(super) const TOO_LARGE: ProblemKind = kind(
    "too-large",
    StatusCode::PAYLOAD_TOO_LARGE,
    "The submission is too large",
);
pub(super) const HEADERS_TOO_LARGE: ProblemKind = kind(
    "headers-too-large",
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    "The request's headers are too large",
);
pub(super) const UNSUPPORTED_MEDIA_TYPE: ProblemKind = kind(
    "unsupported-media-type",
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "This type of content is not accepted",
);
pub(super) const WRONG_ADDRESS: ProblemKind = kind(
    "wrong-address",
    StatusCode::MISDIRECTED_REQUEST,
    "This is not the public address",
);
pub(super) const INVALID_FIELDS: ProblemKind = kind(
    "invalid-fields",
    StatusCode::UNPROCESSABLE_ENTITY,
    "Some fields need another look",
);
pub(super) const TOO_MANY_REQUESTS: ProblemKind = kind(
    "too-many-requests",
    StatusCode::TOO_MANY_REQUESTS,
    "Too many requests",
);
pub(super) const UNAVAILABLE: ProblemKind = kind(
    "unavailable",
    StatusCode::SERVICE_UNAVAILABLE,
    "Not available just now",
);
pub(super) const GONE: ProblemKind =
    kind("gone", StatusCode::GONE, "The submission is no longer here");

/// Every type of problem.
pub const ALL: &[ProblemKind] = &[
    MALFORMED,
    BAD_IDEMPOTENCY_KEY,
    ORIGIN_NOT_ALLOWED,
    FORM_CLOSED,
    UNKNOWN_FORM,
    UNKNOWN_TICKET,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    REQUEST_TIMEOUT,
    TOO_LARGE,
    HEADERS_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    WRONG_ADDRESS,
    INVALID_FIELDS,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    GONE,
];
