//! `dead-letters causes`, and what people say of a cause.

use std::io::Write;

use counterfoil_core::Timestamp;
use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;
use counterfoil_operations::causes::{Group, Mark, Note, Standing, causes};
use counterfoil_operations::grammar::Word;
use counterfoil_operations::ports::Notes;
use serde_json::{Value, json};

use crate::cli::dead_letters::{self as cli, Causes};
use crate::exit::{Failure, configuration};
use crate::say;
use crate::words;
use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_operations::place::Place;

pub(crate) async fn run(verb: &Causes, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    let groups = causes(&ops.home, verb.form.as_ref()).await?;
    let mut out = std::io::stdout().lock();
    if verb.json {
        writeln!(
            out,
            "{}",
            pretty_json(&Value::from_iter(groups.iter().map(as_json)))
        )?;
        return Ok(());
    }
    if groups.is_empty() {
        say::note("nothing has failed");
        return Ok(());
    }
    let now = SystemClock.now();
    writeln!(
        out,
        "{:<16}  {:>6}  {:>6}  {:<12}  {:<9}  {:>5}  {:>5}  CAUSE (FORMS)",
        "FINGERPRINT", "DEAD", "EVER", "STATE", "RETRYABLE", "FIRST", "LAST"
    )?;
    for group in &groups {
        writeln!(out, "{}", line(group, now))?;
    }
    Ok(())
}

fn line(group: &Group, now: Timestamp) -> String {
    let forms: Vec<&str> = group
        .forms
        .iter()
        .map(counterfoil_core::FormId::as_str)
        .collect();
    format!(
        "{:<16}  {:>6}  {:>6}  {:<12}  {:<9}  {:>5}  {:>5}  {} ({})",
        group.fingerprint,
        group.count,
        group.total,
        group.standing.as_str(),
        group.retryable.as_word(),
        words::age(group.first_seen, now),
        words::age(group.last_seen, now),
        harmless(&format!("{}: {}", group.code, group.detail), false),
        forms.join(", ")
    )
}

fn as_json(group: &Group) -> Value {
    json!({
        "fingerprint": group.fingerprint,
        "code": group.code,
        "detail": group.detail,
        "count": group.count,
        "total": group.total,
        "first_seen": group.first_seen,
        "last_seen": group.last_seen,
        "forms": group.forms,
        "retryable": group.retryable,
        "state": group.standing,
        "note": group.note,
    })
}

/// Says something of one cause.
pub(crate) async fn mark(verb: &cli::Mark, mark: Mark, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    let mut group = one(causes(&ops.home, None).await?, &verb.cause)?;
    let note = Note {
        fingerprint: group.fingerprint.clone(),
        mark,
        who: ops.who.clone(),
        at: SystemClock.now(),
    };
    ops.home.note(&note).await?;
    group.standing = Standing::judge(Some(&note), group.count, group.last_seen);
    group.note = Some(note);
    let mut out = std::io::stdout().lock();
    if verb.json {
        writeln!(out, "{}", pretty_json(&as_json(&group)))?;
    } else {
        let code = harmless(&group.code, false);
        writeln!(
            out,
            "{} ({code}) is {} now",
            group.fingerprint,
            group.standing.as_str()
        )?;
    }
    Ok(())
}

/// The one cause that is called so.
fn one(groups: Vec<Group>, name: &str) -> anyhow::Result<Group> {
    let called = |group: &Group| {
        group.code == name || (name.len() >= 4 && group.fingerprint.starts_with(name))
    };
    let mut found: Vec<Group> = groups.into_iter().filter(called).collect();
    match found.len() {
        0 => Err(Failure::Partly(format!(
            "there is no cause {}; `counterfoil dead-letters causes` lists them",
            harmless(name, false)
        ))
        .into()),
        1 => Ok(found.remove(0)),
        _ => {
            let all: Vec<&str> = found
                .iter()
                .map(|group| group.fingerprint.as_str())
                .collect();
            let name = harmless(name, false);
            Err(configuration(format!(
                "more than one cause is called {name}; give one of {}",
                all.join(", ")
            )))
        }
    }
}
