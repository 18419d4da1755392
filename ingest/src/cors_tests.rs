//! Who may post, and who may read the answer.

use crate::testing::{Answer, BROWSER, JSON, good_json, ingest, request};

fn ask(method: &str, form: &str, headers: &[(&str, &str)]) -> Answer {
    let ingest = ingest();
    let headers = [
        &[("content-type", JSON), ("host", "forms.example:8443")],
        headers,
    ]
    .concat();
    let answer = ingest.ask(request(
        method,
        &format!("/forms/{form}"),
        &headers,
        good_json(),
    ));
    assert_eq!(ingest.sent().len(), usize::from(answer.status == 202));
    answer
}

fn allowed(answer: &Answer) -> &str {
    answer.header("access-control-allow-origin")
}

#[test]
fn a_form_without_origins_takes_any() {
    for origin in ["https://a.example", "https://evil.example", "null", "é", ""] {
        for method in ["POST", "GET", "OPTIONS"] {
            let answer = ask(method, "contact", &[("origin", origin)]);
            assert!(
                answer.status < 300 && allowed(&answer) == "*",
                "{method} {origin}"
            );
        }
    }
    assert_eq!(allowed(&ask("POST", "contact", &[])), "*");
}

#[test]
fn a_form_with_origins_takes_those_and_our_own() {
    let origins = [
        "https://a.example",
        "HTTPS://A.Example",
        "http://b.example:8080",
        "https://forms.example:8443",
        "http://Forms.example:8443",
    ];
    for origin in origins {
        for method in ["POST", "GET", "OPTIONS"] {
            let answer = ask(method, "listed", &[("origin", origin)]);
            assert!(
                answer.status < 300 && allowed(&answer) == origin,
                "{method} {origin}"
            );
        }
    }
    let unnamed = ask("POST", "listed", &[]);
    assert_eq!((unnamed.status, allowed(&unnamed)), (202, ""));
}

#[test]
fn a_foreign_page_may_neither_post_nor_read() {
    let origins: [&[&str]; 13] = [
        &["null"],
        &[""],
        &["https://evil.example"],
        &["http://a.example"],
        &["https://a.example:444"],
        &["https://a.example."],
        &["https://a.example.evil.example"],
        &["https://sub.a.example"],
        &["http://b.example"],
        &["https://forms.example"],
        &["forms.example:8443"],
        &["https://a.exampl\u{e9}"],
        &["https://a.example", "https://a.example"],
    ];
    for origins in origins {
        let headers: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
        let preflight = ask("OPTIONS", "listed", &headers);
        assert_eq!(
            (preflight.status, allowed(&preflight)),
            (204, "*"),
            "{origins:?}: its script gets to the refusal"
        );
        let answer = ask("POST", "listed", &headers);
        answer.assert_problem("origin-not-allowed", origins[0]);
        assert_eq!(allowed(&answer), "*", "{origins:?}: and reads it");
        let hides = *origins == ["null"];
        assert_eq!(
            answer.body.contains("referrer policy"),
            hides,
            "{origins:?}"
        );
        let page = ask("GET", "listed", &headers);
        assert_eq!((page.status, allowed(&page)), (200, ""), "{origins:?}");
    }
}

#[test]
fn a_simple_request_is_held_to_it_as_well() {
    for media_type in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "text/plain",
    ] {
        let headers = [
            ("content-type", media_type),
            ("origin", "https://evil.example"),
            ("accept", BROWSER),
        ];
        let answer = ingest().ask(request("POST", "/forms/listed", &headers, "name=x"));
        assert_eq!(
            (answer.status, allowed(&answer)),
            (403, "*"),
            "{media_type}"
        );
    }
}

#[test]
fn the_host_without_its_port_is_our_own_origin_on_the_schemes_port() {
    for (host, origin, status) in [
        ("forms.example", "https://forms.example", 202),
        ("forms.example:443", "https://forms.example", 202),
        ("forms.example:80", "http://forms.example", 202),
        ("forms.example:80", "https://forms.example", 403),
        ("[::1]:8080", "http://[::1]:8080", 202),
        ("", "https://", 403),
    ] {
        let headers = [("content-type", JSON), ("host", host), ("origin", origin)];
        assert_eq!(
            ingest()
                .ask(request("POST", "/forms/listed", &headers, good_json()))
                .status,
            status,
            "{host} {origin}"
        );
    }
    let headers = [("content-type", JSON), ("origin", "https://forms.example")];
    let by_authority = request(
        "POST",
        "https://forms.example/forms/listed",
        &headers,
        good_json(),
    );
    assert_eq!(ingest().ask(by_authority).status, 202);
    let hosts = [
        ("host", "forms.example"),
        ("host", "other.example"),
        ("origin", "https://forms.example"),
    ];
    assert_eq!(
        ingest()
            .ask(request("POST", "/forms/listed", &hosts, good_json()))
            .status,
        403
    );
}

#[test]
fn a_preflight_says_what_may_be_sent() {
    let answer = ask(
        "OPTIONS",
        "listed",
        &[
            ("origin", "https://a.example"),
            ("access-control-request-method", "POST"),
        ],
    );
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(
        answer.header("access-control-allow-methods"),
        "GET, HEAD, POST, OPTIONS"
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "Content-Type, Idempotency-Key, If-None-Match"
    );
    assert_eq!(answer.header("access-control-max-age"), "7200");
    let headers = [
        ("origin", "https://a.example"),
        (
            "access-control-request-headers",
            "baggage,content-type, sentry-trace,X-Any,bad name",
        ),
    ];
    assert_eq!(
        ask("OPTIONS", "listed", &headers).header("access-control-allow-headers"),
        "Content-Type, Idempotency-Key, If-None-Match, baggage, sentry-trace, X-Any"
    );
    let many = "x,".repeat(5000);
    let headers = [
        headers[0],
        ("access-control-request-headers", many.as_str()),
    ];
    assert!(
        ask("OPTIONS", "listed", &headers)
            .header("access-control-allow-headers")
            .len()
            < 400
    );
    for path in [
        "/",
        "/healthz",
        "/openapi.json",
        "/nowhere",
        "/forms/unknown",
    ] {
        let answer = ingest().ask(request("OPTIONS", path, &[("origin", "null")], ""));
        assert_eq!((answer.status, allowed(&answer)), (204, "*"), "{path}");
    }
}
