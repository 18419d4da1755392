//! The pictures in `docs/pictures`: taken anew on every run, and kept where `COUNTERFOIL_PICTURES` says.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::{Cause, Code};
use serde_json::json;

use crate::browser::{Browser, Script};
use crate::given::variable;
use crate::planted::{Letter, plant};
use crate::server::Machine;
use crate::wait::until;

/// A page should not wait for a picture.
const LARGEST: usize = 150_000;

#[test]
fn the_pictures_of_the_docs_can_be_taken_and_are_small() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let folder = variable("COUNTERFOIL_PICTURES");
    let home = Machine::new();
    let server = home.start();
    browser.go(&format!("http://{}/forms/contact", server.authority()));
    browser.fill("#field-name", "Ada Lovelace");
    browser.fill("#field-email", "ada@example.org");
    browser.fill(
        "#field-message",
        "Could you tell me when the library opens on Sundays?",
    );
    take(&browser, folder.as_deref(), ("form.png", 1000));
    browser.fill("#field-email", "ada.example.org");
    browser.click("button[type=submit]");
    browser.until_there("#problems");
    take(&browser, folder.as_deref(), ("form-mistake.png", 1000));
    browser.fill("#field-email", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.stored");
    take(&browser, folder.as_deref(), ("ticket.png", 1000));
}

/// A fortnight of a form's bad days: a busy ledger twice, a form that was taken away, a few of other causes; and some
/// that are held.
fn fortnight() -> Vec<Letter> {
    let hour = |hours: u64| Duration::from_secs(hours * 3600);
    let busy = (0..31).map(|n| Letter {
        ago: hour(1 + n % 3 + 24 * (n % 7 / 5)),
        ..Letter::new("Do you ship abroad?")
    });
    let gone = Cause::new(Code::UnknownForm, "this worker does not know the form");
    let gone = (0..9).map(|n| Letter {
        form: "newsletter",
        ago: hour(100 + n * 7),
        cause: gone.clone(),
        ..Letter::new("Please add me.")
    });
    let crashed = (0..4).map(|n| Letter {
        ago: hour(200 + n * 31),
        cause: Cause::gave_up(20),
        ..Letter::new("When does the library open on Sundays?")
    });
    let reasons = [
        "captcha-missing",
        "honeypot",
        "captcha-missing",
        "burst",
        "captcha-missing",
    ];
    let held = reasons.into_iter().zip(0u64..).map(|(hold, n)| Letter {
        ago: hour(2 + n * 5),
        hold: Some(hold),
        ..Letter::new("Is the reading room open in August?")
    });
    busy.chain(gone).chain(crashed).chain(held).collect()
}

#[test]
fn the_pictures_of_the_console_can_be_taken_and_are_small() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let folder = variable("COUNTERFOIL_PICTURES");
    let home = Machine::new();
    plant(&home, &fortnight());
    let server = home.start_with(&["--as", "ada"]);
    let shoot = |name: &str| take(&browser, folder.as_deref(), (name, 1280));
    browser.go(&server.console());
    browser.until_there(".inbox");
    let base = browser.address().trim_end_matches('/').to_owned();
    browser.go(&format!("{base}/failures"));
    browser.until_there(".causes");
    browser.click("tbody tr:nth-child(2) [value=acknowledged]");
    browser.until_there(".pill.warn");
    shoot("console-overview.png");
    let media =
        |scheme: &str| json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
    browser.devtools("Emulation.setEmulatedMedia", &media("dark"));
    shoot("console-dark.png");
    browser.devtools("Emulation.setEmulatedMedia", &media("light"));
    browser.go(&format!("{base}/entries?cause=gave-up"));
    shoot("console-list.png");
    browser.go(&format!("{base}/release?all=1&waiting=held"));
    browser.until_there("#passes");
    shoot("console-release.png");
    browser.go(&format!("{base}/entries?cause=gave-up"));
    browser.click("tbody .what a");
    browser.until_there("a[href$='/edit']");
    let entry = browser.address();
    browser.click("a[href$='/edit']");
    browser.until_there("#text");
    browser.fill(
        "#text",
        &browser
            .value("#text")
            .replace("on Sundays?", "on Sunday mornings?"),
    );
    browser.click("[value=preview]");
    browser.until_there(".diff");
    browser.fill("[name=why]", "asked for by telephone");
    shoot("console-edit.png");
    browser.click("[value=save]");
    browser.until_there(".said");
    browser.go(&entry);
    shoot("console-entry.png");
    browser.go(&format!("{base}/replay?all=1"));
    shoot("console-dry-run.png");
    browser.click("[name=canary] option[value=no]");
    browser.fill("[name=rate]", "20");
    browser.fill("[name=why]", "the ledger is well again");
    browser.click("form.start button");
    browser.until_there("#live[data-state=running]");
    until("some are stored", || {
        browser.text("#stored").is_some_and(|text| text != "0")
    });
    shoot("console-replay.png");
}

/// The whole page, without what only blinks or scrolls.
pub(crate) fn take(browser: &Browser, folder: Option<&Path>, (name, width): (&str, u32)) {
    browser.run("document.activeElement.blur()");
    browser.devtools("Emulation.setScrollbarsHidden", &json!({"hidden": true}));
    let size = json!({"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &size);
    let height = browser.run("return document.scrollingElement.scrollHeight");
    let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
    let wanted = json!({"format": "png", "clip": clip, "captureBeyondViewport": true});
    let shot = browser.devtools("Page.captureScreenshot", &wanted);
    let picture = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
    assert!(
        picture.starts_with(b"\x89PNG") && picture.len() < LARGEST,
        "{name}: {} bytes",
        picture.len()
    );
    if let Some(folder) = folder {
        std::fs::write(folder.join(name), picture).unwrap();
    }
}
