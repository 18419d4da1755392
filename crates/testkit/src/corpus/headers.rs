//! S39, S56: headers that are no key, or that come from a page which may not post.

use serde_json::json;

use super::request_lists::ORIGINS;
use super::{CANARY, Case, JSON, URLENCODED, good, good_pairs, good_with, with_pair};

const BAD_KEY: &str = "bad-idempotency-key";

pub(super) fn cases() -> Vec<Case> {
    [keys(), fields(), origins()]
        .into_iter()
        .flatten()
        .collect()
}

/// Keys in the header.
fn keys() -> Vec<Case> {
    let with_key = |why: String, key: Vec<u8>| {
        Case::post(why, JSON, good().to_string(), BAD_KEY).with("idempotency-key", key)
    };
    let signs = [b' ', b'\t'].into_iter().chain(0x80..=0xff);
    let signs = signs.map(|byte| {
        with_key(
            format!("a key with the byte {byte:#x} in it"),
            vec![b'k', byte, b'k'],
        )
    });
    let texts = [
        "é", "今", "🦀", "e\u{301}", "\u{a0}", "\u{202e}", "\u{feff}",
    ];
    let texts = texts.map(|text| {
        with_key(
            format!("a key with {}", text.escape_unicode()),
            format!("k{text}k").into(),
        )
    });
    let long = [256, 257, 300, 1000, 8000]
        .map(|size| with_key(format!("a key of {size}"), vec![b'k'; size]));
    let empty = with_key("an empty key".into(), Vec::new());
    let twice = [("the same", "k"), ("another", "l")].map(|(what, second)| Case {
        is_mended_by_a_gateway: true,
        ..with_key(format!("{what} key again"), b"k".into()).with("idempotency-key", second)
    });
    signs
        .chain(texts)
        .chain(long)
        .chain([empty])
        .chain(twice)
        .collect()
}

/// Keys in the hidden field, and in both places.
fn fields() -> Vec<Case> {
    let values = [
        json!(1),
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!(["k"]),
        json!(""),
        json!(" "),
        json!("k k"),
        json!("k\n"),
        json!("k\u{7f}"),
        json!("k\u{1}"),
        json!("ké"),
        json!("今"),
        json!("🦀"),
        json!("k".repeat(256)),
        json!("k".repeat(60_000)),
    ];
    let values = values.map(|value| {
        let why = format!(
            "the field _idempotency {:.40} of {}",
            value.to_string(),
            value.to_string().len()
        );
        Case::post(
            why,
            JSON,
            good_with(json!({"_idempotency": value})).to_string(),
            BAD_KEY,
        )
    });
    let texts = [
        "k+k",
        "%09",
        "k%0d%0a",
        "%c3%a9",
        "%7f",
        "k%20",
        "%e4%bb%8a",
    ];
    let texts = texts.map(|text| {
        Case::post(
            format!("the field _idempotency={text}"),
            URLENCODED,
            with_pair(&format!("_idempotency={text}")),
            BAD_KEY,
        )
    });
    let both = [("a", "b"), ("a", "A"), ("a", "aa"), ("a", "a,a")];
    let both = both.into_iter().flat_map(|(header, field)| {
        let json = good_with(json!({"_idempotency": field})).to_string();
        let why = format!("{header} in the header and {field} in the field");
        [
            Case::post(format!("{why}, JSON"), JSON, json, BAD_KEY).with("idempotency-key", header),
            Case::post(
                format!("{why}, urlencoded"),
                URLENCODED,
                with_pair(&format!("_idempotency={field}")),
                BAD_KEY,
            )
            .with("idempotency-key", header),
        ]
    });
    values.into_iter().chain(texts).chain(both).collect()
}

/// Pages that the form does not list, some of which look as if it did.
fn origins() -> Vec<Case> {
    let long = [300, 5000].map(|size| format!("https://{}.example", "a".repeat(size)));
    let all = ORIGINS
        .iter()
        .map(|origin| (*origin).to_owned())
        .chain(long)
        .filter(|origin| origin.trim() == origin.as_str() || !origin.contains("example\t"));
    let foreign = |why: String| {
        Case::post(why, URLENCODED, good_pairs(), "origin-not-allowed").to("/forms/listed")
    };
    let twice = foreign("two origins".into())
        .with("origin", "https://a.example")
        .with("origin", "https://a.example");
    all.map(|origin| {
        foreign(format!("{CANARY} from {origin:.60} of {}", origin.len())).with("origin", origin)
    })
    .chain([twice])
    .collect()
}
