//! The pictures in `docs/pictures`: taken anew on every run, and kept where `COUNTERFOIL_PICTURES` says.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::browser::{Browser, Script};
use crate::given::variable;
use crate::server::Home;

/// A page should not wait for a picture.
const LARGEST: usize = 150_000;

#[test]
fn the_pictures_of_the_docs_can_be_taken_and_are_small() {
    let Some(browser) = Browser::open(Script::On) else { return };
    let folder = variable("COUNTERFOIL_PICTURES");
    let home = Home::new();
    let server = home.start();
    browser.go(&format!("http://{}/forms/contact", server.authority()));
    browser.fill("#field-name", "Ada Lovelace");
    browser.fill("#field-email", "ada@example");
    browser.fill("#field-message", "Could you tell me when the library opens on Sundays?");
    browser.click("button[type=submit]");
    browser.until_there("#problems");
    take(&browser, folder.as_deref(), "form.png");
    browser.fill("#field-email", "ada@example.org");
    browser.click("button[type=submit]");
    browser.until_there(".stamp.stored");
    take(&browser, folder.as_deref(), "ticket.png");
}

/// The whole page, 1000 pixels wide, without what only blinks or scrolls.
fn take(browser: &Browser, folder: Option<&Path>, name: &str) {
    browser.run("document.activeElement.blur()");
    browser.devtools("Emulation.setScrollbarsHidden", &json!({"hidden": true}));
    let size = json!({"width": 1000, "height": 700, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &size);
    let height = browser.run("return document.scrollingElement.scrollHeight");
    let clip = json!({"x": 0, "y": 0, "width": 1000, "height": height, "scale": 1});
    let wanted = json!({"format": "png", "clip": clip, "captureBeyondViewport": true});
    let shot = browser.devtools("Page.captureScreenshot", &wanted);
    let picture = STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() < LARGEST, "{name}: {} bytes", picture.len());
    if let Some(folder) = folder {
        std::fs::write(folder.join(name), picture).unwrap();
    }
}
