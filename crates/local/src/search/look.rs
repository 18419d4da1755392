//! Looks words up in the index, page by page.

use std::path::Path;

use counterfoil_core::{FormId, SubmissionId, SubmissionRef};
use counterfoil_operations::catalogue::{Scope, Spot, Turn};
use counterfoil_operations::worklist::SortOrder;
use rusqlite::{Connection, Row, params};

use super::file::{self, Broken, Which};
use super::index::progress;
use super::place::{Found, Gathered, asked, moment, places};
use crate::rows::Sql;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    pub(super) scope: Scope,
    /// The question after words, as FTS5 reads it.
    pub(super) words: String,
    pub(super) turn: Turn,
}

/// What the index says.
pub(super) enum Looked {
    /// A page, and where the next one starts.
    Page(Vec<Found>, Option<Spot>),
    /// Entries have been read through up to this one, and not to the end.
    Building(i64),
}

/// Asks the index at `path`. One that is damaged is thrown away: whoever feeds it makes another.
pub(super) fn look(path: &Path, asked: &Lookup) -> Result<Looked, Broken> {
    let which = Which::at(path)?;
    let looked = file::open_for_reading(path).and_then(|connection| look_up(&connection, asked));
    if matches!(looked, Err(Broken::Damaged(_)))
        && Which::at(path).is_ok_and(|found| found == which)
    {
        file::throw_away(path)?;
    }
    looked
}

fn look_up(connection: &Connection, asked: &Lookup) -> Result<Looked, Broken> {
    let progress = progress(connection)?;
    if !progress.is_whole {
        return Ok(Looked::Building(progress.walked));
    }
    let direction = match asked.turn.order {
        SortOrder::OldestFirst => "ASC",
        SortOrder::NewestFirst => "DESC",
    };
    // FTS5 gives its rows in the order of their places; the other table must not be asked first.
    let sql = format!(
        "SELECT docs.doc, docs.form, docs.id FROM words CROSS JOIN docs ON docs.doc = words.rowid
         WHERE words MATCH ?1 AND words.rowid >= ?2 AND words.rowid < ?3 ORDER BY words.rowid {direction}"
    );
    let (first, end) = places(&asked.scope, &asked.turn);
    let question = format!("{}{}", asked.words, self::asked(&asked.scope));
    let mut select = connection.prepare(&sql)?;
    let mut rows = select.query(params![question, first, end])?;
    let mut gathered = Gathered::new(&asked.turn);
    while let Some(row) = rows.next()? {
        if !gathered.take(found(row)?) {
            break;
        }
    }
    let (found, next) = gathered.page();
    Ok(Looked::Page(found, next))
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    let of = SubmissionRef {
        form: row.get::<_, Sql<FormId>>(1)?.0,
        id: row.get::<_, Sql<SubmissionId>>(2)?.0,
    };
    Ok(Found {
        at: moment(row.get(0)?),
        of,
    })
}
