//! The console in a browser: dry run, canary, replay, with a script and without; and whether everyone can use it.

use crate::access::start_owing;
use crate::browser::{Browser, Script};
use crate::client::{accepted, settled};
use crate::hold::{RETRY_SOON, hold_replays, release};
use crate::planted::{Letter, held, letters, plant};
use crate::server::{Machine, Server};
use crate::wait::until;

use counterfoil_core::Cause;
use serde_json::json;

/// WebDriver's code point for the Enter key.
const ENTER: &str = "\u{E007}";

/// A server with 25 dead letters, and the browser in its console.
fn opened(browser: &Browser, home: &Machine) -> Server {
    plant(home, &letters(25));
    let server = home.start_with(&[RETRY_SOON.as_slice(), &["--as", "ada"]].concat());
    browser.go(&server.console());
    browser.until_there(".inbox");
    browser.click("nav a[href='/failures']");
    browser.until_there(".causes");
    server
}

/// From the overview through the cause and the dry run to a replay that is under way.
fn replay(browser: &Browser) {
    assert!(
        !browser.address().contains("token"),
        "{}",
        browser.address()
    );
    assert_eq!(browser.text(".tiles .bad strong").as_deref(), Some("25"));
    browser.click(".causes a.code");
    browser.until_there("form.list");
    browser.click("a.button.main");
    browser.until_there("#passes");
    assert_eq!(browser.text("#passes").as_deref(), Some("25"));
    assert_eq!(browser.text("#fails").as_deref(), Some("0"));
    browser.click("option[value=yes]");
    browser.fill("[name=rate]", "10");
    browser.fill("[name=why]", "the ledger is well again");
    browser.click("form.start button");
    browser.until_there("#live[data-state=running]");
    until("the canary's first is under way", || {
        let first = browser
            .text("#progress")
            .is_some_and(|text| text.contains("the canary: the first one"));
        let sent = browser.text(".tally .busy dd").unwrap_or_default();
        assert!(
            ["", "0", "1"].contains(&sent.as_str()),
            "one, and no more: {sent}"
        );
        first && sent == "1"
    });
}

fn sees_the_end(browser: &Browser, home: &Machine) {
    browser.until_there("#live[data-state=done]");
    assert_eq!(browser.text("#stored").as_deref(), Some("25"));
    assert_eq!(browser.text("#failed-again").as_deref(), Some("0"));
    assert!(
        !browser.source().contains("http-equiv"),
        "{}",
        browser.source()
    );
    assert_eq!(home.kept().len(), 25);
}

#[test]
fn a_dry_run_a_canary_and_a_replay_that_is_watched_as_it_goes() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let home = Machine::new();
    let _server = opened(&browser, &home);
    hold_replays(&home);
    replay(&browser);
    browser.run("window.marked = true");
    release(&home);
    until("more is stored", || {
        browser.text("#stored").is_some_and(|text| text != "0")
    });
    if browser.is_there("#live[data-state=running]") {
        assert_eq!(
            browser.run("return window.marked"),
            true,
            "it was not loaded again"
        );
    }
    sees_the_end(&browser, &home);
}

#[test]
fn a_dry_run_a_canary_and_a_replay_without_a_script() {
    let Some(browser) = Browser::open(Script::Off) else {
        return;
    };
    let home = Machine::new();
    let _server = opened(&browser, &home);
    hold_replays(&home);
    replay(&browser);
    assert!(
        browser.source().contains("http-equiv=\"refresh\""),
        "{}",
        browser.source()
    );
    release(&home);
    // Nobody touches the page from here on.
    sees_the_end(&browser, &home);
}

