//! Entries as verbs read them past every port, from the data directory itself, whether a server runs or not; and what was
//! submitted, for people.

use std::path::Path;

use counterfoil_core::{Body, Entry, Fault};
use counterfoil_local::submissions::Filter;
use counterfoil_local::{DataDir, Reader};
use counterfoil_operations::harmless::harmless;
use counterfoil_operations::worklist::SortOrder;
use serde_json::Value;

use crate::exit::{Failure, configuration};
use crate::say;
use crate::words::count;

/// Entries in one read: short, so that the server's log is not held open.
pub(crate) const PAGE: usize = 500;

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
        let ask = "`counterfoil submissions verify` says what is wrong and what fixes it";
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

/// What was submitted, for people.
pub(crate) fn body(body: &Body) -> String {
    match body {
        Body::Payload(payload) => payload
            .fields()
            .iter()
            .map(|(name, value)| field(name, value))
            .collect(),
        Body::Raw(bytes) => format!("  {}\n", harmless(&String::from_utf8_lossy(bytes), true)),
        Body::Erased => "  (erased)\n".to_owned(),
    }
}

fn field(name: &str, value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned);
    format!(
        "  {}: {}\n",
        harmless(name, false),
        harmless(&text, true).replace('\n', "\n    ")
    )
}
