//! Every key is read, and a fault names its place and its mend.

use super::first_fault as read;
use super::*;
use crate::captcha::CaptchaProvider;
use crate::form::FormFault;
use crate::form::{Budget, Period, Rate};

const GOOD: &str = include_str!("../../../../forms/contact.toml");

#[test]
fn the_shipped_form_is_good_and_keeps_its_order() {
    let form = read(GOOD).unwrap();
    let names: Vec<_> = form.schema.properties().map(|(name, _)| name).collect();
    assert_eq!(names, ["name", "email", "message"]);
    assert!(names.iter().all(|name| form.schema.requires(name)));
}

#[test]
fn a_fault_names_its_line_and_mend() {
    let cases = [
        ("title = \"Contact us\"", "title = ", 5, "string"),
        (
            "title = \"Contact us\"",
            "title = \"x\"\ncolour = \"red\"",
            6,
            "colour",
        ),
        ("title = \"Contact us\"", "title = \" \"", 5, "heading"),
        (
            "title = \"Contact us\"",
            "title = \"x\"\nredirect = \"//evil.example\"",
            6,
            "redirect",
        ),
        (
            "title = \"Contact us\"",
            "title = \"x\"\nredirect = \"javascript:alert(1)\"",
            6,
            "redirect",
        ),
        (
            "title = \"Contact us\"",
            "title = \"x\"\nredirect = \"/t/{id}\"",
            6,
            "{ticket}",
        ),
        (
            "title = \"Contact us\"",
            "title = \"x\"\nredirect = \"https://{ticket}.example\"",
            6,
            "redirect",
        ),
        (
            "title = \"Contact us\"",
            "title = \"x\"\nredirect = \"https:///path\"",
            6,
            "redirect",
        ),
        (
            "title = \"Contact us\"",
            "title = \"x\"\norigins = [\"https://a.org/\"]",
            6,
            "no path",
        ),
        (
            "title = \"Contact us\"",
            "title = \"x\"\nretention_days = 0",
            6,
            "retention_days",
        ),
        ("language = \"en\"", "language = \"e n\"", 7, "language"),
    ];
    assert_eq!(
        GOOD.lines().nth(4),
        Some("title = \"Contact us\""),
        "the cases count lines from here"
    );
    for (from, to, line, word) in cases {
        let fault = read(&GOOD.replace(from, to)).unwrap_err();
        assert_eq!(fault.line, line, "{fault}");
        assert!(fault.message.contains(word), "{fault}");
    }
}

#[test]
fn a_honeypot_must_not_be_a_field() {
    let fault = read(&GOOD.replace("honeypot = \"website\"", "honeypot = \"email\"")).unwrap_err();
    assert!(fault.message.starts_with("honeypot:"), "{fault}");
}

/// The contact form with more keys before its schema.
fn with(keys: &str) -> Result<Form, FormFault> {
    read(&GOOD.replace("[schema]", &format!("{keys}\n[schema]")))
}

#[test]
fn what_is_left_out_is_off() {
    let form = read(GOOD).unwrap();
    assert!(
        form.enabled
            && form.mode == Mode::Enforce
            && form.captcha.is_none()
            && form.burst.is_none()
    );
    assert_eq!((form.budget, form.notify), (Budget::default(), Vec::new()));
}

#[test]
fn the_guards_are_read() {
    let form = with(
        "enabled = false\nmode = \"observe\"\nburst = { count = 5, per = \"minute\" }\nnotify = { fields = true }\n\
         [budget]\nper_form = { count = 1000, per = \"day\" }\nper_address = { count = 20, per = \"hour\" }\n\
         [captcha]\nprovider = \"turnstile\"\nsite_key = \"0x4AAA\"\nsecret_env = \"TURNSTILE_SECRET\"\n\
         action = \"contact\"\nhosts = [\"Example.org\"]",
    )
    .unwrap();
    assert!(!form.enabled && form.mode == Mode::Observe && form.notify.is_empty());
    assert_eq!(
        form.burst,
        Some(Rate {
            count: 5,
            per: Period::Minute
        })
    );
    assert_eq!(
        form.budget.per_form,
        Some(Rate {
            count: 1000,
            per: Period::Day
        })
    );
    assert_eq!(
        form.budget.per_address,
        Some(Rate {
            count: 20,
            per: Period::Hour
        })
    );
    let captcha = form.captcha.unwrap();
    assert_eq!(
        (captcha.provider, captcha.secret_env.as_str()),
        (CaptchaProvider::Turnstile, "TURNSTILE_SECRET")
    );
    assert!(captcha.allows_host("example.ORG") && !captcha.allows_host("www.example.org"));
}

