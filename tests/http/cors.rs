//! Which pages may post, and read the answers.

use serde_json::json;

use super::home::Home;
use super::{BROWSER, JSON, URLENCODED, post, ticket, with};
use crate::client::{Answer, Doors, send};

const ALLOWED: &str = "https://example.org";
const FOREIGN: &str = "https://evil.example";

fn origin_of(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

#[test]
fn every_answer_of_every_function_may_be_read_by_every_page() {
    let Some(home) = crate::home() else { return };
    let asked = [
        ("GET", "/", 200),
        ("GET", "/healthz", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/forms/contact", 200),
        ("HEAD", "/forms/contact", 200),
        ("PUT", "/forms/contact", 405),
        ("POST", "/forms/contact", 415),
        ("POST", "/forms/nowhere", 404),
        ("GET", "/tickets/forged", 404),
        ("DELETE", "/tickets/forged", 405),
    ];
    for (method, path, status) in asked {
        for accept in [JSON, BROWSER] {
            let answer = send(
                &home,
                method,
                path,
                &[("origin", FOREIGN), ("accept", accept)],
                b"",
            )
            .unwrap();
            assert_eq!(answer.status, status, "{method} {path}");
            assert_readable(&answer);
        }
    }
    assert_readable(&post(
        &home,
        "contact",
        &[("origin", FOREIGN), ("content-type", JSON)],
        "{",
    ));
    let pairs = super::GOOD_PAIRS;
    for accept in [JSON, BROWSER] {
        let headers = [
            ("origin", FOREIGN),
            ("content-type", URLENCODED),
            ("accept", accept),
        ];
        let accepted = post(&home, "contact", &headers, pairs);
        assert!([202, 303].contains(&accepted.status), "{accepted:?}");
        assert_readable(&accepted);
    }
}

fn assert_readable(answer: &Answer) {
    assert_eq!(origin_of(answer), Some("*"), "{answer:?}");
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("Location, Retry-After, ETag")
    );
    assert_eq!(answer.header("vary"), Some("Origin, Accept"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[test]
fn a_preflight_allows_what_our_snippets_send() {
    let Some(home) = crate::home() else { return };
    let ask = |path: &str, origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "content-type,idempotency-key",
            ),
        ];
        home.preflight(path, &headers)
    };
    for (path, methods) in [
        ("/forms/contact", "GET, HEAD, POST, OPTIONS"),
        ("/tickets/contact.x", "GET, HEAD, OPTIONS"),
    ] {
        let answer = ask(path, FOREIGN);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (204, ""),
            "{answer:?}"
        );
        assert_eq!(answer.header("access-control-allow-methods"), Some(methods));
        let allowed = answer.header("access-control-allow-headers");
        assert_eq!(
            allowed,
            Some("Content-Type, Idempotency-Key, If-None-Match")
        );
        assert_eq!(answer.header("access-control-max-age"), Some("7200"));
        assert_readable(&answer);
    }
    let allowed = ask("/forms/closed", ALLOWED);
    assert_eq!((allowed.status, origin_of(&allowed)), (204, Some(ALLOWED)));
    // Its script gets as far as the refusal, and reads it.
    let foreign = ask("/forms/closed", FOREIGN);
    assert_eq!((foreign.status, origin_of(&foreign)), (204, Some("*")));
    let headers = [
        ("origin", ALLOWED),
        ("access-control-request-headers", "baggage,sentry-trace"),
    ];
    let monitored = home.preflight("/forms/closed", &headers);
    assert_eq!(
        monitored.header("access-control-allow-headers"),
        Some("Content-Type, Idempotency-Key, If-None-Match, baggage, sentry-trace")
    );
}

#[test]
fn a_form_with_origins_takes_posts_from_them_from_itself_and_from_programs() {
    let Some(home) = crate::home() else { return };
    let own = home.door("/forms/closed").host;
    let (http, https) = (format!("http://{own}"), format!("https://{own}"));
    for origin in [ALLOWED, &http, &https] {
        let answer = post(
            &home,
            "closed",
            &[("content-type", JSON), ("origin", origin)],
            r#"{"name":"Ada"}"#,
        );
        assert_eq!(
            (answer.status, origin_of(&answer)),
            (202, Some(origin)),
            "{answer:?}"
        );
        assert_eq!(answer.header("vary"), Some("Origin, Accept"));
    }
    let program = post(
        &home,
        "closed",
        &[("content-type", JSON)],
        r#"{"name":"Ada"}"#,
    );
    assert_eq!(
        (program.status, origin_of(&program)),
        (202, None),
        "{program:?}"
    );
}

#[test]
fn a_foreign_origin_is_refused_before_anything_else_is_said() {
    let Some(home) = crate::home() else { return };
    let close = "https://example.org.evil.example";
    for origin in [
        FOREIGN,
        "null",
        "http://example.org",
        "https://example.org:444",
        close,
        "https://example.org/",
        "",
    ] {
        let headers = [("content-type", JSON), ("origin", origin)];
        let answer = post(&home, "closed", &headers, "{ no JSON");
        answer.assert_problem(403, "origin-not-allowed");
        assert_eq!(origin_of(&answer), Some("*"), "{origin}");
        assert_eq!(answer.header("vary"), Some("Origin, Accept"));
    }
    // Whatever is refused first: the server's own limits, or the page.
    let headers = [("content-type", JSON), ("origin", FOREIGN)];
    let answer = post(&home, "closed", &headers, vec![b' '; 600 * 1024]);
    assert!(matches!(answer.status, 403 | 413), "{}", answer.status);
    assert_eq!(origin_of(&answer), Some("*"));
    // Looking is free: only a post is kept from foreign pages.
    let page = send(&home, "GET", "/forms/closed", &[("origin", FOREIGN)], b"").unwrap();
    assert_eq!((page.status, origin_of(&page)), (200, None));
}

#[test]
fn only_the_pages_of_a_form_that_says_so_may_be_framed_and_by_its_origins_alone() {
    let Some(home) = crate::home() else { return };
    let framers = |answer: &Answer| {
        let policy = answer.header("content-security-policy").unwrap();
        let (_, rest) = policy.split_once("frame-ancestors ").unwrap();
        rest.split(';').next().unwrap().to_owned()
    };
    let html = ("accept", "text/html");
    let page = |form: &str, headers: &[(&str, &str)]| {
        send(&home, "GET", &format!("/forms/{form}"), headers, b"").unwrap()
    };
    let (own, listed) = ("'self'", "'self' https://example.org");
    assert_eq!(framers(&page("contact", &[html])), own);
    assert_eq!(framers(&page("closed", &[html])), listed);
    let refused = post(&home, "closed", &[html, ("origin", FOREIGN)], "name=Ada");
    assert_eq!((refused.status, framers(&refused).as_str()), (403, listed));
    for (form, framed) in [("contact", own), ("closed", listed)] {
        let fields = with(json!({})).to_string();
        let fields = if form == "closed" {
            r#"{"name": "Ada"}"#.into()
        } else {
            fields
        };
        let answer = post(&home, form, &[("content-type", JSON)], fields);
        let path = format!("/tickets/{}", ticket(&answer));
        let shown = send(&home, "GET", &path, &[html], b"").unwrap();
        assert_eq!(framers(&shown), framed, "{form}");
    }
}
