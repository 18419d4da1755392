//! Entries as their owner reads them: a page is a walk along an index, from a place on, and a look at each row on it.
//!
//! The index tells place and state; the row is checked against its sum, and then against the index. What is damaged is
//! told and not left out: where the row is, by its place in the index; where the index is, because the row says otherwise.

mod walk;

use counterfoil_core::{Code, Entry, Fault};
use counterfoil_operations::catalogue::scan::{Sought, scan};
use counterfoil_operations::catalogue::{
    Catalogue, Count, Scope, Search, Sheet, Shown, Spot, Turn,
};
use counterfoil_operations::marks::Marks;
use rusqlite::{Connection, OptionalExtension};

use crate::fault::fault;
use crate::marks;
use crate::reader::Reader;
use crate::rows::{HEAD, entry};
use crate::search::Matches;
use crate::store::Store;
use crate::sums::{Damaged, damage};
use walk::Key;

/// Entries are counted up to here.
pub const COUNTED: u64 = 10_000;
/// Entries that are read for one page of a search.
const SCANNED: u64 = 2_000;

/// What is said of an entry whose row is whole, and stands elsewhere.
const MISPLACED: &str =
    "an index has it in another place or state; `sqlite3 counterfoil.db REINDEX` fixes that";

impl Catalogue for Reader {
    async fn list(&self, scope: &Scope, turn: &Turn) -> Result<Sheet, Fault> {
        self.read(|connection| {
            // One moment for all of it: what is changed meanwhile is not taken for damage.
            let _moment = connection.unchecked_transaction()?;
            list(connection, scope, turn)
        })
    }

    async fn count(&self, scope: &Scope) -> Result<Count, Fault> {
        let there = self.read(|connection| {
            let _moment = connection.unchecked_transaction()?;
            walk::count(connection, scope, COUNTED + 1)
        })?;
        Ok(Count {
            number: there.min(COUNTED),
            is_more: there > COUNTED,
        })
    }

    /// Reads the catalogue, because whoever only reads cannot keep an index: a [`Store`] has one.
    async fn search(&self, scope: &Scope, search: &Search, turn: &Turn) -> Result<Sheet, Fault> {
        scan(self, Sought { scope, search }, turn, SCANNED).await
    }
}

impl Catalogue for Store {
    async fn list(&self, scope: &Scope, turn: &Turn) -> Result<Sheet, Fault> {
        self.reader().list(scope, turn).await
    }

    async fn count(&self, scope: &Scope) -> Result<Count, Fault> {
        Catalogue::count(self.reader(), scope).await
    }

    /// As long as there is no index, or none can be read, so many entries are read through for each page.
    async fn search(&self, scope: &Scope, search: &Search, turn: &Turn) -> Result<Sheet, Fault> {
        let Matches {
            entries,
            mut damaged,
            read,
            next,
        } = match self.matches(scope, search, turn).await {
            Err(fault) if is_without_index(&fault) => {
                return scan(self.reader(), Sought { scope, search }, turn, SCANNED).await;
            }
            other => other?,
        };
        let shown = |entry| self.read(|connection| shown(connection, entry, &mut damaged));
        let rows = entries.into_iter().map(shown).collect::<Result<_, _>>()?;
        Ok(Sheet {
            rows,
            damaged,
            read,
            next,
            is_read_through: false,
        })
    }
}

/// Is it the index alone that does not answer?
fn is_without_index(fault: &Fault) -> bool {
    let code = fault.cause().code;
    [Code::IndexBeingBuilt, Code::NoSearch]
        .iter()
        .any(|index| index.as_str() == code)
}

fn list(connection: &Connection, scope: &Scope, turn: &Turn) -> rusqlite::Result<Sheet> {
    let walked = walk::walk(connection, scope, turn)?;
    let mut sheet = Sheet {
        read: walked.read,
        next: walked.next,
        ..Sheet::default()
    };
    for key in &walked.keys {
        match whole(connection, key) {
            Ok(entry) => sheet
                .rows
                .push(shown(connection, entry, &mut sheet.damaged)?),
            Err(error) if damage(&error).is_some() => sheet.damaged.push(fault(&error)),
            Err(error) => return Err(error),
        }
    }
    Ok(sheet)
}

/// The row that an index names, when both are whole.
fn whole(connection: &Connection, key: &Key) -> rusqlite::Result<Entry> {
    let sql = format!("SELECT {HEAD}, body FROM entries WHERE entry = ?1");
    let found = connection
        .prepare_cached(&sql)?
        .query_row([key.entry], entry)
        .optional()?;
    let fits = |entry: &Entry| {
        Some(Spot::from_entry(entry)) == key.spot && entry.head.state.as_str() == key.state
    };
    let whose = key
        .spot
        .as_ref()
        .map_or_else(|| "an entry".to_owned(), |spot| spot.of.to_string());
    Ok(found.filter(fits).ok_or(Damaged {
        whose,
        what: MISPLACED,
    })?)
}

/// An entry with its marks. Where these are damaged it is shown without, and they are told.
fn shown(
    connection: &Connection,
    entry: Entry,
    damaged: &mut Vec<Fault>,
) -> rusqlite::Result<Shown> {
    let marks = match marks::read(connection, &Spot::from_entry(&entry)) {
        Ok(marks) => marks,
        Err(error) if damage(&error).is_some() => {
            damaged.push(fault(&error));
            Marks::default()
        }
        Err(error) => return Err(error),
    };
    Ok(Shown { entry, marks })
}
