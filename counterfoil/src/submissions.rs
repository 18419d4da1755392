//! `counterfoil submissions`: list, show, export, verify, lost. They read the data directory, whether a server runs or not.

mod csv;
mod export;
mod list;
mod lost;
mod show;
mod verify;

use counterfoil_core::{Entry, Fault};
use counterfoil_local::submissions::{Filter, Order};
use counterfoil_local::{DataDir, Reader};

pub(crate) use list::as_json;
pub(crate) use show::{body, whole};

use crate::cli::{self, Local};
use crate::dead_letters::words::count;
use crate::exit::{Failure, configuration};
use crate::say;
use counterfoil_operations::harmless::harmless;

/// Entries in one read: short, so that the server's log is not held open.
const PAGE: usize = 500;

pub(crate) fn run(verb: &cli::Submissions) -> anyhow::Result<()> {
    match verb {
        cli::Submissions::List(list) => list::run(list),
        cli::Submissions::Show(show) => show::run(show),
        cli::Submissions::Export(export) => export::run(export),
        cli::Submissions::Verify(verify) => verify::run(verify),
        cli::Submissions::Lost(lost) => lost::run(lost),
    }
}

/// The data of a directory, to read only.
pub(crate) fn open(local: &Local) -> anyhow::Result<Reader> {
    let directory = DataDir::existing(&local.local).map_err(configuration)?;
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
            say::note(format_args!("counterfoil: {}", harmless(&fault.to_string(), false)));
        }
    }

    /// Reads through how the file is put together: pages that are lost would take their entries along.
    pub(crate) fn look(&mut self, reader: &Reader) -> anyhow::Result<()> {
        if let Some(said) = reader.structure()? {
            self.structure = true;
            say::note(format_args!("counterfoil: the database is damaged: {}", harmless(&said, false)));
        }
        Ok(())
    }

    /// An error unless everything was whole.
    pub(crate) fn outcome(self) -> anyhow::Result<()> {
        let ask = "`counterfoil submissions verify` says what is wrong and what mends it";
        match (self.damaged, self.structure) {
            (0, false) => Ok(()),
            (0, true) => {
                Err(Failure::Partly(format!("submissions may be missing: the database is damaged; {ask}")).into())
            }
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
        let page = reader.page(filter, Order::OldestFirst, from, PAGE)?;
        page.entries.iter().try_for_each(&mut *see)?;
        amiss.tell(&page.damaged);
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(amiss),
        }
    }
}
