//! `replay --dry-run`: what today's worker would say of each, and nothing is written. Its exit code is 0 whatever it
//! foresees.

use std::io::Write;

use counterfoil_core::ports::{Clock, Entries};
use counterfoil_core::{Cause, State, SubmissionRef};
use counterfoil_machine::SystemClock;
use counterfoil_operations::rehearse::{Forecast, Foreseen, rehearse};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::choice::Choice;
use crate::progress;
use crate::words;
use counterfoil_operations::harmless::{self, harmless};
use counterfoil_operations::place::Ops;

/// Entries read at once.
const PARALLEL: usize = 16;
/// As many are named one by one to a person.
const NAMED: u64 = 50;

pub(super) async fn run(
    choice: &Choice,
    (total, as_json): (u64, bool),
    ops: &Ops,
) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if as_json {
        write!(out, "{{\"dry_run\":true,\"entries\":[")?;
    }
    let bar = progress::bar(total, true);
    let (mut forecast, mut walk, mut first) = (Forecast::default(), choice.walk(), true);
    while let Some(page) = walk.next(&ops.home).await? {
        let foreseen = stream::iter(page).map(|of| one(of, ops)).buffered(PARALLEL);
        let foreseen: Vec<(SubmissionRef, Foreseen)> = foreseen.try_collect().await?;
        for (of, foreseen) in foreseen {
            bar.inc(1);
            if as_json {
                let comma = if std::mem::take(&mut first) { "" } else { "," };
                write!(out, "{comma}\n{}", harmless::json(&entry(&of, &foreseen)))?;
            } else if total <= NAMED {
                writeln!(out, "{}", line(&of, &foreseen))?;
            }
            forecast.add(&of, foreseen);
        }
    }
    bar.finish_and_clear();
    if as_json {
        tail(&mut out, &forecast)
    } else {
        summary(&mut out, &forecast, total > NAMED)
    }?;
    Ok(out.flush()?)
}

async fn one(of: SubmissionRef, ops: &Ops) -> anyhow::Result<(SubmissionRef, Foreseen)> {
    let entry = match ops.home.entry(&of).await {
        Err(fault) if fault.is_damage() => {
            let Cause {
                code: rule, detail, ..
            } = fault.cause();
            return Ok((of, Foreseen::Fails { rule, detail }));
        }
        entry => entry?,
    };
    let foreseen = rehearse(entry, State::Failed, &ops.forms, SystemClock.now());
    Ok((of, foreseen))
}

fn line(of: &SubmissionRef, foreseen: &Foreseen) -> String {
    match foreseen {
        Foreseen::Passes => format!("passes   {of}"),
        Foreseen::Skipped => format!("skipped  {of}  is no dead letter"),
        Foreseen::Fails { rule, detail } => format!(
            "fails    {of}  {}",
            harmless(&format!("{rule}: {detail}"), false)
        ),
    }
}

fn entry(of: &SubmissionRef, foreseen: &Foreseen) -> Value {
    let of = of.to_string();
    match foreseen {
        Foreseen::Passes => json!({"submission": of, "foreseen": "passes"}),
        Foreseen::Skipped => json!({"submission": of, "foreseen": "skipped"}),
        Foreseen::Fails { rule, detail } => {
            json!({"submission": of, "foreseen": "fails", "rule": rule, "detail": detail})
        }
    }
}

/// The rest of the one object.
fn tail(out: &mut impl Write, forecast: &Forecast) -> std::io::Result<()> {
    let rules = forecast.fail.iter().map(|(rule, broken)| {
        let examples: Vec<String> = broken.examples.iter().map(ToString::to_string).collect();
        json!({"rule": rule, "count": broken.count, "detail": broken.detail, "examples": examples})
    });
    let rules = harmless::json(&Value::from_iter(rules));
    let (pass, fail, skipped) = (forecast.pass, forecast.failing(), forecast.skipped);
    let total = pass + fail + skipped;
    writeln!(
        out,
        "\n],\n\"total\":{total},\"pass\":{pass},\"fail\":{fail},\"skipped\":{skipped},\"rules\":{rules}}}"
    )
}

fn summary(out: &mut impl Write, forecast: &Forecast, with_examples: bool) -> std::io::Result<()> {
    writeln!(out, "{} would pass", forecast.pass)?;
    writeln!(out, "{} would fail", forecast.failing())?;
    for (rule, broken) in &forecast.fail {
        let why = harmless(&format!("{rule}: {}", broken.detail), false);
        writeln!(out, "  {:>6}  {why}", broken.count)?;
        for example in broken.examples.iter().filter(|_| with_examples) {
            writeln!(out, "          {example}")?;
        }
    }
    if forecast.skipped > 0 {
        let what = words::count(forecast.skipped, "other");
        writeln!(
            out,
            "{what} would not be sent: no dead letters, or not there"
        )?;
    }
    Ok(())
}
