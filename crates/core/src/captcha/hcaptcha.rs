//! hCaptcha, by <https://docs.hcaptcha.com/>.

use super::{Record, Told, WidgetActions};

pub(super) const RECORD: Record = Record {
    name: "hcaptcha",
    company: "hCaptcha",
    verify: "https://api.hcaptcha.com/siteverify",
    told: Told::SiteKey("sitekey"),
    // Its score runs the other way, and its sender decides by it before.
    least_score: None,
    actions: WidgetActions::Unknown,
    token_field: "h-captcha-response",
    // That of the captcha which it takes the place of.
    other_fields: &["g-recaptcha-response"],
    script: "https://js.hcaptcha.com/1/api.js",
    class: "h-captcha",
    script_src: "https://hcaptcha.com https://*.hcaptcha.com",
    frame_src: "https://hcaptcha.com https://*.hcaptcha.com",
    connect_src: Some("https://hcaptcha.com https://*.hcaptcha.com"),
    token: include_str!("hcaptcha.js"),
};
