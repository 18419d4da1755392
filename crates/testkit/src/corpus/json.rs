//! S31: bodies that are not one JSON object, or that could be read in two ways.

use super::request_lists::{BODIES, VALUES};
use super::{CANARY, Case, INVALID, JSON, MALFORMED, good, good_pairs, not_utf8, with_member};

pub(super) fn cases() -> Vec<Case> {
    let families = [
        cut(),
        unframed(),
        strings(),
        not_json(),
        twice(),
        deep_and_many(),
        encodings(),
        inexact(),
    ];
    families.into_iter().flatten().collect()
}

fn bad(why: impl Into<String>, body: impl Into<Vec<u8>>) -> Case {
    Case::post(why, JSON, body, MALFORMED)
}

/// A whole body, ended too early.
fn cut() -> Vec<Case> {
    let whole = good().to_string();
    (0..whole.len())
        .map(|at| bad(format!("cut after {at} bytes"), &whole[..at]))
        .collect()
}

/// A sign of structure missing, doubled, or another in its place.
fn unframed() -> Vec<Case> {
    let whole = good().to_string();
    let signs = whole.char_indices().filter(|(_, c)| "{}\":,".contains(*c));
    signs
        .flat_map(|(at, sign)| {
            let with = |text: &str| format!("{}{text}{}", &whole[..at], &whole[at + 1..]);
            let other = if sign == '"' { "'" } else { "\"" };
            [
                bad(format!("{sign} missing at {at}"), with("")),
                bad(
                    format!("{sign} doubled at {at}"),
                    with(&format!("{sign}{sign}")),
                ),
                bad(format!("{other} for {sign} at {at}"), with(other)),
            ]
        })
        // Two quotes are a whole text where one begins, and then what follows is bad: never the other way round.
        .collect()
}

/// Texts with what no JSON text has in it.
fn strings() -> Vec<Case> {
    let member = |why: String, text: &str| bad(why, with_member(&format!("\"a\":\"{text}\"")));
    let raw = (0..0x20u8).map(|c| {
        member(
            format!("the control character {c:#x} in a text"),
            &char::from(c).to_string(),
        )
    });
    let blank = |c: u8| b" \t\r\n".contains(&c);
    let between = (0..0x20u8).filter(|c| !blank(*c)).map(|c| {
        bad(
            format!("the control character {c:#x} between members"),
            with_member(&format!("\"a\":1{}", char::from(c))),
        )
    });
    let escapes = (0x20..0x7f)
        .map(char::from)
        .filter(|c| !"\"\\/bfnrtu".contains(*c));
    let escapes = escapes.map(|c| member(format!("the escape \\{c}"), &format!("\\{c}")));
    let hex = [
        "",
        "1",
        "12",
        "123",
        "12g4",
        "zzzz",
        "+123",
        "-123",
        " 123",
        "0x12",
        "{41}",
        "१२३४",
    ];
    let hex = hex.map(|digits| member(format!("\\u with {digits:?}"), &format!("\\u{digits}")));
    let half = |why: String, text: &str| Case {
        problem: INVALID,
        ..member(why, text)
    };
    let alone = (0xd800..=0xdfff)
        .step_by(64)
        .map(|unit: u32| half(format!("\\u{unit:04x} alone"), &format!("\\u{unit:04x}")));
    let pairs = [
        "\\ude00\\ud83d",
        "\\ud83d\\ud83d",
        "\\ud83dx",
        "\\ud83d\\n",
        "\\ud83d\\u0041",
    ];
    let pairs = pairs.map(|text| half(format!("surrogates that are no pair: {text}"), text));
    let names = ["\\ud800", "\\x", "\n", "\\u12"];
    let names = names.map(|name| {
        bad(
            format!("{name:?} in a name"),
            with_member(&format!("\"{name}\":1")),
        )
    });
    raw.chain(between)
        .chain(escapes)
        .chain(hex)
        .chain(alone)
        .chain(pairs)
        .chain(names)
        .collect()
}

