//! From form to `stored` on one machine: what is kept, published and logged there. What is answered over HTTP is
//! `tests/http`.

use crate::client::{accepted, fields, post_json, settled};
use crate::server::Machine;

#[test]
fn the_second_content_of_a_key_is_kept_apart_as_a_dead_letter() {
    let home = Machine::new();
    let server = home.start();
    let first = post_json(&server, &fields("first"), &[("idempotency-key", "key-1")])
        .unwrap()
        .json();
    assert_eq!(
        settled(&server, first["ticket"].as_str().unwrap()),
        "stored"
    );
    assert_eq!(
        post_json(&server, &fields("second"), &[("idempotency-key", "key-1")])
            .unwrap()
            .status,
        202
    );
    crate::wait::until("the second is kept apart", || {
        home.verb(&[
            "submissions",
            "export",
            "--format",
            "jsonl",
            "--state",
            "failed",
        ])
        .contains("\"message\":\"second\"")
    });
}

#[test]
fn every_change_is_published_with_a_stable_id() {
    let home = Machine::new();
    let server = home.start();
    settled(&server, &accepted(&server, "hello"));
    let lines = home.verb(&["submissions", "list", "--json"]);
    let listed: serde_json::Value = serde_json::from_str(&lines).unwrap();
    let id = format!("{}:1", listed[0]["submission"].as_str().unwrap());
    crate::wait::until("the notice is in the log", || home.log().contains(&id));
}
