//! `examples/static-page` on a host of its own, with scripts.

use serde_json::json;

use crate::browser::{Browser, Script};
use crate::server::Machine;
use crate::site::{EXAMPLE, Site};

#[test]
fn the_static_page_posts_from_another_origin_and_shows_stored() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let home = Machine::new();
    let server = home.start();
    let site = Site::with_example(server.authority());
    browser.go(&site.url());
    browser.fill_contact("", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there("#status[data-state=stored]");
    assert_eq!(browser.address(), site.url());
    let kept = home.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["fields"]["message"], "Two\nlines & <b>signs</b>");
    let ticket = browser.text("#ticket").unwrap();
    assert!(ticket.starts_with("contact."), "{ticket}");
    // What was sent is done with: the form is empty for the next message.
    assert_eq!(browser.value("#message"), "");
}

#[test]
fn a_refusal_shows_at_the_field_of_the_static_page_and_is_mended() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let home = Machine::new();
    let server = home.start();
    let site = Site::with_example(server.authority());
    browser.go(&site.url());
    browser.fill_contact("", "nobody");
    browser.click("button[type=submit]");
    browser.until_there("#email[aria-invalid=true]");
    assert!(
        browser
            .text("#email-error")
            .is_some_and(|text| text.contains('@')),
        "{:?}",
        browser.text("#email-error")
    );
    assert_eq!(browser.focused(), "email");
    assert!(!browser.is_there("#name[aria-invalid], #message[aria-invalid]"));
    assert_eq!(home.kept().len(), 0);
    browser.fill("#email", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there("#status[data-state=stored]");
    assert!(!browser.is_there("[aria-invalid]"));
    assert_eq!(home.kept().len(), 1);
}

/// Fields added to the page and to its form, as its README says; each hides the form's own member of that name.
#[test]
fn fields_called_as_the_forms_own_members_are_do_not_harm_the_static_page() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let names = [
        "action",
        "reset",
        "submit",
        "elements",
        "method",
        "requestSubmit",
        "querySelectorAll",
    ];
    let home = Machine::new();
    let fields: String = names
        .iter()
        .map(|name| format!("[schema.properties.{name}]\nmaxLength = 20\n"))
        .collect();
    home.write_form(
        "contact",
        &format!("{}\n{fields}", include_str!("../../forms/contact.toml")),
    );
    let server = home.start();
    let inputs: String = names
        .iter()
        .map(|name| format!("<p class=\"error\" id=\"{name}-error\" hidden></p><input id=\"{name}\" name=\"{name}\">"))
        .collect();
    let page = EXAMPLE.replace(
        "<button type=\"submit\">",
        &format!("{inputs}<button type=\"submit\">"),
    );
    let site = Site::with_page(&page, server.authority());
    browser.go(&site.url());
    browser.fill_contact("", "ada@example.org");
    names
        .iter()
        .for_each(|name| browser.fill(&format!("#{name}"), name));
    browser.fill("#action", "longer than twenty characters");
    browser.click("button[type=submit]");
    browser.until_there("#action[aria-invalid=true]");
    browser.fill("#action", "action");
    browser.click("button[type=submit]");
    browser.until_there("#status[data-state=stored]");
    assert_eq!(
        (
            browser.value("#action").as_str(),
            browser.is_there("[aria-invalid]")
        ),
        ("", false)
    );
    let kept = home.kept();
    assert!(
        kept.len() == 1
            && names
                .iter()
                .all(|name| kept[0]["fields"][name] == json!(name)),
        "{kept:?}"
    );
}
