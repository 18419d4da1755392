//! `dead-letters replay`: with a dry run, and told how to go about it.

use counterfoil_operations::grammar::Rate;
use counterfoil_operations::job;
use counterfoil_operations::worklist::Waiting;

use super::choice::Summary;
use super::dry_run;
use super::send::{self, SendCall};
use crate::cli::dead_letters::{Manner, Replay};
use counterfoil_operations::place::Place;

pub(crate) async fn run(replay: &Replay, place: &dyn Place) -> anyhow::Result<()> {
    let waiting = Waiting::Failed;
    // A bare `replay` takes everything: it harms nothing, and it asks.
    let choice = send::choice(&replay.chosen, waiting, true)?;
    let summary = {
        let ops = place.look()?;
        let summary = Summary::gather(&choice, waiting, &ops.home).await?;
        if replay.dry_run {
            return dry_run::run(&choice, (summary.count, replay.talk.json), &ops).await;
        }
        summary
    };
    let asked = SendCall {
        waiting,
        actor: &replay.actor,
        manner: replay.manner.of_job(),
        talk: &replay.talk,
    };
    send::run(asked, &choice, &summary, place).await
}

impl Manner {
    fn of_job(&self) -> job::Manner {
        let canary = if self.canary {
            Some(true)
        } else {
            self.no_canary.then_some(false)
        };
        job::Manner {
            rate: self.rate.map(Rate::per_second),
            canary,
            stop_at: self.stop_at.fraction(),
        }
    }
}
