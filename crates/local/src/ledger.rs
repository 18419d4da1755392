//! The ledger on SQLite: each write of an entry also writes its history and its place in the outbox, in the
//! same transaction.

use counterfoil_core::notice::Change;
use counterfoil_core::ports::{Entries, Ledger, Polls, Uptime, Write};
use counterfoil_core::{Body, Entry, Fault, Head, SubmissionRef, Timestamp};
use counterfoil_operations::history::{Action, Edit, Line};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use crate::boots::{self, millis};
use crate::history::remember;
use crate::lost::count_settled;
use crate::marks;
use crate::outbox::announce;
use crate::rows::{
    HEAD, Sums, Term, body_columns, body_sum, checked, head, head_columns, kind, term,
};
use crate::search;
use crate::store::Store;
use crate::sums::{Sum, short};

impl Ledger for Store {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        let (entry, uptime) = (entry.clone(), self.uptime());
        self.writer()
            .write(move |connection| insert(connection, &entry, &uptime))
            .await
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        let (next, uptime) = (next.clone(), self.uptime());
        self.writer()
            .write(move |connection| {
                change(
                    connection,
                    Next {
                        head: &next,
                        uptime: &uptime,
                    },
                    None,
                    None,
                )
            })
            .await
    }

    async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
        let (Entry { head, body }, uptime) = (next.clone(), self.uptime());
        let line = Line::from_change(&head, None, None);
        self.writer()
            .write(move |connection| {
                supersede(
                    connection,
                    Next {
                        head: &head,
                        uptime: &uptime,
                    },
                    &line,
                    Some(&body),
                )
            })
            .await
    }
}

impl Entries for Store {
    async fn entry(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        self.reader().entry(of)
    }
}

impl Polls for Store {
    async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.read(|connection| find(connection, of))
    }
}

fn insert(connection: &Connection, entry: &Entry, uptime: &Uptime) -> rusqlite::Result<Write> {
    let (head, of) = (&entry.head, &entry.head.of);
    let (kind, body) = body_columns(&entry.body);
    let columns = head_columns(head, term_of(connection, head, uptime)?, kind);
    let sums = Sums::compute(columns.iter().map(ValueRef::from), body_sum(&body));
    let mut statement = connection.prepare_cached(&format!(
        "INSERT INTO entries ({HEAD}, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
         ON CONFLICT (id, form) DO NOTHING"
    ))?;
    let written = statement.execute(params_from_iter(
        columns.into_iter().chain([sums.column(), body]),
    ))?;
    if written == 0 {
        return Ok(Write::Refused(find(connection, of)?.map(Box::new)));
    }
    count_settled(connection, &of.form, 1)?;
    if let Some(line) = Line::of_first(head) {
        remember(connection, of, &line)?;
    }
    announce(connection, &Change::from_head(head))?;
    Ok(Write::Done)
}

/// In which boot, and at what uptime, the retention of a row ends: what is kept for a while is kept for as long as it was
/// promised, whatever the clock says meanwhile.
fn term_of(connection: &Connection, head: &Head, uptime: &Uptime) -> rusqlite::Result<Term> {
    let ends = |at: Timestamp| uptime.up.saturating_add(at.since(head.updated_at));
    let Some(ends) = head.expires_at.map(ends) else {
        return Ok(None);
    };
    Ok(Some((
        boots::number(connection, uptime, head.updated_at)?,
        millis(ends),
    )))
}

/// The head that a row is to have, and how long the machine is up: its retention may begin now.
#[derive(Clone, Copy)]
pub(crate) struct Next<'a> {
    pub(crate) head: &'a Head,
    pub(crate) uptime: &'a Uptime,
}

/// What is written of a row, but for its body.
struct Columns<'a> {
    head: &'a Head,
    term: Term,
}

/// Replaces a row by the one after it: a verdict's, or a deed's, which may also replace the body.
pub(crate) fn change(
    connection: &Connection,
    next: Next<'_>,
    deed: Option<&Action>,
    edit: Option<&Edit>,
) -> rusqlite::Result<Write> {
    let body = edit.map(|edit| Body::Payload(edit.after.clone()));
    supersede(
        connection,
        next,
        &Line::from_change(next.head, deed, edit),
        body.as_ref(),
    )
}

