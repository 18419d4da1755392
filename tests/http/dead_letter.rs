//! The bad way: the worker fails on what was accepted, the ticket says so, and a replay brings the same ticket to
//! `stored`.

use serde_json::json;

use super::home::{Home, LATE, submission_of};
use super::{BROWSER, JSON, post, ticket};
use crate::client::{get, poll, settled};
use crate::wait::until;

#[test]
fn what_the_worker_fails_on_says_so_by_its_ticket_and_a_replay_turns_the_same_ticket_stored() {
    let Some(mut home) = crate::home() else {
        return;
    };
    home.poison();
    let answer = post(&home, LATE, &[("content-type", JSON)], r#"{"name":"Ada"}"#);
    let ticket = ticket(&answer);
    assert_eq!(settled(&home, &ticket), "failed");
    let view = poll(&home, &ticket);
    assert_eq!(
        (&view["seq"], &view["final"]),
        (&json!(1), &json!(true)),
        "{view}"
    );
    assert_eq!(view.get("retry_after"), None);
    let reason = &view["reason"];
    assert!(
        reason["code"].is_string()
            && reason["detail"]
                .as_str()
                .is_some_and(|text| !text.contains("Ada")),
        "{view}"
    );
    let path = format!("/tickets/{ticket}");
    let page = get(&home, &path, BROWSER);
    assert!(
        page.status == 200 && !page.body.contains("http-equiv=\"refresh\""),
        "{page:?}"
    );
    let tag = get(&home, &path, JSON).header("etag").unwrap().to_owned();
    let of = submission_of(&ticket);

    // First: on one machine what poisons is a trigger, and no command opens a database with one.
    home.mend();
    assert_eq!(
        home.kept(&of),
        Some(json!({"name": "Ada"})),
        "a dead letter keeps what was submitted"
    );
    home.replay(&of);
    let mut view = json!(null);
    until("the same ticket says stored", || {
        view = poll(&home, &ticket);
        // In between it reads as when it was new.
        assert!(
            view["state"] == "stored" || view["state"] == "queued",
            "{view}"
        );
        view["state"] == "stored"
    });
    assert_eq!(
        (&view["seq"], &view["final"], view.get("reason")),
        (&json!(3), &json!(true), None),
        "{view}"
    );
    assert_ne!(get(&home, &path, JSON).header("etag"), Some(tag.as_str()));
    assert_eq!(home.kept(&of), Some(json!({"name": "Ada"})));
}
