//! Every text that is accepted is kept as it was sent, to the byte, or refused by a rule that the docs name: U+0000, a
//! text in which there is nothing to see. Nothing is normalised, trimmed or mended.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::ask::event_of;
use crate::in_process::Homes;

const FORM: &str = "title = \"Any text\"\n[schema]\ntype = \"object\"\n[schema.properties.text]\ntype = \"string\"\n";

/// What something on the way might touch.
fn texts() -> Vec<String> {
    let around = characters().flat_map(|c| {
        [
            c.to_string(),
            format!("a{c}b"),
            format!("{c}{c}"),
            format!(" {c} "),
        ]
    });
    let long = [
        "x".repeat(20_000),
        "é".repeat(10_000),
        "🦀".repeat(5_000),
        "\"\\\u{1}".repeat(3_000),
        " ".repeat(5_000),
    ];
    let listed = [WRITTEN, MARKED, MEANT].concat();
    around
        .chain(listed.into_iter().map(str::to_owned))
        .chain(long)
        .collect()
}

/// Characters that nobody sees, that are none, or that stand at the end of something.
fn characters() -> impl Iterator<Item = char> {
    (1..=0x9f_u32)
        .chain(0xa0..=0x17f)
        .chain([
            0x300, 0x301, 0x34f, 0x61c, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029,
            0x2060, 0x3000, 0x3002,
        ])
        .chain(0x202a..=0x202e)
        .chain(0x2066..=0x2069)
        .chain(0xfdd0..=0xfdef)
        .chain((0..=0x10).flat_map(|plane| [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff]))
        .chain([
            0xd7ff, 0xe000, 0xf8ff, 0xfeff, 0xfffc, 0xfffd, 0x10000, 0x1f980, 0xe0001, 0xe007f,
            0x10fffd,
        ])
        .filter_map(char::from_u32)
}

/// What can be written in two ways, or looks like something else.
const WRITTEN: &[&str] = &[
    "é",
    "e\u{301}",
    "\u{1100}\u{1161}",
    "각",
    "ﬁ",
    "ſ",
    "Å",
    "\u{212b}",
    "ά",
    "\u{1f71}",
    "İ",
    "ı",
    "ß",
    "ẞ",
    "👩\u{200d}👩\u{200d}👧",
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "🇪🇺",
    "✌🏽",
    "❤\u{fe0f}",
    "❤\u{fe0e}",
    "שלום \u{202e}abc\u{202c} عالم",
    "z\u{301}\u{302}\u{303}\u{304}\u{305}",
];

/// What means something to those who separate, quote or escape.
const MARKED: &[&str] = &[
    "\r\n",
    "\n\r",
    "\r",
    "a\r\nb\nc\rd",
    "\t\t",
    "  ",
    " a ",
    "a  b",
    "+",
    "%",
    "%25",
    "%2525",
    "%zz",
    "a+b%20c",
    "&",
    "&amp;",
    "=",
    ";",
    "?",
    "#",
    "a=b&c=d",
    "\"",
    "\\",
    "\\u0041",
    "\\n",
    "\\",
    "'",
    "''",
    "/*",
    "<b>",
    "</script>",
    "<!--",
    "]]>",
    "${x}",
    "{{x}}",
    "--b",
    "\r\n--b",
    "--b--",
    "\r\n--b0\r\n",
];

/// What would mean something to a program that reads more than text in it.
const MEANT: &[&str] = &[
    "null",
    "true",
    "1.0",
    "1e3",
    "-0",
    "007",
    "NaN",
    "2026-02-30",
    "\u{feff}a",
    "a\u{feff}",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{8}\u{8}",
    "=HYPERLINK(1)",
    "@SUM(1)",
    "-1+1",
    "Robert'); DROP TABLE entries;--",
    "..\\..\\x",
    "../../x",
    "C:\\x",
    "\u{fffd}",
    "\u{0130}\u{0307}",
];

/// The four ways that a text comes: content type and body.
fn ways(text: &str) -> [(&'static str, String); 4] {
    let units = text.encode_utf16().fold(String::new(), |mut all, unit| {
        let _ = write!(all, "\\u{unit:04X}");
        all
    });
    let escaped = text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02x}");
        all
    });
    let part = format!(
        "--b0undary\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n{text}\r\n--b0undary--\r\n"
    );
    [
        ("application/json", json!({ "text": text }).to_string()),
        ("application/json", format!("{{\"text\":\"{units}\"}}")),
        (
            "application/x-www-form-urlencoded",
            format!("text={escaped}"),
        ),
        ("multipart/form-data; boundary=b0undary", part),
    ]
}

/// What was kept of a post, by each home; `None`: refused.
fn kept(homes: &Homes, content_type: &str, body: &str) -> [Option<Value>; 2] {
    let mut request = http::Request::new(body.to_owned().into());
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = "/forms/text".parse().unwrap();
    request
        .headers_mut()
        .insert("content-type", content_type.parse().unwrap());
    let queued = |status: u16| {
        let envelopes = homes.envelopes();
        assert_eq!(
            envelopes.len(),
            usize::from(status == 202),
            "queued if and only if accepted"
        );
        envelopes
            .first()
            .map(|envelope| Value::Object(envelope.payload.fields()))
    };
    let here = queued(homes.one_machine(request).status);
    let event = event_of(
        "POST",
        "/forms/text",
        &json!({"content-type": content_type}),
        &json!(body),
        false,
    );
    [here, queued(homes.aws(&event).unwrap().status)]
}

#[test]
fn every_text_is_kept_to_the_byte_whichever_way_it_comes() {
    let homes = Homes::new(&[("text", FORM)]);
    let texts = texts();
    for text in &texts {
        for (content_type, body) in ways(text) {
            for kept in kept(&homes, content_type, &body) {
                assert_eq!(
                    kept,
                    Some(json!({ "text": text })),
                    "{content_type}: {text:?}"
                );
            }
        }
    }
    println!("{} texts, four ways, two homes", texts.len());
}

#[test]
fn a_text_with_u0000_is_refused_and_an_empty_one_is_missing_where_it_comes_from_a_page() {
    let homes = Homes::new(&[("text", FORM)]);
    for text in ["\0", "a\0", "\0a", "a\0b", "\u{1}\0"] {
        for (content_type, body) in ways(text) {
            assert_eq!(
                kept(&homes, content_type, &body),
                [None, None],
                "{content_type}: {text:?}"
            );
        }
    }
    for (content_type, body) in ways("") {
        let expected = if content_type == "application/json" {
            json!({"text": ""})
        } else {
            json!({})
        };
        assert_eq!(
            kept(&homes, content_type, &body),
            [Some(expected.clone()), Some(expected)],
            "{content_type}"
        );
    }
}
