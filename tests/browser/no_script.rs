//! A person whose browser runs no scripts.

use crate::browser::{Browser, Script};
use crate::hold::{RETRY_SOON, hold, release};
use crate::server::Machine;
use crate::site::Site;

/// Shows that the setting works: this page's script would change its title.
const PROBE: &str =
    "<!DOCTYPE html><title>off</title><p id=there>x</p><script>document.title = 'on'</script>";

/// A browser that runs none; `None` when the browser tests are left out.
pub(crate) fn without_script() -> Option<Browser> {
    let browser = Browser::open(Script::Off)?;
    assert_eq!(title_of_probe(&browser), "off");
    Some(browser)
}

fn title_of_probe(browser: &Browser) -> String {
    let probe = Site::with(PROBE.into());
    browser.go(&probe.url());
    browser.until_there("#there");
    browser.get("title").unwrap().as_str().unwrap().to_owned()
}

#[test]
fn the_probe_can_tell_whether_scripts_run() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    assert_eq!(title_of_probe(&browser), "on");
}

#[test]
fn without_a_script_a_mistake_is_mended_and_the_ticket_page_turns_stored() {
    let Some(browser) = without_script() else {
        return;
    };
    let home = Machine::new();
    let server = home.start_with(&RETRY_SOON);
    hold(&home);
    browser.go(&format!("http://{}/", server.authority()));
    browser.click("a[href='/forms/contact']");
    browser.until_there("#field-email");
    browser.fill_contact("field-", "nobody");
    browser.click("button[type=submit]");
    sees_the_mistake(&browser);
    browser.fill("#field-email", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.queued");
    assert!(
        browser
            .address()
            .starts_with(&format!("http://{}/tickets/contact.", server.authority()))
    );
    assert!(
        browser.source().contains("http-equiv=\"refresh\""),
        "{}",
        browser.source()
    );
    release(&home);
    // Nobody touches the page from here on.
    browser.until_there(".stamp.stored");
    assert!(
        !browser.source().contains("http-equiv"),
        "{}",
        browser.source()
    );
    let kept = home.kept();
    assert_eq!(kept.len(), 1);
    // A browser posts line breaks as CR LF.
    assert_eq!(kept[0]["fields"]["message"], "Two\r\nlines & <b>signs</b>");
}

fn sees_the_mistake(browser: &Browser) {
    browser.until_there("#problems");
    assert_eq!(browser.value("#field-name"), "Ada Lovelace");
    assert_eq!(browser.value("#field-email"), "nobody");
    assert_eq!(browser.value("#field-message"), "Two\nlines & <b>signs</b>");
    let links = browser.post(
        "elements",
        &serde_json::json!({"using": "css selector", "value": "#problems a"}),
    );
    assert_eq!(links.unwrap().as_array().unwrap().len(), 1);
    browser.click("#problems a");
    assert!(
        browser.address().ends_with("#field-email"),
        "{}",
        browser.address()
    );
    // A link to a control is where the Tab key goes on from; Chromium gives it the focus.
    assert_eq!(browser.focused(), "field-email");
    assert!(
        browser
            .text("#error-email")
            .is_some_and(|text| !text.is_empty())
    );
}

#[test]
fn without_a_script_the_static_page_leads_to_the_servers_ticket_page() {
    let Some(browser) = without_script() else {
        return;
    };
    let home = Machine::new();
    let server = home.start();
    let site = Site::with_example(server.authority());
    browser.go(&site.url());
    browser.fill_contact("", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.stored");
    assert!(
        browser
            .address()
            .starts_with(&format!("http://{}/tickets/contact.", server.authority()))
    );
    assert_eq!(home.kept().len(), 1);
}