#[test]
fn a_payload_is_edited_with_a_look_at_what_changes_and_a_discard_is_undone() {
    let Some(browser) = Browser::open(Script::Off) else {
        return;
    };
    let home = Machine::new();
    let _server = opened(&browser, &home);
    browser.click(".causes a.code");
    browser.until_there("form.list");
    browser.click("tbody .what a");
    browser.until_there(".line");
    assert!(
        browser
            .text(".letter")
            .is_some_and(|text| text.contains("ada@example.org"))
    );
    browser.click("a[href$='/edit']");
    browser.until_there("#text");
    let text = browser.value("#text");
    browser.fill("#text", &text.replace("ada@example.org", "nobody"));
    browser.click("[value=preview]");
    browser.until_there("[role=alert]");
    browser.fill(
        "#text",
        &text.replace("ada@example.org", "countess@example.org"),
    );
    browser.click("[value=preview]");
    browser.until_there(".diff");
    assert_eq!(browser.text(".diff ins").as_deref(), Some("countess"));
    browser.click("[value=save]");
    browser.until_there(".said");
    browser.click("form[action$='/discard'] button");
    browser.until_there("form[action$='/undo']");
    browser.click("form[action$='/undo'] button");
    browser.until_there("form[action$='/discard']");
    let told = browser.text(".line").unwrap();
    for part in [
        "accepted",
        "failed",
        "edited by ada",
        "discarded by ada",
        "discard undone by ada",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_keys_j_k_and_x_move_through_a_list() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let home = Machine::new();
    let _server = opened(&browser, &home);
    browser.click(".causes a.code");
    browser.until_there("form.list");
    let focused = || {
        browser.run("return [...document.querySelectorAll('tbody tr')].indexOf(document.activeElement.closest('tr'))")
    };
    for (key, row) in [("j", 0), ("j", 1), ("j", 2), ("k", 1)] {
        browser.key(key);
        assert_eq!(focused(), row, "{key}");
    }
    browser.key("x");
    let ticked =
        "return [...document.querySelectorAll('[name=of]')].map((it) => it.checked).indexOf(true)";
    assert_eq!(browser.run(ticked), 1);
}

#[test]
fn what_is_held_is_chosen_by_the_keys_and_released_and_the_rest_given_up() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let home = Machine::new();
    plant(
        &home,
        &held(&["honeypot", "captcha-missing", "captcha-missing"]),
    );
    let server = home.start_with(&[RETRY_SOON.as_slice(), &["--as", "ada"]].concat());
    browser.go(&server.console());
    browser.click("nav a[href$='waiting=held']");
    browser.until_there("form.list");
    // The second and the third.
    for key in ["j", "j", "x", "j", "x"] {
        browser.key(key);
    }
    browser.run("document.querySelector('form.list > .row button').focus()");
    browser.key(ENTER);
    browser.until_there("#passes");
    assert_eq!(browser.text("#passes").as_deref(), Some("2"));
    assert!(
        browser
            .text("main")
            .is_some_and(|text| text.contains("They are held for: captcha-missing 2."))
    );
    browser.click("form.start button");
    browser.until_there("#live[data-state=done]");
    assert_eq!(
        (browser.text("#stored").as_deref(), home.kept().len()),
        (Some("2"), 2)
    );
    browser.click("nav a[href$='waiting=held']");
    browser.until_there(".inbox li:only-child");
    browser.click(".inbox .open");
    browser.until_there("form[action$='/discard']");
    browser.click("form[action$='/discard'] button");
    browser.until_there("form[action$='/undo']");
    browser.click("form[action$='/undo'] button");
    browser.until_there("form[action$='/release']");
}

/// Dead letters and a held submission that make every page say something.
pub(crate) fn some_letters() -> Vec<Letter> {
    let gone = Letter {
        cause: Cause::gave_up(20),
        ..Letter::new("two\nlines \u{202e}and more")
    };
    let spam = Letter {
        hold: Some("captcha-unverified"),
        form: "removed",
        ..Letter::new("c")
    };
    vec![
        gone,
        Letter {
            form: "removed",
            ..Letter::new("b")
        },
        Letter::new(&"long".repeat(60)),
        spam,
    ]
}

