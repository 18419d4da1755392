//! S37: fields that do not fit their form.

use serde_json::{Value, json};

use super::field_lists::{ADDRESSES, SIGNS, STRANGERS, WRONG};
use super::{CANARY, Case, INVALID, JSON, MULTIPART, URLENCODED, escaped, good_with, parts};

pub(super) fn cases() -> Vec<Case> {
    [
        missing(),
        types(),
        blank(),
        emails(),
        lengths(),
        strangers(),
        every(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn bad(why: impl Into<String>, fields: &Value) -> Case {
    Case::post(why, JSON, fields.to_string(), INVALID)
}

/// One set of fields, all text, in the three ways that text comes.
fn in_every_way(why: &str, fields: [(&str, &str); 3]) -> [Case; 3] {
    let object: Value = fields
        .iter()
        .map(|(name, text)| ((*name).to_owned(), json!(text)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, text)| format!("{}={}", escaped(name.as_bytes()), escaped(text.as_bytes())))
        .collect();
    [
        bad(format!("{why}, JSON"), &object),
        Case::post(
            format!("{why}, urlencoded"),
            URLENCODED,
            pairs.join("&"),
            INVALID,
        ),
        Case::post(
            format!("{why}, multipart"),
            MULTIPART,
            parts(&fields),
            INVALID,
        ),
    ]
}

fn missing() -> Vec<Case> {
    let fields = ["name", "email", "message"];
    let some = (0..7usize).map(|kept| {
        let mut object = good_with(json!({}));
        let without = fields
            .iter()
            .enumerate()
            .filter(|(at, _)| kept & (1 << at) == 0);
        without.for_each(|(_, name)| {
            drop(
                object
                    .as_object_mut()
                    .and_then(|object| object.shift_remove(*name)),
            )
        });
        bad(format!("only these of the fields: {kept:03b}"), &object)
    });
    let empty = fields.map(|name| bad(format!("{name} is empty"), &good_with(json!({ name: "" }))));
    some.chain(
        empty
            .into_iter()
            .filter(|case| !case.why.starts_with("never")),
    )
    .collect()
}

fn types() -> Vec<Case> {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5),
        json!([]),
        json!({}),
        json!(["x"]),
        json!({"a": CANARY}),
        json!([[CANARY]]),
    ];
    let fields = ["name", "email", "message"].into_iter();
    fields
        .flat_map(|name| {
            values.iter().map(move |value| {
                bad(
                    format!("{value} for {name}"),
                    &good_with(json!({ name: value })),
                )
            })
        })
        .collect()
}

/// Texts in which there is nothing to see.
fn blank() -> Vec<Case> {
    SIGNS
        .iter()
        .flat_map(|sign| {
            let text = sign.to_string().repeat(3);
            let why = format!("nothing but {}", sign.escape_unicode());
            let name = in_every_way(
                &format!("{why} in name"),
                [("name", &text), ("email", "a@b.example"), ("message", "x")],
            );
            let message = bad(
                format!("{why} in message"),
                &good_with(json!({"message": text})),
            );
            name.into_iter().chain([message]).collect::<Vec<_>>()
        })
        .collect()
}

/// What is no address, or more than one.
fn emails() -> Vec<Case> {
    let long = [
        format!("{}@b.example", "a".repeat(300)),
        format!("a@{}.example", "b".repeat(64)),
        format!("a@{}example", "b.".repeat(130)),
        "a".repeat(255),
        "@".repeat(200),
    ];
    let texts = ADDRESSES.iter().map(|text| (*text).to_owned()).chain(long);
    texts
        .flat_map(|text| {
            in_every_way(
                &format!("the address {text:?}"),
                [("name", CANARY), ("email", &text), ("message", "x")],
            )
        })
        .collect()
}

fn lengths() -> Vec<Case> {
    let signs = [
        ("letters", "x"),
        ("accents", "é"),
        ("decomposed accents", "e\u{301}"),
        ("crabs", "🦀"),
        ("families", "👩\u{200d}👧"),
    ];
    let names = signs.into_iter().flat_map(|(what, sign)| {
        let width = sign.chars().count();
        [201, 202, 1000].map(|size| {
            bad(
                format!("a name of {size} {what}"),
                &good_with(json!({"name": sign.repeat(size / width + 1)})),
            )
        })
    });
    let messages = [10_001, 10_002, 30_000].map(|size| {
        bad(
            format!("a message of {size}"),
            &good_with(json!({"message": "x".repeat(size)})),
        )
    });
    names.chain(messages).collect()
}

/// Fields that the form does not have, some of which other programs would believe.
fn strangers() -> Vec<Case> {
    STRANGERS
        .iter()
        .copied()
        .flat_map(|name| {
            let why = format!("a field called {name:?}");
            let json = bad(format!("{why}, JSON"), &good_with(json!({ name: CANARY })));
            let pairs = format!("{}&{}=1", super::good_pairs(), escaped(name.as_bytes()));
            [
                json,
                Case::post(format!("{why}, urlencoded"), URLENCODED, pairs, INVALID),
            ]
        })
        .collect()
}

/// Each kind of field of `every`, wrong, as JSON and as text.
fn every() -> Vec<Case> {
    let one = |(name, wrong): (&'static str, &'static [&'static str])| {
        wrong.iter().flat_map(move |text| {
            let why = format!("{text:?} for {name}");
            let json = bad(format!("{why}, JSON"), &json!({ name: text })).to("/forms/every");
            let pairs = format!("{name}={}", escaped(text.as_bytes()));
            [
                json,
                Case::post(format!("{why}, urlencoded"), URLENCODED, pairs, INVALID)
                    .to("/forms/every"),
            ]
        })
    };
    let values = [
        json!({"whole": null}),
        json!({"whole": 1.5}),
        json!({"whole": "1"}),
        json!({"price": "1"}),
        json!({"agree": "true"}),
        json!({"agree": 1}),
        json!({"days": []}),
        json!({"days": [1, 1]}),
        json!({"days": [1, 2, 3, 4]}),
        json!({"days": ["1"]}),
        json!({"days": 1}),
        json!({"days": {"0": 1}}),
        json!({"colour": null}),
        json!({"day": 20260101}),
        json!({"nested": {}}),
        json!({"nested": []}),
        json!({"nested": {"a": 1}}),
        json!({"nested": {"a": "x", "b": CANARY}}),
        json!({"nested": {"A": "x"}}),
        json!({"code": ["ABC"]}),
        json!({"whole": 1e300}),
        json!({"whole": -0.5}),
        json!({"other": null}),
    ];
    let values =
        values.map(|fields| bad(format!("{fields} for every"), &fields).to("/forms/every"));
    let lists = [
        "days=1&days=1",
        "days=1&days=2&days=3&days=4",
        "days=1&days=x",
        "whole=1&whole=2&x=1",
    ]
    .map(|text| Case::post(text, URLENCODED, text, INVALID).to("/forms/every"));
    WRONG
        .iter()
        .copied()
        .flat_map(one)
        .chain(values)
        .chain(lists)
        .collect()
}
