//! A case of the corpus as each home is asked it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use counterfoil_testkit::corpus::Case;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use serde_json::{Value, json};

/// As `serve` hands it to the functions.
pub fn request(case: &Case) -> Request<Bytes> {
    let mut request = Request::new(case.body.clone().into());
    *request.method_mut() = Method::from_bytes(case.method.as_bytes()).unwrap();
    *request.uri_mut() =
        Uri::try_from(&case.path).unwrap_or_else(|error| panic!("{}: {error}", case.why));
    for (name, value) in &case.headers {
        let value =
            HeaderValue::from_bytes(value).unwrap_or_else(|error| panic!("{}: {error}", case.why));
        request
            .headers_mut()
            .append(HeaderName::from_static(name), value);
    }
    request
}

/// As API Gateway says it: names once, and what is no text in base64.
pub fn event(case: &Case) -> Vec<u8> {
    let mut headers = BTreeMap::<&str, String>::new();
    for (name, value) in &case.headers {
        // What is no UTF-8 is read as Latin-1.
        let text = String::from_utf8(value.clone())
            .unwrap_or_else(|_| value.iter().map(|byte| char::from(*byte)).collect());
        headers
            .entry(name)
            .and_modify(|line| *line = format!("{line},{text}"))
            .or_insert(text);
    }
    let (body, is_base64) = match std::str::from_utf8(&case.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(&case.body), true),
    };
    event_of(
        case.method,
        &case.path,
        &json!(headers),
        &json!(body),
        is_base64,
    )
}

/// An event.
pub fn event_of(
    method: &str,
    path: &str,
    headers: &Value,
    body: &Value,
    is_base64: bool,
) -> Vec<u8> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"},
            "stage": "$default",
            "timeEpoch": 1_795_385_651_000_i64,
        },
        "body": body,
        "isBase64Encoded": is_base64,
    });
    event.to_string().into_bytes()
}
