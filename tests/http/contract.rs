//! The contract, and liveness.

use serde_json::{Value, json};

use super::JSON;
use super::home::Home;
use crate::client::{accepted, get, send};

#[test]
fn liveness_is_asked_for_at_healthz() {
    let Some(home) = crate::home() else { return };
    let answer = get(&home, "/healthz", "*/*");
    assert_eq!(
        (answer.status, answer.header("content-type"), answer.json()),
        (200, Some(JSON), json!({"status": "ok"}))
    );
}

#[test]
fn the_contract_lists_exactly_the_routes_that_answer() {
    let Some(home) = crate::home() else { return };
    let contract = get(&home, "/openapi.json", "*/*").json();
    assert_eq!(contract["openapi"], "3.1.0");
    let paths = contract["paths"].as_object().unwrap();
    let ticket = accepted(&home, "hello");
    for (path, item) in paths {
        let live = path
            .replace("{form}", "contact")
            .replace("{ticket}", &ticket);
        answers_as_listed(&home, &live, item);
    }
    let listed: Vec<_> = paths
        .keys()
        .map(|path| path.replace("{form}", "contact"))
        .collect();
    for path in [
        "/",
        "/healthz",
        "/openapi.json",
        "/forms/contact",
        "/tickets/{ticket}",
    ] {
        assert!(
            listed.iter().any(|listed| listed == path),
            "{path} is missing from {listed:?}"
        );
    }
}

fn answers_as_listed(home: &impl Home, path: &str, item: &Value) {
    let listed = |method: &str| item.get(method.to_lowercase()).is_some();
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"] {
        let status = send(home, method, path, &[], b"").unwrap().status;
        // HEAD follows GET; the contract need not list it.
        let expected = listed(method) || (method == "HEAD" && listed("GET"));
        assert_eq!(status != 405, expected, "{method} {path} answers {status}");
        assert_ne!(status, 404, "{method} {path}");
    }
}
