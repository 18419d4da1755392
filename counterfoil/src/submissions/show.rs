//! `submissions show form/id`: one entry and what was submitted.

use std::io::Write;

use counterfoil_core::{Body, Entry};
use serde_json::Value;

use super::list::as_json;
use super::open;
use crate::cli::Show;
use crate::exit::Failure;
use counterfoil_operations::harmless::{harmless, pretty_json};

pub(crate) fn run(show: &Show) -> anyhow::Result<()> {
    let reader = open(&show.local)?;
    let Some(entry) = reader.entry(&show.submission)? else {
        let of = &show.submission;
        return Err(Failure::Partly(format!("there is no entry {of}; it may still be in the queue")).into());
    };
    let mut out = std::io::stdout().lock();
    if show.json {
        writeln!(out, "{}", pretty_json(&whole(&entry)))?
    } else {
        write!(out, "{}", lines(&entry))?
    }
    Ok(())
}

/// An entry with its body, for programs.
pub(crate) fn whole(entry: &Entry) -> Value {
    let mut json = as_json(&entry.head);
    match &entry.body {
        Body::Payload(payload) => json["fields"] = Value::Object(payload.fields()),
        Body::Raw(bytes) => json["raw"] = Value::String(String::from_utf8_lossy(bytes).into_owned()),
        Body::Erased => json["fields"] = Value::Null,
    }
    json
}

fn lines(entry: &Entry) -> String {
    let head = &entry.head;
    let mut text = format!(
        "{}\n  state      {} (change {})\n  received   {}\n  updated    {}\n  attempts   {}\n",
        head.of, head.state, head.seq, head.received_at, head.updated_at, head.attempts
    );
    if let Some(cause) = &head.cause {
        text += &format!("  cause      {}\n", harmless(&cause.to_string(), false));
    }
    if let Some(hold) = &head.hold {
        text += &format!("  held for   {}\n", harmless(hold, false));
    }
    text + "\n" + &body(&entry.body)
}

/// What was submitted, for people.
pub(crate) fn body(body: &Body) -> String {
    match body {
        Body::Payload(payload) => payload.fields().iter().map(|(name, value)| field(name, value)).collect(),
        Body::Raw(bytes) => format!("  {}\n", harmless(&String::from_utf8_lossy(bytes), true)),
        Body::Erased => "  (erased)\n".to_owned(),
    }
}

fn field(name: &str, value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    format!("  {}: {}\n", harmless(name, false), harmless(&text, true).replace('\n', "\n    "))
}
