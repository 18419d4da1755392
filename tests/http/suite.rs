//! What both homes answer over HTTP, asked from outside: one suite. Each home runs it from a target of its own
//! (`counterfoil`'s `http`, `crates/aws`'s `pipeline`), which says what the home is: `crate::home()`.
//!
//! Where the way to the functions differs between the homes, an [`home::Oddity`] says how and why; everything else
//! is the same to the byte.

mod clients;
mod contract;
mod cors;
mod dead_letter;
pub(crate) mod home;
mod kept;
mod keys;
mod pages;
mod posts;
mod refusals;
mod routes;
mod tickets;
mod too_large;

use serde_json::{Value, json};

use crate::client::{Answer, Doors, send};

const JSON: &str = "application/json";
const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";
const PAGE: &str = "text/html; charset=utf-8";
/// What browsers send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const GOOD_PAIRS: &str = "name=Ada&email=ada%40example.org&message=two+words";

type Headers<'a> = &'a [(&'a str, &'a str)];

/// Posts to a form.
fn post(home: &impl Doors, form: &str, headers: Headers, body: impl AsRef<[u8]>) -> Answer {
    send(
        home,
        "POST",
        &format!("/forms/{form}"),
        headers,
        body.as_ref(),
    )
    .unwrap()
}

/// Posts these pairs to `contact` as a browser does.
fn browse(home: &impl Doors, body: impl AsRef<[u8]>) -> Answer {
    post(
        home,
        "contact",
        &[("content-type", URLENCODED), ("accept", BROWSER)],
        body,
    )
}

/// The ticket of an answer that must be 202.
fn ticket(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

/// Parts of `multipart/form-data`.
fn multipart(pairs: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    format!("{}--b--\r\n", pairs.iter().map(part).collect::<String>())
}

/// Good fields with others beside or instead.
fn with(members: Value) -> Value {
    let mut fields = json!({"name": "Ada", "email": "ada@example.org", "message": "two words"});
    fields
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    fields
}
