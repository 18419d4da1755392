//! `notices resend`: asks, publishes again, and tells what came of it.

use std::io::Write;

use counterfoil_core::Timestamp;
use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;
use counterfoil_operations::notices::{Mark, Range, Resending, Tally, rebuild, resend};
use serde_json::{Value, json};

use super::{NoticePorts, Publishes};
use crate::cli::notices::Resend;
use crate::dead_letters::ask;
use crate::exit::{Failure, configuration};
use crate::say;
use crate::words::count;
use counterfoil_operations::harmless::{harmless, pretty_json};

pub(super) async fn run<H: NoticePorts>(
    verb: &Resend,
    home: &H,
    out: impl AsyncFn(&Mark) -> anyhow::Result<Publishes>,
) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let tally = match range(verb, now)? {
        Some(range) => {
            ask::confirm(&question(&range), verb.talk.yes)?;
            rebuild(home, &range).await?
        }
        None => {
            let (which, question) = which(verb);
            ask::confirm(&question, verb.talk.yes)?;
            resend(home, &which).await?
        }
    };
    let handed_over = tally.resent + tally.rebuilt > 0;
    let publishes = if handed_over {
        out(&home.mark().await?).await?
    } else {
        Publishes::Now
    };
    tell(&tally, &publishes, verb.talk.json)
}

/// The time that is asked for; `None`: what is set aside is.
fn range(verb: &Resend, now: Timestamp) -> anyhow::Result<Option<Range>> {
    let Some(since) = verb.since else {
        return Ok(None);
    };
    let since = since.resolve(now);
    let until = verb.until.map_or(now, |until| until.resolve(now));
    if since >= until {
        return Err(configuration(format!(
            "--since {since} is not before --until {until}"
        )));
    }
    Ok(Some(Range {
        since,
        until,
        form: verb.form.clone(),
    }))
}

fn question(range: &Range) -> String {
    let of = range
        .form
        .as_ref()
        .map_or_else(String::new, |form| format!(" of {form}"));
    format!(
        "publish every change{of} from {} to {} again?",
        range.since, range.until
    )
}

fn which(verb: &Resend) -> (Resending, String) {
    if verb.all {
        return (
            Resending::All,
            "publish all notices that are set aside again?".into(),
        );
    }
    let named = count(verb.notices.len() as u64, "notice");
    (
        Resending::Named(verb.notices.clone()),
        format!("publish {named} again?"),
    )
}

fn tell(tally: &Tally, publishes: &Publishes, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let told = if as_json {
        writeln!(out, "{}", pretty_json(&told(tally, publishes)))
    } else if tally.rebuilt > 0 && tally.resent == 0 {
        writeln!(
            out,
            "{} made again from entries",
            count(tally.rebuilt, "notice")
        )
    } else {
        let rebuilt = tally.rebuilt;
        let made = if rebuilt > 0 {
            format!(", and {} made again", count(rebuilt, "notice"))
        } else {
            String::new()
        };
        writeln!(out, "{} resent{made}", count(tally.resent, "notice"))
    };
    if let Publishes::Later = publishes {
        say::note(
            "they wait in the data directory: its server publishes them, or the next one that is started there",
        );
    }
    for (name, why) in &tally.told {
        say::note(format_args!(
            "counterfoil: {}: {}",
            harmless(name, false),
            harmless(why, false)
        ));
    }
    // Whoever reads may be gone: what came of it still is what the exit code says.
    outcome(tally)?;
    Ok(told?)
}

fn outcome(tally: &Tally) -> anyhow::Result<()> {
    if let Some(cause) = &tally.stopped {
        let rest = "nothing is lost: do it again when it is fixed";
        return Err(
            Failure::Partly(format!("the publisher takes nothing ({cause}); {rest}")).into(),
        );
    }
    match tally.refused {
        0 => Ok(()),
        1 => Err(Failure::Partly("one was left as it was".into()).into()),
        refused => Err(Failure::Partly(format!("{refused} were left as they were")).into()),
    }
}

fn told(tally: &Tally, publishes: &Publishes) -> Value {
    let refusals = tally
        .told
        .iter()
        .map(|(notice, why)| json!({"notice": notice, "why": why}));
    json!({
        "resent": tally.resent,
        "rebuilt": tally.rebuilt,
        "refused": tally.refused,
        "refusals": Value::from_iter(refusals),
        "stopped": tally.stopped,
        "waits_for_a_server": matches!(publishes, Publishes::Later),
    })
}
