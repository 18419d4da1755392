//! Cloudflare Turnstile, by <https://developers.cloudflare.com/turnstile/>.

use super::{Record, Told, WidgetActions};

pub(super) const RECORD: Record = Record {
    name: "turnstile",
    company: "Cloudflare",
    verify: "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    told: Told::SubmissionId("idempotency_key"),
    least_score: None,
    actions: WidgetActions::OnTheElement,
    token_field: "cf-turnstile-response",
    other_fields: &[],
    script: "https://challenges.cloudflare.com/turnstile/v0/api.js",
    class: "cf-turnstile",
    script_src: "https://challenges.cloudflare.com",
    frame_src: "https://challenges.cloudflare.com",
    connect_src: None,
    token: include_str!("turnstile.js"),
};
