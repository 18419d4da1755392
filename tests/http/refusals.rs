//! What is refused, and that it says why to a program.

use serde_json::{Value, json};

use super::home::{Home, Oddity};
use super::{GOOD_PAIRS, Headers, JSON, MULTIPART, URLENCODED, post, with};
use crate::client::Answer;

/// Every refusal has these, and repeats nothing of the request.
fn assert_refused(answer: &Answer, status: u16, name: &str) -> Value {
    answer.assert_problem(status, name);
    let body = answer.json();
    assert_eq!(body["status"], status);
    assert!(
        ["title", "detail"]
            .iter()
            .all(|member| body[member].as_str().is_some_and(|text| !text.is_empty()))
    );
    assert!(!answer.body.contains("canary"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    body
}

#[test]
fn a_body_that_can_be_read_in_no_way_or_in_two_is_malformed() {
    let Some(home) = crate::home() else { return };
    let good = with(json!({"message": "canary"})).to_string();
    let member = |text: &str| good.replacen('{', &format!("{{{text},"), 1);
    let many = (0..201)
        .map(|n| format!("\"f{n}\":1"))
        .collect::<Vec<_>>()
        .join(",");
    let pairs = (0..201)
        .map(|n| format!("f{n}=canary&"))
        .collect::<String>();
    let cases = [
        (JSON, String::new()),
        (JSON, "{canary".into()),
        (JSON, "[]".into()),
        (JSON, "\"canary\"".into()),
        (JSON, format!("{good} {good}")),
        // Twice, however it is written.
        (JSON, member("\"name\":\"canary\"")),
        (JSON, member("\"n\\u0061me\":\"canary\"")),
        // Too deep, too many.
        (
            JSON,
            member(&format!("\"a\":{}{}", "[".repeat(16), "]".repeat(16))),
        ),
        (
            JSON,
            member(&format!(
                "\"a\":{}{}",
                "[".repeat(100_000),
                "]".repeat(100_000)
            )),
        ),
        (JSON, format!("{{{many}}}")),
        (JSON, GOOD_PAIRS.into()),
        (URLENCODED, format!("{GOOD_PAIRS}&a=%f")),
        (URLENCODED, "=canary".into()),
        (URLENCODED, pairs),
        (MULTIPART, "--b\r\ncanary".into()),
        (MULTIPART, String::new()),
        ("multipart/form-data", "--b--".into()),
    ];
    for (content_type, body) in cases {
        assert_refused(
            &post(&home, "contact", &[("content-type", content_type)], body),
            400,
            "malformed",
        );
    }
}

#[test]
fn bytes_that_are_no_utf8_are_refused() {
    let Some(home) = crate::home() else { return };
    let broken = b"{\"name\":\"canary \xc3\x28\"}";
    let answer = post(&home, "contact", &[("content-type", JSON)], broken);
    if home.has(Oddity::TextIsDecoded) {
        assert_refused(&answer, 422, "invalid-fields");
    } else {
        assert_refused(&answer, 400, "malformed");
    }
    assert_refused(
        &post(
            &home,
            "contact",
            &[("content-type", URLENCODED)],
            "name=canary%ff",
        ),
        400,
        "malformed",
    );
}

#[test]
fn what_the_schema_does_not_take_is_named_with_every_place() {
    let Some(home) = crate::home() else { return };
    let all: &[&str] = &["/email", "/message", "/name"];
    let cases: [(Value, &[&str]); 7] = [
        (json!({}), all),
        (json!({"name": "canary"}), &["/email", "/message"]),
        (with(json!({"email": "canary"})), &["/email"]),
        (json!({"name": 1, "email": [], "message": {}}), all),
        (
            with(json!({"name": "   ", "message": "x".repeat(10_001)})),
            &["/message", "/name"],
        ),
        (
            with(json!({"a/b~c": "canary", "extra": 1})),
            &["/a~1b~0c", "/extra"],
        ),
        (with(json!({"name": "canary\u{0}"})), &["/name"]),
    ];
    for (body, expected) in cases {
        let answer = post(
            &home,
            "contact",
            &[("content-type", JSON)],
            body.to_string(),
        );
        let problem = assert_refused(&answer, 422, "invalid-fields");
        let errors = problem["errors"].as_array().unwrap();
        assert!(
            errors
                .iter()
                .all(|error| error["code"].is_string() && error["detail"].is_string()),
            "{problem}"
        );
        let mut pointers: Vec<_> = errors
            .iter()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect();
        pointers.sort_unstable();
        assert_eq!(pointers, expected, "{problem}");
    }
    let pairs = post(
        &home,
        "contact",
        &[("content-type", URLENCODED)],
        "email=nobody",
    );
    assert_eq!(
        assert_refused(&pairs, 422, "invalid-fields")["errors"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn more_mistakes_than_anybody_reads_are_counted() {
    let Some(home) = crate::home() else { return };
    let unknown = (0..150).map(|n| (format!("f{n}"), json!(1))).collect();
    let answer = post(
        &home,
        "contact",
        &[("content-type", JSON)],
        with(Value::Object(unknown)).to_string(),
    );
    let problem = assert_refused(&answer, 422, "invalid-fields");
    assert_eq!(
        (
            problem["errors"].as_array().unwrap().len(),
            &problem["more_errors"]
        ),
        (100, &json!(50))
    );
    assert_eq!(problem["detail"], "Fields to correct: 150.");
}

#[test]
fn what_is_no_form_post_is_an_unsupported_media_type() {
    let Some(home) = crate::home() else { return };
    let cases: [Headers; 9] = [
        &[],
        &[("content-type", "text/html")],
        &[("content-type", "application/json;charset=utf-16")],
        &[(
            "content-type",
            "application/x-www-form-urlencoded; charset=iso-8859-1",
        )],
        &[("content-type", "multipart/mixed; boundary=b")],
        &[("content-type", JSON), ("content-type", JSON)],
        &[("content-type", "application/json, text/plain")],
        &[("content-type", JSON), ("content-encoding", "gzip")],
        &[
            ("content-type", URLENCODED),
            ("content-encoding", "deflate"),
        ],
    ];
    for headers in cases {
        let answer = post(&home, "contact", headers, with(json!({})).to_string());
        assert_refused(&answer, 415, "unsupported-media-type");
    }
    let file = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"canary.txt\"\r\n\r\nx\r\n--b--\r\n";
    assert_refused(
        &post(&home, "contact", &[("content-type", MULTIPART)], file),
        415,
        "unsupported-media-type",
    );
}

#[test]
fn a_form_that_is_not_here_is_never_quietly_accepted() {
    let Some(home) = crate::home() else { return };
    let long = "a".repeat(300);
    for form in [
        "nowhere",
        "Contact",
        "contact/",
        "contact/..",
        "_unknown",
        "-contact",
        &long,
    ] {
        let answer = post(
            &home,
            form,
            &[("content-type", JSON)],
            with(json!({})).to_string(),
        );
        assert_refused(&answer, 404, "unknown-form");
    }
    let escaped = post(
        &home,
        "c%6fntact",
        &[("content-type", JSON)],
        with(json!({"message": ""})).to_string(),
    );
    let none = post(
        &home,
        "",
        &[("content-type", JSON)],
        with(json!({})).to_string(),
    );
    if home.has(Oddity::PathIsMended) {
        // It is the form, and asks for what the form does.
        assert_refused(&escaped, 422, "invalid-fields");
        assert_refused(&none, 404, "not-found");
    } else {
        assert_refused(&escaped, 404, "unknown-form");
        assert_refused(&none, 404, "unknown-form");
    }
}
