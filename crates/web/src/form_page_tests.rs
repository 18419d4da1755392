//! The form's page keeps what was typed, shows every error, and lets nothing through unescaped.

#[path = "form_page_autofill_tests.rs"]
mod autofill;

use counterfoil_core::rejection::{FieldProblem, JsonType};

use super::*;
use crate::testing::{form, form_in, sound, values};

const EVIL: &str = "\"'><script>alert(1)</script>&amp;";
const SAFE: &str = "&quot;'&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;";

fn render(form: &Form, typed: &[(&str, &str)], errors: &[FieldError]) -> String {
    let typed: Vec<_> = typed
        .iter()
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .collect();
    let page = form_page(&FormPage {
        form,
        key: "key-1",
        typed: &typed,
        errors,
        notice: None,
    });
    sound(&page);
    page
}

fn check(typed: &[(&str, &str)], html: &[&str]) {
    let page = render(&form(), typed, &[]);
    for part in html {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

fn error(pointer: &str, problem: FieldProblem) -> FieldError {
    FieldError {
        pointer: pointer.into(),
        problem,
    }
}

#[test]
fn a_fresh_page_has_a_control_for_every_field() {
    let form = form();
    let page = render(&form, &[], &[]);
    let names = values(&page, "name");
    for (name, _) in form.schema.properties() {
        assert!(names.contains(&name), "{name}");
    }
    assert!(page.contains(
        "<form method=\"post\" action=\"/forms/event\" accept-charset=\"utf-8\" novalidate data-words=\"{"
    ));
    assert!(page.contains("<input type=\"hidden\" name=\"_idempotency\" value=\"key-1\">"));
    assert!(page.contains("<title>Come to") && !page.contains("id=\"problems\""));
}

#[test]
fn controls_suit_their_schema() {
    check(
        &[],
        &[
            "type=\"text\" id=\"field-name\" name=\"name\" value=\"\" maxlength=\"200\" autocomplete=\"name\" required",
            "type=\"email\" id=\"field-email\" name=\"email\" value=\"\" maxlength=\"254\" autocomplete=\"email\" required",
            "type=\"tel\" id=\"field-phone\"",
            "type=\"url\" id=\"field-link\"",
            "type=\"date\" id=\"field-arrival\"",
            "type=\"time\" id=\"field-ferry\"",
            "type=\"datetime-local\" id=\"field-call\"",
            "inputmode=\"numeric\"",
            "type=\"radio\" id=\"field-meal\" name=\"meal\" value=\"Soup\"",
            "<label for=\"field-wine\">Red</label>",
            "<select id=\"field-country\"",
            "type=\"checkbox\" id=\"field-allergies\"",
            "<textarea id=\"field-message\"",
            "type=\"checkbox\" id=\"field-agree\" name=\"agree\" value=\"true\" required",
            "Telephone<span class=\"optional\"> (optional)</span>",
        ],
    );
}

#[test]
fn everything_typed_is_kept() {
    check(&[("name", "A  B")], &["name=\"name\" value=\"A  B\""]);
    check(
        &[("seats", "two")],
        &["name=\"seats\" value=\"two\" inputmode"],
    );
    check(&[("meal", "Pie")], &["value=\"Pie\" checked"]);
    check(&[("wine", "w")], &["value=\"w\" checked"]);
    check(
        &[("country", "China")],
        &["<option value=\"China\" selected>"],
    );
    check(
        &[("agree", "on")],
        &["name=\"agree\" value=\"true\" checked"],
    );
    check(
        &[("allergies", "Milk"), ("allergies", "\"Surprises\"")],
        &[
            "value=\"Milk\" checked",
            "value=\"&quot;Surprises&quot;\" checked",
            "value=\"Nuts\">",
        ],
    );
    check(
        &[("guests", "Ann"), ("guests", ""), ("guests", "Bo")],
        &["value=\"Ann\"", "value=\"Bo\""],
    );
}

#[test]
fn what_a_browser_would_drop_is_kept() {
    check(&[("message", "\n\nhello")], &[">\n\n\nhello</textarea>"]);
    check(&[("message", "hello")], &[">\nhello</textarea>"]);
    check(
        &[("arrival", "2026-11-22")],
        &["type=\"date\" id=\"field-arrival\" name=\"arrival\" value=\"2026-11-22\""],
    );
    check(
        &[("arrival", "22 Nov")],
        &["type=\"text\" id=\"field-arrival\" name=\"arrival\" value=\"22 Nov\""],
    );
    check(
        &[("ferry", "14:30")],
        &["type=\"time\" id=\"field-ferry\" name=\"ferry\" value=\"14:30\""],
    );
    check(
        &[("ferry", "noon")],
        &["type=\"text\" id=\"field-ferry\" name=\"ferry\" value=\"noon\""],
    );
    check(
        &[("call", "2026-11-22T14:30:01")],
        &["type=\"datetime-local\" id=\"field-call\""],
    );
    check(
        &[("call", "2026-11-22 14:30")],
        &["type=\"text\" id=\"field-call\""],
    );
    check(
        &[("name", "two\nlines")],
        &["<textarea id=\"field-name\"", ">\ntwo\nlines</textarea>"],
    );
}

#[test]
fn what_no_control_can_show_is_shown_beside_them() {
    check(
        &[("extra", EVIL)],
        &[&format!("<dt>extra</dt><dd dir=\"auto\">{SAFE}</dd>")],
    );
    check(
        &[("meal", "Cake")],
        &["<dt>meal</dt><dd dir=\"auto\">Cake</dd>"],
    );
    check(
        &[("name", "A"), ("name", "B")],
        &["value=\"A\"", "<dt>name</dt><dd dir=\"auto\">B</dd>"],
    );
    check(
        &[("agree", "maybe")],
        &["<dt>agree</dt><dd dir=\"auto\">maybe</dd>"],
    );
    for ours in [("_other", "x"), ("website", "x"), ("extra", "")] {
        assert!(!render(&form(), &[ours], &[]).contains("<dl>"), "{ours:?}");
    }
}

#[test]
fn every_text_is_escaped() {
    let evil = || Some(EVIL.to_owned());
    let form = Form {
        title: EVIL.into(),
        intro: evil(),
        button: evil(),
        honeypot: evil(),
        ..form()
    };
    let typed = [
        ("name", EVIL),
        ("message", EVIL),
        ("guests", EVIL),
        (EVIL, EVIL),
    ];
    let errors = [error(
        &format!("/{}", EVIL.replace('/', "~1")),
        FieldProblem::Rule(EVIL.into()),
    )];
    let page = render(&form, &typed, &errors);
    assert!(
        page.contains(&format!("<h1>{SAFE}</h1>")) && page.contains(&format!("value=\"{SAFE}\"")),
        "{page}"
    );
    let notice = FormPage {
        form: &form,
        key: EVIL,
        typed: &[],
        errors: &[],
        notice: Some(EVIL),
    };
    sound(&form_page(&notice));
}

#[test]
fn every_error_is_in_the_summary_and_at_its_field() {
    let errors = [
        error("/name", FieldProblem::Required),
        error("/name", FieldProblem::Pattern),
        error("/allergies/1", FieldProblem::Choice),
        error("/agree", FieldProblem::Required),
    ];
    let page = render(&form(), &[], &errors);
    let (summary, fields) = page.split_once("<h1>").unwrap();
    for (error, id) in errors.iter().zip(["name", "name", "allergies", "agree"]) {
        let detail = error.problem.detail();
        let link = format!("<a href=\"#field-{id}\">");
        assert!(
            summary
                .split_once(&link)
                .is_some_and(|(_, rest)| rest.contains(&detail)),
            "{error:?}\n{summary}"
        );
        let at = fields
            .split_once(&format!("id=\"error-{id}\">"))
            .unwrap()
            .1
            .split_once("</div>")
            .unwrap()
            .0;
        assert!(at.contains(&detail), "{error:?}: {at}");
    }
    assert!(
        page.contains("<title>Error: Come to") && page.contains("aria-describedby=\"error-name\""),
        "{page}"
    );
}

#[test]
fn an_error_of_no_field_is_listed_without_a_link() {
    let errors = [
        error("/a~1b", FieldProblem::Unexpected),
        error("", FieldProblem::Rule("minProperties".into())),
    ];
    let page = render(&form(), &[], &errors);
    assert!(
        page.contains("<li>a/b: The form has no such field.</li>"),
        "{page}"
    );
    assert!(
        page.contains("<li>This breaks the form&#39;s")
            || page.contains("<li>This breaks the form's"),
        "{page}"
    );
}

#[test]
fn a_notice_stands_alone_too() {
    let form = form();
    let page = FormPage {
        form: &form,
        key: "k",
        typed: &[],
        errors: &[],
        notice: Some("Try again."),
    };
    let page = form_page(&page);
    assert!(
        page.contains("<title>Error: ")
            && page.contains("<p>Try again.</p>")
            && !page.contains("<ul>"),
        "{page}"
    );
}

#[test]
fn a_chinese_form_has_a_chinese_page() {
    let limit = || "5".to_owned();
    let problems = [
        FieldProblem::Required,
        FieldProblem::Unexpected,
        FieldProblem::Type(vec![JsonType::Number, JsonType::Null]),
        FieldProblem::Format(counterfoil_core::Format::Email),
        FieldProblem::MinLength(1),
        FieldProblem::MinLength(2),
        FieldProblem::MaxLength(3),
        FieldProblem::Minimum(limit()),
        FieldProblem::Maximum(limit()),
        FieldProblem::ExclusiveMinimum(limit()),
        FieldProblem::ExclusiveMaximum(limit()),
        FieldProblem::MultipleOf(limit()),
        FieldProblem::MinItems(1),
        FieldProblem::MaxItems(2),
        FieldProblem::UniqueItems,
        FieldProblem::Choice,
        FieldProblem::NotTicked,
        FieldProblem::Constant(limit()),
        FieldProblem::Pattern,
        FieldProblem::InexactNumber,
        FieldProblem::NulCharacter,
        FieldProblem::Rule("not".into()),
    ];
    let errors = problems.map(|problem| error("/name", problem));
    let page = render(&form_in("zh-CN"), &[], &errors);
    assert!(
        page.contains("<html lang=\"zh-CN\">") && page.contains("<title>错误：Come to"),
        "{page}"
    );
    for part in [
        "（选填）",
        "请选择…",
        ">提交</button>",
        "最多 3 个字符",
        "数字或空值",
        "必须勾选",
        "5 的倍数",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(
        errors
            .iter()
            .all(|error| !page.contains(&error.problem.detail())),
        "{page}"
    );
}

#[test]
fn ids_of_odd_names_are_ids_and_differ() {
    let schema = serde_json::json!({"type": "object", "properties": {
        "your name": {"type": "string"}, "your.name": {"type": "string"}, "名字": {"enum": ["甲", "乙"]},
    }});
    let form = Form {
        schema: counterfoil_core::schema::Schema::compile(schema).unwrap(),
        ..form()
    };
    let page = render(
        &form,
        &[("your name", "A")],
        &[error("/your name", FieldProblem::Pattern)],
    );
    assert!(
        page.contains("href=\"#field-your.20.name\"")
            && page.contains("name=\"your name\" value=\"A\""),
        "{page}"
    );
}

fn form_of(properties: serde_json::Value) -> Form {
    let schema = serde_json::json!({"type": "object", "properties": properties});
    Form {
        schema: counterfoil_core::schema::Schema::compile(schema).unwrap(),
        ..form()
    }
}

#[test]
fn a_default_is_there_at_first_and_never_comes_back() {
    let form = form_of(serde_json::json!({
        "size": {"enum": ["s", "m"], "default": "m"}, "days": {"type": "array", "items": {"enum": [1, 2, 3]}, "default": [1, 3]},
        "news": {"type": "boolean", "default": true}, "note": {"type": "string", "default": "<b>"},
    }));
    let page = render(&form, &[], &[]);
    for part in [
        "value=\"m\" checked",
        "value=\"1\" checked",
        "value=\"3\" checked",
        "value=\"true\" checked",
        "&lt;b&gt;",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    // A box that was unticked posts nothing: it must not be ticked again.
    assert!(!render(&form, &[("size", "s")], &[]).contains("value=\"true\" checked"));
    assert!(
        !render(&form, &[], &[error("/size", FieldProblem::Choice)])
            .contains("value=\"true\" checked")
    );
}
