//! What `counterfoil forms show` prints, pasted into a page on another origin: with scripts and without.

use serde_json::{Value, json};

use crate::browser::{Browser, Script};
use crate::no_script::without_script;
use crate::server::{Machine, Server, program};
use crate::site::Site;

/// A form with a control of every kind.
const EVERY_KIND: &str = include_str!("../../crates/web/examples/event.toml");

/// Every text of it is Chinese, and so is what is chosen.
const CHINESE: &str = r#"
title = "活动报名"
language = "zh"
button = "报名"

[schema]
type = "object"
required = ["餐", "name"]
additionalProperties = false

[schema.properties."餐"]
title = "午餐"
enum = ["素食", "鱼 🐟"]

[schema.properties.name]
title = "姓名"
type = "string"
minLength = 2
"#;

/// Each field hides the form's own member of that name.
const HIDING: &str = r#"
title = "Members"
honeypot = "querySelector"

[schema]
type = "object"
required = ["action", "reset", "submit", "elements", "method"]
additionalProperties = false

[schema.properties]
action = { type = "string", minLength = 3 }
reset = { type = "string" }
submit = { type = "string" }
elements = { type = "string" }
method = { type = "string" }
addEventListener = { type = "string" }
querySelectorAll = { type = "string" }
toggleAttribute = { type = "string" }
noValidate = { type = "string" }
length = { enum = ["1", "2"] }
"#;

struct Pasted {
    site: Site,
    server: Server,
    home: Machine,
}

fn pasted() -> Pasted {
    pasted_into(EVERY_KIND, |shown| {
        Site::with(format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Ours</title><main><h1>Ours</h1>\n{shown}</main>"
        ))
    })
}

/// The form as it is shown, on a site.
fn pasted_into(form: &str, site: impl Fn(String) -> Site) -> Pasted {
    let home = Machine::new();
    home.write_form("event", form);
    let server = home.start();
    let url = format!("http://{}", server.authority());
    let shown = program()
        .args(["forms", "show", "event", "--url", &url, "--forms"])
        .arg(home.forms())
        .output()
        .unwrap();
    assert!(shown.status.success(), "{shown:?}");
    Pasted {
        site: site(String::from_utf8(shown.stdout).unwrap()),
        server,
        home,
    }
}

fn fill(browser: &Browser, seats: &str) {
    browser.fill("#field-name", "Ada Lovelace");
    browser.fill("#field-email", "ada@example.org");
    browser.fill("#field-seats", seats);
    browser.click("#field-meal");
    browser.click("#field-allergies");
    browser.fill("#field-message", "Two\nlines");
    browser.click("#field-agree");
}

/// The fields of the only one that was kept.
fn kept(pasted: &Pasted) -> Value {
    let kept = pasted.home.kept();
    assert_eq!(kept.len(), 1);
    kept[0]["fields"].clone()
}

/// A script reads a line break as LF; a browser that posts the form itself sends CR LF.
fn assert_kept(pasted: &Pasted, message: &str) {
    let fields = kept(pasted);
    assert_eq!(
        (&fields["seats"], &fields["agree"]),
        (&json!(2), &json!(true))
    );
    assert_eq!(
        (&fields["allergies"], &fields["message"]),
        (&json!(["Nuts"]), &message.into())
    );
}

#[test]
fn a_pasted_form_is_refused_at_its_fields_mended_and_accepted() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let pasted = pasted();
    browser.go(&pasted.site.url());
    fill(&browser, "99");
    browser.click("button[type=submit]");
    browser.until_there("#field-seats[aria-invalid]");
    assert_eq!(
        browser.text("#error-field-seats").as_deref(),
        Some("This must be 8 or less.")
    );
    assert_eq!(
        (
            browser.focused().as_str(),
            browser.value("#field-name").as_str()
        ),
        ("field-seats", "Ada Lovelace")
    );
    browser.fill("#field-seats", "2");
    browser.click("button[type=submit]");
    browser.until_there("[role=status][data-state=accepted] a");
    assert!(!browser.is_there("[aria-invalid], .error"));
    assert_eq!(
        (browser.address(), browser.value("#field-name").as_str()),
        (pasted.site.url(), "")
    );
    browser.click("[role=status] a");
    browser.until_there(".stamp.stored");
    assert_kept(&pasted, "Two\nlines");
}

#[test]
fn a_page_that_may_not_post_says_so_at_once_and_does_not_try_again() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let listed = EVERY_KIND.replacen(
        "\n[schema]",
        "\norigins = [\"https://example.org\"]\n[schema]",
        1,
    );
    let pasted = pasted_into(&listed, |shown| {
        Site::with(format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Ours</title><main>{shown}</main>"
        ))
    });
    browser.go(&pasted.site.url());
    fill(&browser, "2");
    browser.click("button[type=submit]");
    browser.until_there("[role=status][data-state=refused]");
    let said = browser.text("[role=status]").unwrap();
    assert!(said.contains("certain websites"), "{said}");
    assert_eq!(browser.value("#field-name"), "Ada Lovelace");
    let posts = browser.run(
        "return performance.getEntriesByType('resource').filter((entry) => entry.initiatorType === 'fetch').length",
    );
    assert_eq!((posts, pasted.home.kept().len()), (json!(1), 0));
}

