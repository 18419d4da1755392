//! Every problem is found, named at its field, in the page's order.

use super::*;
use crate::rejection::{FieldProblem, JsonType};
use serde_json::json;

fn check(schema: Value, fields: Value) -> Vec<(String, String)> {
    let schema = Schema::compile(schema).unwrap();
    let errors = schema.check(fields.as_object().unwrap());
    errors
        .into_iter()
        .map(|error| (error.pointer, error.problem.code().to_owned()))
        .collect()
}

fn refused(schema: Value) -> String {
    Schema::compile(schema).unwrap_err()[0].to_string()
}

#[test]
fn all_problems_are_named_in_the_order_of_the_page() {
    let schema = json!({
        "type": "object", "required": ["name", "email", "age"], "additionalProperties": false,
        "properties": {
            "name": {"type": "string", "minLength": 2}, "email": {"type": "string", "format": "email"},
            "age": {"type": "integer", "minimum": 18}, "size": {"enum": ["s", "m"]},
        }
    });
    let found = check(
        schema,
        json!({"x/y": 1, "size": "xl", "email": "nobody", "name": "A"}),
    );
    let expected = [
        ("/name", "min-length"),
        ("/email", "format"),
        ("/age", "required"),
        ("/size", "choice"),
        ("/x~1y", "unexpected"),
    ];
    assert_eq!(
        found,
        expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
    );
}

#[test]
fn an_email_is_one_mailbox_with_a_real_domain() {
    let schema = Schema::compile(
        json!({"type": "object", "properties": {"e": {"type": "string", "format": "email"}}}),
    )
    .unwrap();
    let ok = |text: &str| {
        schema
            .check(json!({"e": text}).as_object().unwrap())
            .is_empty()
    };
    for good in [
        "ada@example.org",
        "a.b+c@mail.example.co.uk",
        "jurgen@xn--bcher-kva.example",
    ] {
        assert!(ok(good), "{good}");
    }
    for bad in [
        "a@-b",
        "a@b\r\nBcc:x@y",
        "\"<script>\"@x",
        "Ada <ada@example.org>",
        "a@[127.0.0.1]",
        "a@b@c.org",
        "",
        "@",
        " a@b.org",
    ] {
        assert!(!ok(bad), "{bad}");
    }
}

#[test]
fn dates_that_no_calendar_has_are_refused() {
    let schema = Schema::compile(
        json!({"type": "object", "properties": {"d": {"type": "string", "format": "date"}}}),
    )
    .unwrap();
    let ok = |text: &str| {
        schema
            .check(json!({"d": text}).as_object().unwrap())
            .is_empty()
    };
    assert!(ok("2024-02-29") && ok("9999-12-31"));
    assert!(!ok("0000-00-00") && !ok("2023-02-29") && !ok("2024-2-9") && !ok("tomorrow"));
}

#[test]
fn what_a_form_must_not_have_is_refused_with_a_reason() {
    assert!(refused(json!({"type": "string"})).contains("object"));
    assert!(refused(json!({"type": "object", "properties": {"_x": {}}})).contains("_x"));
    assert!(
        refused(json!({"type": "object", "properties": {"a": {"$ref": "https://example.org/s"}}}))
            .contains("$ref")
    );
    assert!(
        refused(json!({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}))
            .contains("$ref")
    );
    assert!(
        refused(json!({"type": "object", "properties": {"a": {"pattern": "(?=x)y"}}}))
            .contains("/properties/a"),
        "look-around"
    );
    assert!(
        refused(json!({"type": "object", "properties": {"a": {"format": "e-mail"}}}))
            .contains("e-mail")
    );
    assert!(
        refused(json!({"type": "object", "properties": {"a": {"type": "text"}}}))
            .contains("/properties/a")
    );
}

#[test]
fn a_local_reference_is_followed_and_a_loop_ends() {
    let schema = Schema::compile(json!({
        "type": "object", "$defs": {"age": {"type": "integer"}},
        "properties": {"age": {"$ref": "#/$defs/age"}, "own": {"$ref": "#"}}
    }));
    assert_eq!(
        schema.unwrap().property("age"),
        Some(&json!({"type": "integer"}))
    );
}

