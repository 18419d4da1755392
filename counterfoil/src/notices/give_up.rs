//! `notices drop`: says what would be given up, asks, removes it, and tells what is gone, by whom and why.

use std::io::Write;

use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_operations::history::Actor;
use counterfoil_operations::notices::{Found, GivenUp, called, give_up};
use serde_json::{Value, json};

use super::NoticePorts;
use crate::cli::notices::GiveUp;
use crate::dead_letters::ask;
use crate::exit::{Failure, configuration};
use crate::say;
use crate::words::count;

pub(super) async fn run(verb: &GiveUp, home: &impl NoticePorts, who: &Actor) -> anyhow::Result<()> {
    let why = verb.why.trim();
    if why.is_empty() {
        return Err(configuration(
            "--why says nothing: it is all that is left of what is dropped",
        ));
    }
    let (found, missing) = called(home, &verb.notices).await?;
    let mut done = GivenUp::default();
    if !found.is_empty() {
        found.iter().for_each(|found| say::note(line(found)));
        let question = format!(
            "drop {}, which nobody is told of then?",
            count(found.len() as u64, "notice")
        );
        ask::confirm(&question, verb.talk.yes)?;
        done = give_up(home, &found).await?;
    }
    let missing = missing
        .into_iter()
        .map(|name| (name, "nothing that is set aside is called so".into()));
    done.told.extend(missing);
    tell(&done, (who, why), verb.talk.json)
}

fn line(found: &Found) -> String {
    format!(
        "{}: {}",
        harmless(&found.name(), false),
        harmless(&found.parked.cause.to_string(), false)
    )
}

fn tell(done: &GivenUp, (who, why): (&Actor, &str), as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let told = if as_json {
        writeln!(out, "{}", pretty_json(&told(done, who, why)))
    } else {
        let of = (harmless(who.as_str(), false), harmless(why, false));
        let gone = done.gone.iter().map(|found| harmless(&found.name(), false));
        gone.into_iter()
            .try_for_each(|name| writeln!(out, "{name} dropped by {}: {}", of.0, of.1))
    };
    for (name, why) in &done.told {
        say::note(format_args!(
            "counterfoil: {}: {}",
            harmless(name, false),
            harmless(why, false)
        ));
    }
    match done.told.len() {
        0 => Ok(told?),
        1 => Err(Failure::Partly("one was left as it was".into()).into()),
        more => Err(Failure::Partly(format!("{more} were left as they were")).into()),
    }
}

fn told(done: &GivenUp, who: &Actor, why: &str) -> Value {
    let gone = done
        .gone
        .iter()
        .map(|found| json!({"notice": found.name(), "cause": found.parked.cause}));
    let refusals = done
        .told
        .iter()
        .map(|(notice, why)| json!({"notice": notice, "why": why}));
    json!({
        "dropped": Value::from_iter(gone),
        "by": who.as_str(),
        "why": why,
        "refused": done.told.len(),
        "refusals": Value::from_iter(refusals),
    })
}
