//! `counterfoil dead-letters`: what failed and is kept, for whoever is on call. The rules are `core`'s; here they are
//! asked, and what they say is shown.

pub(crate) mod act;
pub(crate) mod ask;
mod causes;
mod choice;
mod dry_run;
mod edit;
mod editor;
pub(crate) mod list;
#[cfg(feature = "aws")]
mod redrive;
pub(crate) mod release;
mod replay;
mod send;
pub(crate) mod show;
pub(crate) mod sweep;

use counterfoil_operations::causes::Mark;
use counterfoil_operations::history::Verb;
use counterfoil_operations::worklist::Waiting;

use crate::cli::dead_letters::{At, DeadLetters, Kept};
use crate::ops::{self, Task};
use counterfoil_operations::place::Place;

pub(crate) fn run(verb: &DeadLetters) -> anyhow::Result<()> {
    match verb {
        DeadLetters::Kept(verb) => ops::run(verb),
        #[cfg(feature = "aws")]
        DeadLetters::Redrive(redrive) => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?;
            runtime.block_on(redrive::run(redrive))
        }
        #[cfg(not(feature = "aws"))]
        DeadLetters::Redrive(_) => Err(ops::without_aws()),
    }
}

impl Task for Kept {
    fn needs_forms(&self) -> bool {
        match self {
            Self::Replay(_) | Self::Edit(_) | Self::Discard(_) => true,
            Self::List(_)
            | Self::Causes(_)
            | Self::Acknowledge(_)
            | Self::Resolve(_)
            | Self::Reopen(_)
            | Self::Show(_)
            | Self::Undo(_) => false,
        }
    }

    fn who(&self) -> Option<&str> {
        match self {
            Self::List(_) | Self::Causes(_) | Self::Show(_) => None,
            Self::Acknowledge(mark) | Self::Resolve(mark) | Self::Reopen(mark) => {
                mark.name.as_deref()
            }
            Self::Replay(replay) => replay.actor.name.as_deref(),
            Self::Edit(edit) => edit.actor.name.as_deref(),
            Self::Discard(sweep) | Self::Undo(sweep) => sweep.actor.name.as_deref(),
        }
    }

    fn at(&self) -> &At {
        match self {
            Self::List(list) => &list.at,
            Self::Causes(causes) => &causes.at,
            Self::Acknowledge(mark) | Self::Resolve(mark) | Self::Reopen(mark) => &mark.at,
            Self::Show(show) => &show.at,
            Self::Replay(replay) => &replay.at,
            Self::Edit(edit) => &edit.at,
            Self::Discard(sweep) | Self::Undo(sweep) => &sweep.at,
        }
    }

    async fn run(&self, place: &dyn Place) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list::run(list, place).await,
            Self::Causes(causes) => causes::run(causes, place).await,
            Self::Acknowledge(mark) => causes::mark(mark, Mark::Acknowledged, place).await,
            Self::Resolve(mark) => causes::mark(mark, Mark::Resolved, place).await,
            Self::Reopen(mark) => causes::mark(mark, Mark::Open, place).await,
            Self::Show(show) => show::run(show, place).await,
            Self::Replay(replay) => replay::run(replay, place).await,
            Self::Edit(edit) => edit::run(edit, place).await,
            Self::Discard(sweep) => {
                sweep::run(&sweep.asked(Verb::Discard, Waiting::Failed), place).await
            }
            Self::Undo(sweep) => {
                sweep::run(&sweep.asked(Verb::Undo, Waiting::Discarded), place).await
            }
        }
    }
}
