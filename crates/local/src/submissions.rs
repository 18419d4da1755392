//! Reads entries for people: pages in the order of settling, each a short read, so that listing a million
//! neither fills the memory nor holds the server's log open.

use counterfoil_core::{Entry, Fault, FormId, State, SubmissionRef};
use counterfoil_operations::worklist::SortOrder;
use rusqlite::{OptionalExtension, Row, params};

use crate::fault::fault;
use crate::reader::Reader;
use crate::rows::{HEAD, HEAD_COLUMNS, entry, head};
use crate::sums::damage;

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

/// Entries after a place, and the place to go on from. It may be short of what was asked for, or empty, and not the last.
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// What is wrong with each that would be among them, perhaps, and is damaged. Whatever it says is not to be believed.
    pub damaged: Vec<Fault>,
    /// Give this as `from` for the next page; `None`: this was the last.
    pub next: Option<i64>,
}

impl Reader {
    /// The page of at most `most` entries that come after the place `from` in this order.
    ///
    /// It is the entry that is compared with the filter, when it was found to be whole: one whose state was damaged would
    /// be left out without a word by the database.
    pub fn page(
        &self,
        filter: &Filter,
        order: SortOrder,
        from: Option<i64>,
        most: usize,
    ) -> Result<Page, Fault> {
        let (start, beyond, direction) = match order {
            SortOrder::OldestFirst => (i64::MIN, ">", "ASC"),
            SortOrder::NewestFirst => (i64::MAX, "<", "DESC"),
        };
        let sql = format!(
            "SELECT {HEAD}, CASE WHEN (?2 IS NULL OR form = ?2) AND {} THEN body END, entry
             FROM entries WHERE entry {beyond} ?1 ORDER BY entry {direction} LIMIT ?4",
            in_state(3)
        );
        let form = filter.form.as_ref().map(FormId::as_str);
        let values = params![
            from.unwrap_or(start),
            form,
            filter.state.map(State::as_str),
            most
        ];
        self.read(|connection| {
            let mut page = Page {
                entries: Vec::new(),
                damaged: Vec::new(),
                next: None,
            };
            let (mut read, mut last) = (0, None);
            let mut select = connection.prepare_cached(&sql)?;
            let mut rows = select.query(values)?;
            while let Some(row) = rows.next()? {
                let place = row.get(HEAD_COLUMNS + 1)?;
                (read, last) = (read + 1, Some(place));
                match wanted(row, filter, place) {
                    Ok(entry) => page.entries.extend(entry),
                    Err(error) if damage(&error).is_some() => page.damaged.push(fault(&error)),
                    Err(error) => return Err(error),
                }
            }
            page.next = last.filter(|_| read == most);
            Ok(page)
        })
    }

    /// Reads through how the file is put together, and says what is wrong with that. A page that was lost would take its
    /// entries along, and no checksum would tell.
    pub fn structure(&self) -> Result<Option<String>, Fault> {
        self.read(|connection| {
            let said: String =
                connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
            Ok(Some(said).filter(|said| said != "ok"))
        })
    }

    /// The place of the entry that was settled last; what comes later is not part of a listing bounded by it.
    pub fn last_place(&self) -> Result<i64, Fault> {
        self.read(|connection| {
            connection.query_row("SELECT coalesce(max(entry), 0) FROM entries", [], |row| {
                row.get(0)
            })
        })
    }

    /// One entry, with its body.
    pub fn entry(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        self.read(|connection| {
            let sql = format!("SELECT {HEAD}, body FROM entries WHERE id = ?1 AND form = ?2");
            let mut select = connection.prepare_cached(&sql)?;
            select
                .query_row(params![of.id.as_bytes(), of.form.as_str()], entry)
                .optional()
        })
    }

    /// How many entries there are, for a progress bar: exact at the time of asking.
    pub fn count(&self, filter: &Filter) -> Result<u64, Fault> {
        self.read(|connection| {
            let sql = format!(
                "SELECT count(*) FROM entries WHERE (?1 IS NULL OR form = ?1) AND {}",
                in_state(2)
            );
            let form = filter.form.as_ref().map(FormId::as_str);
            connection.query_row(
                &sql,
                params![form, filter.state.map(State::as_str)],
                |row| row.get(0),
            )
        })
    }
}

/// The condition on the state that is given as this value: without one, whatever has not expired.
fn in_state(value: u8) -> String {
    format!(
        "(state IS NOT '{}' AND ?{value} IS NULL OR state = ?{value})",
        State::Expired
    )
}

/// The entry of a row, where the filter takes it.
fn wanted(row: &Row<'_>, filter: &Filter, place: i64) -> rusqlite::Result<Option<Entry>> {
    let head = head(row)?;
    let takes = filter
        .form
        .as_ref()
        .is_none_or(|form| *form == head.of.form)
        && filter
            .state
            .map_or(head.state != State::Expired, |state| state == head.state)
        && filter.up_to.is_none_or(|up_to| place <= up_to);
    takes.then(|| entry(row)).transpose()
}
