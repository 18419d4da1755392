//! What the console answers with: pages, redirects, its two files; and the headers that every answer has.

use crate::pages::{Frame, POLICY, SCRIPT, STYLE, message_page, refused_page};
use bytes::Bytes;
use counterfoil_core::{ContentHash, Fault};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    LOCATION, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Method, Response, StatusCode};

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// There is nothing at this address.
    Nowhere(&'static str),
    /// Not by this method.
    Method(&'static str),
    /// It was not understood, or cannot be done.
    Not(String),
    /// It did not come from a page of ours.
    Forbidden(&'static str),
    /// Not at this moment.
    Busy(&'static str),
    /// The home does not answer.
    Fault(Fault),
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A page about it.
pub(crate) fn message(frame: &Frame<'_>, trouble: &Trouble) -> Response<Bytes> {
    let (status, title, detail) = match trouble {
        Trouble::Nowhere(detail) => (StatusCode::NOT_FOUND, "Not there", (*detail).to_owned()),
        Trouble::Method(allowed) => (
            StatusCode::METHOD_NOT_ALLOWED,
            "Not like that",
            format!("This address takes {allowed}."),
        ),
        Trouble::Not(detail) => (StatusCode::BAD_REQUEST, "Not done", detail.clone()),
        Trouble::Forbidden(detail) => (StatusCode::FORBIDDEN, "Not done", (*detail).to_owned()),
        Trouble::Busy(detail) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Not now",
            (*detail).to_owned(),
        ),
        Trouble::Fault(fault) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The home does not answer",
            format!(
                "{fault}. What was asked for may have been done in part: look before you ask again."
            ),
        ),
    };
    let mut response = page(message_page(frame, title, &detail));
    *response.status_mut() = status;
    if let Trouble::Method(allowed) = trouble {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static(allowed));
    }
    response
}

/// A page for whom the console does not know.
pub(crate) fn refused(
    status: StatusCode,
    title: &str,
    detail: &str,
    asks: bool,
) -> Response<Bytes> {
    let mut response = page(refused_page(title, detail, asks));
    *response.status_mut() = status;
    response
}

pub(crate) fn page(html: String) -> Response<Bytes> {
    typed("text/html; charset=utf-8", html.into())
}

pub(crate) fn json(value: &serde_json::Value) -> Response<Bytes> {
    typed("application/json", value.to_string().into())
}

/// A part of a page, unless the browser has it already: `known` is the tag of what it has.
pub(crate) fn fragment(html: String, known: Option<&str>) -> Response<Bytes> {
    let tag = format!("\"{}\"", ContentHash::digest(html.as_bytes()));
    let mut response = if known == Some(tag.as_str()) {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        page(html)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

fn typed(content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Go and look there.
pub(crate) fn redirect(address: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // Every address of ours is ASCII; one that is not leads home.
    let location = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

/// A session begins, and the token leaves the address.
pub(crate) fn opened(cookie: &str) -> Response<Bytes> {
    let mut response = redirect("/");
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
        .headers_mut()
        .insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// The look and the script: they say nothing of anybody, and a page that refuses needs them too.
pub(crate) fn file(method: &Method, path: &str) -> Option<Response<Bytes>> {
    let (content_type, text) = match path {
        "/console.css" => ("text/css; charset=utf-8", STYLE),
        "/console.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return None,
    };
    matches!(*method, Method::GET | Method::HEAD)
        .then(|| typed(content_type, Bytes::from_static(text.as_bytes())))
}

/// What every answer says to the browser.
pub(crate) fn dressed<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Not `no-referrer`: with that a browser hides the origin of our own forms, too.
    headers
        .entry(REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    response
}
