//! `counterfoil submissions`: list, show, export. They read the data directory, whether a server runs or not.

mod csv;
mod export;
mod list;
mod show;

use counterfoil_local::{DataDir, Reader};

pub(crate) use list::as_json;
pub(crate) use show::{body, whole};

use crate::cli::{self, Local};
use crate::exit::configuration;

pub(crate) fn run(verb: &cli::Submissions) -> anyhow::Result<()> {
    match verb {
        cli::Submissions::List(list) => list::run(list),
        cli::Submissions::Show(show) => show::run(show),
        cli::Submissions::Export(export) => export::run(export),
    }
}

/// The data of a directory, to read only.
fn open(local: &Local) -> anyhow::Result<Reader> {
    let directory = DataDir::existing(&local.local).map_err(configuration)?;
    Reader::open(&directory.database()).map_err(configuration)
}
