//! `held release`: the same job as a replay, of what is held. Each goes through the queue and the worker, which does not
//! suspect it again, and is announced as any other.

use counterfoil_core::operations::history::Verb;
use counterfoil_core::operations::worklist::Waiting;
use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;

use super::choice::{Choice, NAMED, Summary};
use super::{ask, words};
use crate::cli::held::Deed;
use crate::exit::{Failure, configuration};
use crate::ops::Place;
use crate::replays::course::{self, Manner, Order};
use crate::replays::report;

pub(crate) async fn run<P: Place>(deed: &Deed, place: &P) -> anyhow::Result<()> {
    // What was suspected is not let through by a verb that names nothing.
    let choice = Choice::of(&deed.chosen(), Waiting::Held, SystemClock.now(), false)?;
    if matches!(&choice, Choice::Named(named) if named.len() > NAMED) {
        return Err(configuration(format!("at most {NAMED} can be named; give a filter")));
    }
    let summary = Summary::of(&choice, Waiting::Held, &*place.look()?.home).await?;
    summary.amiss.iter().for_each(|amiss| eprintln!("counterfoil: {amiss}: not released"));
    if summary.count > 0 {
        eprint!("{} to release:\n{}", words::count(summary.count, "held submission"), summary.lines());
        ask::confirm("release them?", deed.yes)?;
    }
    let work = place.work()?;
    let (what, why) = (choice.selection(), deed.actor.why.clone());
    let order = Order { verb: Verb::Release, what, why, manner: Manner::default() };
    let done = if summary.count > 0 { Some(course::begin(order, place, &work).await?) } else { None };
    if done.is_none() && !deed.json {
        eprintln!("no held submission matches: nothing to release");
    } else {
        report::ended(done.as_ref(), deed.json, place)?;
    }
    match summary.amiss.len() as u64 {
        0 => Ok(()),
        amiss => Err(Failure::Partly(format!("{} not released", words::count(amiss, "submission"))).into()),
    }
}
