//! What `dead-letters replay` and `held release` share: says how many there are and why they wait, asks, sends them as a
//! job, and waits for what becomes of each.

use crate::words;
use counterfoil_core::SubmissionRef;
use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;
use counterfoil_operations::history::Verb;
use counterfoil_operations::job::{Job, Manner, Order, Selection};
use counterfoil_operations::worklist::Waiting;

use super::ask;
use super::choice::{Choice, NAMED, Summary};
use crate::cli::dead_letters::{ActorArgs, Chosen, Talk};
use crate::exit::{Failure, configuration};
use crate::jobs::course;
use crate::jobs::report;
use crate::say;
use counterfoil_operations::place::{Place, Work};

/// What is to be sent, and for whom.
pub(super) struct SendCall<'a> {
    pub(super) waiting: Waiting,
    pub(super) actor: &'a ActorArgs,
    pub(super) manner: Manner,
    pub(super) talk: &'a Talk,
}

impl SendCall<'_> {
    fn verb(&self) -> Verb {
        if self.waiting == Waiting::Held {
            Verb::Release
        } else {
            Verb::Replay
        }
    }

    /// What is done to them, and what they are afterwards.
    fn words(&self) -> (&'static str, &'static str) {
        if self.waiting == Waiting::Held {
            ("release", "released")
        } else {
            ("replay", "replayed")
        }
    }
}

/// What a job can be about. Where nothing is chosen, that is everything, for a verb that harms nothing.
pub(super) fn choice(chosen: &Chosen, waiting: Waiting, harmless: bool) -> anyhow::Result<Choice> {
    let choice = Choice::parse(chosen, waiting, SystemClock.now(), harmless)?;
    if matches!(&choice, Choice::Named(named) if named.len() > NAMED) {
        return Err(configuration(format!(
            "at most {NAMED} can be named; give a filter"
        )));
    }
    Ok(choice)
}

/// Asks, sends and waits. An error unless all that were chosen are stored.
pub(super) async fn run(
    asked: SendCall<'_>,
    choice: &Choice,
    summary: &Summary,
    place: &dyn Place,
) -> anyhow::Result<()> {
    let (verb, (before, after)) = (asked.verb(), asked.words());
    summary
        .amiss
        .iter()
        .for_each(|amiss| say::note(format_args!("counterfoil: {amiss}: not {after}")));
    if summary.count > 0 {
        announce(summary, asked.waiting, before);
        ask::confirm(&format!("{before} them?"), asked.talk.yes)?;
        let work = place.work()?;
        let (who, why) = (work.ops.who.clone(), asked.actor.why.clone());
        let order = Order {
            verb,
            who,
            why,
            what: choice.selection(),
            manner: asked.manner,
        };
        report::ended(
            &course::begin(order, place, &work).await?,
            asked.talk.json,
            place,
        )?;
    } else {
        report::nothing(
            asked.talk.json,
            &format!(
                "no {} matches: nothing to {before}",
                words::waiting(asked.waiting)
            ),
        )?;
    }
    match summary.amiss.len() as u64 {
        0 => Ok(()),
        amiss => Err(
            Failure::Partly(format!("{} not {after}", words::count(amiss, "submission"))).into(),
        ),
    }
}

/// What is about to be sent, for people.
fn announce(summary: &Summary, waiting: Waiting, before: &str) {
    summary.announce(words::waiting(waiting), before);
    if summary.hopeless() > 0 {
        let which = words::count(summary.hopeless(), words::waiting(waiting));
        say::note(format_args!(
            "warning: {which} will fail again as long as nobody edits what was submitted (retryable: no)"
        ));
    }
}

/// Replays named ones as a part of another verb, a job for each so many.
pub(super) async fn named(
    named: &[SubmissionRef],
    actor: &ActorArgs,
    place: &dyn Place,
    work: &Work,
) -> anyhow::Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for named in named.chunks(NAMED) {
        let what = Selection::Some(named.to_vec());
        let (who, why) = (work.ops.who.clone(), actor.why.clone());
        let order = Order {
            verb: Verb::Replay,
            who,
            why,
            what,
            manner: Manner::default(),
        };
        jobs.push(course::begin(order, place, work).await?);
    }
    Ok(jobs)
}
