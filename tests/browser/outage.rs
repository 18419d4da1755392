//! `examples/static-page` while the server is away: before the first answer, in place of it, and after it.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::browser::{Browser, Script};
use crate::hold::{RETRY_SOON, hold, release};
use crate::port;
use crate::server::Machine;
use crate::site::Site;
use crate::wait::until;

/// Writes down what the page asks the server, before the page's own script runs. `losing`: answers to throw away.
const LISTEN: &str = "
    window.asked = [];
    window.losing = 0;
    const real = window.fetch;
    window.fetch = async (url, options) => {
        const entry = { method: options.method || 'GET', key: options.headers['Idempotency-Key'], answered: false };
        window.asked.push(entry);
        const response = await real(url, options);
        entry.answered = true;
        if (window.losing > 0) { window.losing -= 1; throw new TypeError('lost on the way'); }
        return response;
    };";

fn listening() -> Option<Browser> {
    let browser = Browser::open(Script::On)?;
    browser.devtools(
        "Page.addScriptToEvaluateOnNewDocument",
        &json!({"source": LISTEN}),
    );
    Some(browser)
}

/// What the page asked so far: those of this method, answered or not.
fn asked(browser: &Browser, method: &str, answered: bool) -> Vec<Value> {
    let all = browser
        .run("return window.asked")
        .as_array()
        .unwrap()
        .clone();
    all.into_iter()
        .filter(|entry| entry["method"] == method && entry["answered"] == answered)
        .collect()
}

fn keys(browser: &Browser) -> Vec<Value> {
    let posts = [asked(browser, "POST", false), asked(browser, "POST", true)].concat();
    posts
        .into_iter()
        .map(|entry| entry["key"].clone())
        .collect()
}

fn one_key_was_used(browser: &Browser) {
    let keys = keys(browser);
    assert!(
        keys.len() >= 2 && keys[0].is_string() && keys.iter().all(|key| *key == keys[0]),
        "{keys:?}"
    );
}

#[test]
fn a_server_that_comes_late_gets_the_message_once() {
    let Some(browser) = listening() else { return };
    let home = Machine::new();
    let port = port::free().to_string();
    let site = Site::with_example(&format!("127.0.0.1:{port}"));
    browser.go(&site.url());
    browser.fill_contact("", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there("#status[data-state=retrying]");
    let words = browser.text("#status").unwrap();
    assert!(
        words.contains("rying again") || words.contains("Sending"),
        "{words}"
    );
    let _server = home.start_with(&["--port", &port]);
    browser.until_there("#status[data-state=stored]");
    one_key_was_used(&browser);
    assert_eq!(home.kept().len(), 1);
}

#[test]
fn an_answer_that_was_lost_is_asked_for_with_the_same_key_and_one_message_is_kept() {
    let Some(browser) = listening() else { return };
    let home = Machine::new();
    let server = home.start();
    let site = Site::with_example(server.authority());
    browser.go(&site.url());
    browser.run("window.losing = 2");
    browser.fill_contact("", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there("#status[data-state=stored]");
    assert_eq!(asked(&browser, "POST", true).len(), 3);
    one_key_was_used(&browser);
    assert_eq!(home.kept().len(), 1);
}

#[test]
fn a_server_killed_after_its_answer_is_polled_until_it_is_back_and_the_message_is_stored() {
    let Some(browser) = listening() else { return };
    let home = Machine::new();
    let port = port::free().to_string();
    let arguments = [&["--port", port.as_str()], &RETRY_SOON[..]].concat();
    let server = home.start_with(&arguments);
    hold(&home);
    let site = Site::with_example(server.authority());
    browser.go(&site.url());
    browser.fill_contact("", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there("#status[data-state=queued]");
    server.signal(Signal::KILL);
    drop(server);
    until("the page polls a server that is away", || {
        !asked(&browser, "GET", false).is_empty()
    });
    assert!(
        browser.is_there("#status[data-state=queued]"),
        "what was accepted stays accepted"
    );
    release(&home);
    let _server = home.start_with(&arguments);
    browser.until_there("#status[data-state=stored]");
    assert_eq!(
        keys(&browser).len(),
        1,
        "an accepted message is not sent again"
    );
    assert_eq!(home.kept().len(), 1);
}
