//! `counterfoil held`: what is suspected and waits for a person. It is the code for dead letters, on the other part of
//! the worklist.

use counterfoil_operations::history::Verb;
use counterfoil_operations::worklist::Waiting;

use crate::cli::dead_letters::At;
use crate::cli::held::Held;
use crate::dead_letters::{list, release, show, sweep};
use crate::ops::{self, Task};
use counterfoil_operations::place::Place;

pub(crate) fn run(verb: &Held) -> anyhow::Result<()> {
    ops::run(verb)
}

impl Task for Held {
    fn needs_forms(&self) -> bool {
        match self {
            Self::Release(_) | Self::Discard(_) => true,
            Self::List(_) | Self::Show(_) => false,
        }
    }

    fn who(&self) -> Option<&str> {
        match self {
            Self::Release(deed) | Self::Discard(deed) => deed.actor.name.as_deref(),
            Self::List(_) | Self::Show(_) => None,
        }
    }

    fn at(&self) -> &At {
        match self {
            Self::List(list) => &list.at,
            Self::Show(show) => &show.at,
            Self::Release(deed) | Self::Discard(deed) => &deed.at,
        }
    }

    async fn run(&self, place: &dyn Place) -> anyhow::Result<()> {
        match self {
            Self::List(verb) => {
                let (which, waiting) = (verb.which.of_worklist(), Waiting::Held);
                list::show(
                    &list::ListCall {
                        which: &which,
                        waiting,
                        listing: &verb.listing,
                    },
                    place,
                )
                .await
            }
            Self::Show(verb) => show::run(verb, place).await,
            Self::Release(deed) => release::run(deed, place).await,
            Self::Discard(deed) => {
                let (chosen, verb, waiting) = (deed.chosen(), Verb::Discard, Waiting::Held);
                let (actor, talk) = (&deed.actor, &deed.talk);
                sweep::run(
                    &sweep::SweepCall {
                        chosen: &chosen,
                        verb,
                        waiting,
                        actor,
                        talk,
                    },
                    place,
                )
                .await
            }
        }
    }
}
