//! A small telephone: 320 CSS pixels, where nothing may make a page scroll sideways (WCAG 1.4.10).

use serde_json::json;

use crate::access::{Pages, visit};
use crate::browser::{Browser, Script};

#[test]
fn no_page_scrolls_sideways_at_320_pixels() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let size = json!({"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": false});
    browser.devtools("Emulation.setDeviceMetricsOverride", &size);
    let pages = Pages::new();
    visit(&browser, &pages, |page| {
        let widths = browser.run("return [document.scrollingElement.scrollWidth, innerWidth]");
        assert_eq!(widths[1], 320, "{page}");
        assert!(widths[0].as_i64() <= widths[1].as_i64(), "{page}: {widths}");
    });
}
