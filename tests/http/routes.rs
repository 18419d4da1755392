//! Paths and methods, those that answer and those that do not.

use super::home::{Home, Oddity};
use super::{BROWSER, JSON, PAGE};
use crate::client::{get, send};

const ROUTES: [(&str, &str); 5] = [
    ("/", "GET, HEAD, OPTIONS"),
    ("/healthz", "GET, HEAD, OPTIONS"),
    ("/openapi.json", "GET, HEAD, OPTIONS"),
    ("/forms/contact", "GET, HEAD, POST, OPTIONS"),
    ("/tickets/contact.x", "GET, HEAD, OPTIONS"),
];

#[test]
fn another_method_is_refused_with_those_that_are_answered() {
    let Some(home) = crate::home() else { return };
    for (path, allow) in ROUTES {
        for method in ["PUT", "DELETE", "PATCH", "PURGE"] {
            let answer = send(&home, method, path, &[("content-type", JSON)], b"{}").unwrap();
            answer.assert_problem(405, "method-not-allowed");
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        }
        if !allow.contains("POST") {
            send(&home, "POST", path, &[], b"")
                .unwrap()
                .assert_problem(405, "method-not-allowed");
        }
        let options = home.preflight(path, &[]);
        assert_eq!(
            (options.status, options.header("allow")),
            (204, Some(allow)),
            "{path}"
        );
    }
    let page = send(&home, "PUT", "/forms/contact", &[("accept", BROWSER)], b"").unwrap();
    assert_eq!(
        (page.status, page.header("content-type")),
        (405, Some(PAGE))
    );
    assert_eq!(page.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
}

#[test]
fn a_path_that_is_not_there_is_not_found_by_any_method() {
    let Some(home) = crate::home() else { return };
    for path in [
        "/nowhere",
        "/forms",
        "/openapi.json.bak",
        "/consoles",
        "/.env",
        "/forms.json",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            send(&home, method, path, &[], b"")
                .unwrap()
                .assert_problem(404, "not-found");
        }
        assert_eq!(
            home.preflight(path, &[]).status,
            204,
            "so that a script may read the 404 that follows"
        );
    }
    let status = get(&home, "/healthz/", "*/*").status;
    assert_eq!(
        status,
        if home.has(Oddity::PathIsMended) {
            200
        } else {
            404
        }
    );
}

#[test]
fn head_is_get_without_the_body() {
    let Some(home) = crate::home() else { return };
    for (path, _) in ROUTES {
        let got = get(&home, path, "*/*");
        let head = send(&home, "HEAD", path, &[("accept", "*/*")], b"").unwrap();
        assert_eq!(
            (head.status, head.body.as_str()),
            (got.status, ""),
            "{path}"
        );
        for name in ["content-type", "content-length", "vary", "cache-control"] {
            assert_eq!(head.header(name), got.header(name), "{path} {name}");
        }
    }
}

#[test]
fn a_query_changes_nothing() {
    let Some(home) = crate::home() else { return };
    for query in ["?x=1", "?redirect=https://evil.example", "?%", "?"] {
        let health = get(&home, &format!("/healthz{query}"), "*/*");
        assert_eq!(
            (health.status, health.json()["status"].as_str()),
            (200, Some("ok")),
            "{query}"
        );
    }
    get(&home, "/tickets/forged?x=1", JSON).assert_problem(404, "unknown-ticket");
}
