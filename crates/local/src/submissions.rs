//! Reads entries for people: pages in the order of settling, each a short read, so that listing a million
//! neither fills the memory nor holds the server's log open.

use counterfoil_core::{Entry, Fault, FormId, State, SubmissionRef};
use rusqlite::{OptionalExtension, params};

use crate::rows::{HEAD, HEAD_COLUMNS, body, head};
use crate::store::Store;

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of this form.
    pub form: Option<FormId>,
    /// Only in this state.
    pub state: Option<State>,
}

/// Entries after a place, and the place to go on from.
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Give this as `after` for the next page; `None`: this was the last.
    pub next: Option<i64>,
}

/// One entry and its place in the order of settling.
type Placed = (i64, Entry);

impl Store {
    /// One page of at most `most` entries after the place `after` (0: from the start).
    pub fn page(&self, filter: &Filter, after: i64, most: usize) -> Result<Page, Fault> {
        let rows: Vec<Placed> = self.read(|connection| {
            let sql = format!(
                "SELECT {HEAD}, body_kind, body, entry FROM entries
                 WHERE entry > ?1 AND (?2 IS NULL OR form = ?2) AND (?3 IS NULL OR state = ?3)
                 ORDER BY entry LIMIT ?4"
            );
            let form = filter.form.as_ref().map(FormId::as_str);
            let state = filter.state.map(State::as_str);
            connection.prepare_cached(&sql)?.query_map(params![after, form, state, most], placed)?.collect()
        })?;
        let next = rows.last().filter(|_| rows.len() == most).map(|(place, _)| *place);
        Ok(Page { entries: rows.into_iter().map(|(_, entry)| entry).collect(), next })
    }

    /// One entry, with its body.
    pub fn entry(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        self.read(|connection| {
            let sql = format!("SELECT {HEAD}, body_kind, body, entry FROM entries WHERE id = ?1 AND form = ?2");
            let mut select = connection.prepare_cached(&sql)?;
            let found = select.query_row(params![of.id.as_bytes(), of.form.as_str()], placed).optional()?;
            Ok(found.map(|(_, entry)| entry))
        })
    }

    /// How many entries there are, for a progress bar: exact at the time of asking.
    pub fn count(&self, filter: &Filter) -> Result<u64, Fault> {
        self.read(|connection| {
            let sql = "SELECT count(*) FROM entries WHERE (?1 IS NULL OR form = ?1) AND (?2 IS NULL OR state = ?2)";
            let form = filter.form.as_ref().map(FormId::as_str);
            connection.query_row(sql, params![form, filter.state.map(State::as_str)], |row| row.get(0))
        })
    }
}

fn placed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Placed> {
    let entry = Entry { head: head(row)?, body: body(row, HEAD_COLUMNS)? };
    Ok((row.get(HEAD_COLUMNS + 2)?, entry))
}
