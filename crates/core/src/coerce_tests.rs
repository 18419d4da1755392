//! What pairs of text become under a schema.

use super::*;
use serde_json::json;

fn read(pairs: &[(&str, &str)]) -> Result<Value, Rejection> {
    let schema = Schema::compile(json!({"type": "object", "properties": {
        "name": {"type": "string"}, "age": {"type": "integer"}, "price": {"type": ["number", "null"]},
        "agree": {"type": "boolean"}, "days": {"type": "array", "items": {"type": "integer"}}, "any": {},
    }}));
    let pairs = pairs
        .iter()
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .collect();
    coerce(&schema.unwrap(), pairs).map(Value::Object)
}

#[test]
fn text_becomes_what_the_schema_asks_for() {
    let sent = [
        ("name", " 007 "),
        ("age", " 42"),
        ("price", "1.50"),
        ("agree", "on"),
        ("days", "1"),
        ("days", "2"),
        ("any", "3"),
    ];
    let read = read(&sent).unwrap();
    assert_eq!(
        read,
        json!({"name": " 007 ", "age": 42, "price": 1.5, "agree": true, "days": [1, 2], "any": "3"})
    );
}

#[test]
fn what_cannot_be_read_stays_text_for_the_schema_to_name() {
    for text in [
        "x",
        "1,5",
        "+1",
        "1.",
        ".",
        "-",
        "e5",
        "0x10",
        "٣",
        "9007199254740993",
        "1e999",
        "NaN",
    ] {
        assert_eq!(read(&[("age", text)]), Ok(json!({"age": text})), "{text}");
    }
    assert_eq!(read(&[("agree", "maybe")]), Ok(json!({"agree": "maybe"})));
}

#[test]
fn a_line_break_stays_as_it_came_and_counts_as_the_browser_counted_it() {
    let schema =
        json!({"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}});
    let schema = Schema::compile(schema).unwrap();
    let mut fields = coerce(&schema, vec![("name".into(), "a\r\nb".into())]).unwrap();
    assert_eq!(
        (schema.check_as_shown(&mut fields), &fields["name"]),
        (vec![], &json!("a\r\nb"))
    );
    assert_eq!(
        schema.check(&fields).len(),
        1,
        "a program counts for itself"
    );
    assert_eq!(
        schema.check_kept(fields),
        [],
        "once it is kept, nobody knows which of them sent it"
    );
    let mut fields = coerce(&schema, vec![("name".into(), "a\r\nbc".into())]).unwrap();
    assert_eq!(schema.check_as_shown(&mut fields).len(), 1);
}

#[test]
fn an_empty_field_counts_as_missing() {
    assert_eq!(
        read(&[("name", ""), ("age", ""), ("days", ""), ("other", "")]),
        Ok(json!({}))
    );
}

fn refused(pairs: &[(&str, &str)]) -> Vec<(String, FieldProblem)> {
    match read(pairs) {
        Err(Rejection::Invalid(errors)) => errors
            .into_iter()
            .map(|error| (error.pointer, error.problem))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_sent_twice_is_a_list_or_refused_at_its_field() {
    let no_list = |pointer: &str| vec![(pointer.to_owned(), FieldProblem::NoList)];
    assert_eq!(refused(&[("name", "a"), ("name", "b")]), no_list("/name"));
    assert_eq!(
        refused(&[("other", "a"), ("other", "b")]),
        no_list("/other")
    );
    assert_eq!(refused(&[("name[]", "a")]), no_list("/name"));
    assert_eq!(
        refused(&[("name[0]", "a"), ("name[1]", "b")]),
        no_list("/name")
    );
}

#[test]
fn a_list_is_read_however_it_is_written() {
    for pairs in [
        [("days", "1"), ("days", "2")],
        [("days[]", "1"), ("days[]", "2")],
        [("days[0]", "1"), ("days[1]", "2")],
        [("days[1]", "2"), ("days[0]", "1")],
        [("days[]", "1"), ("days", "2")],
    ] {
        assert_eq!(read(&pairs), Ok(json!({"days": [1, 2]})), "{pairs:?}");
    }
    assert_eq!(
        read(&[("any[]", "1")]).map_err(|_| ()),
        Err(()),
        "a field of any type is no list"
    );
    assert_eq!(
        read(&[("colours[]", "1")]),
        Ok(json!({"colours[]": "1"})),
        "a name of nobody stays as it is, for the schema to name"
    );
    assert_eq!(read(&[("days[a]", "1")]), Ok(json!({"days[a]": "1"})));
}

#[test]
fn a_box_and_the_hidden_field_beside_it_are_one_answer() {
    for (pairs, ticked) in [
        ([("agree", "false"), ("agree", "true")], true),
        ([("agree", "true"), ("agree", "false")], true),
        ([("agree", "0"), ("agree", "1")], true),
        ([("agree", "off"), ("agree", "on")], true),
        ([("agree", "0"), ("agree", "0")], false),
    ] {
        assert_eq!(read(&pairs), Ok(json!({"agree": ticked})), "{pairs:?}");
    }
    assert_eq!(
        refused(&[("agree", "0"), ("agree", "maybe")]).len(),
        1,
        "what is no answer makes no pair"
    );
}

#[test]
fn a_number_is_read_as_the_control_writes_it() {
    for (text, number) in [
        ("007", json!(7)),
        ("-0", json!(0)),
        (".5", json!(0.5)),
        ("-.5", json!(-0.5)),
        ("1e3", json!(1000)),
        ("1E+3", json!(1000)),
        (" 67.200000000000003 ", json!(67.2)),
    ] {
        assert_eq!(
            read(&[("price", text)]),
            Ok(json!({"price": number})),
            "{text}"
        );
    }
}

#[test]
fn blanks_go_where_a_control_takes_them() {
    let node = |format: &str| json!({"type": "string", "format": format});
    let schema = Schema::compile(json!({"type": "object", "properties": {
        "email": node("email"), "url": node("uri"), "day": node("date"), "host": node("hostname"),
        "all": {"type": "array", "items": node("email")},
    }}));
    let (schema, typed) = (schema.unwrap(), " a ");
    let names = ["email", "url", "day", "host", "all"];
    let pairs = names.map(|name| (name.to_owned(), typed.to_owned()));
    let meant = json!({"email": "a", "url": "a", "day": "a", "host": " a ", "all": ["a"]});
    let read = coerce(&schema, pairs.into()).map(Value::Object);
    assert_eq!(read, Ok(meant.clone()));
    let sent = json!({"email": " a ", "url": "\ta", "day": "a\n", "host": " a ", "all": [" a"]});
    let Value::Object(mut sent) = sent else {
        unreachable!()
    };
    trim(&schema, &mut sent);
    assert_eq!(Value::Object(sent), meant);
}

#[test]
fn u0000_is_refused_at_its_field() {
    let Err(Rejection::Invalid(errors)) = read(&[("name", "a\0b")]) else {
        panic!("accepted")
    };
    assert_eq!(errors[0].pointer, "/name");
    let Err(Rejection::Invalid(errors)) = read(&[("a\0/b", "x"), ("c\0", "\0")]) else {
        panic!("accepted")
    };
    assert_eq!(
        errors
            .iter()
            .map(|error| error.pointer.as_str())
            .collect::<Vec<_>>(),
        ["/a\0~1b", "/c\0"]
    );
}
