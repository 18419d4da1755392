//! What a row says of a submission, by its form or without one.

use counterfoil_core::{FormId, Payload};
use serde_json::json;

use super::*;

fn contact() -> Form {
    form(include_str!("../../../forms/contact.toml"))
}

fn form(text: &str) -> Form {
    Form::parse(FormId::parse("contact").unwrap(), text).unwrap()
}

fn body(fields: &Value) -> Body {
    Body::Payload(Payload::from_fields(fields.as_object().unwrap()))
}

fn line(form: Option<&Form>, fields: &Value) -> (Option<String>, Vec<String>, Option<String>) {
    let Gist {
        who,
        about,
        excerpt,
    } = Gist::new(form, &body(fields));
    (who, about, excerpt)
}

#[test]
fn a_submission_is_known_by_its_first_texts_and_the_beginning_of_its_longest() {
    let form = contact();
    let ada = json!({"name": "Ada", "email": "ada@example.org", "message": " Hi,\n\nthere "});
    let expected = (
        Some("Ada".into()),
        vec!["ada@example.org".into()],
        Some("Hi, there".into()),
    );
    assert_eq!(line(Some(&form), &ada), expected, "the form's order");
    assert_eq!(
        line(None, &ada),
        expected,
        "without a form, a name comes first"
    );
    let short = json!({"name": "Ada", "email": "a.very.long.address@a.very.long.name.example.org", "message": "Hi"});
    assert_eq!(
        line(Some(&form), &short).2.as_deref(),
        Some("Hi"),
        "an address is no message"
    );
    let alone = json!({"feedback": "x ".repeat(500)});
    let (who, about, excerpt) = line(None, &alone);
    assert!(who.is_none() && about.is_empty() && excerpt.unwrap().chars().count() == 241);
    assert_eq!(
        line(None, &json!({"agreed": true, "count": 3})),
        (None, vec![], None)
    );
    assert_eq!(line(None, &json!({"name": "  "})), (None, vec![], None));
    assert_eq!(Gist::new(None, &Body::Erased), Gist::default());
}

#[test]
fn the_form_says_which_fields() {
    let text = "title = \"x\"\nsummary = [\"guests\", \"day\", \"extras\", \"wish\"]\n[schema]\ntype = \"object\"\n\
                [schema.properties.wish]\n[schema.properties.name]\n[schema.properties.day]\n\
                [schema.properties.guests]\n[schema.properties.extras]\n";
    let form = form(text);
    let sent = json!({
        "name": "Ada", "day": "2026-12-24", "guests": 4, "extras": ["tree", "music"], "wish": "By the\nwindow, please",
    });
    let line = |sent: Value| Gist::new(Some(&form), &body(&sent)).line();
    assert_eq!(
        line(sent),
        "4 · 2026-12-24 · tree, music · By the window, please"
    );
    assert_eq!(line(json!({"name": "Ada", "day": " ", "guests": 2})), "2");
    let others = json!({"name": "Ada", "day": ""});
    assert_eq!(
        line(others),
        "Ada",
        "where none of them was filled in, as without them"
    );
}

#[test]
fn a_beginning_is_short_whatever_was_written() {
    for text in ["今日は ".repeat(1000), "x".repeat(1 << 20)] {
        let line = Gist::new(None, &body(&json!({ "a": text }))).line();
        assert!(line.chars().count() <= EXCERPT + 1, "{line}");
    }
}
