//! `notices parked`: what was set aside, and why. Looking takes nothing away, and what was given is given back at the end.

use std::collections::HashSet;
use std::io::Write;

use counterfoil_core::parked::What;
use counterfoil_operations::notices::Found;
use serde_json::{Value, json};

use super::NoticePorts;
use crate::cli::notices::Parked;
use crate::say;
use counterfoil_operations::harmless::{harmless, pretty_json};

/// In one read.
const PAGE: usize = 100;

pub(super) async fn run(verb: &Parked, home: &impl NoticePorts) -> anyhow::Result<()> {
    let limit = if verb.limit == 0 {
        usize::MAX
    } else {
        verb.limit
    };
    let mut all = Vec::new();
    let looked = look(home, limit, &mut all).await;
    // What cannot be given back comes back by itself.
    let _ = home.give_back(&all).await;
    let more = looked?;
    all.truncate(limit);
    let mut out = std::io::stdout().lock();
    if verb.json {
        writeln!(
            out,
            "{}",
            pretty_json(&Value::from_iter(all.iter().map(told)))
        )?;
        return Ok(());
    }
    let width = all
        .iter()
        .map(|found| found.name().len())
        .max()
        .unwrap_or(0)
        .max("NOTICE".len());
    if all.is_empty() {
        say::note("no notice is set aside");
    } else {
        writeln!(out, "{:<width$}  {:<9}  WHY", "NOTICE", "STATE")?;
    }
    for found in &all {
        writeln!(out, "{}", line(found, width))?;
    }
    if more {
        say::note(format_args!(
            "the first {limit}; there are more: --limit 0 lists all"
        ));
    }
    Ok(())
}

/// Reads one more than is shown, to say whether there is more.
async fn look(home: &impl NoticePorts, limit: usize, all: &mut Vec<Found>) -> anyhow::Result<bool> {
    let (mut from, mut seen) = (None, HashSet::new());
    while all.len() <= limit {
        let page = home
            .parked(from, PAGE.min(limit.saturating_add(1) - all.len()))
            .await?;
        let before = all.len();
        all.extend(
            page.rows
                .into_iter()
                .filter(|found| seen.insert(found.id.clone())),
        );
        // What was given long ago comes again: that is the end, too.
        if page.next.is_none() || all.len() == before {
            return Ok(false);
        }
        from = page.next;
    }
    Ok(true)
}

fn line(found: &Found, width: usize) -> String {
    let state = match &found.parked.what {
        What::Notice(notice) => notice.data.state.as_str(),
        What::Change(..) | What::Span(..) | What::Nothing => "",
    };
    let when = match &found.parked.what {
        What::Span(since, until) => format!("  [what changed from {since} to {until}]"),
        What::Notice(_) | What::Change(..) | What::Nothing => String::new(),
    };
    let (name, why) = (
        harmless(&found.name(), false),
        harmless(&found.parked.cause.to_string(), false),
    );
    format!("{name:<width$}  {state:<9}  {why}{when}")
}

fn told(found: &Found) -> Value {
    let mut told = json!({"notice": found.name(), "cause": found.parked.cause});
    let Value::Object(members) = &mut told else {
        return told;
    };
    match &found.parked.what {
        What::Notice(notice) => {
            members.insert("event".into(), json!(notice));
        }
        What::Change(of, seq) => {
            members.insert("submission".into(), of.to_string().into());
            members.insert("seq".into(), json!(seq));
        }
        What::Span(since, until) => {
            members.insert("since".into(), json!(since));
            members.insert("until".into(), json!(until));
        }
        What::Nothing => {}
    }
    members.insert(
        "sequence_number".into(),
        json!(found.parked.origin.sequence_number),
    );
    members.insert("at".into(), json!(found.parked.origin.at));
    told
}
