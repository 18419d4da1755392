//! The pages of the AWS home, on the emulator that `cargo xtask test` starts: the same journey through its front doors.

use serde_json::Value;

use crate::browser::{Browser, Script};
use crate::gateway::Gateway;
use crate::given::variable;
use crate::no_script::without_script;
use crate::site::Site;

fn places() -> Value {
    let places = variable("COUNTERFOIL_AWS").expect("`cargo xtask test` sets COUNTERFOIL_AWS");
    serde_json::from_str(places.to_str().unwrap()).unwrap()
}

/// Where the front door is. Chromium takes every name under `localhost` for this machine, and says it in `Host`, by
/// which the emulator finds the API.
fn front_door() -> String {
    let places = places();
    let (url, host) = (
        places["url"].as_str().unwrap(),
        places["host"].as_str().unwrap(),
    );
    assert!(
        host.ends_with(".localhost"),
        "a browser cannot reach {host}"
    );
    format!("http://{host}:{}", url.rsplit_once(':').unwrap().1)
}

fn submits_and_sees_it_stored(browser: &Browser) {
    let door = front_door();
    browser.go(&format!("{door}/"));
    browser.click("a[href='/forms/contact']");
    browser.until_there("#field-email");
    browser.fill_contact("field-", "nobody");
    browser.click("button[type=submit]");
    browser.until_there("#problems");
    assert_eq!(browser.value("#field-message"), "Two\nlines & <b>signs</b>");
    browser.fill("#field-email", "ada@example.org");
    browser.click("button[type=submit]");
    // Nobody touches the page from here on.
    browser.until_there(".stamp.stored");
    assert!(
        browser
            .address()
            .starts_with(&format!("{door}/tickets/contact.")),
        "{}",
        browser.address()
    );
    assert!(
        !browser.source().contains("http-equiv=\"refresh\""),
        "{}",
        browser.source()
    );
}

#[test]
fn on_aws_a_person_mends_a_mistake_and_sees_the_ticket_turn_stored() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    submits_and_sees_it_stored(&browser);
}

/// `examples/static-page` on an origin of its own, filled in and sent.
fn send_from(browser: &Browser, site: &Site) {
    browser.go(&site.url());
    browser.fill_contact("", "ada@example.org");
    browser.click("button[type=submit]");
}

#[test]
fn on_aws_the_static_page_posts_from_another_origin_and_shows_stored() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let gateway = Gateway::before(&places());
    send_from(&browser, &Site::with_example(&gateway.authority()));
    browser.until_there("#status[data-state=stored]");
}

#[test]
fn on_aws_the_static_page_leads_to_the_ticket_page_without_a_script() {
    let Some(browser) = without_script() else {
        return;
    };
    send_from(
        &browser,
        &Site::with_example(front_door().trim_start_matches("http://")),
    );
    browser.until_there(".stamp.stored");
    assert!(
        browser
            .address()
            .starts_with(&format!("{}/tickets/contact.", front_door())),
        "{}",
        browser.address()
    );
}

#[test]
fn on_aws_it_is_the_same_without_a_script() {
    let Some(browser) = without_script() else {
        return;
    };
    submits_and_sees_it_stored(&browser);
}