#[test]
fn a_guard_that_cannot_be_meant_is_a_fault() {
    let captcha = |key: &str| {
        format!(
            "[captcha]\nprovider = \"hcaptcha\"\nsite_key = \"k\"\nsecret_env = \"SECRET\"\n{key}"
        )
    };
    let cases = [
        ("mode = \"watch\"".to_owned(), "observe"),
        (
            "burst = { count = 0, per = \"day\" }".into(),
            "burst: give a count",
        ),
        ("burst = { count = 1, per = \"week\" }".into(), "minute"),
        (
            "budget = { per_form = { count = 0, per = \"day\" } }".into(),
            "budget.per_form",
        ),
        ("notify = { field = true }".into(), "field"),
        ("[captcha]\nprovider = \"turnstile\"".into(), "site_key"),
        (captcha("").replace("hcaptcha", "captcha"), "turnstile"),
        (captcha("action = \"x\""), "knows no actions"),
        (captcha("hosts = [\"https://example.org\"]"), "host names"),
        (
            captcha("").replace("SECRET", "0x4AAA-secret"),
            "never the secret",
        ),
        (captcha("").replace("\"k\"", "\"\""), "site_key"),
    ];
    for (keys, word) in cases {
        let fault = with(&keys).unwrap_err();
        assert!(fault.message.contains(word), "{keys}: {fault}");
        assert!(fault.line >= 20, "{keys}: {fault}");
    }
}

#[test]
fn a_key_that_is_none_is_named_with_what_was_meant() {
    let cases = [
        (
            "intro = \"Write",
            "intor = \"Write",
            "line 6, column 1: unknown key \"intor\"; did you mean \"intro\"?",
        ),
        (
            "[schema]",
            "[budget]\nper_from = 1\n[schema]",
            "\"budget.per_from\"; did you mean \"per_form\"?",
        ),
        (
            "[schema]",
            "burst = { count = 1, pre = \"day\" }\n[schema]",
            "\"burst.pre\"; did you mean \"per\"?",
        ),
        (
            "[schema]",
            "[captcha]\nkey = 1\n[schema]",
            "known here: provider, site_key",
        ),
        (
            "maxLength = 254",
            "maxlength = 254\nmaxLenght = 1",
            "line 39, column 1: schema.properties.email.maxlength",
        ),
        (
            "format = \"email\"",
            "format = \"mail\"",
            "line 38, column 1: schema.properties.email.format",
        ),
        (
            "type = \"string\"\nmaxLength = 200",
            "type = \"text\"",
            "did you mean \"string\"?",
        ),
        (
            "pattern = '[",
            "pattern = '(?=x)[",
            "schema.properties.name.pattern",
        ),
        ("title = \"Contact us\"", "title: x", "line 5"),
    ];
    for (from, to, words) in cases {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let faults = parse(FormId::parse("contact").unwrap(), &text).unwrap_err();
        assert!(faults.to_string().contains(words), "{faults}");
    }
}

#[test]
fn what_may_not_be_meant_is_said_and_the_shipped_form_is_meant() {
    let advice = |text: &str| -> Vec<_> {
        read(text)
            .unwrap()
            .advice(text)
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    assert_eq!(advice(GOOD), Vec::<String>::new());
    let text = "title = \"x\"\nenabled = false\nmode = \"observe\"\nnotify = { fields = true }\n[schema]\n\
                type = \"object\"\nrequired = [\"agree\", \"emial\", \"sure\"]\n[schema.properties]\n\
                email = { type = \"string\" }\nagree = { type = \"boolean\" }\n\
                sure = { type = \"boolean\", const = true }\nwhen = { type = \"string\", format = \"time\" }\n\
                who = { type = \"array\", items = { type = \"object\" } }\n";
    let expected = [
        "line 2, column 1: the form is closed",
        "line 3, column 1: nothing is refused",
        "line 4, column 1: notify: is of a former version and tells nobody; write [[notify]]",
        "line 7, column 22: \"emial\" is required and is no property, so the page cannot be sent; did you mean \"email\"?",
        "line 10, column 1: a box that is not ticked",
        "line 12, column 27: asks for an offset",
        "line 13, column 9: a page cannot ask",
    ];
    let found = advice(text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn a_summary_names_fields_of_the_form() {
    let with = |list: &str| {
        let summary = format!("title = \"Contact us\"\nsummary = {list}");
        read(&GOOD.replace("title = \"Contact us\"", &summary))
    };
    let form = with("[\"email\", \"message\"]").unwrap();
    assert_eq!(form.summary, ["email", "message"]);
    assert!(read(GOOD).unwrap().summary.is_empty());
    for (list, column, words) in [
        (
            "[\"name\", \"mesage\"]",
            20,
            "no field \"mesage\"; did you mean \"message\"?",
        ),
        ("[\"name\", \"name\"]", 20, "\"name\" is there twice"),
        ("[]", 11, "give one to five"),
        ("\"name\"", 11, "summary: give a list of the form's fields"),
        ("[1]", 11, "summary: give a list of the form's fields"),
    ] {
        let fault = with(list).map(drop).unwrap_err();
        assert!(fault.message.contains(words), "{list}: {fault}");
        assert_eq!((fault.line, fault.column), (6, column), "{list}: {fault}");
    }
}

#[test]
fn a_form_may_show_when_its_submissions_were_seen() {
    assert!(!read(GOOD).unwrap().show_seen);
    for (written, shows) in [("true", true), ("false", false)] {
        assert_eq!(
            with(&format!("show_seen = {written}")).unwrap().show_seen,
            shows
        );
    }
    let fault = with("show_seen = \"yes\"").map(drop).unwrap_err();
    assert!(
        fault.message.contains("show_seen: give true or false"),
        "{fault}"
    );
    let fault = with("shows_seen = true").map(drop).unwrap_err();
    assert!(
        fault.message.contains("did you mean \"show_seen\"?"),
        "{fault}"
    );
}
