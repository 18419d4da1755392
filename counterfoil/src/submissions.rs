//! `counterfoil submissions`: list, show, mark and export, in both homes, through the ports that the console reads by too; and
//! verify and lost, which read the data directory, whether a server runs or not.

mod columns;
mod export;
mod list;
mod lost;
mod mark;
mod show;
mod verify;

use std::path::{Path, PathBuf};

use counterfoil_core::{Entry, Fault, Forms};
use counterfoil_local::submissions::Filter;
use counterfoil_local::{DataDir, Reader};
use counterfoil_machine::forms::load;
use counterfoil_operations::harmless::harmless;
use counterfoil_operations::place::Place;
use counterfoil_operations::worklist::SortOrder;

pub(crate) use show::body;

use crate::cli::dead_letters::At;
use crate::cli::submissions::{Kept, List, Submissions, Which};
use crate::dead_letters::words::count;
use crate::exit::{Failure, configuration};
use crate::ops::{self, Task};
use crate::say;

/// Entries in one read: short, so that the server's log is not held open.
const PAGE: usize = 500;

pub(crate) fn run(verb: &Submissions) -> anyhow::Result<()> {
    match verb {
        Submissions::Kept(verb) => ops::run(verb),
        Submissions::Verify(verify) => verify::run(verify),
        Submissions::Lost(lost) => lost::run(lost),
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

/// Where the forms are: as given, else `forms` here, else in the data directory. Nothing is made there.
fn forms_directory(at: &At) -> PathBuf {
    let here = Path::new("forms");
    match &at.forms {
        Some(given) => given.clone(),
        None if here.is_dir() || !is_here(at) => here.into(),
        None => at.local.join(here),
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
    load(&forms_directory(at)).unwrap_or_default()
}

/// The data of a directory, to read only.
pub(crate) fn open(data: &Path) -> anyhow::Result<Reader> {
    let directory = DataDir::existing(data).map_err(configuration)?;
    Reader::open(&directory.database()).map_err(configuration)
}

/// What was met and cannot be shown, told on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Amiss {
    damaged: u64,
    structure: bool,
}

impl Amiss {
    /// Tells of damaged entries, each by its name.
    pub(crate) fn tell(&mut self, damaged: &[Fault]) {
        for fault in damaged {
            self.damaged += 1;
            say::note(format_args!(
                "counterfoil: {}",
                harmless(&fault.to_string(), false)
            ));
        }
    }

    /// Reads through how the file is put together: pages that are lost would take their entries along.
    pub(crate) fn look(&mut self, reader: &Reader) -> anyhow::Result<()> {
        if let Some(said) = reader.structure()? {
            self.structure = true;
            say::note(format_args!(
                "counterfoil: the database is damaged: {}",
                harmless(&said, false)
            ));
        }
        Ok(())
    }

    /// An error unless everything was whole.
    pub(crate) fn outcome(self) -> anyhow::Result<()> {
        let ask = "`counterfoil submissions verify` says what is wrong and what mends it";
        match (self.damaged, self.structure) {
            (0, false) => Ok(()),
            (0, true) => Err(Failure::Partly(format!(
                "submissions may be missing: the database is damaged; {ask}"
            ))
            .into()),
            (damaged, _) => {
                let which = count(damaged, "submission");
                Err(Failure::Partly(format!("{which} left out: damaged; {ask}")).into())
            }
        }
    }
}

/// Calls `see` with every entry, in the order of settling, in short reads. What is damaged is told and left out.
pub(crate) fn walk(
    reader: &Reader,
    filter: &Filter,
    see: &mut dyn FnMut(&Entry) -> anyhow::Result<()>,
) -> anyhow::Result<Amiss> {
    let (mut from, mut amiss) = (None, Amiss::default());
    amiss.look(reader)?;
    loop {
        let page = reader.page(filter, SortOrder::OldestFirst, from, PAGE)?;
        page.entries.iter().try_for_each(&mut *see)?;
        amiss.tell(&page.damaged);
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(amiss),
        }
    }
}
