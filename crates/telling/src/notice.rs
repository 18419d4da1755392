//! The notice that receivers get: the CloudEvent that the topic has too, and in its data what this receiver is shown.
//! `docs/notice.schema.json` describes it.

use counterfoil_core::notice::Notice;
use serde_json::{Map, Value, json};

use crate::letter::Telling;

/// What a notice looks like, for whoever reads it: a version of its own.
const SCHEMA: &str = "urn:counterfoil:notice:1";

/// The most bytes of a notice.
pub const MOST_BYTES: usize = 20_000;

/// The notice as the text that is sent: 20 000 bytes at most, else without the fields.
#[must_use]
pub fn text(telling: &Telling<'_>, stage: &str) -> String {
    let whole = notice(telling, stage, telling.fields.as_ref()).to_string();
    if whole.len() <= MOST_BYTES {
        return whole;
    }
    let mut small = notice(telling, stage, None);
    small["data"]["omitted"] = "too-large".into();
    small.to_string()
}

fn notice(telling: &Telling<'_>, stage: &str, fields: Option<&Map<String, Value>>) -> Value {
    let published = serde_json::to_value(Notice::new(telling.change, stage));
    let mut notice = published.unwrap_or_else(|_| json!({ "data": {} }));
    notice["dataschema"] = SCHEMA.into();
    let data = &mut notice["data"];
    if telling.test {
        data["test"] = true.into();
    }
    if telling.gone {
        data["omitted"] = "gone".into();
    }
    if let Some(fields) = fields {
        data["fields"] = Value::Object(fields.clone());
    }
    notice
}
