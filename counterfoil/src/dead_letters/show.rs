//! `dead-letters show form/id`: what happened to one submission, and who did what about it.

use std::collections::BTreeMap;
use std::io::Write;

use counterfoil_core::ports::{Clock, Entries};
use counterfoil_core::{Body, Entry, Payload};
use counterfoil_export::json::{of_entry, of_head};
use counterfoil_machine::SystemClock;
use counterfoil_operations::grammar::Word;
use counterfoil_operations::history::Line;
use counterfoil_operations::patch::{self, Patch, PatchOperation};
use counterfoil_operations::ports::Actions;
use counterfoil_operations::words::happened;
use serde_json::{Value, json};

use crate::cli::dead_letters::Show;
use crate::entries::body;
use crate::exit::Failure;
use crate::words;
use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_operations::place::Place;

/// What each edit changed, by its change's number.
type Edits = BTreeMap<u64, Patch>;

pub(crate) async fn run(show: &Show, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    let of = &show.submission;
    let Some(entry) = ops.home.entry(of).await? else {
        return Err(Failure::Partly(format!(
            "there is no entry {of}; it may still be in the queue"
        ))
        .into());
    };
    let history = ops.home.history(of).await?;
    let edits = edits(&history, &entry.body);
    let mut out = std::io::stdout().lock();
    if show.json {
        writeln!(
            out,
            "{}",
            pretty_json(&told(&entry, &history, &edits, show.payload))
        )?;
    } else {
        write!(out, "{}", lines(&entry, &history, &edits, show.payload))?;
    }
    Ok(())
}

/// History keeps what was there before an edit; after it was what the next edit found, or what is there now.
fn edits(history: &[Line], body: &Body) -> Edits {
    let mut after: Option<Payload> = match body {
        Body::Payload(payload) => Some(payload.clone()),
        Body::Raw(_) | Body::Erased => None,
    };
    let mut edits = Edits::new();
    for line in history.iter().rev() {
        let Some(before) = &line.before else { continue };
        if let Some(after) = &after {
            edits.insert(line.seq, patch::between(before, after));
        }
        after = Some(before.clone());
    }
    edits
}

fn told(entry: &Entry, history: &[Line], edits: &Edits, payload: bool) -> Value {
    let mut value = if payload {
        of_entry(entry)
    } else {
        of_head(&entry.head)
    };
    value["cause"] = entry.head.cause.as_ref().map_or(Value::Null, words::cause);
    value["under_way"] = entry.head.is_awaiting().into();
    value["history"] = Value::from_iter(history.iter().map(|line| {
        let mut told = json!({
            "seq": line.seq,
            "at": line.at,
            "state": line.state,
            "run": line.run,
            "attempts": line.attempts,
            "cause": line.cause.as_ref().map(words::cause),
            "hold": line.hold,
            "deed": line.deed,
        });
        if let Some(patch) = edits.get(&line.seq).filter(|_| payload) {
            told["patch"] = json!(patch);
        }
        told
    }));
    value
}

fn lines(entry: &Entry, history: &[Line], edits: &Edits, payload: bool) -> String {
    let (head, now) = (&entry.head, SystemClock.now());
    let under_way = if head.is_awaiting() {
        ", a replay is under way"
    } else {
        ""
    };
    let mut text = format!(
        "{}\n  state      {} (change {}){under_way}\n  received   {} ({} ago)\n  attempts   {}\n",
        head.of,
        head.state,
        head.seq,
        head.received_at,
        words::age(head.received_at, now),
        head.attempts
    );
    if let Some(cause) = &head.cause {
        let verdict = cause.retryable.as_word();
        text += &format!("  cause      {}\n", harmless(&cause.to_string(), false));
        text += &format!(
            "             fingerprint {}, retryable: {verdict}\n",
            cause.fingerprint()
        );
    }
    if let Some(hold) = &head.hold {
        text += &format!("  held for   {}\n", harmless(hold, false));
    }
    if let Some(expires_at) = head.expires_at {
        text += &format!("  kept until {expires_at}\n");
    }
    text += "\nhistory\n";
    if history.is_empty() {
        text += "  stored at once\n";
    }
    for line in history {
        text += &format!("  {}  {}\n", line.at, harmless(&happened(line), false));
        if let Some(patch) = edits.get(&line.seq) {
            text += &changes(patch, payload);
        }
    }
    if payload {
        text += "\nsubmitted\n";
        text += &body(&entry.body);
    }
    text
}

/// What an edit changed: how much, and with the payload also what.
fn changes(patch: &Patch, payload: bool) -> String {
    if !payload {
        return format!(
            "      {}; --payload shows them\n",
            words::count(patch.0.len() as u64, "change")
        );
    }
    let line =
        |change: &PatchOperation| format!("      {}\n", harmless(&change.to_string(), false));
    patch.0.iter().map(line).collect()
}
