//! Narrow windows, down to a small telephone's 320 CSS pixels, where nothing may make a page scroll sideways (WCAG 1.4.10).

use serde_json::json;

use crate::access::{Pages, visit};
use crate::browser::{Browser, Script};

#[test]
fn no_page_scrolls_sideways_however_narrow() {
    let Some(browser) = Browser::open(Script::On) else {
        return;
    };
    let pages = Pages::new();
    visit(&browser, &pages, |page| {
        for width in [320, 500, 659] {
            let size =
                json!({"width": width, "height": 640, "deviceScaleFactor": 1, "mobile": false});
            browser.devtools("Emulation.setDeviceMetricsOverride", &size);
            let widths = browser.run("return [document.scrollingElement.scrollWidth, innerWidth]");
            assert_eq!(widths[1], width, "{page}");
            assert!(widths[0].as_i64() <= widths[1].as_i64(), "{page}: {widths}");
        }
    });
}
