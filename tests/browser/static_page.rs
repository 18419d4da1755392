//! `examples/static-page` on a host of its own, with scripts.

use crate::browser::{Browser, Script};
use crate::server::Home;
use crate::site::Site;

#[test]
fn the_static_page_posts_from_another_origin_and_shows_stored() {
    let Some(browser) = Browser::open(Script::On) else { return };
    let home = Home::new();
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
    let Some(browser) = Browser::open(Script::On) else { return };
    let home = Home::new();
    let server = home.start();
    let site = Site::with_example(server.authority());
    browser.go(&site.url());
    browser.fill_contact("", "nobody");
    browser.click("button[type=submit]");
    browser.until_there("#email[aria-invalid=true]");
    assert!(browser.text("#email-error").is_some_and(|text| text.contains('@')), "{:?}", browser.text("#email-error"));
    assert_eq!(browser.focused(), "email");
    assert!(!browser.is_there("#name[aria-invalid], #message[aria-invalid]"));
    assert_eq!(home.kept().len(), 0);
    browser.fill("#email", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there("#status[data-state=stored]");
    assert!(!browser.is_there("[aria-invalid]"));
    assert_eq!(home.kept().len(), 1);
}
