//! Posts to both homes, and what must hold of every answer.

use std::cell::LazyCell;

use counterfoil_core::Envelope;
use http::{HeaderValue, Request};
use serde_json::{Value, json};

use super::in_process::{Answer, Homes};

thread_local! {
    /// Compiling the forms takes milliseconds: once.
    static HOMES: LazyCell<Homes> = LazyCell::new(|| {
        Homes::new(&[("free", include_str!("free.toml")), ("contact", include_str!("../../forms/contact.toml"))])
    });
}

/// Runs `ask` with the homes, and leaves their queue empty.
pub fn with_homes<T>(ask: impl FnOnce(&Homes) -> T) -> T {
    HOMES.with(|homes| {
        let answer = ask(homes);
        homes.queued();
        answer
    })
}

/// Posts this body to the form that takes nearly everything: what was accepted, or `None` when it was refused.
///
/// # Panics
/// When the answer is none that a post may get.
pub fn post(content_type: &str, body: &[u8]) -> Option<Envelope> {
    let mut request = Request::new(body.to_vec().into());
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = http::Uri::from_static("/forms/free");
    let content_type = HeaderValue::from_str(content_type).expect("the targets write good types");
    request.headers_mut().insert("content-type", content_type);
    with_homes(|homes| {
        let answer = homes.one_machine(request);
        let mut sent = homes.envelopes();
        holds(&answer);
        assert_eq!(
            answer.status == 202,
            sent.len() == 1,
            "queued if and only if accepted: {answer:?}"
        );
        assert!(sent.len() <= 1);
        let envelope = sent.pop()?;
        assert!(
            envelope.is_intact(),
            "what is queued has the hashes of its fields"
        );
        Some(envelope)
    })
}

/// What holds of every answer.
///
/// # Panics
/// When it does not.
pub fn holds(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("vary"), "Origin, Accept");
    assert!(answer.header("access-control-allow-credentials").is_empty());
    let is_page = answer.header("content-type").starts_with("text/html");
    match answer.status {
        200 | 202 | 204 | 303 | 304 => {}
        // A fault of ours: nothing a stranger sends may be one.
        500.. => panic!("{answer:?}"),
        _ if is_page || answer.body.is_empty() => {}
        status => assert_problem(answer, status),
    }
}

fn assert_problem(answer: &Answer, status: u16) {
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{answer:?}"
    );
    let problem: Value = serde_json::from_str(&answer.body).expect("a problem is JSON");
    assert_eq!(problem["status"], json!(status));
    let urn = problem["type"].as_str().expect("a problem has a type");
    assert!(
        ingest::problem::ALL
            .iter()
            .any(|kind| kind.urn() == urn && kind.status.as_u16() == status),
        "{urn}"
    );
}

/// Is this name one that `free` keeps as the text that was sent?
#[must_use]
pub fn is_kept_as_text(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('_')
        && !["trap", "n", "price", "agree", "days"].contains(&name)
}

/// Pairs of text out of a fuzzer's bytes: 0xFF, which no UTF-8 contains, stands between the texts.
#[must_use]
pub fn pairs(data: &[u8]) -> Vec<(String, String)> {
    let texts: Vec<_> = data
        .split(|byte| *byte == 0xff)
        .filter_map(|text| std::str::from_utf8(text).ok())
        .collect();
    texts
        .chunks_exact(2)
        .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
        .collect()
}

/// Checks that an accepted post of these pairs holds every one of them as it was sent.
///
/// # Panics
/// When it does not.
pub fn holds_exactly(envelope: &Envelope, pairs: &[(String, String)]) {
    let fields = envelope.payload.fields();
    for (name, text) in pairs
        .iter()
        .filter(|(name, text)| is_kept_as_text(name) && !text.is_empty())
    {
        assert_eq!(
            fields.get(name).and_then(Value::as_str),
            Some(text.as_str()),
            "{name:?}"
        );
    }
    assert!(
        fields
            .keys()
            .all(|name| pairs.iter().any(|(sent, _)| sent == name)),
        "nothing is invented"
    );
    assert_eq!(
        envelope.checks.honeypot,
        pairs
            .iter()
            .any(|(name, text)| name == "trap" && !text.is_empty())
    );
}
