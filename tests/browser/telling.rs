//! Receivers and deliveries in a browser: one that wants no more is seen, and is brought back by a press.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::browser::{Browser, Script};
use crate::client::{accepted, settled};
use crate::given::variable;
use crate::hook::{Hook, SECRET, Says};
use crate::pictures::take;
use crate::server::{Machine, Server};
use crate::wait::until;

const CONTACT: &str = include_str!("../../forms/contact.toml");

/// A server whose form tells two receivers, `crm` and `ledger`, of three submissions.
fn told(home: &Machine, receivers: [(&str, &Hook); 2]) -> Server {
    let rules = receivers.map(|(name, _)| format!("\n[[notify]]\nto = \"{name}\"\n"));
    home.write_form("contact", &format!("{CONTACT}{}", rules.concat()));
    let text = receivers.map(|(name, hook)| hook.receiver(name));
    std::fs::write(home.forms().with_file_name("receivers.toml"), text.concat()).unwrap();
    let server = home.start_told(&[("CRM_SECRET", SECRET)], &["--as", "ada"]);
    for message in ["first", "second", "third"] {
        settled(&server, &accepted(&server, message));
    }
    server
}

#[test]
fn a_receiver_that_wants_no_more_is_seen_and_brought_back() {
    let Some(browser) = Browser::open(Script::Off) else {
        return;
    };
    let is_back = Arc::new(AtomicBool::new(false));
    let back = Arc::clone(&is_back);
    let crm = Hook::start(move |_| match back.load(Ordering::SeqCst) {
        true => Says::Status(200),
        false => Says::Status(410),
    });
    let ledger = Hook::start(|_| Says::Status(204));
    let home = Machine::new();
    let server = told(&home, [("crm", &crm), ("ledger", &ledger)]);
    browser.go(&server.console());
    browser.click("nav a[href='/deliveries']");
    let base = browser.address();
    until("one is disabled, and the other has everything", || {
        browser.go(&format!("{base}?state=delivered"));
        let rows = browser.run("return document.querySelectorAll('td.tick').length");
        rows == 3 && browser.is_there("form[action='/receivers/crm/enable']")
    });
    let folder = variable("COUNTERFOIL_PICTURES");
    browser.go(&format!("{base}?state=any"));
    take(
        &browser,
        folder.as_deref(),
        ("console-deliveries.png", 1280),
    );

    is_back.store(true, Ordering::SeqCst);
    browser.click("form[action='/receivers/crm/enable'] button");
    until("what waited is delivered", || {
        browser.go(&format!("{base}?state=delivered&receiver=crm"));
        browser.run("return document.querySelectorAll('td.tick').length") == 3
    });
    assert!(!browser.is_there("form[action='/receivers/crm/enable']"));
    browser.click("tbody .what a[href^='/deliveries/']");
    browser.until_there("form.actions [value=resend]");
    take(&browser, folder.as_deref(), ("console-delivery.png", 1280));
    let before = crm.asked().len();
    browser.click("form.actions [value=resend]");
    browser.until_there(".said");
    until("it is sent again", || crm.asked().len() > before);
}
