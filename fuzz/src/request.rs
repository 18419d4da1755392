//! A whole request: its method, path, query and headers. Both homes give the same answer.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use serde_json::{Map, Value, json};

use super::posted;

/// Lines: method and target; headers; an empty line; the body.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    let Some(request) = parse(data) else { return };
    let event = event(&request);
    posted::with_homes(|homes| {
        let here = homes.one_machine(request);
        posted::holds(&here);
        let queued = homes.queued().len();
        assert_eq!(
            queued == 1,
            here.status == 202 || here.status == 303,
            "queued if and only if accepted"
        );
        let Some(event) = event else { return };
        let there = homes
            .aws(event.to_string().as_bytes())
            .expect("such an event can be read");
        posted::holds(&there);
        assert_eq!(homes.queued().len(), queued, "{here:?}\n{there:?}");
        assert_eq!(here.status, there.status, "{here:?}\n{there:?}");
        if !matches!(here.status, 200 | 202 | 303)
            && here.header("content-type") != "text/html; charset=utf-8"
        {
            // Else a ticket, an id or a key is in it, fresh each time.
            assert_eq!(here, there);
        }
    });
}

fn parse(data: &[u8]) -> Option<Request<Bytes>> {
    let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (data, &[][..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.next()?;
    let space = first.iter().position(|byte| *byte == b' ')?;
    let mut request = Request::new(Bytes::copy_from_slice(body));
    *request.method_mut() = Method::from_bytes(&first[..space]).ok()?;
    *request.uri_mut() = Uri::try_from(&first[space + 1..]).ok()?;
    for line in lines.take(100) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(line[..colon].trim_ascii());
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            request.headers_mut().append(name, value);
        }
    }
    Some(request)
}

/// That request as API Gateway says it; `None` where it would say it otherwise: a host in the target, no text, a name
/// twice (which becomes one line), a cookie.
fn event(request: &Request<Bytes>) -> Option<Value> {
    let headers = request.headers();
    let uri = request.uri();
    if uri.authority().is_some()
        || headers.len() != headers.keys_len()
        || headers.contains_key("cookie")
    {
        return None;
    }
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((
            name.as_str().to_owned(),
            Value::String(std::str::from_utf8(value.as_bytes()).ok()?.to_owned()),
        ))
    };
    let headers: Map<String, Value> = headers.iter().map(header).collect::<Option<_>>()?;
    Some(json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": uri.path(),
        "rawQueryString": uri.query().unwrap_or_default(),
        "headers": headers,
        "requestContext": {"http": {"method": request.method().as_str(), "path": uri.path()}},
        "body": std::str::from_utf8(request.body()).ok()?,
        "isBase64Encoded": false,
    }))
}
