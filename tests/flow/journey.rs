//! From form to `stored` on one machine: what is kept, published and logged there. What is answered over HTTP is
//! `tests/http`.

use serde_json::json;

use crate::client::{accepted, fields, post_json, send, settled};
use crate::server::Home;

#[test]
fn the_second_content_of_a_key_is_kept_apart_as_a_dead_letter() {
    let home = Home::new();
    let server = home.start();
    let first = post_json(&server, &fields("first"), &[("idempotency-key", "key-1")]).unwrap().json();
    assert_eq!(settled(&server, first["ticket"].as_str().unwrap()), "stored");
    assert_eq!(post_json(&server, &fields("second"), &[("idempotency-key", "key-1")]).unwrap().status, 202);
    crate::wait::until("the second is kept apart", || {
        home.verb(&["submissions", "export", "--format", "jsonl", "--state", "failed"])
            .contains("\"message\":\"second\"")
    });
}

#[test]
fn every_change_is_published_with_a_stable_id() {
    let home = Home::new();
    let server = home.start();
    settled(&server, &accepted(&server, "hello"));
    let lines = home.verb(&["submissions", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&lines).unwrap();
    let id = format!("{}:1", listed[0]["submission"].as_str().unwrap());
    crate::wait::until("the notice is in the log", || home.log().contains(&id));
}

#[test]
fn nothing_that_was_submitted_is_ever_logged() {
    let home = Home::new();
    let server = home.start_with(&["--log", "trace"]);
    let canary = "canary-7f3a";
    let ticket = accepted(&server, canary);
    settled(&server, &ticket);
    post_json(&server, &json!({"name": canary, "email": canary, "extra": canary}), &[("idempotency-key", canary)])
        .unwrap();
    send(&server, "POST", "/forms/contact", &[("content-type", "application/json")], b"{canary-7f3a").unwrap();
    let mut bad = fields(canary);
    bad["n"] = json!("\0canary-7f3a");
    post_json(&server, &bad, &[]).unwrap();
    assert!(server.stop().success());
    let log = home.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is at its loudest");
    assert!(!log.contains(canary), "{log}");
    let proof = ticket.split('.').nth(1).unwrap();
    assert!(!log.contains(proof), "a ticket is a capability: {log}");
}
