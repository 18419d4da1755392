//! What `counterfoil forms show` prints, pasted into a page on another origin: with scripts and without.

use crate::browser::{Browser, Script};
use crate::no_script::without_script;
use crate::server::{Home, Server, program};
use crate::site::Site;

/// A form with a control of every kind.
const EVERY_KIND: &str = include_str!("../../crates/web/examples/event.toml");

struct Pasted {
    site: Site,
    server: Server,
    home: Home,
}

fn pasted() -> Pasted {
    let home = Home::new();
    home.write_form("event", EVERY_KIND);
    let server = home.start();
    let url = format!("http://{}", server.authority());
    let shown =
        program().args(["forms", "show", "event", "--url", &url, "--forms"]).arg(home.forms()).output().unwrap();
    assert!(shown.status.success(), "{shown:?}");
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Ours</title><main><h1>Ours</h1>\n{}</main>",
        String::from_utf8(shown.stdout).unwrap()
    );
    Pasted { site: Site::with(page), server, home }
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

/// A script reads a line break as LF; a browser that posts the form itself sends CR LF.
fn assert_kept(pasted: &Pasted, message: &str) {
    let kept = pasted.home.kept();
    assert_eq!(kept.len(), 1);
    let fields = &kept[0]["fields"];
    assert_eq!((&fields["seats"], &fields["agree"]), (&serde_json::json!(2), &serde_json::json!(true)));
    assert_eq!((&fields["allergies"], &fields["message"]), (&serde_json::json!(["Nuts"]), &message.into()));
}

#[test]
fn a_pasted_form_is_refused_at_its_fields_mended_and_accepted() {
    let Some(browser) = Browser::open(Script::On) else { return };
    let pasted = pasted();
    browser.go(&pasted.site.url());
    fill(&browser, "99");
    browser.click("button[type=submit]");
    browser.until_there("#field-seats[aria-invalid]");
    assert_eq!(browser.text("#error-field-seats").as_deref(), Some("This must be 8 or less."));
    assert_eq!((browser.focused().as_str(), browser.value("#field-name").as_str()), ("field-seats", "Ada Lovelace"));
    browser.fill("#field-seats", "2");
    browser.click("button[type=submit]");
    browser.until_there("[role=status][data-state=accepted] a");
    assert!(!browser.is_there("[aria-invalid], .error"));
    assert_eq!((browser.address(), browser.value("#field-name").as_str()), (pasted.site.url(), ""));
    browser.click("[role=status] a");
    browser.until_there(".stamp.stored");
    assert_kept(&pasted, "Two\nlines");
}

#[test]
fn a_pasted_form_works_without_a_script() {
    let Some(browser) = without_script() else { return };
    let pasted = pasted();
    browser.go(&pasted.site.url());
    fill(&browser, "2");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.stored");
    assert!(browser.address().starts_with(&format!("http://{}/tickets/event.", pasted.server.authority())));
    assert_kept(&pasted, "Two\r\nlines");
}
