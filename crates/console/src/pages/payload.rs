//! What was submitted, shown because somebody asked for it.

use counterfoil_core::Body;
use maud::{Markup, html};
use serde_json::Value;

use super::bits::visible;

/// All of it, field by field.
pub(super) fn shown(body: &Body) -> Markup {
    match body {
        Body::Payload(payload) => html! {
            dl.payload {
                @for (name, value) in payload.fields() { dt { (visible(&name)) } dd { (visible(&text(&value))) } }
            }
        },
        Body::Raw(bytes) => html! {
            p { "No envelope could be read from it. This is what the queue delivered:" }
            pre.raw { (visible(&String::from_utf8_lossy(bytes))) }
        },
        Body::Erased => html! { p { "It was removed: on request, or because the form keeps it no longer." } },
    }
}

/// Text as it is, everything else as JSON.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("{value:#}"), ToOwned::to_owned)
}
