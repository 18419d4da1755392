//! The shapes of an answer: what every one carries, JSON, pages, and where a ticket is asked for.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Response, StatusCode};
use serde::Serialize;

/// An empty answer with the headers that every one carries. `cors` narrows the origin where a form asks for it.
pub(crate) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(12);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Location, Retry-After, ETag"),
    );
    headers.insert(VARY, HeaderValue::from_static("Origin, Accept"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An answer in JSON.
pub(crate) fn json(
    status: StatusCode,
    media_type: &'static str,
    body: &impl Serialize,
) -> Response<Bytes> {
    #[allow(
        clippy::expect_used,
        reason = "our bodies are structs of text and numbers: no map key that is no text, no I/O"
    )]
    let body = serde_json::to_vec(body).expect("text and numbers are JSON");
    let mut response = empty(status);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    *response.body_mut() = body.into();
    response
}

/// A page, and the content security policy it is shown under.
pub(crate) fn page(status: StatusCode, html: String, policy: &str) -> Response<Bytes> {
    let mut response = empty(status);
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    // `none` also when a policy cannot be written as a header: a page without style rather than one without policy.
    let policy =
        HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    // Not `no-referrer`: under it a browser posts with `Origin: null`, which a form with `origins` refuses.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    *response.body_mut() = html.into();
    response
}

/// Keeps a page from search engines: a ticket is its holder's own, and a refusal is no page that anybody looks for.
pub(crate) fn keep_from_search(headers: &mut http::HeaderMap) {
    headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
}

const ROBOTS: http::HeaderName = http::HeaderName::from_static("x-robots-tag");

/// The answer as `method` gets it: HEAD the same as GET, but for the body.
pub(crate) fn for_method(method: &Method, mut response: Response<Bytes>) -> Response<Bytes> {
    if method == Method::HEAD {
        let body = std::mem::take(response.body_mut());
        response
            .headers_mut()
            .insert(CONTENT_LENGTH, body.len().into());
    }
    response
}
