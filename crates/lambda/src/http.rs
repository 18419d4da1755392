//! HTTP events (API Gateway's HTTP APIs, function URLs: payload 2.0) to requests with their body collected, and such
//! answers back. What is in neither is the functions' business.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use counterfoil_core::FormId;
use counterfoil_core::status::TicketState;
use futures_util::FutureExt;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::request::LambdaRequest;
use lambda_runtime::{Error, LambdaEvent, service_fn};

use crate::edge::Edge;
use crate::metrics::{Meter, Metric, Tally};

/// The answers to what never becomes an answer of the function's own.
#[derive(Clone, Copy)]
pub struct Refusals {
    /// To an event that is no request.
    pub unreadable: fn() -> Response<Bytes>,
    /// To a request that came past the edge.
    pub past_edge: fn(&Parts) -> Response<Bytes>,
    /// To a request that the function panicked on.
    pub panicked: fn() -> Response<Bytes>,
}

/// What stands between Lambda and a function.
pub struct Door {
    /// Whom it lets in.
    pub edge: Edge,
    /// What it answers itself.
    pub refusals: Refusals,
    /// Where it counts what goes wrong.
    pub meter: Meter,
}

/// Answers the requests that the door lets in by `handle`, until Lambda ends the process. A panic costs its own request only.
///
/// Of an answer it counts whether we are at fault, and whether its [`TicketState`], put among its extensions by the function,
/// is `unresolved`. A [`FormId`] there says of which form.
pub async fn run<F, R>(handle: F, door: Door) -> Result<(), Error>
where
    F: Fn(Request<Bytes>) -> R,
    R: Future<Output = Response<Bytes>>,
{
    let (handle, door) = (&handle, &door);
    let serve = |event: LambdaEvent<LambdaRequest>| async move {
        Ok::<_, Error>(encode(Box::pin(answer(event.payload, handle, door)).await))
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Answers one event as [`run`] does, both as the bytes that Lambda sees: what a test or a fuzzer asks in place of
/// Lambda. `Err`: Lambda would be told that the invocation failed.
pub async fn answer_bytes<F, R>(
    event: &[u8],
    handle: &F,
    door: &Door,
) -> Result<Vec<u8>, serde_json::Error>
where
    F: Fn(Request<Bytes>) -> R,
    R: Future<Output = Response<Bytes>>,
{
    let event = serde_json::from_slice(event)?;
    serde_json::to_vec(&encode(Box::pin(answer(event, handle, door)).await))
}

async fn answer<F, R>(event: LambdaRequest, handle: &F, door: &Door) -> Response<Bytes>
where
    F: Fn(Request<Bytes>) -> R,
    R: Future<Output = Response<Bytes>>,
{
    let response = admitted(event, handle, door).await;
    door.meter.tell(&tally(&response));
    response
}

fn tally(response: &Response<Bytes>) -> Tally {
    let (mut tally, form) = (Tally::default(), response.extensions().get::<FormId>());
    if response.status().is_server_error() {
        tally.count(Metric::Answers5xx, form);
    }
    if response.extensions().get() == Some(&TicketState::Unresolved) {
        tally.count(Metric::Unresolved, form);
    }
    tally
}

async fn admitted<F, R>(event: LambdaRequest, handle: &F, door: &Door) -> Response<Bytes>
where
    F: Fn(Request<Bytes>) -> R,
    R: Future<Output = Response<Bytes>>,
{
    let Door {
        edge,
        refusals,
        meter: _,
    } = door;
    let Some(request) = decode(event) else {
        return (refusals.unreadable)();
    };
    let request = match edge.admit(request) {
        Ok(request) => request,
        Err(parts) => return (refusals.past_edge)(&parts),
    };
    let answered = AssertUnwindSafe(async { handle(request).await })
        .catch_unwind()
        .await;
    answered.unwrap_or_else(|_| (refusals.panicked)())
}

/// The request as it came; `None` when it is none.
///
/// Not by `lambda_http`'s own conversion: that one panics on a host or a query that is none, and normalises the path,
/// so that one which was not sent would be answered.
fn decode(event: LambdaRequest) -> Option<Request<Bytes>> {
    let LambdaRequest::ApiGatewayV2(event) = event else {
        return None;
    };
    let path = event.raw_path?;
    let query = event.raw_query_string.filter(|query| !query.is_empty());
    let body = event.body.unwrap_or_default();
    let body = if event.is_base64_encoded {
        STANDARD.decode(body).ok()?.into()
    } else {
        Bytes::from(body)
    };
    let mut request = Request::new(body);
    // Told by API Gateway, of the connection itself; of what headers say, only `Edge` believes any.
    let address = event
        .request_context
        .http
        .source_ip
        .and_then(|address| address.parse::<IpAddr>().ok());
    if let Some(address) = address {
        request.extensions_mut().insert(address);
    }
    *request.method_mut() = event.request_context.http.method;
    *request.uri_mut() = query
        .map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
        .parse()
        .ok()?;
    *request.headers_mut() = event.headers;
    let cookies = event
        .cookies
        .and_then(|cookies| HeaderValue::from_str(&cookies.join("; ")).ok());
    request
        .headers_mut()
        .extend(cookies.map(|cookies| (COOKIE, cookies)));
    Some(request)
}

/// Always as text: nothing we answer is anything else.
fn encode(response: Response<Bytes>) -> ApiGatewayV2httpResponse {
    let (parts, body) = response.into_parts();
    let mut event = ApiGatewayV2httpResponse::default();
    event.status_code = i64::from(parts.status.as_u16());
    event.headers = combined(&parts.headers);
    event.body = Some(Body::Text(String::from_utf8_lossy(&body).into_owned()));
    event
}

/// One line for each name: the event has no place for a second, and would lose it.
fn combined(headers: &HeaderMap) -> HeaderMap {
    let value = |name| {
        let values: Vec<&[u8]> = headers
            .get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        HeaderValue::from_bytes(&values.join(b", ".as_slice())).ok()
    };
    headers
        .keys()
        .filter_map(|name| Some((name.clone(), value(name)?)))
        .collect()
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