#[test]
fn a_pasted_form_works_without_a_script() {
    let Some(browser) = without_script() else {
        return;
    };
    let pasted = pasted();
    browser.go(&pasted.site.url());
    fill(&browser, "2");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.stored");
    assert!(browser.address().starts_with(&format!(
        "http://{}/tickets/event.",
        pasted.server.authority()
    )));
    assert_kept(&pasted, "Two\r\nlines");
}

#[test]
fn a_chinese_form_in_a_file_that_names_no_charset_is_right_and_is_stored_as_it_was_chosen() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let pasted = pasted_into(CHINESE, Site::without_charset);
    browser.go(&pasted.site.url());
    assert_ne!(
        browser.run("return document.characterSet"),
        "UTF-8",
        "or it would show nothing"
    );
    assert_eq!(browser.text("button").as_deref(), Some("报名"));
    browser.click("[type=radio][value='鱼 🐟']");
    browser.fill("#field-name", "李");
    browser.click("button[type=submit]");
    browser.until_there("#field-name[aria-invalid]");
    assert!(
        browser
            .text("#error-field-name")
            .is_some_and(|text| text.contains("2")),
        "{}",
        browser.source()
    );
    browser.fill("#field-name", "李清照");
    browser.click("button[type=submit]");
    browser.until_there("[role=status][data-state=accepted] a");
    assert!(
        browser
            .text("[role=status]")
            .unwrap()
            .starts_with("谢谢，我们已经收到。"),
        "{}",
        browser.source()
    );
    browser.click("[role=status] a");
    browser.until_there(".stamp.stored");
    assert_eq!(kept(&pasted), json!({"餐": "鱼 🐟", "name": "李清照"}));
}

#[test]
fn a_chinese_form_in_a_file_that_names_no_charset_is_right_without_a_script_too() {
    let Some(browser) = without_script() else {
        return;
    };
    let pasted = pasted_into(CHINESE, Site::without_charset);
    browser.go(&pasted.site.url());
    browser.click("[type=radio][value='鱼 🐟']");
    browser.fill("#field-name", "李清照");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.stored");
    assert_eq!(kept(&pasted), json!({"餐": "鱼 🐟", "name": "李清照"}));
}

/// What is there to fill in; the rest stays empty.
const MEMBERS: [&str; 5] = ["action", "reset", "submit", "elements", "method"];

fn fill_members(browser: &Browser) {
    for name in MEMBERS {
        browser.fill(
            &format!("[name={name}]"),
            if name == "action" { "x" } else { name },
        );
    }
    browser.click("[type=radio][value='2']");
    browser.click("button[type=submit]");
}

fn members() -> Value {
    json!({"action": "xyz", "reset": "reset", "submit": "submit", "elements": "elements", "method": "method", "length": "2"})
}

#[test]
fn fields_called_as_the_forms_own_members_are_do_not_harm_a_pasted_form() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let pasted = pasted_into(HIDING, Site::with);
    browser.go(&pasted.site.url());
    fill_members(&browser);
    browser.until_there("[name=action][aria-invalid]");
    assert_eq!(browser.focused(), "field-action");
    browser.press("[name=action]", "yz");
    browser.click("button[type=submit]");
    browser.until_there("[role=status][data-state=accepted] a");
    assert!(!browser.is_there("[aria-invalid], .error"));
    // The form is empty for the next one.
    assert_eq!(
        (browser.value("[name=action]"), browser.address()),
        (String::new(), pasted.site.url())
    );
    browser.click("[role=status] a");
    browser.until_there(".stamp.stored");
    assert_eq!(kept(&pasted), members());
}

#[test]
fn fields_called_as_the_forms_own_members_are_do_not_harm_the_hosted_page() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let pasted = pasted_into(HIDING, Site::with);
    browser.go(&format!("http://{}/forms/event", pasted.server.authority()));
    fill_members(&browser);
    browser.until_there("[name=action][aria-invalid]");
    browser.press("[name=action]", "yz");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.stored");
    assert_eq!(kept(&pasted), members());
}

/// The first try is never answered, and is given up after a hundredth of the page's own 20 s. The
/// second has all of them, so that a busy machine does not make a third.
#[test]
fn a_connection_that_hangs_is_given_up_and_the_next_try_is_stored_once() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let pasted = pasted();
    browser.go(&pasted.site.url());
    browser.run(
        "const [limit, real] = [AbortSignal.timeout, fetch];
        window.limits = [];
        AbortSignal.timeout = (ms) => {
          limits.push(ms);
          return limit.call(AbortSignal, limits.length > 1 ? ms : ms / 100);
        };
        window.fetch = (url, options) => limits.length > 1 ? real(url, options) : new Promise((_, failed) => {
          options.signal.onabort = () => failed(options.signal.reason);
        });",
    );
    fill(&browser, "2");
    browser.click("button[type=submit]");
    browser.until_there("[role=status][data-state=accepted] a");
    assert_eq!(browser.run("return limits"), json!([20_000, 20_000]));
    browser.click("[role=status] a");
    browser.until_there(".stamp.stored");
    assert_kept(&pasted, "Two\nlines");
}
