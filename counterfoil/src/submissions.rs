//! `counterfoil submissions`: list, show, mark and export, in both homes, through the ports that the console reads by too; and
//! verify and lost, which read the data directory, whether a server runs or not. On AWS, `back-fill` gives lists what a former
//! version wrote.

#[cfg(feature = "aws")]
mod back_fill;
mod columns;
mod export;
mod list;
mod lost;
mod mark;
mod show;
mod verify;

use std::path::PathBuf;

use counterfoil_core::Forms;
use counterfoil_machine::forms::load;
use counterfoil_operations::place::Place;

use crate::cli::dead_letters::At;
use crate::cli::submissions::{Kept, List, Submissions, Which};
use crate::exit::configuration;
use crate::forms::directory;
use crate::ops::{self, Task};

pub(crate) fn run(verb: &Submissions) -> anyhow::Result<()> {
    match verb {
        Submissions::Kept(verb) => ops::run(verb),
        Submissions::Verify(verify) => verify::run(verify),
        Submissions::Lost(lost) => lost::run(lost),
        #[cfg(feature = "aws")]
        Submissions::BackFill(back_fill) => back_fill::run(back_fill),
        #[cfg(not(feature = "aws"))]
        Submissions::BackFill(_) => Err(ops::without_aws()),
    }
}

/// `counterfoil inbox`.
pub(crate) fn inbox(list: List) -> anyhow::Result<()> {
    ops::run(&Kept::List(list))
}

impl Task for Kept {
    /// They take what forms there are: one that is broken keeps nobody from reading.
    fn needs_forms(&self) -> bool {
        false
    }

    fn who(&self) -> Option<&str> {
        match self {
            Self::Mark(mark) => mark.name.as_deref(),
            Self::List(_) | Self::Show(_) | Self::Export(_) => None,
        }
    }

    fn at(&self) -> &At {
        match self {
            Self::List(list) => &list.at,
            Self::Show(show) => &show.at,
            Self::Mark(mark) => &mark.at,
            Self::Export(export) => &export.at,
        }
    }

    async fn run(&self, place: &dyn Place) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list::run(list, place).await,
            Self::Show(show) => show::run(show, place).await,
            Self::Mark(mark) => mark::run(mark, place).await,
            Self::Export(export) => export::run(export, place).await,
        }
    }
}

/// Is it on this machine?
fn is_here(at: &At) -> bool {
    at.stack.is_none() && at.table.is_none()
}

/// Where the forms are: those of a stack are where it was deployed from.
fn forms_directory(at: &At) -> anyhow::Result<PathBuf> {
    match &at.forms {
        None if !is_here(at) => Ok("forms".into()),
        given => directory::existing(given.as_deref(), &at.data),
    }
}

/// Refuses what cannot be answered: on AWS the forms' directory alone says which forms there are.
fn forms_are_known(which: &Which, at: &At) -> anyhow::Result<()> {
    if which.form.is_some() || is_here(at) || sound_forms(at).iter().next().is_some() {
        return Ok(());
    }
    Err(configuration(
        "on AWS the forms' directory says which forms there are: name it with --forms, or one form with --form",
    ))
}

/// The forms, where they are sound.
fn sound_forms(at: &At) -> Forms {
    let directory = forms_directory(at).ok();
    directory
        .and_then(|directory| load(&directory).ok())
        .unwrap_or_default()
}
