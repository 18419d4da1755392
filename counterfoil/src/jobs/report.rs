//! A replay job, told to people and to programs.

use std::io::Write;

use counterfoil_core::Timestamp;
use counterfoil_operations::history::Verb;
use counterfoil_operations::job::{Job, JobState, Selection};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::say;
use crate::words;
use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_operations::place::Place;

/// Tells that there was nothing to send.
pub(crate) fn nothing(as_json: bool, why: &str) -> std::io::Result<()> {
    if as_json {
        return writeln!(std::io::stdout().lock(), "{}", pretty_json(&none()));
    }
    say::note(why);
    Ok(())
}

/// Tells how a job ended. An error unless all that was sent is stored, and where all were skipped.
pub(crate) fn ended(job: &Job, as_json: bool, place: &dyn Place) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let told = if as_json {
        writeln!(out, "{}", pretty_json(&self::as_json(job)))
    } else {
        writeln!(out, "{}", tallied(job))
    };
    // Whoever reads may be gone: what came of it still is what the exit code says.
    outcome(job, place)?;
    Ok(told?)
}

/// Why something is skipped. Which of the two it is, a dry run tells of each.
const SKIPPED: &str = "what is skipped no longer waits for this, or no submission can be read in it: \
                       `dead-letters replay --dry-run` says which";

fn nothing_was_sent(job: &Job) -> bool {
    job.total > 0 && job.tally().skipped == job.total
}

/// An error unless all that was sent is stored, and where all were skipped.
pub(crate) fn outcome(job: &Job, place: &dyn Place) -> anyhow::Result<()> {
    match job.state {
        JobState::Done if nothing_was_sent(job) => {
            Err(Failure::Partly(format!("nothing was sent; {SKIPPED}")).into())
        }
        JobState::Done if job.tally().failed_again == 0 => Ok(()),
        JobState::Done => {
            let failed = job.tally().failed_again;
            let released = job.verb == Verb::Release;
            let so = if released {
                "failed; they are dead letters now"
            } else {
                "failed again; they are dead letters as before"
            };
            Err(Failure::Partly(format!("{failed} {so}")).into())
        }
        JobState::Preparing | JobState::Running | JobState::Stopped | JobState::Cancelled => {
            let why = harmless(job.reason.as_deref().unwrap_or(job.state.as_str()), false);
            let go_on = format!(
                "`counterfoil replays resume {}{}` goes on",
                job.id,
                place.arguments()
            );
            Err(Failure::Partly(format!("the replay stopped: {why}; {go_on}")).into())
        }
    }
}

/// What came of a job, in a line.
pub(crate) fn tallied(job: &Job) -> String {
    let tally = job.tally();
    let mut text = format!("{} of {} stored", tally.stored, job.total);
    let mut also = |number: u64, what: &str| {
        if number > 0 {
            text += &format!(", {number} {what}");
        }
    };
    also(tally.failed_again, "failed again");
    also(tally.skipped, "skipped");
    also(tally.under_way, "on their way");
    also(
        job.total.saturating_sub(tally.done() + tally.under_way),
        "not sent",
    );
    text
}

/// The counts of a replay of nothing.
fn none() -> Value {
    json!({
        "id": null, "state": "done", "total": 0, "stored": 0, "failed_again": 0, "skipped": 0, "under_way": 0,
        "remaining": 0,
    })
}

/// A job, for programs.
pub(crate) fn as_json(job: &Job) -> Value {
    let tally = job.tally();
    let mut value = json!({
        "id": job.id.to_string(),
        "state": job.state,
        "total": job.total,
        "stored": tally.stored,
        "failed_again": tally.failed_again,
        "skipped": tally.skipped,
        "under_way": tally.under_way,
        "remaining": job.total.saturating_sub(tally.done()),
        "reason": job.reason,
        "who": job.who,
        "why": job.why,
        "started_at": job.started_at,
        "beat_at": job.beat_at,
        "rate": job.manner.rate,
        "canary": job.manner.has_canary(),
        "stop_at": job.manner.stop_at,
    });
    match &job.what {
        Selection::Some(named) => value["named"] = json!(named),
        Selection::All(filter) => value["filter"] = json!(filter),
    }
    value
}

/// A job in the list.
pub(crate) fn line(job: &Job, now: Timestamp) -> String {
    let tally = job.tally();
    let lost = if is_lost(job, now) {
        " (nobody runs it)"
    } else {
        ""
    };
    format!(
        "{}  {:>4}  {:<9}  {} of {} stored, {} failed again  by {}{lost}",
        job.id,
        words::age(job.started_at, now),
        job.state.as_str(),
        tally.stored,
        job.total,
        tally.failed_again,
        harmless(job.who.as_str(), false),
    )
}

/// A job on its own.
pub(crate) fn lines(job: &Job, now: Timestamp) -> String {
    let lost = if is_lost(job, now) {
        "; nobody runs it, `counterfoil replays resume` goes on"
    } else {
        ""
    };
    let mut text = format!("{}\n  state      {}{lost}\n", job.id, job.state.as_str());
    let mut add =
        |name: &str, value: &str| text += &format!("  {name:<9}  {}\n", harmless(value, false));
    if let Some(reason) = &job.reason {
        add("because", reason);
    }
    add(
        "ordered",
        &format!("{} by {}", job.started_at, job.who.as_str()),
    );
    if let Some(why) = &job.why {
        add("why", why);
    }
    add("what", &what(&job.what));
    let rate = job.manner.rate.map_or_else(
        || "as fast as they are settled".to_owned(),
        |rate| format!("{rate}/s"),
    );
    let canary = if job.manner.has_canary() {
        ", a canary first"
    } else {
        ""
    };
    add(
        "how",
        &format!(
            "{rate}{canary}, stops above {} % failures",
            job.manner.stop_at * 100.0
        ),
    );
    add("so far", &tallied(job));
    text
}

fn what(what: &Selection) -> String {
    match what {
        Selection::Some(named) => named
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        Selection::All(filter) => json!(filter).to_string(),
    }
}

fn is_lost(job: &Job, now: Timestamp) -> bool {
    matches!(job.state, JobState::Preparing | JobState::Running) && !job.is_alive(now)
}
