//! S37: fields that do not fit their form.

use serde_json::{Value, json};

use super::{CANARY, Case, INVALID, JSON, MULTIPART, URLENCODED, escaped, good_with, parts};

pub(super) fn cases() -> Vec<Case> {
    [missing(), types(), blank(), emails(), lengths(), strangers(), every()].into_iter().flatten().collect()
}

fn bad(why: impl Into<String>, fields: &Value) -> Case {
    Case::post(why, JSON, fields.to_string(), INVALID)
}

/// The same fields, all text, in the three ways that text comes.
fn in_every_way(why: &str, fields: [(&str, &str); 3]) -> [Case; 3] {
    let object: Value =
        fields.iter().map(|(name, text)| ((*name).to_owned(), json!(text))).collect::<serde_json::Map<_, _>>().into();
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, text)| format!("{}={}", escaped(name.as_bytes()), escaped(text.as_bytes())))
        .collect();
    [
        bad(format!("{why}, JSON"), &object),
        Case::post(format!("{why}, urlencoded"), URLENCODED, pairs.join("&"), INVALID),
        Case::post(format!("{why}, multipart"), MULTIPART, parts(&fields), INVALID),
    ]
}

fn missing() -> Vec<Case> {
    let fields = ["name", "email", "message"];
    let some = (0..7usize).map(|kept| {
        let mut object = good_with(json!({}));
        let without = fields.iter().enumerate().filter(|(at, _)| kept & (1 << at) == 0);
        without.for_each(|(_, name)| drop(object.as_object_mut().and_then(|object| object.shift_remove(*name))));
        bad(format!("only these of the fields: {kept:03b}"), &object)
    });
    let empty = fields.map(|name| bad(format!("{name} is empty"), &good_with(json!({ name: "" }))));
    some.chain(empty.into_iter().filter(|case| !case.why.starts_with("never"))).collect()
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
            values.iter().map(move |value| bad(format!("{value} for {name}"), &good_with(json!({ name: value }))))
        })
        .collect()
}

/// Texts in which there is nothing to see.
fn blank() -> Vec<Case> {
    let signs = [
        ' ',
        '\t',
        '\n',
        '\r',
        '\u{b}',
        '\u{c}',
        '\u{1}',
        '\u{7}',
        '\u{1b}',
        '\u{1f}',
        '\u{7f}',
        '\u{80}',
        '\u{85}',
        '\u{9f}',
        '\u{a0}',
        '\u{ad}',
        '\u{300}',
        '\u{301}',
        '\u{34f}',
        '\u{36f}',
        '\u{61c}',
        '\u{180e}',
        '\u{1680}',
        '\u{2000}',
        '\u{2003}',
        '\u{2009}',
        '\u{200a}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202a}',
        '\u{202e}',
        '\u{202f}',
        '\u{205f}',
        '\u{2060}',
        '\u{2064}',
        '\u{2066}',
        '\u{2069}',
        '\u{20d0}',
        '\u{3000}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{fff9}',
        '\u{e0001}',
        '\u{e0020}',
        '\u{e007f}',
        '\u{e0100}',
        '\u{e000}',
        '\u{f8ff}',
        '\u{fdd0}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{1ffff}',
        '\u{10ffff}',
    ];
    signs
        .into_iter()
        .flat_map(|sign| {
            let text = sign.to_string().repeat(3);
            let why = format!("nothing but {}", sign.escape_unicode());
            let name =
                in_every_way(&format!("{why} in name"), [("name", &text), ("email", "a@b.example"), ("message", "x")]);
            let message = bad(format!("{why} in message"), &good_with(json!({"message": text})));
            name.into_iter().chain([message]).collect::<Vec<_>>()
        })
        .collect()
}

