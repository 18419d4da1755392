//! What the corpus of bad input (`counterfoil-testkit`, asked by `tests/corpus`) leaves open: which places and limits a
//! refusal names, what a page gets, and that the good beside the bad is taken.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::MAX_BODY;
use crate::testing::{
    Answer, BROWSER, CANARY, CONTACT, GOOD_PAIRS, JSON, URLENCODED, form, good_json, ingest,
    request,
};

/// Posts to `contact`; nothing may be queued.
fn refused(headers: &[(&str, &str)], body: impl Into<bytes::Bytes>) -> Answer {
    let ingest = ingest();
    let answer = ingest.ask(request("POST", "/forms/contact", headers, body));
    assert!(ingest.sent().is_empty());
    answer
}

fn check(case: &str, media_type: &str, body: impl Into<bytes::Bytes>, problem: &str) -> Value {
    let answer = refused(&[("content-type", media_type)], body);
    answer.assert_problem(problem, &format!("{case:.60}"));
    answer.json()
}

fn with(members: Value) -> String {
    let mut body: Value = serde_json::from_str(&good_json()).unwrap();
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

#[test]
fn what_the_schema_does_not_take_is_named_with_all_its_places() {
    let nul = format!("{{\"name\":\"{CANARY}\\u0000\"}}");
    assert_eq!(
        pointers(&check("nul", JSON, nul, "invalid-fields")),
        ["/name"]
    );
    let huge = good_json().replacen('{', "{\"a\":1e999,", 1);
    assert_eq!(
        pointers(&check("1e999", JSON, huge, "invalid-fields")),
        ["/a"]
    );
    let cases: [(Value, &[&str]); 14] = [
        (json!({"name": null}), &["/name"]),
        (
            json!({"name": 1, "email": [], "message": {}}),
            &["/name", "/email", "/message"],
        ),
        (json!({"extra": CANARY}), &["/extra"]),
        (
            json!({"__proto__x": 1, "constructor": 1}),
            &["/constructor"],
        ),
        (json!({"email": "a@-b"}), &["/email"]),
        (
            json!({"email": "a@b.example\r\nBcc:x@y.example"}),
            &["/email"],
        ),
        (
            json!({"email": format!("\"<script>{CANARY}\"@x")}),
            &["/email"],
        ),
        (
            json!({"email": format!("{CANARY} <a@b.example>")}),
            &["/email"],
        ),
        (json!({"name": "   "}), &["/name"]),
        (json!({"name": "\u{200b}\u{200d}\u{feff}"}), &["/name"]),
        (json!({"name": "x".repeat(201)}), &["/name"]),
        (
            json!({"message": "x".repeat(10_001), "name": ""}),
            &["/name", "/message"],
        ),
        (
            json!({"phone": "=HYPERLINK(1)", "date": "0000-00-00", "n": -1}),
            &["/date", "/n", "/phone"],
        ),
        (json!({"a/b~c": 1}), &["/a~1b~0c"]),
    ];
    for (members, expected) in cases {
        let mut found = pointers(&check(
            &members.to_string(),
            JSON,
            with(members.clone()),
            "invalid-fields",
        ));
        found.sort_by_key(|pointer| expected.iter().position(|wanted| wanted == pointer));
        assert_eq!(found, expected, "{members}");
    }
    assert_eq!(
        pointers(&check("empty", JSON, "{}", "invalid-fields")),
        ["/name", "/email", "/message"]
    );
    assert_eq!(
        pointers(&check("empty", URLENCODED, "", "invalid-fields")),
        ["/name", "/email", "/message"]
    );
}

#[test]
fn a_post_of_thousands_of_mistakes_gets_a_short_answer_that_counts_them() {
    let text = include_str!("../../forms/contact.toml");
    let list = "[schema.properties.list]\ntype = \"array\"\nitems = { type = \"string\" }\n";
    let mut ingest = ingest();
    let form = crate::testing::form("contact", &format!("{text}\n{list}"));
    ingest.forms = std::sync::Arc::new([form].into_iter().collect());
    // Numbers that cannot be kept are read no further than to the 200th.
    for (body, wrong) in [
        (with(json!({"list": vec![1; 9_999]})), 9_999),
        (nested(15, &["1e999"; 2_000].join(",")), 200),
    ] {
        let answer = ingest.submit(JSON, None, body);
        answer.assert_problem("invalid-fields", "many");
        let problem = answer.json();
        let listed = pointers(&problem).len() as u64;
        assert!(
            (1..=100).contains(&listed)
                && listed + problem["more_errors"].as_u64().unwrap() == wrong,
            "{listed}"
        );
        assert_eq!(problem["detail"], format!("Fields to correct: {wrong}."));
        assert!(answer.body.len() < 20_000, "{}", answer.body.len());
    }
}

/// These values under the longest names that there may be, so many levels deep.
fn nested(levels: usize, values: &str) -> String {
    let name = "/".repeat(128);
    let open = format!("{{\"{name}\":").repeat(levels - 1);
    format!("{open}[{values}]{}", "}".repeat(levels - 1))
}

fn pointers(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().unwrap();
    assert!(
        errors
            .iter()
            .all(|error| error["code"].is_string() && error["detail"].is_string())
    );
    errors
        .iter()
        .map(|error| error["pointer"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_looks_broken_and_is_not_is_read() {
    let ingest = ingest();
    assert_eq!(
        ingest
            .submit(
                URLENCODED,
                None,
                format!("{}{GOOD_PAIRS}", "&".repeat(100_000))
            )
            .status,
        202
    );
    let answer = ingest.submit(
        URLENCODED,
        None,
        "name=a+b%20c&email=a%2Bb@x.example&message=1%2B1",
    );
    assert_eq!(answer.status, 202);
    assert_eq!(
        json!(ingest.sent()[1].payload.fields()),
        json!({"name": "a b c", "email": "a+b@x.example", "message": "1+1"})
    );
}

/// The exact limits, and what is said beyond them.
#[test]
fn sizes_are_refused_beyond_their_limit_and_not_before() {
    let padded = |size: usize| format!("{}{}", good_json(), " ".repeat(size - good_json().len()));
    for size in [MAX_BODY - 1, MAX_BODY] {
        assert_eq!(
            ingest().submit(JSON, None, padded(size)).status,
            202,
            "{size}"
        );
    }
    let named = |size: usize| with(json!({"a".repeat(size): 1}));
    check("name 128", JSON, named(128), "invalid-fields");
    check(
        "value 64 KiB",
        JSON,
        with(json!({"message": "x".repeat(65_536)})),
        "invalid-fields",
    );
    let cases = [
        ("body", padded(MAX_BODY + 1), "body", MAX_BODY),
        ("body", padded(1_048_577), "body", MAX_BODY),
        ("name", named(129), "name", 128),
        (
            "value",
            with(json!({"message": "x".repeat(65_537)})),
            "field",
            65_536,
        ),
    ];
    for (case, body, what, limit) in cases {
        let problem = check(case, JSON, body, "too-large");
        assert_eq!(
            (&problem["what"], &problem["limit"]),
            (&json!(what), &json!(limit)),
            "{case}"
        );
    }
}

/// A form may allow longer texts than the queue takes: each emoji is twelve bytes there.
#[test]
fn whatever_is_accepted_fits_the_queue() {
    let unbounded = CONTACT.replace("maxLength = 10000\n", "");
    for text in ["\"", "\u{1}", "é", "x", "\\", "🦀"] {
        let mut ingest = ingest();
        ingest.forms = Arc::new([form("contact", &unbounded)].into_iter().collect());
        let answer = ingest.submit(
            JSON,
            None,
            with(json!({"message": format!("x{}", text.repeat(10_900))})),
        );
        let sizes: Vec<usize> = ingest
            .sent()
            .iter()
            .map(|envelope| envelope.encode().len())
            .collect();
        assert!(
            (answer.status == 202) == (sizes.len() == 1)
                && sizes.iter().all(|size| *size <= 131_072),
            "{text}"
        );
        if text == "🦀" {
            answer.assert_problem("too-large", text);
            assert_eq!(
                (&answer.json()["what"], &answer.json()["limit"]),
                (&json!("submission"), &json!(131_072))
            );
        }
    }
}

/// The shipped form promises no more than the queue takes.
#[test]
fn the_longest_that_the_shipped_form_allows_is_accepted_whatever_its_characters() {
    let email = format!(
        "{}@{}.example",
        "a".repeat(64),
        ["b".repeat(60), "c".repeat(60), "d".repeat(57)].join(".")
    );
    for sign in ["x", "é", "字", "🦀", "\u{1}", "\""] {
        let message = format!("{}x", sign.repeat(9_999));
        let body = with(json!({"name": "🦀".repeat(200), "email": email, "message": message}));
        assert_eq!(ingest().submit(JSON, None, body).status, 202, "{sign:?}");
    }
}

#[test]
fn what_is_no_form_here_is_404_with_the_same_bytes() {
    let long = "a".repeat(300);
    let ids = [
        "nonsense",
        "../x",
        "..%2fx",
        "%2e%2e",
        "%2e%2e/contact",
        &long,
        "Contact",
        "CONTACT",
        "contact/",
        "/contact",
        "contact;jsessionid=1",
        "contact%00",
        "contact%20",
        "",
        "_unknown",
        "-contact",
        "contact/../contact",
        "c%6fntact",
    ];
    for accept in ["*/*", BROWSER] {
        let ask = |method: &str, id: &str| {
            let headers = [("content-type", URLENCODED), ("accept", accept)];
            ingest().ask(request(
                method,
                &format!("/forms/{id}"),
                &headers,
                GOOD_PAIRS,
            ))
        };
        let first = ask("POST", "unknown");
        for (method, id) in ids
            .iter()
            .flat_map(|id| [("POST", id), ("GET", id), ("DELETE", id)])
        {
            let answer = ask(method, id);
            assert_eq!(
                (answer.status, &answer.body, &answer.headers),
                (404, &first.body, &first.headers),
                "{id}"
            );
        }
    }
    ingest()
        .ask(request("POST", "/forms/unknown", &[], ""))
        .assert_problem("unknown-form", "unknown");
}

#[test]
fn other_paths_and_methods_are_refused() {
    for path in [
        "/forms",
        "//forms/contact",
        "/x",
        "/console",
        "/healthz/",
        "/tickets/x",
        "/.env",
        "/forms%2fcontact",
    ] {
        ingest()
            .ask(request("GET", path, &[], ""))
            .assert_problem("not-found", path);
    }
    for (path, allow) in [
        ("/", "GET, HEAD, OPTIONS"),
        ("/forms/contact", "GET, HEAD, POST, OPTIONS"),
    ] {
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW", "post"] {
            let answer = ingest().ask(request(method, path, &[], ""));
            answer.assert_problem("method-not-allowed", method);
            assert_eq!(answer.header("allow"), allow);
        }
    }
    let page = ingest().ask(request("PUT", "/forms/contact", &[("accept", BROWSER)], ""));
    assert_eq!(
        (page.status, page.header("content-type")),
        (405, "text/html; charset=utf-8")
    );
    assert_eq!(page.header("allow"), "GET, HEAD, POST, OPTIONS");
}

#[test]
fn headers_that_others_would_believe_change_nothing() {
    let spoofs = [
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-host", CANARY),
        ("x-http-method-override", "DELETE"),
        ("x-original-url", "/healthz"),
        ("host", CANARY),
        ("forwarded", "for=10.0.0.1"),
    ];
    for spoof in spoofs {
        let ingest = ingest();
        let answer = ingest.ask(request(
            "POST",
            "/forms/contact",
            &[("content-type", JSON), spoof],
            good_json(),
        ));
        assert_eq!(answer.status, 202, "{spoof:?}");
        assert!(!answer.body.contains(CANARY) && !ingest.sent()[0].encode().contains(CANARY));
    }
}
