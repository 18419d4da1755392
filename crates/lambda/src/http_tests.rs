//! HTTP events as Lambda gives them, and hostile ones, to requests; answers to events.

use std::sync::{Arc, Mutex};

use counterfoil_testkit::ManualClock;
use futures_util::FutureExt;
use http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::Settings;
use crate::metrics::Function;

const JSON: &str = include_str!("../fixtures/http-api-json.json");
const BASE64: &str = include_str!("../fixtures/function-url-base64.json");
const GET: &str = include_str!("../fixtures/function-url-get.json");

const REFUSALS: Refusals = Refusals {
    unreadable: || plain(400),
    past_edge: |_| plain(421),
    panicked: || plain(503),
};

fn plain(status: u16) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .body(Bytes::new())
        .unwrap()
}

/// A door that lets in whom this edge does, and what it counts.
fn door(edge: Edge) -> (Door, Arc<Mutex<Vec<Value>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let meter = Meter::new(
        &Settings::new(|_| None),
        Function::Status,
        ManualClock::new(),
    );
    let meter = meter.by(move |line| {
        kept.lock()
            .unwrap()
            .push(serde_json::from_str(line).unwrap())
    });
    (
        Door {
            edge,
            refusals: REFUSALS,
            meter,
        },
        lines,
    )
}

fn event(text: &str) -> LambdaRequest {
    serde_json::from_str(text).unwrap()
}

fn request(text: &str) -> Request<Bytes> {
    decode(event(text)).unwrap()
}

#[test]
fn a_json_post_through_an_http_api_arrives_as_it_was_sent() {
    let request = request(JSON);
    assert_eq!(request.method(), "POST");
    let address = request
        .extensions()
        .get::<IpAddr>()
        .map(ToString::to_string);
    assert_eq!(
        address.as_deref(),
        Some("192.0.2.1"),
        "whoever API Gateway was called by"
    );
    assert_eq!(request.uri(), "/forms/contact?a=1&a=%3Cb%3E");
    assert_eq!(request.headers()["origin"], "https://example.org");
    assert_eq!(request.headers()["accept"], "application/json, text/html");
    assert!(
        std::str::from_utf8(request.body())
            .unwrap()
            .contains("\"é\"")
    );
}

#[test]
fn a_binary_body_through_a_function_url_arrives_byte_for_byte() {
    let request = request(BASE64);
    assert_eq!(&request.body()[..5], b"--b\r\n");
    assert!(request.body().windows(2).any(|pair| pair == [0xff, 0xfe]));
    assert_eq!(request.headers()["cookie"], "theme=dark; lang=de");
    assert_eq!(
        request.headers()["idempotency-key"],
        "k-1,k-2",
        "two headers of a name are one line with a comma"
    );
}

#[test]
fn a_path_is_not_normalised_and_a_request_without_a_body_has_an_empty_one() {
    let request = request(GET);
    assert_eq!(
        (request.method().as_str(), request.uri().path()),
        ("GET", "/forms//contact/../x")
    );
    assert!(request.body().is_empty());
}

#[test]
fn a_hostile_event_is_refused_and_ends_nothing() {
    let (door, _) = door(Edge::default());
    let answered = |text: &str| {
        let handled = answer(event(text), &|_| async { plain(200) }, &door);
        handled.now_or_never().unwrap().status().as_u16()
    };
    assert_eq!(answered(GET), 200);
    let with = |from: &str, to: &str| {
        assert!(GET.contains(from), "{from}");
        GET.replace(from, to)
    };
    assert_eq!(
        answered(&with(
            "\"rawQueryString\": \"\"",
            "\"rawQueryString\": \"a=<b> c\""
        )),
        400
    );
    assert_eq!(
        answered(&with("\"host\": \"id.", "\"host\": \"a b|\\\\c.")),
        200,
        "no host is read"
    );
    assert_eq!(answered(&with("\"https\"", "\"no scheme\"")), 200);
    assert_eq!(
        answered(&with(
            "\"rawPath\": \"/forms//contact/../x\"",
            "\"rawPath\": \"/forms/a b\""
        )),
        400
    );
    assert_eq!(
        answered(&BASE64.replace("\"body\": \"", "\"body\": \"*")),
        400
    );
}