/// What is no address, or more than one.
fn emails() -> Vec<Case> {
    let texts = [
        "a",
        "a@",
        "@",
        "@b",
        "@b.example",
        "a@b",
        "a@@b.example",
        "a@b@c.example",
        "a.example",
        "a b@c.example",
        " a@b.example",
        "a@b.example ",
        "a@ b.example",
        "a @b.example",
        "a@b .example",
        "a@b.example,c@d.example",
        "a@b.example;c@d.example",
        "a@b.example c@d.example",
        "a@b..example",
        "a@.b.example",
        "a@-b.example",
        "a@b-.example",
        "a@b.-example",
        "a@.example",
        ".a@b.example",
        "a.@b.example",
        "a..b@c.example",
        "a@b_c.example",
        "a@b!.example",
        "a@b%.example",
        "a@b/c.example",
        "a@b:25.example",
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        "a@127.0.0.1:25",
        "<a@b.example>",
        "A <a@b.example>",
        "\"A\" <a@b.example>",
        "A a@b.example",
        "mailto:a@b.example",
        "mailto:a@b.example?bcc=c@d.example",
        "(a)a@b.example",
        "a(b)@c.example",
        "a@b.example(c)",
        "a@(b)c.example",
        "a\\@b@c.example",
        "a,b@c.example",
        "a:b@c.example",
        "a;b@c.example",
        "a<b@c.example",
        "a>b@c.example",
        "a[b@c.example",
        "a]b@c.example",
        "a\"b@c.example",
        "\"a@b.example",
        "a\"@b.example",
        "\"<script>\"@x",
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example\nBcc: x@y.example",
        "a@b.example\rBcc: x@y.example",
        "a\r\n@b.example",
        "a@b\r\n.example",
        "a@b.example\r\n",
        "a@b.example\n",
        "\na@b.example",
        "a@b.example\u{0}",
        "a\u{0}@b.example",
        "a@b.example\u{2028}x",
        "a@b.example\u{85}",
        "a\u{1b}[31m@b.example",
        "a\u{7f}@b.example",
        "a@b.example%0d%0aBcc:x",
        "a@b\u{3002}example",
        "a@b．example",
        "a＠b.example",
        "a@\u{202e}elpmaxe.b",
        "a\u{200b}@b.example ",
        "a@b\u{200b}.example",
        "a@b.ex ample",
        "a@b.example.",
        "a@b.example..",
        "a@*.example",
        "*@b.example,",
        "a@b.example#",
        "a@b.example/x",
        "a@b.example?x",
        "a@b.example&x",
        "a@b.example'",
        "a@'b.example",
        "https://b.example",
        "javascript:alert(1)",
        "${a}@b",
        "{{a}}@b",
        "' OR 1=1 --",
        "../../etc/passwd",
        "|cat@b",
        "a@b.example|id",
        "$(id)@b",
        "`id`@b",
    ];
    let long = [
        format!("{}@b.example", "a".repeat(65)),
        format!("{}@b.example", "a".repeat(300)),
        format!("a@{}.example", "b".repeat(64)),
        format!("a@{}example", "b.".repeat(130)),
        "a".repeat(255),
        "@".repeat(200),
    ];
    let texts = texts.into_iter().map(str::to_owned).chain(long);
    texts
        .flat_map(|text| {
            in_every_way(&format!("the address {text:?}"), [("name", CANARY), ("email", &text), ("message", "x")])
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
            bad(format!("a name of {size} {what}"), &good_with(json!({"name": sign.repeat(size / width + 1)})))
        })
    });
    let messages = [20_001, 20_002, 30_000]
        .map(|size| bad(format!("a message of {size}"), &good_with(json!({"message": "x".repeat(size)}))));
    names.chain(messages).collect()
}

/// Fields that the form does not have, some of which other programs would believe.
fn strangers() -> Vec<Case> {
    let names = [
        "status",
        "state",
        "ticket",
        "id",
        "seq",
        "form",
        "admin",
        "is_admin",
        "role",
        "user",
        "token",
        "csrf",
        "captcha",
        "g-recaptcha-response",
        "cf-turnstile-response",
        "subject",
        "to",
        "cc",
        "bcc",
        "from",
        "reply-to",
        "redirect",
        "next",
        "url",
        "callback",
        "received_at",
        "content",
        "payload",
        "payload_hash",
        "kind",
        "run",
        "v",
        "fields",
        "checks",
        "schema",
        "honeypot",
        "constructor",
        "prototype",
        "toString",
        "hasOwnProperty",
        "then",
        "length",
        "$where",
        "$ne",
        "$gt",
        "@type",
        "#text",
        "a/b",
        "a~b",
        "a~1b",
        "/",
        "~",
        ".",
        "..",
        "name/x",
        "name.first",
        "name[first]",
        "name[]",
        "Name",
        "NAME",
        "nAme",
        "name ",
        " name",
        "name\t",
        "name\n",
        "n\u{430}me",
        "ｎａｍｅ",
        "na\u{301}me",
        "name\u{200b}",
        "\u{feff}name",
        "\u{202e}eman",
        "e-mail",
        "email\u{301}",
        "mess\u{ad}age",
        "今",
        "🦀",
        "1",
        "0",
        "-1",
        "true",
        "null",
        "undefined",
        "NaN",
        "%00",
        "%6e",
        "<b>",
        "\"",
        "'",
        "\\",
        "`",
        "{",
        "}",
        "{{x}}",
        "${x}",
        "<%= x %>",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{1}",
        "a b",
        "a+b",
        "a&b",
        "a=b",
        "a;b",
    ];
    names
        .into_iter()
        .flat_map(|name| {
            let why = format!("a field called {name:?}");
            let json = bad(format!("{why}, JSON"), &good_with(json!({ name: CANARY })));
            let pairs = format!("{}&{}=1", super::good_pairs(), escaped(name.as_bytes()));
            [json, Case::post(format!("{why}, urlencoded"), URLENCODED, pairs, INVALID)]
        })
        .collect()
}

