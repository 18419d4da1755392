//! Every limit of size is refused with the limit, and not before it.

use serde_json::{Value, json};

use super::{JSON, URLENCODED, post, ticket, with};
use crate::client::{Answer, settled};

const BODY: usize = 512 * 1024;
const FIELD: usize = 65_536;
const NAME: usize = 128;
const SUBMISSION: usize = 131_072;

fn assert_too_large(answer: &Answer, what: &str, limit: usize) {
    answer.assert_problem(413, "too-large");
    let problem = answer.json();
    assert_eq!(
        (&problem["what"], &problem["limit"]),
        (&json!(what), &json!(limit))
    );
}

#[test]
fn a_body_at_its_limit_is_read_and_a_larger_one_answered_however_large() {
    let Some(home) = crate::home() else { return };
    let mut body = with(json!({})).to_string().into_bytes();
    body.resize(BODY, b' ');
    let accepted = ticket(&post(&home, "contact", &[("content-type", JSON)], &body));
    for size in [BODY + 1, 2_000_000] {
        body.resize(size, b' ');
        assert_too_large(
            &post(&home, "contact", &[("content-type", JSON)], &body),
            "body",
            BODY,
        );
    }
    assert_eq!(settled(&home, &accepted), "stored");
}

#[test]
fn a_field_and_a_name_are_refused_beyond_their_limits() {
    let Some(home) = crate::home() else { return };
    let send = |fields: Value| {
        post(
            &home,
            "contact",
            &[("content-type", JSON)],
            fields.to_string(),
        )
    };
    let named = |size: usize| with(json!({"n".repeat(size): 1}));
    let valued = |size: usize| with(json!({"message": "x".repeat(size)}));
    // At the limit it is the schema that refuses.
    send(named(NAME)).assert_problem(422, "invalid-fields");
    send(valued(FIELD)).assert_problem(422, "invalid-fields");
    assert_too_large(&send(named(NAME + 1)), "name", NAME);
    assert_too_large(&send(valued(FIELD + 1)), "field", FIELD);
    let pairs = format!("message={}", "x".repeat(FIELD + 1));
    assert_too_large(
        &post(&home, "contact", &[("content-type", URLENCODED)], pairs),
        "field",
        FIELD,
    );
}

#[test]
fn a_submission_that_would_not_fit_the_queue_is_refused() {
    let Some(home) = crate::home() else { return };
    // Twelve bytes each in the envelope, which is ASCII.
    let crabs = json!({"name": "Ada", "life": "🦀".repeat(10_900)});
    assert_too_large(
        &post(
            &home,
            "closed",
            &[("content-type", JSON)],
            crabs.to_string(),
        ),
        "submission",
        SUBMISSION,
    );
    // The longest message that the shipped form allows.
    let fits = with(json!({"message": "🦀".repeat(10_000)}));
    let ticket = ticket(&post(
        &home,
        "contact",
        &[("content-type", JSON)],
        fits.to_string(),
    ));
    assert_eq!(settled(&home, &ticket), "stored");
}
