//! Every refusal as RFC 9457 `application/problem+json`. Texts name fields and limits, and never repeat
//! what was sent.

mod body;
mod kind;

use std::borrow::Cow;

use bytes::Bytes;
use counterfoil_core::Rejection;
use counterfoil_core::rejection::{FieldError, Oversize};
use counterfoil_core::status::View;
use http::header::{ALLOW, HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use body::Body;
pub(crate) use body::MAX_ERRORS;
pub use kind::{ALL, ProblemKind};

use crate::MAX_BODY;
use crate::answer;

/// Seconds after which a refusal of ours is worth another try: a failed-over queue, a restarted server.
const TRY_AGAIN_AFTER: u32 = 2;

/// A refusal.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// Syntax, duplicate names, depth, count: the text says which, and repeats nothing of the request.
    Malformed(Cow<'static, str>),
    /// The key is no key, or two were given.
    BadIdempotencyKey(Cow<'static, str>),
    /// The form lists origins, and this is none of them.
    OriginNotAllowed,
    /// The form lists origins, and the browser does not say of which one the page is.
    OriginHidden,
    /// The form's definition says that it takes no posts.
    FormClosed,
    /// No such form here.
    UnknownForm,
    /// No ticket of ours: malformed, forged and unknown look alike.
    UnknownTicket,
    /// Nothing at this path.
    NotFound,
    /// The path answers other methods.
    MethodNotAllowed {
        /// For the header `Allow`.
        allow: &'static str,
    },
    /// The request did not arrive in time.
    RequestTimeout,
    /// The body has more than [`MAX_BODY`] bytes.
    BodyTooLarge,
    /// Another size limit.
    TooLarge {
        /// What was too large.
        what: Oversize,
        /// The most that is accepted, in bytes.
        limit: usize,
    },
    /// The request's headers are too large or too many.
    HeadersTooLarge,
    /// The content's type, character set or encoding is none that is read.
    UnsupportedMediaType(&'static str),
    /// The request came past what stands in front of the server.
    WrongAddress,
    /// The fields do not fit the form's schema.
    InvalidFields(Vec<FieldError>),
    /// The caller is too fast.
    TooManyRequests {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// The queue or the ledger did not answer well.
    Unavailable,
    /// The server is about to stop.
    ShuttingDown,
    /// Who asks whether the server takes posts is told why it does not.
    NotReady(&'static str),
    /// The ticket's submission is erased, expired or unresolved.
    Gone(Box<View>),
}

impl Problem {
    /// Which type of problem it is.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        match self {
            Self::Malformed(_) => kind::MALFORMED,
            Self::BadIdempotencyKey(_) => kind::BAD_IDEMPOTENCY_KEY,
            Self::OriginNotAllowed | Self::OriginHidden => kind::ORIGIN_NOT_ALLOWED,
            Self::FormClosed => kind::FORM_CLOSED,
            Self::UnknownForm => kind::UNKNOWN_FORM,
            Self::UnknownTicket => kind::UNKNOWN_TICKET,
            Self::NotFound => kind::NOT_FOUND,
            Self::MethodNotAllowed { .. } => kind::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => kind::REQUEST_TIMEOUT,
            Self::BodyTooLarge | Self::TooLarge { .. } => kind::TOO_LARGE,
            Self::HeadersTooLarge => kind::HEADERS_TOO_LARGE,
            Self::UnsupportedMediaType(_) => kind::UNSUPPORTED_MEDIA_TYPE,
            Self::WrongAddress => kind::WRONG_ADDRESS,
            Self::InvalidFields(_) => kind::INVALID_FIELDS,
            Self::TooManyRequests { .. } => kind::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::ShuttingDown | Self::NotReady(_) => kind::UNAVAILABLE,
            Self::Gone(_) => kind::GONE,
        }
    }

    /// The answer's status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.kind().status
    }

    /// What happened and what helps, for a person.
    #[must_use]
    pub fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Malformed(what) | Self::BadIdempotencyKey(what) => what.clone(),
            Self::UnsupportedMediaType(what) | Self::NotReady(what) => Cow::Borrowed(what),
            Self::OriginNotAllowed => {
                "The form takes posts from certain websites only, and this is none of them.".into()
            }
            Self::OriginHidden => {
                "The form takes posts from certain websites only, and the browser sent \"Origin: null\": the page hides where \
                 it is from. Usually its referrer policy is no-referrer (strict-origin-when-cross-origin works), or it is \
                 in a sandbox or a file. The form's owner may also list \"null\"."
                    .into()
            }
            Self::FormClosed => {
                "This form takes no submissions at present. Nothing was accepted; tickets go on working.".into()
            }
            Self::UnknownForm => "No form has this address. Nothing was accepted.".into(),
            Self::UnknownTicket => "This is no ticket of ours. Check that it was copied whole.".into(),
            Self::NotFound => "The server has no such page.".into(),
            Self::MethodNotAllowed { allow } => format!("Methods that are answered here: {allow}.").into(),
            Self::RequestTimeout => "The request did not arrive in time. Send it again.".into(),
            Self::BodyTooLarge => oversize(Oversize::Body, MAX_BODY),
            Self::TooLarge { what, limit } => oversize(*what, *limit),
            Self::HeadersTooLarge => "Send fewer or shorter headers.".into(),
            Self::WrongAddress => {
                "Requests are answered at the public address alone, and this one did not come from there. Nothing was \
                 accepted."
                    .into()
            }
            Self::InvalidFields(errors) => format!("Fields to correct: {}.", errors.len()).into(),
            Self::TooManyRequests { retry_after } => format!("Try again in {retry_after} seconds.").into(),
            Self::Unavailable => "It could not be processed just now. Please send it again in a moment.".into(),
            Self::ShuttingDown => "The server is restarting. Please send it again in a moment.".into(),
            Self::Gone(view) => format!("Its state is {}.", view.state.as_str()).into(),
        }
    }

    /// The refusal as `application/problem+json`, in English.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        self.response_in("en")
    }

    /// As above, with its texts for people in a form's language.
    pub(crate) fn response_in(&self, language: &str) -> Response<Bytes> {
        let mut response = answer::json(
            self.status(),
            "application/problem+json",
            &Body::new(self, language),
        );
        self.add_headers(response.headers_mut());
        response
    }

    /// Adds the headers that this refusal has in whatever shape it is sent: `Allow`, `Retry-After`.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        let extra = self.extra();
        headers.extend(
            extra
                .allow
                .map(|allow| (ALLOW, HeaderValue::from_static(allow))),
        );
        headers.extend(
            extra
                .retry_after
                .map(|seconds| (RETRY_AFTER, seconds.into())),
        );
    }

    fn extra(&self) -> Extra<'_> {
        let none = Extra::default();
        match self {
            Self::MethodNotAllowed { allow } => Extra {
                allow: Some(allow),
                ..none
            },
            Self::BodyTooLarge => Extra {
                size: Some((Oversize::Body, MAX_BODY)),
                ..none
            },
            Self::TooLarge { what, limit } => Extra {
                size: Some((*what, *limit)),
                ..none
            },
            Self::InvalidFields(errors) => Extra { errors, ..none },
            Self::TooManyRequests { retry_after } => Extra {
                retry_after: Some(*retry_after),
                ..none
            },
            Self::Unavailable | Self::ShuttingDown | Self::NotReady(_) => Extra {
                retry_after: Some(TRY_AGAIN_AFTER),
                ..none
            },
            Self::Gone(view) => Extra {
                view: Some(view),
                ..none
            },
            Self::Malformed(_)
            | Self::BadIdempotencyKey(_)
            | Self::OriginNotAllowed
            | Self::OriginHidden
            | Self::FormClosed
            | Self::UnknownForm
            | Self::UnknownTicket
            | Self::NotFound
            | Self::RequestTimeout
            | Self::HeadersTooLarge
            | Self::WrongAddress
            | Self::UnsupportedMediaType(_) => none,
        }
    }
}

/// What some problems say besides type, title, status and detail.
#[derive(Default)]
struct Extra<'a> {
    allow: Option<&'static str>,
    retry_after: Option<u32>,
    size: Option<(Oversize, usize)>,
    errors: &'a [FieldError],
    view: Option<&'a View>,
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Malformed(what) => Self::Malformed(sentence(&what).into()),
            Rejection::BadIdempotencyKey(what) => Self::BadIdempotencyKey(sentence(what).into()),
            Rejection::TooLarge { what, limit } => Self::TooLarge { what, limit },
            Rejection::Invalid(errors) => Self::InvalidFields(errors),
        }
    }
}

fn oversize(what: Oversize, limit: usize) -> Cow<'static, str> {
    format!(
        "At most {limit} bytes are accepted for the {}.",
        what.as_str()
    )
    .into()
}

/// `core` writes fragments ("the body is not UTF-8"): here they stand alone.
fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(chars)
        .chain(['.'])
        .collect()
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
