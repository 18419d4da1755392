//! Entries as JSON, for programs: exactly what was submitted, in text that steers no terminal.

use std::io::{self, Write};

use counterfoil_core::{Body, Entry, Head};
use counterfoil_operations::harmless;
use serde_json::{Value, json};

use crate::{Sink, Written};

/// All of a head but the hashes, from which a small payload could be guessed.
#[must_use]
pub fn of_head(head: &Head) -> Value {
    json!({
        "submission": head.of.to_string(),
        "form": head.of.form,
        "id": head.of.id,
        "state": head.state,
        "seq": head.seq,
        "run": head.run,
        "received_at": head.received_at,
        "updated_at": head.updated_at,
        "attempts": head.attempts,
        "cause": head.cause,
        "hold": head.hold,
        "expires_at": head.expires_at,
    })
}

/// An entry with what was submitted: `fields`, or `raw` where it could not be read.
#[must_use]
pub fn of_entry(entry: &Entry) -> Value {
    let mut json = of_head(&entry.head);
    match &entry.body {
        Body::Payload(payload) => json["fields"] = Value::Object(payload.fields()),
        Body::Raw(bytes) => {
            json["raw"] = Value::String(String::from_utf8_lossy(bytes).into_owned())
        }
        Body::Erased => json["fields"] = Value::Null,
    }
    json
}

/// Writes entries as JSON Lines.
pub struct Jsonl<W: Write> {
    out: io::BufWriter<W>,
}

impl<W: Write> Jsonl<W> {
    /// Begins, or goes on behind lines that are there.
    pub fn new(out: W) -> Self {
        Self {
            out: io::BufWriter::new(out),
        }
    }
}

impl<W: Write + Send> Sink for Jsonl<W> {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        writeln!(self.out, "{}", harmless::json(&of_entry(entry)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<Written> {
        self.out.flush()?;
        Ok(Written::default())
    }
}
