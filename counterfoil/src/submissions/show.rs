//! `submissions show form/id`: one entry and what was submitted.

use counterfoil_core::{Body, Entry};
use serde_json::Value;

use super::list::as_json;
use super::open;
use crate::cli::Show;
use crate::exit::Failure;
use crate::terminal::harmless;

pub(crate) fn run(show: &Show) -> anyhow::Result<()> {
    let reader = open(&show.local)?;
    let Some(entry) = reader.entry(&show.submission)? else {
        let of = &show.submission;
        return Err(Failure::Partly(format!("there is no entry {of}; it may still be in the queue")).into());
    };
    if show.json {
        println!("{:#}", whole(&entry));
    } else {
        print_lines(&entry);
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

fn print_lines(entry: &Entry) {
    let head = &entry.head;
    println!("{}", head.of);
    println!("  state      {} (change {})", head.state, head.seq);
    println!("  received   {}", head.received_at);
    println!("  updated    {}", head.updated_at);
    println!("  attempts   {}", head.attempts);
    if let Some(cause) = &head.cause {
        println!("  cause      {}", harmless(&cause.to_string(), false));
    }
    if let Some(hold) = &head.hold {
        println!("  held for   {}", harmless(hold, false));
    }
    println!();
    match &entry.body {
        Body::Payload(payload) => {
            for (name, value) in payload.fields() {
                let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                println!("  {}: {}", harmless(&name, false), harmless(&text, true).replace('\n', "\n    "));
            }
        }
        Body::Raw(bytes) => println!("  {}", harmless(&String::from_utf8_lossy(bytes), true)),
        Body::Erased => println!("  (erased)"),
    }
}
