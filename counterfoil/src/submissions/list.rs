//! `submissions list`: newest first, no payloads.

use std::io::Write;

use counterfoil_core::Head;
use counterfoil_local::Reader;
use counterfoil_local::submissions::{Filter, Order};
use serde_json::{Value, json};

use super::{Amiss, open};
use crate::cli::List;
use crate::dead_letters::words::count;
use crate::say;
use counterfoil_operations::harmless::{self, harmless};

/// Entries in one read.
const PAGE: usize = 500;

pub(crate) fn run(list: &List) -> anyhow::Result<()> {
    let reader = open(&list.local)?;
    let filter = Filter { form: list.form.clone(), state: list.state, up_to: None };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut shown = 0;
    let amiss;
    if list.json {
        write!(out, "[")?;
        amiss = each(&reader, &filter, list.limit, |head| {
            shown += 1;
            let comma = if shown > 1 { "," } else { "" };
            Ok(write!(out, "{comma}\n{}", harmless::json(&as_json(head)))?)
        })?;
        writeln!(out, "\n]")?;
    } else {
        amiss = each(&reader, &filter, list.limit, |head| {
            shown += 1;
            Ok(writeln!(out, "{}", as_line(head))?)
        })?;
        out.flush()?;
        footer(&reader, &filter, shown)?;
    }
    out.flush()?;
    amiss.outcome()
}

fn each(
    reader: &Reader,
    filter: &Filter,
    limit: usize,
    mut show: impl FnMut(&Head) -> anyhow::Result<()>,
) -> anyhow::Result<Amiss> {
    let (mut from, mut left, mut amiss) = (None, limit, Amiss::default());
    while left > 0 {
        let page = reader.page(filter, Order::NewestFirst, from, PAGE)?;
        page.entries.iter().take(left).try_for_each(|entry| show(&entry.head))?;
        left = left.saturating_sub(page.entries.len());
        amiss.tell(&page.damaged);
        if page.next.is_none() {
            break;
        }
        from = page.next;
    }
    Ok(amiss)
}

fn as_line(head: &Head) -> String {
    let why = match (&head.cause, &head.hold) {
        (Some(cause), _) => format!("  {}", harmless(&cause.code, false)),
        (None, Some(hold)) => format!("  {}", harmless(hold, false)),
        (None, None) => String::new(),
    };
    format!("{}  {:<9}  {}{why}", head.received_at, head.state.as_str(), head.of)
}

/// All of a head but the hashes, from which a small payload could be guessed.
pub(crate) fn as_json(head: &Head) -> Value {
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

/// For people, on standard error: what the list does not show.
fn footer(reader: &Reader, filter: &Filter, shown: u64) -> anyhow::Result<()> {
    let (queued, dead) = reader.backlog()?;
    let all = reader.count(filter)?;
    if all > shown {
        say::note(format_args!("{shown} of {all}; --limit shows more"));
    }
    if queued + dead > 0 {
        say::note(format_args!("{} more wait in the queue and have no entry yet", queued + dead));
    }
    let lost = reader.lost()?.news();
    if lost > 0 {
        let lost = count(lost, "accepted submission");
        say::note(format_args!("{lost} lost: `counterfoil submissions lost` says more"));
    }
    if all == 0 {
        say::note("no submission here yet");
    }
    Ok(())
}
