//! Bad input: requests that are none of ours, each with what is bad about it and the problem that refuses it. Made by
//! code, family by family, because a list of thousands says nothing; the codes beside the families (`S31` …) are the
//! scenarios they grew from.
//!
//! Whoever asks them sends every case and checks the same things: the problem it names, nothing queued, and nothing
//! of the case repeated in the answer ([`CANARY`]). The forms that the cases are sent to are [`FORMS`].

mod field_lists;
mod headers;
mod json;
mod media_types;
mod multipart;
mod path_lists;
mod paths;
mod request_lists;
mod schema;
mod sizes;
mod tickets;
mod urlencoded;

use std::collections::HashSet;

use serde_json::{Value, json};

/// Stands in nearly every case. No answer may repeat it.
pub const CANARY: &str = "canary7f3a";

/// The forms that the cases are about: an id and its TOML.
pub const FORMS: [(&str, &str); 3] = [
    ("contact", include_str!("../../../forms/contact.toml")),
    ("every", include_str!("corpus/every.toml")),
    ("listed", include_str!("corpus/listed.toml")),
];

/// The ticket key that the cases about tickets know: `kid:stage:secret`, and the id secret.
pub const KEY: &str = "1:local:0123456789abcdefghijklmnopqrstuv";

const JSON: &str = "application/json";
const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

const MALFORMED: &str = "malformed";
const INVALID: &str = "invalid-fields";
const TOO_LARGE: &str = "too-large";

/// One bad request.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is bad about it.
    pub why: String,
    /// The method.
    pub method: &'static str,
    /// The path, as it stands in the request.
    pub path: String,
    /// The headers, in order; a name may be there twice.
    pub headers: Vec<(&'static str, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// The name of the problem that refuses it.
    pub problem: &'static str,
    /// Bad as it is sent, and mended by a gateway that makes one line of two headers.
    pub is_mended_by_a_gateway: bool,
}

impl Case {
    fn new(why: impl Into<String>, problem: &'static str) -> Self {
        Self {
            why: why.into(),
            method: "POST",
            path: "/forms/contact".into(),
            headers: Vec::new(),
            body: Vec::new(),
            problem,
            is_mended_by_a_gateway: false,
        }
    }

    /// A post to `contact` of this type.
    fn post(
        why: impl Into<String>,
        content_type: &str,
        body: impl Into<Vec<u8>>,
        problem: &'static str,
    ) -> Self {
        Self {
            body: body.into(),
            ..Self::new(why, problem)
        }
        .with("content-type", content_type)
    }

    fn with(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn to(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }
}

/// Makes a family.
type Make = fn() -> Vec<Case>;

/// Every case, and the families they are of. No two cases of a family have the same reason.
#[must_use]
pub fn all() -> Vec<(&'static str, Vec<Case>)> {
    let families: [(&str, Make); 9] = [
        ("S31 JSON", json::cases),
        ("S32 content types", media_types::cases),
        ("S32 multipart", multipart::cases),
        ("S34 sizes", sizes::cases),
        ("S35 urlencoded", urlencoded::cases),
        ("S37 schema", schema::cases),
        ("S38 paths and methods", paths::cases),
        ("S39 headers", headers::cases),
        ("S49 tickets", tickets::cases),
    ];
    families
        .into_iter()
        .map(|(name, cases)| (name, told_apart(name, cases())))
        .collect()
}

fn told_apart(family: &str, cases: Vec<Case>) -> Vec<Case> {
    let mut reasons = HashSet::new();
    for case in &cases {
        assert!(
            reasons.insert(case.why.clone()),
            "{family}: two cases are bad because of {:?}",
            case.why
        );
    }
    cases
}

/// Fields that `contact` takes, with the canary in each.
fn good() -> Value {
    json!({"name": CANARY, "email": format!("{CANARY}@example.org"), "message": format!("{CANARY} x")})
}

/// That object with members added or replaced.
fn good_with(members: Value) -> Value {
    let mut fields = good();
    if let (Value::Object(fields), Value::Object(members)) = (&mut fields, members) {
        fields.extend(members);
    }
    fields
}

/// The good fields as JSON text, with this text as their first members.
fn with_member(text: &str) -> String {
    good().to_string().replacen('{', &format!("{{{text},"), 1)
}

/// The good fields as pairs, urlencoded.
fn good_pairs() -> String {
    format!("name={CANARY}&email={CANARY}%40example.org&message={CANARY}+x")
}

/// The good fields, urlencoded, with this segment after them.
fn with_pair(segment: &str) -> String {
    format!("{}&{segment}", good_pairs())
}

/// Texts as parts of `multipart/form-data` between `b`.
fn parts(pairs: &[(&str, &str)]) -> String {
    let part = |(name, text): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    format!("{}--b--\r\n", pairs.iter().map(part).collect::<String>())
}

/// Every byte of `text` escaped with `%`.
fn escaped(text: &[u8]) -> String {
    text.iter().map(|byte| format!("%{byte:02X}")).collect()
}

/// Byte sequences that are no UTF-8, and why.
fn not_utf8() -> Vec<(String, Vec<u8>)> {
    let alone = (0x80..=0xff).map(|byte| (format!("the byte {byte:#x} alone"), vec![byte]));
    let followed = (0xc2..=0xf4).map(|byte| {
        (
            format!("{byte:#x} followed by no continuation"),
            vec![byte, 0x28],
        )
    });
    let named: [(&str, &[u8]); 14] = [
        ("an overlong slash of two bytes", b"\xc0\xaf"),
        ("an overlong NUL", b"\xc0\x80"),
        ("an overlong slash of three bytes", b"\xe0\x80\xaf"),
        ("an overlong slash of four bytes", b"\xf0\x80\x80\xaf"),
        ("an overlong slash of five bytes", b"\xf8\x80\x80\x80\xaf"),
        (
            "an overlong slash of six bytes",
            b"\xfc\x80\x80\x80\x80\xaf",
        ),
        ("a high surrogate in three bytes", b"\xed\xa0\x80"),
        ("a low surrogate in three bytes", b"\xed\xb0\x80"),
        (
            "a pair of surrogates in six bytes",
            b"\xed\xa0\xbd\xed\xb8\x80",
        ),
        ("a character beyond U+10FFFF", b"\xf4\x90\x80\x80"),
        ("three bytes cut after two", b"\xe4\xbb"),
        ("four bytes cut after three", b"\xf0\x9f\xa6"),
        ("one continuation too many", b"\xc3\xa9\xa9"),
        ("Latin-1", b"caf\xe9 au lait"),
    ];
    let named = named
        .into_iter()
        .map(|(why, bytes)| (why.to_owned(), bytes.to_vec()));
    alone.chain(followed).chain(named).collect()
}
