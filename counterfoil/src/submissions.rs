//! `counterfoil submissions`: list, show, export, lost. They read the data directory, whether a server runs or not.

mod csv;
mod export;
mod list;
mod lost;
mod show;

use counterfoil_core::Entry;
use counterfoil_local::submissions::{Filter, Order};
use counterfoil_local::{DataDir, Reader};

pub(crate) use list::as_json;
pub(crate) use show::{body, whole};

use crate::cli::{self, Local};
use crate::exit::configuration;

/// Entries in one read: short, so that the server's log is not held open.
const PAGE: usize = 500;

pub(crate) fn run(verb: &cli::Submissions) -> anyhow::Result<()> {
    match verb {
        cli::Submissions::List(list) => list::run(list),
        cli::Submissions::Show(show) => show::run(show),
        cli::Submissions::Export(export) => export::run(export),
        cli::Submissions::Lost(lost) => lost::run(lost),
    }
}

/// The data of a directory, to read only.
pub(crate) fn open(local: &Local) -> anyhow::Result<Reader> {
    let directory = DataDir::existing(&local.local).map_err(configuration)?;
    Reader::open(&directory.database()).map_err(configuration)
}

/// Calls `see` with every entry, in the order of settling, in short reads.
pub(crate) fn walk(
    reader: &Reader,
    filter: &Filter,
    see: &mut dyn FnMut(&Entry) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut from = None;
    loop {
        let page = reader.page(filter, Order::OldestFirst, from, PAGE)?;
        page.entries.iter().try_for_each(&mut *see)?;
        match page.next {
            Some(next) => from = Some(next),
            None => return Ok(()),
        }
    }
}
