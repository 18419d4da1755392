//! The paths that hang on nothing but themselves.

use super::*;
use crate::testing::{BROWSER, TestIngest, TestStatus, ingest, request};

#[test]
fn the_server_says_that_it_lives_and_shows_its_forms() {
    let health = ingest().ask(request("GET", "/healthz", &[], ""));
    assert_eq!(
        (health.status, health.body.as_str()),
        (200, "{\"status\":\"ok\"}")
    );
    assert_eq!(health.header("cache-control"), "no-store");
    for accept in [BROWSER, "*/*"] {
        let index = ingest().ask(request("GET", "/?x=1", &[("accept", accept)], ""));
        assert_eq!(
            (index.status, index.header("content-type")),
            (200, "text/html; charset=utf-8")
        );
        assert!(index.body.contains("/forms/contact"));
        assert!(
            index
                .header("content-security-policy")
                .contains("default-src 'none'")
        );
    }
}

#[test]
fn head_is_get_without_its_body() {
    for path in ["/", "/healthz", "/openapi.json"] {
        let [get, head] =
            ["GET", "HEAD"].map(|method| ingest().ask(request(method, path, &[], "")));
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-length"), get.body.len().to_string());
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
}

#[test]
fn only_a_ticket_belongs_to_status() {
    for (path, expected) in [
        ("/tickets/x", true),
        ("/tickets/", true),
        ("/tickets", false),
        ("/forms/tickets/", false),
    ] {
        assert_eq!(is_status_path(path), expected, "{path}");
    }
}

/// A server spawns them: they have to be `Send`.
#[test]
fn the_handlers_may_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    fn ingest_is(ingest: &TestIngest) {
        is_send(ingest.handle(Request::new(Bytes::new())));
    }
    fn status_is(status: &TestStatus) {
        is_send(status.handle(Request::new(Bytes::new())));
    }
    let _ = (ingest_is, status_is);
}
