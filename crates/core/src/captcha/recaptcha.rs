//! Google reCAPTCHA, by <https://developers.google.com/recaptcha/>. With an action it is of version 3, which shows
//! nothing; without one it is the box of version 2.

use super::{Record, Told, WidgetActions};

pub(super) const RECORD: Record = Record {
    name: "recaptcha",
    company: "Google",
    verify: "https://www.google.com/recaptcha/api/siteverify",
    told: Told::Nothing,
    // Google's own default.
    least_score: Some(0.5),
    actions: WidgetActions::ByScript {
        query: "?render=",
        token: include_str!("recaptcha_v3.js"),
    },
    token_field: "g-recaptcha-response",
    other_fields: &[],
    script: "https://www.google.com/recaptcha/api.js",
    class: "g-recaptcha",
    script_src: "https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/",
    frame_src: "https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/",
    connect_src: None,
    token: include_str!("recaptcha.js"),
};