#[test]
fn a_hostile_pattern_runs_in_linear_time() {
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}});
    assert_eq!(
        check(schema, json!({"a": format!("{}!", "a".repeat(60_000))})).len(),
        1
    );
}

#[test]
fn every_rule_a_page_can_break_has_words_of_its_own() {
    let list = json!({"type": "array", "minItems": 2, "maxItems": 3, "uniqueItems": true, "items": {"type": "string"}});
    let schema = json!({"type": "object", "properties": {
        "few": list, "many": list, "twice": list, "step": {"multipleOf": 5}, "agree": {"const": true},
        "exact": {"const": "yes"}, "one": {"oneOf": [{"const": "a"}, {"const": "b"}]},
        "above": {"exclusiveMinimum": 0}, "below": {"exclusiveMaximum": 0},
        "other": {"not": {"const": 1}},
    }});
    let fields = json!({
        "few": ["a"], "many": ["a", "b", "c", "d"], "twice": ["a", "a"], "step": 7, "agree": false, "exact": "no",
        "one": "c", "above": 0, "below": 0, "other": 1,
    });
    let found = check(schema, fields);
    let expected = [
        ("/few", "min-items"),
        ("/many", "max-items"),
        ("/twice", "unique-items"),
        ("/step", "multiple-of"),
        ("/agree", "constant"),
        ("/exact", "constant"),
        ("/one", "choice"),
        ("/above", "exclusive-minimum"),
        ("/below", "exclusive-maximum"),
        ("/other", "not"),
    ];
    assert_eq!(
        found,
        expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
    );
}

#[test]
fn a_type_is_named_as_json_schema_names_it() {
    let schema = Schema::compile(
        json!({"type": "object", "properties": {"a": {"type": ["number", "null"]}}}),
    )
    .unwrap();
    let errors = schema.check(json!({"a": "x"}).as_object().unwrap());
    let FieldProblem::Type(wanted) = &errors[0].problem else {
        panic!("{errors:?}")
    };
    assert!(
        wanted.len() == 2 && wanted.contains(&JsonType::Number) && wanted.contains(&JsonType::Null),
        "{wanted:?}"
    );
    let said = errors[0].problem.detail();
    assert!(
        [
            "This must be null or a number.",
            "This must be a number or null."
        ]
        .contains(&said.as_str()),
        "{said}"
    );
}

#[test]
fn a_rule_that_nobody_would_check_is_a_fault_with_what_was_meant() {
    let cases = [
        (
            json!({"maxLenght": 3}),
            "/properties/a/maxLenght",
            "\"maxLength\"?",
        ),
        (
            json!({"items": {"minimun": 3}}),
            "/properties/a/items/minimun",
            "\"minimum\"?",
        ),
        (
            json!({"oneOf": [{"const": 1}, {"titel": "x"}]}),
            "/properties/a/oneOf/1/titel",
            "\"title\"?",
        ),
        (json!({"type": "text"}), "/properties/a/type", "\"string\"?"),
        (
            json!({"type": ["number", "nul"]}),
            "/properties/a/type",
            "\"null\"?",
        ),
        (
            json!({"format": "e-mail"}),
            "/properties/a/format",
            "\"email\"?",
        ),
        (json!({"format": "url"}), "/properties/a/format", "\"uri\"?"),
        (
            json!({"format": "idn-email"}),
            "/properties/a/format",
            "did you mean \"email\"?",
        ),
        (
            json!({"format": "telephone"}),
            "/properties/a/format",
            "known here",
        ),
        (
            json!({"placeholder": "x"}),
            "/properties/a/placeholder",
            "x-",
        ),
    ];
    for (node, pointer, mend) in cases {
        let schema = json!({"type": "object", "properties": {"a": node}});
        let fault = &Schema::compile(schema).unwrap_err()[0];
        assert_eq!(fault.pointer, pointer);
        assert!(fault.message.contains(mend), "{fault}");
    }
    let fine = json!({"type": "object", "x-note": 1, "properties": {"a": {"default": {"maxLenght": 1}, "x-b": {"c": 1}}}});
    assert!(Schema::compile(fine).is_ok());
}
