//! S34: one byte too many, and far too many. What is accepted at each limit is tested beside it.

use serde_json::json;

use super::{
    CANARY, Case, JSON, MULTIPART, TOO_LARGE, URLENCODED, good, good_pairs, good_with, parts,
};

const MAX_BODY: usize = 512 * 1024;

pub(super) fn cases() -> Vec<Case> {
    [bodies(), names(), values(), envelopes()]
        .into_iter()
        .flatten()
        .collect()
}

fn bad(why: impl Into<String>, content_type: &str, body: impl Into<Vec<u8>>) -> Case {
    Case::post(why, content_type, body, TOO_LARGE)
}

fn bodies() -> Vec<Case> {
    let types = [
        (JSON, good().to_string()),
        (URLENCODED, good_pairs()),
        (MULTIPART, parts(&[("name", CANARY)])),
    ];
    let types = types.iter();
    types
        .flat_map(|(one, body)| {
            [1, 2, 1024, 1_048_576, 10_000_000].map(|over| {
                let mut body = body.clone().into_bytes();
                body.resize(
                    MAX_BODY + over,
                    if *one == URLENCODED { b'&' } else { b' ' },
                );
                bad(format!("{one}, {over} bytes over the limit"), one, body)
            })
        })
        .collect()
}

fn names() -> Vec<Case> {
    let names = [129, 130, 256, 1024, 65_536].into_iter().flat_map(|size| {
        let name = "n".repeat(size);
        [
            bad(
                format!("a name of {size} in JSON"),
                JSON,
                good_with(json!({ &name: 1 })).to_string(),
            ),
            bad(
                format!("a name of {size}, deeper"),
                JSON,
                good_with(json!({"a": [{ &name: 1 }]})).to_string(),
            ),
            bad(
                format!("a name of {size}, urlencoded"),
                URLENCODED,
                format!("{}&{name}=1", good_pairs()),
            ),
        ]
    });
    let wide = [("é", 65), ("今", 43), ("🦀", 33)].map(|(sign, count)| {
        bad(
            format!("a name of {count} {sign}"),
            JSON,
            good_with(json!({ sign.repeat(count): 1 })).to_string(),
        )
    });
    names.chain(wide).collect()
}

fn values() -> Vec<Case> {
    let fields = ["name", "email", "message", "other"].into_iter();
    fields
        .flat_map(|name| {
            [65_537, 65_538, 100_000, 400_000]
                .into_iter()
                .flat_map(move |size| {
                    let text = "x".repeat(size);
                    [
                        bad(
                            format!("{size} bytes in {name}, JSON"),
                            JSON,
                            good_with(json!({ name: &text })).to_string(),
                        ),
                        bad(
                            format!("{size} bytes in {name}, urlencoded"),
                            URLENCODED,
                            format!("{name}={text}"),
                        ),
                    ]
                })
        })
        .collect()
}

/// Small as they come, and too large for the queue, which is ASCII.
fn envelopes() -> Vec<Case> {
    let signs = [
        ("crabs", "🦀", 4),
        ("accents", "é", 2),
        ("characters of three bytes", "今", 3),
        ("DEL", "\u{7f}", 1),
        ("U+0001", "\u{1}", 1),
    ];
    signs
        .into_iter()
        .map(|(what, sign, width)| {
            let lists: Vec<_> = (0..4).map(|_| sign.repeat(64_000 / width)).collect();
            // `listed` takes any field, so nothing but the size refuses them.
            bad(
                format!("256 KB of {what}"),
                JSON,
                json!({"name": CANARY, "a": lists}).to_string(),
            )
            .to("/forms/listed")
        })
        .collect()
}