/// Each kind of field of `every`, wrong, as JSON and as text.
fn every() -> Vec<Case> {
    let texts: [(&str, &[&str]); 10] = [
        (
            "whole",
            &[
                "0",
                "11",
                "-1",
                "1.5",
                "1e2",
                "x",
                "1,0",
                "+1",
                "0x1",
                "٣",
                "1 2",
                " ",
                "NaN",
                "true",
                "9007199254740993",
            ],
        ),
        ("price", &["0.3", "x", "1,5", "1.5.5", "Infinity", "1e999", "0.1", "--1", "$1", "1 €", "½"]),
        ("agree", &["maybe", "yes", "no", "y", "2", "-1", "TRUE", "null", "✓", "on on"]),
        ("days", &["x", "1.5", "Monday", "[1]", "1,2", "-", "٣"]),
        ("colour", &["blue", "Red", "RED", "red ", " red", "r", "redgreen", "0", "null", "#ff0000", "rėd"]),
        (
            "day",
            &[
                "2026-02-30",
                "2026-02-29",
                "2026-13-01",
                "2026-00-01",
                "2026-01-00",
                "2026-01-32",
                "0000-00-00",
                "2026-1-1",
                "20260101",
                "2026/01/01",
                "01-01-2026",
                "1.1.2026",
                "today",
                "2026-W01-1",
                "2026-001",
                "10000-01-01",
                "-2026-01-01",
                "2026-01-01T00:00:00Z",
                "2026-01-01 ",
                "２０２６-01-01",
                "26-01-01",
                "2026-01",
            ],
        ),
        (
            "hour",
            &[
                "25:00:00Z",
                "24:00:00Z",
                "12:60:00Z",
                "12:00:61Z",
                "12:00",
                "noon",
                "12:00:00",
                "1:00:00Z",
                "12.00.00Z",
                "12:00:00+25:00",
                "12:00:00z ",
            ],
        ),
        (
            "moment",
            &[
                "2026-01-01",
                "2026-01-01T25:00:00Z",
                "2026-01-01 00:00",
                "2026-02-30T00:00:00Z",
                "now",
                "1795385651",
                "2026-01-01T00:00:00",
                "2026-01-01T00:00:00+99:00",
            ],
        ),
        (
            "site",
            &[
                "x",
                "/path",
                "//host/path",
                "http//x",
                "http://[::1",
                "http://a b",
                "://x",
                "http://x\n",
                "http://\u{7f}",
                "1http://x",
                "http://%zz",
            ],
        ),
        ("code", &["abc", "ABCD", "AB", "A1C", "ÄBC", "ABC\n", " ABC", "ABC ", "ＡＢＣ", "A"]),
    ];
    let one = |(name, wrong): (&'static str, &'static [&'static str])| {
        wrong.iter().flat_map(move |text| {
            let why = format!("{text:?} for {name}");
            let json = bad(format!("{why}, JSON"), &json!({ name: text })).to("/forms/every");
            let pairs = format!("{name}={}", escaped(text.as_bytes()));
            [json, Case::post(format!("{why}, urlencoded"), URLENCODED, pairs, INVALID).to("/forms/every")]
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
    let values = values.map(|fields| bad(format!("{fields} for every"), &fields).to("/forms/every"));
    let lists = ["days=1&days=1", "days=1&days=2&days=3&days=4", "days=1&days=x", "whole=1&whole=2&x=1"].map(|text| {
        let problem = if text.starts_with("whole") { super::MALFORMED } else { INVALID };
        Case::post(text, URLENCODED, text, problem).to("/forms/every")
    });
    texts.into_iter().flat_map(one).chain(values).chain(lists).collect()
}
