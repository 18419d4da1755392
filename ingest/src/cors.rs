//! Which pages may read an answer, and which may post. CORS is no access control: it keeps other people's
//! pages from using a visitor's browser against a form whose owner listed origins.

use counterfoil_core::Form;
use counterfoil_core::form::NO_ORIGIN;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, HOST, HeaderMap, HeaderName,
    HeaderValue, ORIGIN,
};
use http::request::Parts;
use http::{Response, StatusCode};

use crate::answer;
use crate::problem::Problem;

/// Longer texts are no origin: a scheme, the longest DNS name (253) and a port fit.
const MAX_ORIGIN: usize = 300;
/// Seconds a browser may remember a preflight: the longest that Chromium honours.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Where a request comes from, as its form sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The form takes any origin.
    Any,
    /// The form lists origins, and the request names none: no page of another site sends that.
    Unnamed,
    /// One that the form lists, or our own.
    Allowed(HeaderValue),
    /// Another one, none that can be read, or two.
    Foreign,
    /// `null`: a browser's word for a page that does not say where it is from, and the form does not list that.
    Hidden,
}

impl Caller {
    /// Who calls `form`.
    pub(crate) fn new(parts: &Parts, form: &Form) -> Self {
        if form.origins.is_empty() {
            return Self::Any;
        }
        let mut origins = parts.headers.get_all(ORIGIN).into_iter();
        match (origins.next(), origins.next()) {
            (None, _) => Self::Unnamed,
            (Some(origin), None) if is_allowed(origin, parts, form) => {
                Self::Allowed(origin.clone())
            }
            (Some(origin), None) if origin == NO_ORIGIN => Self::Hidden,
            (Some(_), _) => Self::Foreign,
        }
    }

    /// Why it may not post. `None`: it may.
    pub(crate) fn refusal(&self) -> Option<Problem> {
        match self {
            Self::Any | Self::Unnamed | Self::Allowed(_) => None,
            Self::Foreign => Some(Problem::OriginNotAllowed),
            Self::Hidden => Some(Problem::OriginHidden),
        }
    }

    /// Lets its script read a refusal, which says nothing of the form.
    pub(crate) fn may_read(&self, headers: &mut HeaderMap) {
        if self.refusal().is_some() {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
    }

    /// Narrows the answer's `Access-Control-Allow-Origin` to this caller.
    pub(crate) fn narrow(&self, headers: &mut HeaderMap) {
        match self {
            Self::Any => {}
            Self::Allowed(origin) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            }
            Self::Unnamed | Self::Foreign | Self::Hidden => {
                headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
            }
        }
    }
}

/// The one `Origin` of a request, if it could be one.
pub(crate) fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut origins = headers.get_all(ORIGIN).into_iter();
    let (first, None) = (origins.next()?, origins.next()) else {
        return None;
    };
    first.to_str().ok().filter(|text| text.len() <= MAX_ORIGIN)
}

/// The answer to a preflight: what a page may send here.
///
/// Whatever headers the page's own scripts add (those of monitoring, say) are allowed: a preflight is no protection, and the
/// browser would stop what the server takes.
pub(crate) fn preflight(parts: &Parts, allow: &'static str) -> Response<bytes::Bytes> {
    let mut response = answer::empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static(allow),
    );
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        allowed_headers(&parts.headers),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}

const OURS: &str = "Content-Type, Idempotency-Key, If-None-Match";

/// Our own headers, and those that the browser asks about.
fn allowed_headers(headers: &HeaderMap) -> HeaderValue {
    let asked = headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).into_iter();
    let asked = asked.filter_map(|value| value.to_str().ok());
    let is_new = |name: &&str| {
        let is_ours = OURS.split(", ").any(|own| own.eq_ignore_ascii_case(name));
        !is_ours && HeaderName::from_bytes(name.as_bytes()).is_ok()
    };
    let asked = asked.flat_map(|value| value.split(',')).map(str::trim);
    let asked = asked.filter(is_new).take(MAX_HEADERS);
    let all: Vec<&str> = [OURS].into_iter().chain(asked).collect();
    HeaderValue::try_from(all.join(", ")).unwrap_or(HeaderValue::from_static(OURS))
}

/// Names that a preflight may ask about: more than any page sends.
const MAX_HEADERS: usize = 64;

fn is_allowed(origin: &HeaderValue, parts: &Parts, form: &Form) -> bool {
    origin
        .to_str()
        .is_ok_and(|origin| form.allows_origin(origin) || is_own(origin, parts))
}

/// Is `origin` the host that was asked? The scheme is left aside: behind a proxy we do not know our own.
fn is_own(origin: &str, parts: &Parts) -> bool {
    let Some(asked) = host(parts) else {
        return false;
    };
    let (host, port) = match origin.split_once("://") {
        Some(("https", host)) => (host, ":443"),
        Some(("http", host)) => (host, ":80"),
        _ => return false,
    };
    // An origin leaves its scheme's own port out; a `Host` need not.
    let asked = asked.strip_suffix(port).unwrap_or(asked);
    !host.is_empty() && host.eq_ignore_ascii_case(asked)
}

fn host(parts: &Parts) -> Option<&str> {
    if let Some(authority) = parts.uri.authority() {
        return Some(authority.as_str());
    }
    let mut hosts = parts.headers.get_all(HOST).into_iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    }
}

#[cfg(test)]
#[path = "cors_tests.rs"]
mod tests;
