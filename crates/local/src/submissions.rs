//! Reads entries for people: pages in the order of settling, each a short read, so that listing a million
//! neither fills the memory nor holds the server's log open.

use counterfoil_core::{Entry, Fault, FormId, State, SubmissionRef};
use rusqlite::{OptionalExtension, params};

use crate::reader::Reader;
use crate::rows::{HEAD, HEAD_COLUMNS, body, head};

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of this form.
    pub form: Option<FormId>,
    /// Only in this state. `None`: in any, but for what is left of those whose retention is over.
    pub state: Option<State>,
    /// Only those settled no later than this place: see [`Reader::last_place`].
    pub up_to: Option<i64>,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In the order of settling.
    OldestFirst,
    /// The other way round.
    NewestFirst,
}

/// Entries after a place, and the place to go on from.
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Give this as `from` for the next page; `None`: this was the last.
    pub next: Option<i64>,
}

/// One entry and its place in the order of settling.
type Placed = (i64, Entry);

impl Reader {
    /// One page of at most `most` entries that come after the place `from` in this order.
    pub fn page(&self, filter: &Filter, order: Order, from: Option<i64>, most: usize) -> Result<Page, Fault> {
        let (start, beyond, direction) = match order {
            Order::OldestFirst => (i64::MIN, ">", "ASC"),
            Order::NewestFirst => (i64::MAX, "<", "DESC"),
        };
        let rows: Vec<Placed> = self.read(|connection| {
            let sql = format!(
                "SELECT {HEAD}, body_kind, body, entry FROM entries
                 WHERE entry {beyond} ?1 AND entry <= ?2 AND (?3 IS NULL OR form = ?3) AND {}
                 ORDER BY entry {direction} LIMIT ?5",
                in_state(4)
            );
            let form = filter.form.as_ref().map(FormId::as_str);
            let up_to = filter.up_to.unwrap_or(i64::MAX);
            let values = params![from.unwrap_or(start), up_to, form, filter.state.map(State::as_str), most];
            connection.prepare_cached(&sql)?.query_map(values, placed)?.collect()
        })?;
        let next = rows.last().filter(|_| rows.len() == most).map(|(place, _)| *place);
        Ok(Page { entries: rows.into_iter().map(|(_, entry)| entry).collect(), next })
    }

    /// The place of the entry that was settled last; what comes later is not part of a listing bounded by it.
    pub fn last_place(&self) -> Result<i64, Fault> {
        self.read(|connection| {
            connection.query_row("SELECT coalesce(max(entry), 0) FROM entries", [], |row| row.get(0))
        })
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
            let sql = format!("SELECT count(*) FROM entries WHERE (?1 IS NULL OR form = ?1) AND {}", in_state(2));
            let form = filter.form.as_ref().map(FormId::as_str);
            connection.query_row(&sql, params![form, filter.state.map(State::as_str)], |row| row.get(0))
        })
    }
}

/// The condition on the state that is given as this value.
fn in_state(value: u8) -> String {
    format!("(state IS NOT '{}' AND ?{value} IS NULL OR state = ?{value})", State::Expired)
}

fn placed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Placed> {
    let entry = Entry { head: head(row)?, body: body(row, HEAD_COLUMNS)? };
    Ok((row.get(HEAD_COLUMNS + 2)?, entry))
}
