//! Notices that a publisher would never take: out of the way, and back into the outbox. What was set aside keeps its row of
//! the outbox, behind the cursors; a former version removed it, and then it is made again from the entry.

use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::parked::{Origin, Parked, What};
use counterfoil_core::ports::Publisher;
use counterfoil_core::{Cause, Code, Fault, FormId, SubmissionId, SubmissionRef};
use counterfoil_operations::notices::{Found, Heads, Mark, Page, Range};
use counterfoil_operations::ports::Notices;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::fault::fault;
use crate::outbox::{COLUMNS, announce, announced, cursor_of_all, done};
use crate::rows::{HEAD, HEAD_COLUMNS, Sql, head};
use crate::store::Store;
use crate::sums::damage;

/// A notice is made with its server's own stage when it goes out.
const STAGE: &str = "local";

/// Heads in one read.
const HEADS: usize = 500;

impl Publisher for Store {
    /// Puts them before the publishers, in one transaction; a server's publishes them.
    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        let changes: Vec<Change> = notices.iter().map(Notice::change).collect();
        let count = changes.len();
        let put = move |connection: &Connection| {
            changes
                .iter()
                .try_for_each(|change| announce(connection, change))
        };
        vec![self.writer().write(put).await; count]
    }
}

impl Notices for Store {
    /// The pages end where the first one says: what is set aside again while it is brought out is not among them.
    async fn parked(&self, from: Option<String>, most: usize) -> Result<Page, Fault> {
        let from = from.as_deref().and_then(|from| from.split_once(' '));
        let after = from.and_then(|(_, id)| place(id)).unwrap_or_default();
        let end = from.and_then(|(end, _)| end.parse::<i64>().ok());
        self.read(|connection| {
            let last = "SELECT coalesce(max(position), 0) FROM parked_notices";
            let end = end.map_or_else(|| connection.query_row(last, [], |row| row.get(0)), Ok)?;
            let sql = "SELECT form, id, seq, cause, publisher, position FROM parked_notices
                       WHERE (publisher, position) > (?1, ?2) AND position <= ?4 ORDER BY publisher, position LIMIT ?3";
            let mut select = connection.prepare_cached(sql)?;
            let rows: Vec<Found> = select
                .query_map(params![after.0, after.1, most, end], |row| parked(connection, row))?
                .collect::<rusqlite::Result<_>>()?;
            let next = rows.last().filter(|_| rows.len() == most).map(|last| format!("{end} {}", last.id));
            Ok(Page { rows, next })
        })
    }

    /// Nothing was kept from anybody.
    async fn give_back(&self, _found: &[Found]) -> Result<(), Fault> {
        Ok(())
    }

    async fn remove(&self, found: &Found) -> Result<(), Fault> {
        let (publisher, position) =
            place(&found.hold).ok_or_else(|| Fault::transient(Code::BadHold, "no hold of ours"))?;
        self.writer()
            .write(move |connection| {
                let sql = "DELETE FROM parked_notices WHERE publisher = ?1 AND position = ?2";
                connection.prepare_cached(sql)?.execute(params![publisher, position])?;
                let sql = "DELETE FROM outbox WHERE position = ?1 AND position <= ?2
                           AND NOT EXISTS (SELECT 1 FROM parked_notices AS parked WHERE parked.position = ?1)";
                let done = done(connection)?.unwrap_or(0);
                connection.prepare_cached(sql)?.execute(params![position, done]).map(|_| ())
            })
            .await
    }

    /// It is the head that is compared with the range, when it was found to be whole: one whose time was damaged would be
    /// left out without a word by the database.
    async fn changed(&self, range: &Range, from: Option<String>) -> Result<Heads, Fault> {
        let from: i64 = from
            .as_deref()
            .and_then(|from| from.parse().ok())
            .unwrap_or(i64::MIN);
        self.read(|connection| {
            let sql = format!(
                "SELECT {HEAD}, entry FROM entries WHERE entry > ?1 ORDER BY entry LIMIT ?2"
            );
            let mut select = connection.prepare_cached(&sql)?;
            let mut rows = select.query(params![from, HEADS])?;
            let (mut heads, mut read, mut last) = (Heads::default(), 0, from);
            while let Some(row) = rows.next()? {
                (read, last) = (read + 1, row.get(HEAD_COLUMNS)?);
                match head(row) {
                    Ok(head) => heads.rows.push(head),
                    Err(error) if damage(&error).is_some() => heads.unreadable.push(fault(&error)),
                    Err(error) => return Err(error),
                }
            }
            let is_of = |form: &FormId| range.form.as_ref().is_none_or(|wanted| wanted == form);
            heads
                .rows
                .retain(|head| head.updated_at >= range.since && is_of(&head.of.form));
            heads.next = (read == HEADS).then(|| last.to_string());
            Ok(heads)
        })
    }

    fn stage(&self) -> &str {
        STAGE
    }

    async fn mark(&self) -> Result<Mark, Fault> {
        self.read(|connection| {
            let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)";
            connection.query_row(sql, [], |row| row.get(0)).map(Mark)
        })
    }

    async fn is_out(&self, mark: &Mark) -> Result<bool, Fault> {
        self.read(
            |connection| Ok(cursor_of_all(connection)?.is_some_and(|cursor| cursor >= mark.0)),
        )
    }
}

/// A publisher and a position, as they stand in an id.
fn place(id: &str) -> Option<(String, i64)> {
    let (publisher, position) = id.rsplit_once('/')?;
    Some((publisher.to_owned(), position.parse().ok()?))
}

fn parked(connection: &Connection, row: &Row<'_>) -> rusqlite::Result<Found> {
    let (publisher, position): (String, i64) = (row.get(4)?, row.get(5)?);
    let id = format!("{publisher}/{position}");
    let cause = row.get::<_, Sql<Cause>>(3).map(|cause| cause.0);
    let cause = cause
        .unwrap_or_else(|_| Cause::new(Code::DamagedRow, "why it is set aside cannot be read"));
    let what = match change(connection, position)? {
        Some(change) => What::Notice(Box::new(Notice::new(&change, STAGE))),
        None => whose(row).unwrap_or(What::Nothing),
    };
    Ok(Found {
        hold: id.clone(),
        id,
        parked: Parked {
            what,
            cause,
            origin: Origin::default(),
        },
    })
}

/// The change at a position, where it is still there and whole.
fn change(connection: &Connection, position: i64) -> rusqlite::Result<Option<Change>> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE position = ?1");
    let found = connection
        .prepare_cached(&sql)?
        .query_row([position], announced)
        .optional();
    match found {
        Ok(found) => Ok(found.map(|announced| announced.change)),
        Err(error) if damage(&error).is_some() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whose change it was, and which, as far as that can be read.
fn whose(row: &Row<'_>) -> Option<What> {
    let (form, id) = (
        row.get::<_, Sql<FormId>>(0).ok()?.0,
        row.get::<_, Sql<SubmissionId>>(1).ok()?.0,
    );
    Some(What::Change(SubmissionRef { form, id }, row.get(2).ok()))
}