#[test]
fn only_what_came_through_the_edge_is_handled() {
    let (door, _) = door(Edge::knowing("EdgeSecretEdgeSecretEdgeSecret01", true).unwrap());
    let answered = |text: &str| {
        let viewer = |request: Request<Bytes>| async move {
            assert_eq!(
                request.extensions().get::<IpAddr>().unwrap().to_string(),
                "198.51.100.7"
            );
            assert_eq!(request.headers()["host"], "forms.example.org");
            plain(200)
        };
        answer(event(text), &viewer, &door)
            .now_or_never()
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(answered(GET), 421);
    let said = "\"x-forwarded-proto\": \"https\", \"counterfoil-edge-viewer\": \"198.51.100.7\", \
                \"counterfoil-edge-host\": \"forms.example.org\", \"counterfoil-edge\": ";
    let with = |secret: &str| {
        GET.replace(
            "\"x-forwarded-proto\": \"https\"",
            &format!("{said}\"{secret}\""),
        )
    };
    assert_eq!(answered(&with("EdgeSecretEdgeSecretEdgeSecret01")), 200);
    assert_eq!(answered(&with("EdgeSecretEdgeSecretEdgeSecret02")), 421);
}

#[test]
fn a_panic_costs_its_own_request() {
    let panics = |_: Request<Bytes>| async { panic!("on order") };
    let (door, lines) = door(Edge::default());
    let answered = answer(event(GET), &panics, &door).now_or_never().unwrap();
    assert_eq!(answered.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        lines.lock().unwrap()[0]["Answers5xx"],
        1,
        "and it is counted"
    );
}

#[test]
fn what_goes_wrong_is_counted_and_nothing_else_is() {
    let form = FormId::parse("contact").unwrap();
    let counted = |status: u16, state: TicketState| {
        let (door, lines) = door(Edge::default());
        let handle = |_| {
            let mut response = plain(status);
            response.extensions_mut().insert(form.clone());
            response.extensions_mut().insert(state);
            async { response }
        };
        answer(event(GET), &handle, &door).now_or_never().unwrap();
        let lines = lines.lock().unwrap().clone();
        assert!(lines.len() < 2, "one line for an invocation");
        let counts = |line: &Value| {
            ["Answers5xx", "Unresolved"].map(|name| line[name].as_u64().unwrap_or(0))
        };
        lines
            .first()
            .map(|line| (counts(line), line["forms"].clone()))
    };
    for status in [200, 202, 303, 304, 404, 410, 413, 421, 422, 429] {
        assert_eq!(counted(status, TicketState::Expired), None, "{status}");
    }
    for status in [500, 502, 503] {
        assert_eq!(
            counted(status, TicketState::Queued),
            Some(([1, 0], json!(["contact"]))),
            "{status}"
        );
    }
    assert_eq!(
        counted(410, TicketState::Unresolved),
        Some(([0, 1], json!(["contact"])))
    );
    assert_eq!(
        counted(503, TicketState::Unresolved),
        Some(([1, 1], json!(["contact"])))
    );
}

#[test]
fn an_answer_is_text_and_loses_no_header() {
    let response = Response::builder()
        .status(422)
        .header("vary", "Origin")
        .header("vary", "Accept");
    let response = response
        .header("content-type", "application/problem+json")
        .body(Bytes::from("{\"é\":1}"))
        .unwrap();
    let event: Value = serde_json::to_value(encode(response)).unwrap();
    assert_eq!(event["statusCode"], 422);
    assert_eq!(
        event["headers"],
        json!({"vary": "Origin, Accept", "content-type": "application/problem+json"})
    );
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("{\"é\":1}"), &json!(false))
    );
}
