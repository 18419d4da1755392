//! What stands in CSV, and that nothing in it runs.

use counterfoil_core::{Body, Cause, Form, FormId, Payload};
use counterfoil_testkit::build::{entry, envelope};
use serde_json::json;

use super::*;

/// A form with these fields, and a title where one is given.
fn form(id: &str, fields: &[(&str, &str)]) -> Form {
    let field = |(name, title): &(&str, &str)| {
        let title = if title.is_empty() {
            String::new()
        } else {
            format!("title = \"{title}\"")
        };
        format!("[schema.properties.{name}]\n{title}\n")
    };
    let fields: String = fields.iter().map(field).collect();
    let text = format!("title = \"x\"\n[schema]\ntype = \"object\"\n{fields}");
    Form::parse(FormId::parse(id).unwrap(), &text).unwrap()
}

fn written(columns: Columns, fields: &Value) -> String {
    let mut row = entry(&envelope(1, "m"), None::<Cause>);
    row.body = Body::Payload(Payload::from_fields(fields.as_object().unwrap()));
    let mut out = Vec::new();
    let mut csv = Box::new(Csv::new(&mut out, columns).unwrap());
    csv.entry(&row).unwrap();
    csv.finish().unwrap();
    String::from_utf8(out).unwrap()
}

/// The head and the row, without the columns that are ours.
fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let own = |record: &csv::StringRecord| record.iter().skip(4).map(str::to_owned).collect();
    (
        own(&reader.headers().unwrap().clone()),
        own(&reader.records().next().unwrap().unwrap()),
    )
}

fn a() -> Columns {
    Columns::for_forms([&form("f", &[("a", "")])])
}

fn check(sent: &str, cell: &str) {
    assert_eq!(
        read(&written(a(), &json!({ "a": sent }))).1,
        [cell, ""],
        "{sent:?}"
    );
}

#[test]
fn no_cell_starts_a_formula() {
    for bad in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\0=1",
        "＝1",
        "=HYPERLINK(\"x\")",
    ] {
        check(bad, &format!("'{bad}"));
    }
    for (bad, cell) in [
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("\r\n", "'\r\n"),
    ] {
        check(bad, cell);
    }
}

#[test]
fn no_cell_starts_a_formula_where_the_separator_is_another_or_a_quote_counts_for_nothing() {
    for (bad, cell) in [
        ("Hi;=1+1", "Hi;'=1+1"),
        ("Hi\t@SUM(A1)", "Hi\t'@SUM(A1)"),
        ("Hi\r\n=1+1\r\nbye", "Hi\r\n'=1+1\r\nbye"),
        ("Hi;\"\"=1+1;", "Hi;'\"\"=1+1;"),
        ("a;;-1", "a;;'-1"),
    ] {
        check(bad, cell);
    }
    for good in [
        "Hi; you",
        "a = b",
        "x-y",
        "two\n\nlines\r\n\r\nmore",
        "me@example.org",
        "a;b;c",
    ] {
        check(good, good);
    }
}

#[test]
fn choices_are_joined_and_none_of_them_starts_a_formula() {
    for (sent, cell) in [
        (json!(["red", "dark blue"]), "red; dark blue"),
        (json!(["red", "=1+1", "\"-1"]), "red; '=1+1; '\"-1"),
        (json!([1, 2.5, true]), "1; 2.5; true"),
        (json!([]), ""),
        // What could not be told apart stays as it was sent.
        (json!(["a", ""]), r#"["a",""]"#),
        (json!(["a", ["b"]]), r#"["a",["b"]]"#),
        (json!({"b": 1}), r#"{"b":1}"#),
    ] {
        assert_eq!(
            read(&written(a(), &json!({ "a": sent }))).1,
            [cell, ""],
            "{sent}"
        );
    }
}

#[test]
fn json_in_a_cell_starts_no_formula_either_and_says_the_same() {
    let given = json!([";=1+1", "a;b"]);
    let (_, row) = read(&written(a(), &json!({"a": given, "b;=1": 1})));
    assert!(!row[0].contains(';') && !row[1].contains(';'), "{row:?}");
    assert_eq!(serde_json::from_str::<Value>(&row[0]).unwrap(), given);
    assert_eq!(
        serde_json::from_str::<Value>(&row[1]).unwrap(),
        json!({"b;=1": 1})
    );
}

#[test]
fn every_cell_is_quoted_so_that_nothing_in_it_separates() {
    let text = written(a(), &json!({"a": "x;y"}));
    assert!(
        text.starts_with("\u{feff}\"form\",\"id\",\"state\",\"received_at\",\"a\",\"other\"\n"),
        "{text}"
    );
    assert!(text.ends_with(",\"x;y\",\"\"\n"), "{text}");
}

#[test]
fn other_values_stay_as_they_are() {
    let columns = Columns::for_forms([&form(
        "f",
        &[("a", ""), ("b", ""), ("id", ""), ("n", ""), ("t", "")],
    )]);
    let sent = json!({"a": "x, \"y\"\nz", "b": -5, "id": "theirs", "n": null, "t": false});
    let (head, row) = read(&written(columns, &sent));
    assert_eq!(head, ["a", "b", "field.id", "n", "t", "other"]);
    assert_eq!(row, ["x, \"y\"\nz", "-5", "theirs", "", "false", ""]);
}

#[test]
fn heads_are_titles_and_each_tells_one_column_from_all_others() {
    let all = [
        ("name", "Your name"),
        ("nick", "your name"),
        ("state", "State"),
        ("b", " "),
        ("c", "=1+1"),
        ("d", "field.e"),
        ("e", "b"),
    ];
    let columns = Columns::for_forms([&form("f", &all)]);
    let (head, _) = read(&written(columns, &json!({})));
    assert_eq!(
        head,
        [
            "Your name",
            "field.nick",
            "field.state",
            "b",
            "'=1+1",
            "field.e",
            "field.e (2)",
            "other"
        ]
    );
}

#[test]
fn the_forms_say_which_columns_there_are_and_what_none_of_them_declares_is_in_the_last() {
    let forms = [
        form("f", &[("name", "Name"), ("email", "")]),
        form("g", &[("email", "E-mail"), ("age", "")]),
    ];
    let (head, row) = read(&written(
        Columns::for_forms(&forms),
        &json!({"name": "Ada", "z": 1, "y": "=1", "age": null}),
    ));
    assert_eq!(head, ["Name", "email", "age", "other"]);
    assert_eq!(row, ["Ada", "", "", r#"{"y":"=1","z":1}"#]);
}

#[test]
fn what_goes_on_has_neither_mark_nor_head() {
    let mut out = Vec::new();
    let mut csv = Box::new(Csv::going_on(&mut out, a()));
    csv.entry(&entry(&envelope(1, "m"), None::<Cause>)).unwrap();
    csv.finish().unwrap();
    assert!(out.starts_with(b"\"") && out.iter().filter(|byte| **byte == b'\n').count() == 1);
}
