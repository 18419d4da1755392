//! `[[notify]]`: what its rules mean, what is a slip in them, and what a former version wrote.

use super::*;
use crate::form::FormFault;
use crate::form::{NotifyFields, NotifyRule};
use crate::state::State;

const FORM: &str = "title = \"x\"\n\n[schema]\ntype = \"object\"\n[schema.properties]\n\
                    name = { type = \"string\" }\nemail = { type = \"string\" }\n";

fn read(rules: &str) -> Result<Form, FormFault> {
    let text = format!("{FORM}{rules}");
    first_fault(&text)
}

#[test]
fn a_rule_tells_of_what_was_stored_and_shows_nothing() {
    let form = read("[[notify]]\nto = \"crm\"\n").unwrap();
    let rule = NotifyRule {
        to: "crm".into(),
        on: vec![State::Stored],
        fields: NotifyFields::Nothing,
        reply_to: None,
    };
    assert_eq!(form.notify, [rule]);
    let hears = |state| form.notify.iter().filter(|rule| rule.hears(state)).count();
    assert_eq!(State::ALL.map(hears), [1, 0, 0, 0, 0, 0]);
    assert!(form.notify_rule("crm").is_some() && form.notify_rule("owner").is_none());
}

#[test]
fn a_rule_names_states_fields_and_where_an_answer_goes() {
    let form = read(
        "[[notify]]\nto = \"owner\"\non = [\"stored\", \"held\"]\nfields = [\"email\"]\nreply_to = \"email\"\n\
         [[notify]]\nto = \"crm\"\nfields = true\n",
    )
    .unwrap();
    let told = |state| -> Vec<_> {
        let rules = form.notify.iter().filter(|rule| rule.hears(state));
        rules.map(|rule| rule.to.as_str()).collect()
    };
    assert_eq!(told(State::Stored), ["owner", "crm"]);
    assert_eq!(told(State::Held), ["owner"]);
    assert_eq!(told(State::Failed), [""; 0]);
    // Who was shown fields hears that they are to be forgotten.
    assert_eq!(told(State::Erased), ["owner", "crm"]);
    let [owner, crm] = &form.notify[..] else {
        panic!("two rules: {:?}", form.notify);
    };
    assert_eq!(owner.reply_to.as_deref(), Some("email"));
    assert!(owner.fields.shows("email") && !owner.fields.shows("name"));
    assert!(crm.fields.shows("name") && crm.fields.shows_any());
}

#[test]
fn a_slip_is_told_with_its_line_and_what_to_write() {
    let rule = |rest: &str| format!("[[notify]]\nto = \"crm\"\n{rest}\n");
    for (rules, expected) in [
        (
            "[[notify]]\non = [\"stored\"]\n".to_owned(),
            "line 8, column 1: notify.to: is missing; give a receiver's name",
        ),
        (
            "[[notify]]\nto = \"My CRM\"\n".into(),
            "line 9, column 6: notify.to: give a receiver's name",
        ),
        (
            "[[notify]]\nto = 1\n".into(),
            "line 9, column 6: notify.to: give a receiver's name",
        ),
        (
            "[notify]\nto = \"crm\"\n".into(),
            "notify: a form has several: write [[notify]], with two brackets",
        ),
        (
            rule("field = true"),
            "line 10, column 1: unknown key \"notify.field\"; did you mean \"fields\"?",
        ),
        (
            rule("on = [\"store\"]"),
            "line 10, column 7: notify.on: no state is called \"store\"; did you mean \"stored\"?",
        ),
        (
            rule("on = [\"expired\"]"),
            "known here: stored, failed, held, discarded, erased",
        ),
        (rule("on = []"), "notify.on: is empty"),
        (
            rule("on = \"stored\""),
            "line 10, column 6: notify.on: give a list",
        ),
        (
            rule("fields = [\"emial\"]"),
            "line 10, column 11: notify.fields: the form has no field \"emial\"; did you mean \"email\"?",
        ),
        (
            rule("fields = \"email\""),
            "notify.fields: give true, or a list",
        ),
        (
            rule("reply_to = \"email\""),
            "notify.reply_to: \"email\" is not among the rule's `fields`",
        ),
        (
            rule("fields = true\nreply_to = \"mail\""),
            "notify.reply_to: the form has no field \"mail\"; did you mean \"email\"?",
        ),
        (
            rule("[[notify]]\nto = \"crm\""),
            "line 11, column 6: notify.to: \"crm\" has a rule already",
        ),
    ] {
        let fault = read(&rules).map(drop).unwrap_err().to_string();
        assert!(fault.contains(expected), "{expected}\n{fault}\n{rules}");
    }
}

#[test]
fn what_a_former_version_wrote_is_read_and_mended() {
    for fields in ["{ fields = true }", "{ fields = false }", "{}"] {
        let text = FORM.replace("\n\n", &format!("\nnotify = {fields}\n"));
        let form = parse(FormId::parse("contact").unwrap(), &text).unwrap();
        assert_eq!(form.notify, []);
        let advice = form.advice(&text);
        let [thought] = &advice[..] else {
            panic!("{advice:?}");
        };
        let said = thought.to_string();
        assert!(
            said.starts_with("line 2, column 1: notify: is of a former version"),
            "{said}"
        );
        assert!(said.contains("write [[notify]]"), "{said}");
    }
}

#[test]
fn a_copy_needs_a_captcha_and_says_where_its_ticket_is() {
    let captcha =
        "[captcha]\nprovider = \"turnstile\"\nsite_key = \"k\"\nsecret_env = \"SECRET\"\n";
    let copy = "[copy]\nto = \"email\"\nsubject = \"We have it\"\ntext = \"See {ticket}\"\nper_day = 50\n\
                tickets = \"https://forms.example.org\"\n";
    let form = read(&format!("{captcha}{copy}")).unwrap();
    let read_copy = form.copy.unwrap();
    assert_eq!(
        (read_copy.to.as_str(), read_copy.per_day.get()),
        ("email", 50)
    );
    for (from, to, expected) in [
        (captcha, "", "copy: needs a [captcha]"),
        (
            "to = \"email\"",
            "to = \"mail\"",
            "copy.to: the form has no field \"mail\"",
        ),
        (
            "tickets = \"https://forms.example.org\"\n",
            "",
            "copy.tickets: is missing",
        ),
        (
            "https://forms.example.org",
            "https://forms.example.org/x",
            "copy.tickets: give scheme://host",
        ),
        (
            "\"We have it\"",
            "\"We\\nBcc: x@example.org\"",
            "copy.subject: give one line",
        ),
        ("per_day = 50", "per_day = 0", "copy.per_day: give"),
        ("per_day = 50\n", "", "copy.per_day: is missing"),
        (
            "text =",
            "texts =",
            "unknown key \"copy.texts\"; did you mean \"text\"?",
        ),
    ] {
        let text = format!("{captcha}{copy}").replace(from, to);
        let said = read(&text).unwrap_err().to_string();
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    let said = read("[[notify]]\nto = \"submitter\"\n")
        .unwrap_err()
        .to_string();
    assert!(said.contains("is told by a table [copy]"), "{said}");
}
