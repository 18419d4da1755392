//! Whatever people write is found by what they type.

use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;

use super::*;

fn body(value: &Value) -> Body {
    Body::Payload(counterfoil_core::Payload::from_fields(
        value.as_object().unwrap(),
    ))
}

/// Does FTS5 find this body by that?
fn is_found(body: &Body, typed: &str) -> bool {
    let Some(question) = asked(typed) else {
        return false;
    };
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(&format!(
            "CREATE VIRTUAL TABLE words USING fts5(text, tags, tokenize = \"{TOKENIZER}\")"
        ))
        .unwrap();
    connection
        .execute(
            "INSERT INTO words VALUES (?1, 'fcontact sstored')",
            [written(body)],
        )
        .unwrap();
    connection
        .prepare("SELECT 1 FROM words WHERE words MATCH ?1")
        .unwrap()
        .exists([question])
        .unwrap()
}

fn finds(text: &str, typed: &str) -> bool {
    is_found(&body(&json!({ "message": text })), typed)
}

#[test]
fn words_are_found_as_people_type_them() {
    for (text, typed) in [
        ("I lost my blue umbrella", "umbrella blue"),
        ("I lost my blue umbrella", "UMB"),
        ("Müller Straße", "muller STRASSE"),
        ("Muller", "Müller"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("cafe\u{301}", "caf\u{e9}"),
        ("ＡＢＣ １２３", "abc 123"),
        ("mail ada@example.org please", "ada@example.org"),
        ("mail ada@example.org please", "ada@exam"),
        ("call +49 30 1234567", "+49 30 1234567"),
        ("call +49 30 1234567", "+49 30 1234"),
        ("call (030) 123-456", "(030) 123-456"),
        ("C++ and C#", "c++"),
        ("https://example.org/a?b=c", "example.org/a?b"),
    ] {
        assert!(finds(text, typed), "{typed} in {text}");
    }
}

#[test]
fn words_without_spaces_between_them_are_found_by_any_part() {
    for (text, typed) in [
        ("我想預訂一張桌子", "預訂"),
        ("我想預訂一張桌子", "桌"),
        ("予約をお願いします", "予約"),
        ("ﾃﾚﾋﾞが映らない", "テレビ"),
        ("서울에서 만나요", "서울"),
        ("\u{1109}\u{1165}\u{110B}\u{116E}\u{11AF}", "서울"),
        ("order 中文 please", "中文 order"),
    ] {
        assert!(finds(text, typed), "{typed} in {text}");
    }
    assert!(!finds("文中", "中文"), "a phrase has an order");
}

#[test]
fn scripts_from_right_to_left_are_found_with_points_or_without() {
    for (text, typed) in [
        ("أريد حجز طاولة", "حجز"),
        ("مُحَمَّد", "محمد"),
        ("محمد", "مُحَمَّد"),
        ("שלום עולם", "עולם"),
        ("שָׁלוֹם", "שלום"),
        ("\u{202B}שלום\u{202C} ada", "שלום ada"),
        ("हिन्दी में", "हिन्दी"),
    ] {
        assert!(finds(text, typed), "{typed} in {text}");
    }
}

#[test]
fn nothing_that_is_typed_is_an_operator() {
    let text = "near not and or text tags column x y";
    for typed in [
        "\"",
        "\"x",
        "x\"",
        "\"\"",
        "*",
        "x*",
        "*x",
        "NEAR(x y)",
        "NEAR",
        "x AND y",
        "x OR zzz",
        "NOT x",
        "-x",
        "x -y",
        "tags:x",
        "tags : x",
        "{text tags}:x",
        "^x",
        "(x",
        "x)",
        "()",
        "'",
        "';--",
        "\\",
        "x\0y",
        "\0",
        "+",
        "x + y",
        ",",
        "\u{E000}",
        "\u{301}",
        "\u{FFFF}",
        "x\u{301}*",
        "%",
        "[x]",
        "text : \"x\" *",
    ] {
        // None of them is an error; what is not there is not found.
        let _ = finds(text, typed);
    }
    assert!(
        finds(text, "x AND y") && finds(text, "NEAR") && finds(text, "-x"),
        "they are words"
    );
    assert!(
        !finds(text, "x OR zzz") && !finds("x", "x NOT y"),
        "all words must be there"
    );
    assert!(
        !finds("something", "fcontact"),
        "what it is chosen by is no word"
    );
}

#[test]
fn nothing_is_asked_where_there_is_no_word() {
    for typed in [
        "", " ", "\t\n", "***", "\"\"", "😀", "\u{E000}", "\u{301}", "-",
    ] {
        assert!(asked(typed).is_none(), "{typed:?}");
    }
}

#[test]
fn a_phrase_does_not_reach_into_the_next_value() {
    let body = body(
        &json!({"a": "one 中", "b": ["文 two", {"c": 42.5}], "d": null, "e": true, "f": "x\u{E000}y"}),
    );
    for (typed, is_there) in [
        ("one two", true),
        ("中", true),
        ("文", true),
        ("42.5", true),
        ("x-y", true),
        ("中文", false),
        ("one-two", false),
        ("true", false),
        ("null", false),
    ] {
        assert_eq!(is_found(&body, typed), is_there, "{typed}");
    }
}

#[test]
fn a_question_is_bounded_and_still_finds_what_it_is_made_of() {
    let text = "a-b ".repeat(10_000) + &"中文".repeat(10_000);
    assert!(asked(&text).unwrap().len() < 2000);
    assert!(finds(&text, &text));
}

proptest! {
    #[test]
    fn whatever_is_typed_is_no_error(text in any::<String>(), typed in any::<String>()) {
        let _ = finds(&text, &typed);
    }

    #[test]
    fn whatever_is_written_is_found_by_itself(text in any::<String>()) {
        prop_assert_eq!(finds(&text, &text), asked(&text).is_some(), "{:?}", text);
    }

    #[test]
    fn an_index_finds_what_is_in_a_text_and_nothing_else(text in "[aáÅ中文ßb .@-]{0,12}", typed in "[aåÁ中文sb .@-]{0,6}") {
        use counterfoil_operations::catalogue::Search;
        use counterfoil_operations::catalogue::words::Wanted;
        let mut entry = counterfoil_testkit::build::entry(&counterfoil_testkit::build::envelope(1, ""), None);
        entry.body = body(&json!({ "message": text }));
        let wanted = Wanted::parse(&Search { text: typed.clone(), field: None });
        let is_in = wanted.is_some_and(|wanted| wanted.is_in(&entry));
        prop_assert_eq!(is_found(&entry.body, &typed), is_in, "{:?} in {:?}", typed, text);
    }

    #[test]
    fn operators_of_all_kinds_are_text(typed in "[\"*:^(){}+,a-c \\-]{0,40}|(NEAR|AND|OR|NOT|text|tags|[:(*\"^ -]){0,12}") {
        let text = format!("{typed} a");
        prop_assert!(finds(&text, &text), "{typed:?}");
    }

    #[test]
    fn any_part_of_a_chinese_text_is_found(text in "[一-龥]{4,30}", from in 0_usize..4, length in 1_usize..5) {
        let part: String = text.chars().skip(from).take(length).collect();
        prop_assert!(finds(&text, &part));
    }
}
