//! `dead-letters replay`: says how many there are and why they failed, asks, sends them as a job, and waits for what
//! becomes of each.

use counterfoil_core::operations::job::{Job, Selection};
use counterfoil_core::operations::worklist::Waiting;
use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;

use super::choice::{Choice, NAMED, Summary};
use super::{ask, dry_run, words};
use crate::cli::dead_letters::{Actor, Manner, Replay};
use crate::exit::{Failure, configuration};
use crate::ops::{Place, Work};
use crate::replays::course::{self, Order};
use crate::replays::report;

pub(crate) async fn run<P: Place>(replay: &Replay, place: &P) -> anyhow::Result<()> {
    // A bare `replay` takes everything: it harms nothing, and it asks.
    let choice = Choice::of(&replay.chosen, Waiting::Failed, SystemClock.now(), true)?;
    if matches!(&choice, Choice::Named(named) if named.len() > NAMED) {
        return Err(configuration(format!("at most {NAMED} can be named; give a filter")));
    }
    let summary = {
        let ops = place.look()?;
        let summary = Summary::of(&choice, Waiting::Failed, &*ops.home).await?;
        if replay.dry_run {
            return dry_run::run(&choice, (summary.count, replay.json), &ops).await;
        }
        summary
    };
    summary.amiss.iter().for_each(|amiss| eprintln!("counterfoil: {amiss}: not replayed"));
    if summary.count > 0 {
        announce(&summary);
        ask::confirm("replay them?", replay.yes)?;
    }
    let work = place.work()?;
    let order = Order { what: choice.selection(), why: replay.actor.why.clone(), manner: replay.manner.of_job() };
    let done = if summary.count > 0 { Some(course::begin(order, place, &work).await?) } else { None };
    report::ended(done.as_ref(), replay.json, place)?;
    match summary.amiss.len() as u64 {
        0 => Ok(()),
        amiss => Err(Failure::Partly(format!("{} not replayed", words::count(amiss, "submission"))).into()),
    }
}

/// What is about to be replayed, for people.
fn announce(summary: &Summary) {
    eprint!("{} to replay:\n{}", words::count(summary.count, "dead letter"), summary.lines());
    if summary.hopeless() > 0 {
        let which = words::count(summary.hopeless(), "dead letter");
        eprintln!("warning: {which} will fail again as long as nobody edits what was submitted (retryable: no)");
    }
}

/// Replays named ones as a part of another verb, a job for each so many.
pub(super) async fn named<P: Place>(
    names: &[String],
    actor: &Actor,
    place: &P,
    work: &Work<P::Home>,
) -> anyhow::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for names in names.chunks(NAMED) {
        let what = Selection::Some(names.to_vec());
        let order = Order { what, why: actor.why.clone(), manner: course::Manner::default() };
        jobs.push(course::begin(order, place, work).await?);
    }
    Ok(jobs)
}

impl Manner {
    fn of_job(&self) -> course::Manner {
        let canary = if self.canary { Some(true) } else { self.no_canary.then_some(false) };
        course::Manner { rate: self.rate, canary, stop_at: self.stop_at / 100.0 }
    }
}