/// Brings the browser to every page of the console in turn, each time calling `check` with the page's name.
pub(crate) fn visit(browser: &Browser, key: &str, check: &impl Fn(&str)) {
    browser.go(key);
    browser.until_there(".inbox");
    let base = browser.address().trim_end_matches('/').to_owned();
    check("the console");
    let pages = [
        "/entries",
        "/entries?waiting=held",
        "/entries?cause=gave-up&replayed=no",
        "/replay?all=1",
        "/discard?all=1",
    ];
    let inbox = [
        "/failures",
        "/?state=held",
        "/?q=lovelace",
        "/?q=zebra",
        "/?since=nonsense",
        "/?form=contact&state=discarded",
    ];
    let held = ["/release?all=1&waiting=held", "/discard?all=1&waiting=held"];
    for path in pages
        .into_iter()
        .chain(inbox)
        .chain(held)
        .chain(["/jobs", "/nowhere"])
    {
        browser.go(&format!("{base}{path}"));
        check(path);
    }
    visit_deliveries(browser, &base, check);
    browser.go(&format!("{base}/entries?waiting=held"));
    browser.click(".inbox .open");
    browser.until_there("form[action$='/release']");
    check("a held entry");
    browser.go(&format!("{base}/entries?cause=gave-up"));
    browser.click("tbody .what a");
    browser.until_there(".letter");
    check("an entry");
    visit_edit(browser, check);
    browser.go(&format!("{base}/replay?all=1"));
    browser.click("form.start button");
    browser.until_there("#live:is([data-state=done], [data-state=stopped], [data-state=running])");
    check("a replay");
    browser.go(&format!("{base}/jobs"));
    check("replays");
    browser.devtools("Network.clearBrowserCookies", &json!({}));
    browser.go(&base);
    check("the closed console");
}

/// What a receiver is owed of the posts that were made before.
fn visit_deliveries(browser: &Browser, base: &str, check: &impl Fn(&str)) {
    for path in ["/deliveries", "/deliveries?state=x"] {
        browser.go(&format!("{base}{path}"));
        check(path);
    }
    let waiting = format!("{base}/deliveries?state=waiting");
    until("a delivery has been tried", || {
        browser.go(&waiting);
        browser.is_there("tbody a.code")
    });
    check("what waits");
    browser.click("tbody .what a[href^='/deliveries/']");
    browser.until_there("form.actions [value=retry]");
    check("a delivery");
    browser.click("dl.facts a.of");
    browser.until_there("#submitted");
    check("an entry of which somebody is told");
}

fn visit_edit(browser: &Browser, check: &impl Fn(&str)) {
    browser.click("a[href$='/edit']");
    browser.until_there("#text");
    let text = browser.value("#text");
    browser.fill("#text", "{}");
    browser.click("[value=preview]");
    browser.until_there("[role=alert]");
    check("an edit that is refused");
    browser.fill("#text", &text.replace("Lovelace", "Byron"));
    browser.click("[value=preview]");
    browser.until_there(".diff");
    check("what an edit changes");
    browser.click("[value=save]");
    browser.until_there(".said");
    browser.click("form[action$='/discard'] button");
    browser.until_there("form[action$='/undo']");
    check("a discarded entry");
    browser.click("form[action$='/undo'] button");
    browser.until_there("form[action$='/discard']");
}

#[test]
fn no_page_of_the_console_scrolls_sideways_at_1280_and_390_pixels() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    for width in [1280, 390] {
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        browser.devtools("Emulation.setDeviceMetricsOverride", &size);
        let home = Machine::new();
        plant(&home, &some_letters());
        let server = start_owing(&home);
        settled(&server, &accepted(&server, "told"));
        visit(&browser, &server.console(), &|page| {
            let widths = browser.run("return [document.scrollingElement.scrollWidth, innerWidth]");
            assert_eq!(widths[1], width, "{page}");
            assert!(widths[0].as_i64() <= widths[1].as_i64(), "{page}: {widths}");
        });
    }
}
