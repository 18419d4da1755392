//! `dead-letters discard` and `undo`.

use counterfoil_core::operations::act::{discard_one, undo_one};
use counterfoil_core::operations::history::Verb;
use counterfoil_core::operations::worklist::Waiting;
use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;

use super::act::{self, Outcome, Tally};
use super::choice::{Choice, Summary};
use super::{ask, words};
use crate::cli::dead_letters::Sweep;
use crate::ops::Place;

/// Discards, or undoes a discard.
pub(crate) async fn run<P: Place>(sweep: &Sweep, verb: Verb, place: &P) -> anyhow::Result<()> {
    let undoes = verb == Verb::Undo;
    let waiting = if undoes { Waiting::Discarded } else { Waiting::Failed };
    let choice = Choice::of(&sweep.chosen, waiting, SystemClock.now(), false)?;
    let (before, done) = if undoes { ("undo", "undone") } else { ("discard", "discarded") };
    let summary = Summary::of(&choice, waiting, &*place.look()?.home).await?;
    if summary.count > 0 {
        let what = if undoes { "discarded submission" } else { "dead letter" };
        eprint!("{} to {before}:\n{}", words::count(summary.count, what), summary.lines());
        ask::confirm(&format!("{before} them?"), sweep.yes)?;
    }
    let tally = if summary.count > 0 || matches!(choice, Choice::Named(_)) {
        let work = place.work()?;
        let (ops, deed) = (&work.ops, act::deed(verb, &sweep.actor, &work.ops));
        let one = async |of: &counterfoil_core::SubmissionRef| {
            let with = ops.acting();
            let acted = if undoes { undo_one(of, &deed, &with).await } else { discard_one(of, &deed, &with).await };
            acted.map(Outcome::Acted)
        };
        act::each((&choice, summary.count), ops, one, |_| {}).await?
    } else {
        Tally::default()
    };
    tally.tell(done, sweep.json)
}
