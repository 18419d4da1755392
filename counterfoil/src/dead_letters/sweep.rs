//! `dead-letters discard` and `undo`.

use crate::words;
use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;
use counterfoil_operations::act::{discard_one, undo_one};
use counterfoil_operations::history::Verb;
use counterfoil_operations::worklist::Waiting;

use super::act::{self, Outcome, Picked, Tally};
use super::ask;
use super::choice::{Choice, Summary};
use crate::cli::dead_letters::{ActorArgs, Chosen, Sweep, Talk};
use counterfoil_operations::place::Place;

/// What is to be done, to which of them.
pub(crate) struct SweepCall<'a> {
    pub(crate) chosen: &'a Chosen,
    pub(crate) verb: Verb,
    pub(crate) waiting: Waiting,
    pub(crate) actor: &'a ActorArgs,
    pub(crate) talk: &'a Talk,
}

impl Sweep {
    pub(super) fn asked(&self, verb: Verb, waiting: Waiting) -> SweepCall<'_> {
        let Self {
            chosen,
            actor,
            talk,
            ..
        } = self;
        SweepCall {
            chosen,
            verb,
            waiting,
            actor,
            talk,
        }
    }
}

/// Discards, or undoes a discard.
pub(crate) async fn run(asked: &SweepCall<'_>, place: &dyn Place) -> anyhow::Result<()> {
    let SweepCall {
        chosen,
        verb,
        waiting,
        actor,
        talk,
    } = *asked;
    let undoes = verb == Verb::Undo;
    let choice = Choice::parse(chosen, waiting, SystemClock.now(), false)?;
    let (before, done) = if undoes {
        ("undo", "undone")
    } else {
        ("discard", "discarded")
    };
    let summary = Summary::gather(&choice, waiting, &place.look()?.home).await?;
    if summary.count > 0 {
        summary.announce(words::waiting(waiting), before);
        ask::confirm(&format!("{before} them?"), talk.yes)?;
    }
    let tally = if summary.count > 0 || matches!(choice, Choice::Named(_)) {
        let work = place.work()?;
        let (ops, deed) = (&work.ops, act::deed(verb, actor, &work.ops));
        let one = async |of: &counterfoil_core::SubmissionRef| {
            let with = ops.acting();
            let acted = if undoes {
                undo_one(of, &deed, &with).await
            } else {
                discard_one(of, &deed, &with).await
            };
            acted.map(Outcome::Acted)
        };
        let chosen = Picked {
            choice: &choice,
            total: summary.count,
        };
        act::each(chosen, ops, one, |_| {}).await?
    } else {
        Tally::default()
    };
    tally.tell(done, talk.json)
}
