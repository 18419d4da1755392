//! What the strict reader takes and what it refuses.

use super::*;
use proptest::prelude::*;

fn refused(body: impl AsRef<[u8]>) -> Rejection {
    read_object(body.as_ref()).unwrap_err()
}

fn is_malformed(body: impl AsRef<[u8]>) -> bool {
    matches!(refused(body), Rejection::Malformed(_))
}

#[test]
fn what_is_not_one_json_object_is_malformed() {
    let bad: [&[u8]; 21] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\"x\"",
        b"1",
        b"-0",
        b"NaN",
        b"1e999",
        b"\xef\xbb\xbf{}",
        b"{} x",
        b"{}{}",
        b"{/**/}",
        b"{\0\"\0a\0\"\0:\x001\0}\0",
        b"{\"a\":\"\xc3\x28\"}",
        b"{\"a\":\"\xc0\xaf\"}",
        b"{\"a\":1,\"a\":2}",
        b"{\"a\":{\"b\":1,\"b\":2}}",
        b"{\"\":1}",
        b"{'a':1}",
        b"{\"a\":01}",
    ];
    for body in bad {
        assert!(is_malformed(body), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn limits_hold_to_the_byte() {
    let nested = |depth: usize| {
        format!(
            "{{\"a\":{}1{}}}",
            "[".repeat(depth - 1),
            "]".repeat(depth - 1)
        )
    };
    assert!(read_object(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert!(is_malformed(nested(MAX_DEPTH + 1)));
    assert!(is_malformed("[".repeat(1_000_000)));
    assert!(is_malformed(nested(100_000)));

    let fields = |count: usize| {
        format!(
            "{{{}}}",
            (0..count)
                .map(|n| format!("\"f{n}\":1"))
                .collect::<Vec<_>>()
                .join(",")
        )
    };
    assert!(read_object(fields(MAX_FIELDS).as_bytes()).is_ok());
    assert!(is_malformed(fields(MAX_FIELDS + 1)));
    assert!(is_malformed(fields(100_000)));

    let elements = |count: usize| format!("{{\"a\":[{}]}}", vec!["[]"; count].join(","));
    assert!(read_object(elements(MAX_ELEMENTS).as_bytes()).is_ok());
    assert!(is_malformed(elements(MAX_ELEMENTS + 1)));
    assert!(is_malformed(elements(200_000)));

    let name = |len: usize| format!("{{\"{}\":1}}", "n".repeat(len));
    assert!(read_object(name(MAX_NAME).as_bytes()).is_ok());
    assert_eq!(
        refused(name(MAX_NAME + 1)),
        Rejection::TooLarge {
            what: Oversize::Name,
            limit: MAX_NAME
        }
    );

    let value = |len: usize| format!("{{\"a\":\"{}\"}}", "v".repeat(len));
    assert!(read_object(value(MAX_VALUE).as_bytes()).is_ok());
    assert_eq!(
        refused(value(MAX_VALUE + 1)),
        Rejection::TooLarge {
            what: Oversize::Field,
            limit: MAX_VALUE
        }
    );
}

#[test]
fn every_number_that_would_change_is_named() {
    let body = br#"{"a":9007199254740993,"b":[0.1,1e999,{"c/d~":0.1000000000000000055}],"e":1.0}"#;
    let Rejection::Invalid(errors) = refused(body) else {
        panic!("not invalid")
    };
    let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/a", "/b/1", "/b/2/c~1d~0"]);
    assert!(
        errors
            .iter()
            .all(|error| error.problem == FieldProblem::InexactNumber)
    );
    assert!(is_malformed(format!("{{\"a\":{}}}", "9".repeat(1_000_000))));
}

#[test]
fn exact_numbers_keep_their_value() {
    for text in [
        "0",
        "-0",
        "-0.0",
        "1",
        "-17",
        "1.50",
        "1e3",
        "1E+3",
        "0.001",
        "9007199254740992",
        "9007199254740994",
        "1e21",
        "5e-324",
        "1.7976931348623157e308",
        "100000000000000000000",
    ] {
        let number = exact_number(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(
            number.as_f64().unwrap(),
            text.parse::<f64>().unwrap(),
            "{text}"
        );
    }
}

#[test]
fn u0000_is_refused_where_it_stands() {
    let Rejection::Invalid(errors) = refused(br#"{"a":"x\u0000y"}"#) else {
        panic!("not invalid")
    };
    assert_eq!(
        errors,
        [FieldError {
            pointer: "/a".into(),
            problem: FieldProblem::NulCharacter
        }]
    );
    let places = |body: &[u8]| match refused(body) {
        Rejection::Invalid(errors) => errors
            .into_iter()
            .map(|error| error.pointer)
            .collect::<Vec<_>>(),
        _ => panic!("not invalid"),
    };
    assert_eq!(
        places(br#"{"a\u0000":1,"b":[{"\u0000/":2}]}"#),
        ["/a\0", "/b/0/\0~1"],
        "in a name too"
    );
    assert_eq!(places(br#"{"a\u0000":"\u0000"}"#), ["/a\0"], "once");
    assert_eq!(places(br#"{"\u0000":{"a":"\u0000"}}"#), ["/\0", "/\0/a"]);
}

#[test]
fn a_refusal_never_quotes_the_body() {
    let Rejection::Malformed(text) = refused(br#"{"a": SECRET}"#) else {
        panic!("not malformed")
    };
    assert!(!text.contains("SECRET"), "{text}");
}

proptest! {
    #[test]
    fn text_is_kept_as_it_is(text in "[^\0]*") {
        let body = serde_json::json!({ "a": text }).to_string();
        prop_assert_eq!(&read_object(body.as_bytes()).unwrap()["a"], &Value::String(text));
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_object(&body);
    }

    #[test]
    fn doubles_written_by_javascript_are_exact(number in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL) {
        let text = serde_json_canonicalizer::to_string(&number).unwrap();
        prop_assert_eq!(exact_number(&text).unwrap().as_f64(), Some(number));
    }
}

#[test]
fn half_a_character_is_told_at_its_field() {
    let pointers = |text: &str| match read_object(text.as_bytes()) {
        Err(Rejection::Invalid(errors)) => errors
            .into_iter()
            .map(|error| {
                assert_eq!(error.problem, FieldProblem::LoneSurrogate);
                error.pointer
            })
            .collect(),
        Ok(_) => Vec::new(),
        Err(other) => panic!("{other:?}"),
    };
    for half in [
        r"\ud800",
        r"\udc00",
        r"\ud800x",
        r"x\udfff",
        r"\ud800\ud800",
        r"\udc00\ud800",
        r"\ud83d\n",
        r"\ud83d\ude00\ud83d",
        r"\\\ud800",
    ] {
        let text = format!(r#"{{"a":1,"b":["{half}"]}}"#);
        assert_eq!(pointers(&text), ["/b/0"], "{half}");
    }
    for whole in [r"\ud83d\ude00", r"\\ud800", r"\u0041", r"\n\ud83d\ude00\t"] {
        let text = format!(r#"{{"a":"{whole}"}}"#);
        assert_eq!(pointers(&text), Vec::<String>::new(), "{whole}");
    }
}
