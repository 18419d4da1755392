//! The inbox in a browser: what is new comes by itself, keys lead through it, opening is seeing; and its pictures, in two
//! schemes, from a small telephone to a wide screen, in languages of both directions.

use serde_json::json;

use crate::browser::{Browser, Script};
use crate::client::{accepted, settled};
use crate::given::variable;
use crate::pictures::take;
use crate::planted::{Letter, held, letters, plant};
use crate::server::{Machine, Server};
use crate::wait::until;

/// Somebody at the inbox of a server with these.
fn opened(browser: &Browser, home: &Machine, letters: &[Letter]) -> Server {
    plant(home, letters);
    let server = home.start_with(&["--as", "ada"]);
    browser.go(&server.console());
    browser.until_there("main");
    server
}

fn count(browser: &Browser, css: &str) -> i64 {
    browser
        .run(&format!("return document.querySelectorAll('{css}').length"))
        .as_i64()
        .unwrap()
}

#[test]
fn what_is_new_waits_in_a_line_until_it_is_wanted() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let home = Machine::new();
    let server = opened(&browser, &home, &letters(2));
    browser.run("window.marked = true");
    settled(&server, &accepted(&server, "a new one"));
    browser.until_there("#fresh a");
    assert_eq!(browser.text("#fresh a").as_deref(), Some("1 new"));
    assert_eq!(
        (
            browser.run("return window.marked"),
            count(&browser, ".inbox li")
        ),
        (json!(true), 2)
    );
    browser.click("#fresh a");
    until("it is there", || count(&browser, ".inbox li") == 3);
}

#[test]
fn keys_lead_through_it_and_what_is_opened_is_seen() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let home = Machine::new();
    let _server = opened(&browser, &home, &letters(3));
    assert_eq!(count(&browser, ".unread"), 3);
    for key in ["j", "j", "x", "\u{E007}"] {
        browser.key(key);
    }
    browser.until_there(".letter");
    assert!(
        browser
            .text(".letter")
            .is_some_and(|text| text.contains("message 1")),
        "the second row"
    );
    until("it is marked", || !browser.is_there("[data-see]"));
    browser.key("j");
    until("the next one", || {
        browser
            .text(".letter")
            .is_some_and(|text| text.contains("message 2"))
    });
    until("it is marked", || !browser.is_there("[data-see]"));
    browser.key("u");
    browser.until_there(".inbox");
    assert_eq!(count(&browser, ".unread"), 1);
}

#[test]
fn without_a_script_it_is_read_marked_and_searched_all_the_same() {
    let Some(browser) = Browser::open(Script::Off) else {
        return;
    };
    let home = Machine::new();
    let _server = opened(&browser, &home, &letters(2));
    assert!(
        browser
            .text(".open")
            .is_some_and(|text| text.contains("Ada Lovelace"))
    );
    browser.click(".open");
    browser.until_there("[data-see]");
    browser.click("[data-see] button");
    browser.until_there(".said");
    assert!(!browser.is_there("[data-see]") && browser.source().contains(" UTC</time>"));
    browser.click("[rel=up]");
    browser.until_there(".inbox");
    browser.press("#filter", "message 1\u{E007}");
    browser.until_there(".inbox li:only-child");
}

/// Four people, of three scripts, one of whom never stops; one is suspected, one failed.
fn some() -> Vec<Letter> {
    let of = |name: &str, message: &str| {
        let mut letter = Letter {
            hold: None,
            ..Letter::new(message)
        };
        letter.fields["name"] = json!(name);
        letter
    };
    let mut all = vec![
        of(
            "王小明",
            "你好，请问图书馆星期天几点开门？我想带我的学生一起来参观。",
        ),
        of(
            "محمد علي",
            "مرحبا، متى تفتح المكتبة يوم الأحد؟ أود أن أحضر مع طلابي.",
        ),
        of(
            "A person with a name that goes on and on and never ends",
            &"and so on ".repeat(60),
        ),
    ];
    all.extend(held(&["honeypot", "captcha-missing"]));
    all
}

#[test]
fn rows_are_low_and_nothing_scrolls_sideways_from_320_to_1600_pixels_in_either_scheme() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    // Many: for whoever looks at all of them, not for the docs.
    let folder = variable("COUNTERFOIL_EVERY_PICTURE");
    let home = Machine::new();
    let server = opened(&browser, &home, &some());
    settled(
        &server,
        &accepted(
            &server,
            "When does the library open on Sundays? I would like to bring my class.",
        ),
    );
    let base = browser.address().trim_end_matches('/').to_owned();
    let pages = [
        ("inbox", String::from("/")),
        ("search", "/?q=library".into()),
        ("none", "/?q=zebra".into()),
        ("error", "/?since=nonsense".into()),
        ("held", "/?state=held".into()),
        ("one", "/".into()),
    ];
    for (scheme, width) in [
        ("light", 320),
        ("light", 390),
        ("light", 1280),
        ("dark", 390),
        ("dark", 1280),
        ("dark", 1600),
    ] {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", &media);
        for (name, path) in &pages {
            let size =
                json!({"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": false});
            browser.devtools("Emulation.setDeviceMetricsOverride", &size);
            browser.go(&format!("{base}{path}"));
            if *name == "one" {
                browser.click(".inbox li:last-child .open");
                browser.until_there(".letter");
            }
            let widths = browser.run("return document.scrollingElement.scrollWidth - innerWidth");
            assert!(widths.as_i64() <= Some(0), "{name} at {width}: {widths}");
            let highest = browser.run(
                "return Math.max(0, ...[...document.querySelectorAll('.inbox li:not(.judged)')].map((row) => row.offsetHeight))",
            );
            assert!(
                highest.as_i64() <= Some(64),
                "{name} at {width}: a row of {highest} pixels"
            );
            let file = format!("inbox-{name}-{scheme}-{width}.png");
            take(&browser, folder.as_deref(), (&file, width));
        }
    }
}

#[test]
fn the_pictures_of_the_inbox_for_the_docs_can_be_taken() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let folder = variable("COUNTERFOIL_PICTURES");
    let home = Machine::new();
    let server = home.start_with(&["--as", "ada"]);
    browser.go(&server.console());
    browser.until_there(".empty");
    take(&browser, folder.as_deref(), ("console-empty.png", 1280));
    for text in [
        "Do you ship abroad?",
        "When does the library open on Sundays?",
        "Is the reading room open in August?",
    ] {
        settled(&server, &accepted(&server, text));
    }
    browser.go(&browser.address());
    browser.until_there(".inbox li:nth-child(3)");
    take(&browser, folder.as_deref(), ("console-inbox.png", 1280));
    browser.click(".inbox .open");
    until("it is marked", || {
        browser.is_there(".letter") && !browser.is_there("[data-see]")
    });
    take(
        &browser,
        folder.as_deref(),
        ("console-submission.png", 1280),
    );
}