/// What other languages write.
fn not_json() -> Vec<Case> {
    let values = VALUES.iter().map(|text| {
        bad(
            format!("{text:?} for a value"),
            with_member(&format!("\"a\":{text}")),
        )
    });
    let whole = BODIES
        .iter()
        .map(|text| bad(format!("{text:?} for a body"), *text));
    let good = good().to_string();
    let around = [
        "x", "{}", "]", "}", ",", "\0", "\u{feff}", ";", "\n{}", "//", "\u{3000}", CANARY,
    ];
    let after = around.map(|text| {
        bad(
            format!("{text:?} after the object"),
            format!("{good}{text}"),
        )
    });
    // A byte order mark is taken away.
    let before = around.iter().filter(|text| **text != "\u{feff}");
    let before = before.map(|text| {
        bad(
            format!("{text:?} before the object"),
            format!("{text}{good}"),
        )
    });
    let before: Vec<_> = before.collect();
    let pairs = bad("urlencoded, called JSON", good_pairs());
    let listed = bad("the object in a list", format!("[{good}]"));
    let quoted = bad(
        "the object as a text",
        serde_json::Value::String(good).to_string(),
    );
    values
        .chain(whole)
        .chain(after)
        .chain(before)
        .chain([pairs, listed, quoted])
        .collect()
}

/// Names that are there twice: readers differ in which they take.
fn twice() -> Vec<Case> {
    let spellings = |name: &str| -> Vec<String> {
        let escape = |at: usize| {
            let escaped = |(index, c): (usize, char)| {
                if index == at {
                    format!("\\u{:04x}", c as u32)
                } else {
                    c.into()
                }
            };
            name.char_indices().map(escaped).collect()
        };
        (0..name.len())
            .map(escape)
            .chain([name.to_owned()])
            .collect()
    };
    let names = ["name", "email", "message"].into_iter().flat_map(spellings);
    let names = names.flat_map(|name| {
        [("text", "\"other\""), ("null", "null"), ("list", "[]")].map(|(kind, value)| {
            bad(
                format!("{name} is there twice, once as {kind}"),
                with_member(&format!("\"{name}\":{value}")),
            )
        })
    });
    let nested = (1..=13).map(|depth| {
        let (open, close) = ("{\"a\":".repeat(depth), "}".repeat(depth));
        bad(
            format!("a name twice, {depth} deep"),
            with_member(&format!("\"a\":{open}{{\"b\":1,\"b\":1}}{close}")),
        )
    });
    let ours = ["_idempotency", "_", "__proto__"];
    let ours = ours.map(|name| {
        bad(
            format!("{name} twice"),
            with_member(&format!("\"{name}\":\"a\",\"{name}\":\"b\"")),
        )
    });
    let empty = ["\"\":1", "\"a\":{\"\":1}", "\"a\":[{\"\":1}]"];
    let empty = empty.map(|text| bad(format!("a name that is none: {text}"), with_member(text)));
    let nul = [
        "\"\\u0000\":1",
        "\"a\\u0000b\":1",
        "\"a\\u0000\":\"\\u0000\"",
        "\"a\":{\"\\u0000\":1}",
        "\"a\":[{\"b\\u0000\":1}]",
        "\"_\\u0000\":1",
        "\"name\\u0000\":1",
    ];
    let nul = nul.map(|text| Case {
        problem: INVALID,
        ..bad(format!("U+0000 in a name: {text}"), with_member(text))
    });
    names
        .chain(nested)
        .chain(ours)
        .chain(empty)
        .chain(nul)
        .collect()
}

/// What is small to send and large to keep.
fn deep_and_many() -> Vec<Case> {
    [deep(), many(), digits()].concat()
}

fn deep() -> Vec<Case> {
    let depths = [
        16, 17, 18, 20, 32, 64, 126, 127, 128, 129, 255, 1000, 10_000, 100_000,
    ];
    let deep = depths.into_iter().flat_map(|depth| {
        let nest = |open: &str, close: &str| {
            with_member(&format!(
                "\"a\":{}1{}",
                open.repeat(depth),
                close.repeat(depth)
            ))
        };
        let half = |open: &str, close: &str| {
            format!(
                "{}1{}",
                open.repeat(depth.div_ceil(2)),
                close.repeat(depth.div_ceil(2))
            )
        };
        [
            bad(format!("lists {depth} deep"), nest("[", "]")),
            bad(
                format!("objects {depth} deep"),
                if depth > 30_000 {
                    "{\"a\":".repeat(depth)
                } else {
                    nest("{\"a\":", "}")
                },
            ),
            bad(
                format!("both {depth} deep"),
                with_member(&format!("\"a\":{}", half("[{\"b\":", "}]"))),
            ),
            bad(format!("{depth} lists that never end"), "[".repeat(depth)),
        ]
    });
    deep.collect()
}

