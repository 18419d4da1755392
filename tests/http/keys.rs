//! Idempotency keys, in the header and in the hidden field.

use std::collections::BTreeSet;

use serde_json::json;

use super::home::{fresh, submission_of};
use super::{Headers, JSON, URLENCODED, post, ticket, with};
use crate::client::{Answer, Doors, fields, get, poll, post_json, settled};

fn submissions(answers: &[Answer]) -> BTreeSet<String> {
    answers
        .iter()
        .map(|answer| submission_of(&ticket(answer)).to_string())
        .collect()
}

#[test]
fn the_same_key_and_content_is_one_submission_however_often_it_is_sent() {
    let Some(home) = crate::home() else { return };
    let key = fresh("key");
    let send = || post_json(&home, &fields("once"), &[("idempotency-key", &key)]).unwrap();
    let posts: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(send)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for answer in &posts {
        assert_eq!(settled(&home, &ticket(answer)), "stored");
        assert_eq!(poll(&home, &ticket(answer))["seq"], 1);
    }
    assert_eq!(submissions(&posts).len(), 1);
    // Beside the same hidden field, and with the same fields in other words.
    let pairs = format!("_idempotency={key}&message=once&email=ada%40example.org&name=Ada");
    let both = post(
        &home,
        "contact",
        &[("content-type", URLENCODED), ("idempotency-key", &key)],
        pairs,
    );
    assert_eq!(submissions(&[both]), submissions(&posts));
    let other = post_json(
        &home,
        &fields("once"),
        &[("idempotency-key", &fresh("key"))],
    )
    .unwrap();
    assert_ne!(submissions(&[other]), submissions(&posts));
}

#[test]
fn the_same_key_with_other_content_says_conflict_to_the_second_and_stored_to_the_first() {
    let Some(home) = crate::home() else { return };
    let key = fresh("key");
    let send = |message: &str| {
        ticket(&post_json(&home, &fields(message), &[("idempotency-key", &key)]).unwrap())
    };
    let first = send("first");
    assert_eq!(settled(&home, &first), "stored");
    let second = send("second");
    assert_eq!(settled(&home, &second), "conflict");
    assert_eq!(poll(&home, &first)["state"], "stored");
}

#[test]
fn a_double_click_is_one_submission_and_an_edited_resend_another() {
    let Some(home) = crate::home() else { return };
    let key = hidden_key(&home);
    let send = |message: &str| {
        let body = format!("name=Ada&email=ada%40example.org&message={message}&_idempotency={key}");
        post(&home, "contact", &[("content-type", URLENCODED)], body)
    };
    let clicks = [send("one"), send("one")];
    let resend = [send("two")];
    for answer in clicks.iter().chain(&resend) {
        assert_eq!(settled(&home, &ticket(answer)), "stored");
    }
    assert_eq!(submissions(&clicks).len(), 1);
    assert!(submissions(&clicks).is_disjoint(&submissions(&resend)));
}

/// What the hosted page brings.
fn hidden_key(home: &impl Doors) -> String {
    let page = get(home, "/forms/contact", "text/html").body;
    let (_, rest) = page
        .split_once("name=\"_idempotency\" value=\"")
        .unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn the_hosted_page_brings_another_key_each_time() {
    let Some(home) = crate::home() else { return };
    let (one, other) = (hidden_key(&home), hidden_key(&home));
    assert!(one != other && one.len() == 36, "{one} {other}");
}

#[test]
fn a_key_that_is_none_and_two_that_differ_are_refused() {
    let Some(home) = crate::home() else { return };
    let long = "k".repeat(256);
    let cases: [(Headers, Option<&str>); 8] = [
        (&[("idempotency-key", "")], None),
        (&[("idempotency-key", "two words")], None),
        (&[("idempotency-key", &long)], None),
        (&[("idempotency-key", "é")], None),
        (&[("idempotency-key", "a"), ("idempotency-key", "b")], None),
        (&[("idempotency-key", "a")], Some("b")),
        (&[], Some("two words")),
        (&[], Some(&long)),
    ];
    for (more, field) in cases {
        let body = field.map_or_else(|| with(json!({})), |key| with(json!({"_idempotency": key})));
        let headers = [&[("content-type", JSON)], more].concat();
        post(&home, "contact", &headers, body.to_string())
            .assert_problem(400, "bad-idempotency-key");
    }
    let longest = format!("{}{}", fresh("key"), "k".repeat(255));
    let answer = post_json(
        &home,
        &with(json!({})),
        &[("idempotency-key", &longest[..255])],
    )
    .unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
}