/// Replaces a row, and its body where one is given; `line` tells why.
fn supersede(
    connection: &Connection,
    next: Next<'_>,
    line: &Line,
    body: Option<&Body>,
) -> rusqlite::Result<Write> {
    let Next { head: next, uptime } = next;
    let before = match found(connection, &next.of)? {
        Some(row) if row.head.seq + 1 == next.seq => row,
        other => return Ok(Write::Refused(other.map(|row| Box::new(row.head)))),
    };
    let term = if next.expires_at == before.head.expires_at {
        before.term
    } else {
        term_of(connection, next, uptime)?
    };
    let columns = Columns { head: next, term };
    overwrite(connection, &before, columns, body)?;
    remember(connection, &next.of, line)?;
    if next.is_news(&before.head) {
        announce(connection, &Change::from_head(next))?;
    } else if body.is_some() {
        search::note(connection, &next.of)?;
    }
    Ok(Write::Done)
}

/// Leaves of a row only its head, which is `next`: what was submitted is gone, and its history, which holds some of it.
/// Nobody is told but the index of words.
pub(crate) fn expire(
    connection: &Connection,
    next: &Head,
    uptime: &Uptime,
) -> rusqlite::Result<()> {
    let Some(before) = found(connection, &next.of)? else {
        return Ok(());
    };
    let term = term_of(connection, next, uptime)?;
    let columns = Columns { head: next, term };
    overwrite(connection, &before, columns, Some(&Body::Erased))?;
    search::note(connection, &next.of)?;
    forget_history(connection, &next.of)
}

/// Removes what is left of a row.
pub(crate) fn remove(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<()> {
    forget_history(connection, of)?;
    marks::forget(connection, of)?;
    count_settled(connection, &of.form, -1)?;
    let sql = "DELETE FROM entries WHERE id = ?2 AND form = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![of.form.as_str(), of.id.as_bytes()])
        .map(|_| ())
}

fn forget_history(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<()> {
    let sql = "DELETE FROM history WHERE id = ?2 AND form = ?1";
    connection
        .prepare_cached(sql)?
        .execute(params![of.form.as_str(), of.id.as_bytes()])
        .map(|_| ())
}

/// Every column of a row, by `next`; its body stays unless another is given.
fn overwrite(
    connection: &Connection,
    before: &Found,
    Columns { head: next, term }: Columns<'_>,
    body: Option<&Body>,
) -> rusqlite::Result<()> {
    if body == Some(&Body::Erased) {
        marks::forget(connection, &next.of)?;
    }
    let (kind, sum) = match body.map(body_columns) {
        Some((kind, body)) => {
            let sql = "UPDATE entries SET body = ?3 WHERE id = ?2 AND form = ?1";
            let sum = body_sum(&body);
            connection.prepare_cached(sql)?.execute(params![
                next.of.form.as_str(),
                next.of.id.as_bytes(),
                body
            ])?;
            (kind, sum)
        }
        None => (before.kind, kept_sum(connection, before)?),
    };
    let columns = head_columns(next, term, kind);
    let sums = Sums::compute(columns.iter().map(ValueRef::from), sum);
    let mut statement = connection.prepare_cached(
        "UPDATE entries SET state = ?3, seq = ?4, run = ?5, verdict_run = ?6, content = ?7, payload_hash = ?8,
                            schema = ?9, received_at = ?10, updated_at = ?11, attempts = ?12, cause = ?13, hold = ?14,
                            expires_at = ?15, boot = ?16, expires_up = ?17, body_kind = ?18, sum = ?19
         WHERE id = ?2 AND form = ?1",
    )?;
    statement
        .execute(params_from_iter(columns.into_iter().chain([sums.column()])))
        .map(|_| ())
}

/// The sum of a body that stays. A row of a former version has none: its payload has a hash of its own.
fn kept_sum(connection: &Connection, row: &Found) -> rusqlite::Result<Sum> {
    match (&row.sums, row.kind, &row.head.payload_hash) {
        (Some(sums), ..) => Ok(sums.body),
        (None, 0, Some(hash)) => Ok(short(hash)),
        (None, ..) => {
            let sql = "SELECT body FROM entries WHERE id = ?1 AND form = ?2";
            let of = &row.head.of;
            let body: Value = connection
                .prepare_cached(sql)?
                .query_row(params![of.id.as_bytes(), of.form.as_str()], |row| {
                    row.get(0)
                })?;
            Ok(body_sum(&body))
        }
    }
}

/// A row without its body.
struct Found {
    head: Head,
    term: Term,
    kind: i64,
    sums: Option<Sums>,
}

/// The row of a submission, without its body.
pub(crate) fn find(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Option<Head>> {
    Ok(found(connection, of)?.map(|row| row.head))
}

fn found(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Option<Found>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {HEAD} FROM entries WHERE id = ?1 AND form = ?2"
    ))?;
    let row = |row: &Row<'_>| {
        Ok(Found {
            head: head(row)?,
            term: term(row)?,
            kind: kind(row)?,
            sums: checked(row)?,
        })
    };
    statement
        .query_row(params![of.id.as_bytes(), of.form.as_str()], row)
        .optional()
}