fn many() -> Vec<Case> {
    let members = |count: usize| {
        (0..count)
            .map(|n| format!("\"f{n}\":1"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let many = [198, 199, 201, 256, 1000, 10_000, 40_000].map(|count| {
        bad(
            format!("{count} fields too many"),
            with_member(&members(count)),
        )
    });
    let spread = [67, 100, 199].map(|count| {
        let objects: Vec<_> = (0..count).map(|_| "{\"a\":1,\"b\":2,\"c\":3}").collect();
        bad(
            format!("{count} objects of three"),
            with_member(&format!("\"a\":[{}]", objects.join(","))),
        )
    });
    let lists = [10_001, 50_000, 200_000].map(|count| {
        bad(
            format!("a list of {count}"),
            with_member(&format!("\"a\":[{}1]", "1,".repeat(count - 1))),
        )
    });
    many.into_iter().chain(spread).chain(lists).collect()
}

fn digits() -> Vec<Case> {
    // Beyond a double's longest text it is not read.
    let counts = [41, 42, 64, 100, 309, 400, 4096, 65_536, 400_000];
    let digits = counts.into_iter().flat_map(|count| {
        let problem = if count < 800 { INVALID } else { MALFORMED };
        let bad = |why, body| Case {
            problem,
            ..bad(why, body)
        };
        [
            bad(
                format!("a number of {count} digits"),
                with_member(&format!("\"a\":{}", "9".repeat(count))),
            ),
            bad(
                format!("{count} digits after the point"),
                with_member(&format!("\"a\":0.{}", "1".repeat(count))),
            ),
            bad(
                format!("an exponent of {count} digits"),
                with_member(&format!("\"a\":1e{}", "9".repeat(count))),
            ),
        ]
    });
    digits.collect()
}

/// Bytes that are no UTF-8.
fn encodings() -> Vec<Case> {
    let text = good().to_string();
    let utf16 =
        |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let utf32 = |bytes: fn(u32) -> [u8; 4]| {
        text.chars()
            .flat_map(|c| bytes(c as u32))
            .collect::<Vec<u8>>()
    };
    let whole = [
        ("UTF-16, little end first", utf16(u16::to_le_bytes)),
        ("UTF-16, big end first", utf16(u16::to_be_bytes)),
        (
            "UTF-16 with its mark",
            [&b"\xff\xfe"[..], &utf16(u16::to_le_bytes)].concat(),
        ),
        (
            "UTF-16BE with its mark",
            [&b"\xfe\xff"[..], &utf16(u16::to_be_bytes)].concat(),
        ),
        ("UTF-32, little end first", utf32(u32::to_le_bytes)),
        ("UTF-32, big end first", utf32(u32::to_be_bytes)),
        (
            "gzip without saying so",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00".to_vec(),
        ),
        ("CBOR", b"\xa1\x64name\x63Ada".to_vec()),
    ];
    let whole = whole.map(|(why, bytes)| bad(why, bytes));
    let within = not_utf8().into_iter().flat_map(|(why, bytes)| {
        let value = [b"{\"name\":\"", bytes.as_slice(), b"\"}"].concat();
        let name = [b"{\"", bytes.as_slice(), b"\":1}"].concat();
        [
            bad(format!("{why}, in a text"), value),
            bad(format!("{why}, in a name"), name),
        ]
    });
    whole.into_iter().chain(within).collect()
}

/// Numbers that would change if they were kept, each named with its place.
fn inexact() -> Vec<Case> {
    let numbers = [
        "1e309",
        "-1e309",
        "1e999",
        "1e-400",
        "4.9e-325",
        "9007199254740993",
        "-9007199254740993",
        "18446744073709551617",
        "123456789012345678901",
        "0.1000000000000000000001",
        "3.141592653589793238462643",
        "1.7976931348623159e308",
        "2.2250738585072011e-308",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "0.30000000000000000001",
        "1234567890.12345678901",
    ];
    numbers
        .map(|text| {
            Case::post(
                format!("the number {text}"),
                JSON,
                format!("{{\"price\":{text}}}"),
                INVALID,
            )
            .to("/forms/every")
        })
        .into()
}
