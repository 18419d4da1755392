//! S35: pairs that are not written as pairs are, or that could be read in two ways.

use super::{
    CANARY, Case, INVALID, MALFORMED, TOO_LARGE, URLENCODED, escaped, good, good_pairs, not_utf8,
    with_pair,
};

pub(super) fn cases() -> Vec<Case> {
    [escapes(), bytes(), twice(), names(), many()]
        .into_iter()
        .flatten()
        .collect()
}

fn bad(why: impl Into<String>, body: impl Into<Vec<u8>>) -> Case {
    Case::post(why, URLENCODED, body, MALFORMED)
}

/// A `%` that no byte follows.
fn escapes() -> Vec<Case> {
    let is_sign = |c: char| !c.is_ascii_hexdigit() && c != '&' && c != '=';
    let first = (0x20..0x7f).map(char::from).filter(move |c| is_sign(*c));
    let first = first.map(|c| bad(format!("%{c}0 in a value"), with_pair(&format!("a=%{c}0"))));
    let second = (0x20..0x7f).map(char::from).filter(move |c| is_sign(*c));
    let second = second.map(|c| bad(format!("%4{c} in a value"), with_pair(&format!("a=%4{c}"))));
    let written = [
        "%", "%%", "%%%", "%4", "%u0041", "%U0041", "%x41", "%{41}", "%0x41", "% 41", "%-1", "%+1",
        "%é1", "%４１",
    ];
    let values = written.map(|text| {
        bad(
            format!("{text} in a value"),
            with_pair(&format!("a={text}")),
        )
    });
    let names =
        written.map(|text| bad(format!("{text} in a name"), with_pair(&format!("{text}=1"))));
    let cut = escaped(good_pairs().as_bytes());
    let cut = (1..=30).filter(|at| at % 3 != 0).map(|at| {
        bad(
            format!("escapes cut after {at} bytes"),
            format!("name=x&a={}", &cut[..at]),
        )
    });
    first
        .chain(second)
        .chain(values)
        .chain(names)
        .chain(cut)
        .collect()
}

/// Bytes that are no UTF-8, escaped and as they are.
fn bytes() -> Vec<Case> {
    let broken = not_utf8().into_iter();
    broken
        .flat_map(|(why, bytes)| {
            let raw = [with_pair("a=").as_bytes(), &bytes].concat();
            [
                bad(
                    format!("{why}, escaped in a value"),
                    with_pair(&format!("a={}", escaped(&bytes))),
                ),
                bad(
                    format!("{why}, escaped in a name"),
                    with_pair(&format!("{}=1", escaped(&bytes))),
                ),
                bad(format!("{why}, as it is"), raw),
            ]
        })
        .collect()
}

/// One field, sent twice, where the form wants no list.
fn twice() -> Vec<Case> {
    let fields = ["name", "email", "message", "other"];
    let again = fields.into_iter().flat_map(|name| {
        let partly = name.replacen(&name[..1], &escaped(&name.as_bytes()[..1]), 1);
        let spellings = [
            ("plain", name.to_owned()),
            ("escaped", escaped(name.as_bytes())),
            ("partly escaped", partly),
        ];
        spellings.into_iter().flat_map(move |(how, spelling)| {
            let first = if name == "other" { "other=a&" } else { "" };
            ["=b", "=", ""].map(|rest| {
                let problem = INVALID;
                Case {
                    problem,
                    ..bad(
                        format!("{name} again, {how}, then {rest:?}"),
                        with_pair(&format!("{first}{spelling}{rest}")),
                    )
                }
            })
        })
    });
    let keys = [
        "_idempotency=a&_idempotency=b",
        "_idempotency=a&%5Fidempotency=b",
    ];
    let keys = keys.map(|text| Case {
        problem: "bad-idempotency-key",
        ..bad(format!("two keys: {text}"), with_pair(text))
    });
    again.chain(keys).collect()
}

fn names() -> Vec<Case> {
    let malformed = ["=x", "=", "=="];
    let malformed =
        malformed.map(|text| bad(format!("a name that is none: {text}"), with_pair(text)));
    let nested = [100, 1000, 10_000].map(|depth| Case {
        problem: TOO_LARGE,
        ..bad(
            format!("a name {depth} brackets deep"),
            with_pair(&format!("a{}=1", "[b]".repeat(depth))),
        )
    });
    let brackets = [
        "name[]",
        "name[0]",
        "name[x]",
        "name.0",
        "name[",
        "[name]",
        "contact[name]",
        "NAME",
        " name",
        "name+",
    ];
    let brackets = brackets.map(|name| Case {
        problem: INVALID,
        ..bad(
            format!("a field called {name:?}"),
            with_pair(&format!("{name}={CANARY}")),
        )
    });
    let structured = nested.into_iter().chain(brackets);
    malformed
        .into_iter()
        .chain(zeros())
        .chain(structured)
        .chain(other_clothes())
        .collect()
}

/// U+0000, in names and in what is named.
fn zeros() -> Vec<Case> {
    let nul = [
        "name=%00",
        "name=a%00",
        "email=a%00@b.example",
        "message=%00x",
        "other=%00",
    ];
    let named = [
        "%00=1",
        "a%00=1",
        "%00a=1",
        "a%00b",
        "a%00=%00",
        "name%00=1",
        "a%00=&b%00=1",
    ];
    let named = named.map(|text| Case {
        problem: INVALID,
        ..bad(format!("U+0000 in {text}"), with_pair(text))
    });
    let nul = nul.map(|text| Case {
        problem: INVALID,
        ..bad(format!("U+0000 in {text}"), text)
    });
    nul.into_iter().chain(named).collect()
}

/// Bodies of another kind, under this one's name.
fn other_clothes() -> Vec<Case> {
    let clothes = [
        ("XML", format!("<name>{CANARY}</name>")),
        ("lines", format!("name: {CANARY}\nmessage: x")),
        ("multipart", super::parts(&[("name", CANARY)])),
        ("nothing", String::new()),
        ("semicolons", good_pairs().replace('&', ";")),
        ("HTML's escapes", good_pairs().replace('&', "&amp;")),
    ];
    let clothes = clothes.map(|(what, body)| Case {
        problem: INVALID,
        ..bad(format!("{what}, called urlencoded"), body)
    });
    // What is wrong is its name, and the refusal says which is right.
    let json = Case {
        problem: "unsupported-media-type",
        ..bad("JSON, called urlencoded", good().to_string())
    };
    clothes.into_iter().chain([json]).collect()
}

fn many() -> Vec<Case> {
    let different = |count: usize| {
        (0..count)
            .map(|n| format!("f{n}=1"))
            .collect::<Vec<_>>()
            .join("&")
    };
    let different =
        [201, 202, 1000, 50_000].map(|count| bad(format!("{count} pairs"), different(count)));
    let ours = [201, 100_000].map(|count| {
        bad(
            format!("{count} pairs that are dropped"),
            "_b=1&".repeat(count),
        )
    });
    let alike = [2, 200, 201, 100_000].map(|count| Case {
        problem: if count > 200 { MALFORMED } else { INVALID },
        ..bad(format!("one name {count} times"), "b=1&".repeat(count))
    });
    let empty = [2, 201, 100_000]
        .map(|count| bad(format!("{count} names that are empty"), "=&".repeat(count)));
    different
        .into_iter()
        .chain(ours)
        .chain(alike)
        .chain(empty)
        .collect()
}
