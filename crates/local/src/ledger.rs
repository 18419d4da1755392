//! The ledger on SQLite: each write of an entry also writes its history and its place in the outbox, in the
//! same transaction.

use counterfoil_core::operations::history::{Deed, Edit, Line};
use counterfoil_core::ports::{Entries, Ledger, Polls, Uptime, Write};
use counterfoil_core::{Body, Entry, Fault, Head, SubmissionRef, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use crate::boots::{self, millis};
use crate::history::remember;
use crate::lost::count_settled;
use crate::rows::{HEAD, body_columns, cause_column, head};
use crate::store::Store;

impl Ledger for Store {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        let (entry, uptime) = (entry.clone(), self.uptime());
        self.writer().write(move |connection| insert(connection, &entry, &uptime)).await
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        let (next, uptime) = (next.clone(), self.uptime());
        self.writer().write(move |connection| change(connection, (&next, &uptime), None, None)).await
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
    let Head { of, .. } = &entry.head;
    let term = term(connection, &entry.head, uptime)?;
    let (kind, body) = body_columns(&entry.body);
    let mut statement = connection.prepare_cached(
        "INSERT INTO entries (form, id, state, seq, run, verdict_run, content, payload_hash, schema,
                              received_at, updated_at, attempts, cause, hold, expires_at, body_kind, body,
                              boot, expires_up)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
         ON CONFLICT (id, form) DO NOTHING",
    )?;
    let head = &entry.head;
    let written = statement.execute(params![
        of.form.as_str(),
        of.id.as_bytes(),
        head.state.as_str(),
        head.seq,
        head.run,
        head.verdict_run,
        head.content.as_ref().map(|hash| hash.as_bytes()),
        head.payload_hash.as_ref().map(|hash| hash.as_bytes()),
        head.schema,
        head.received_at.as_millis(),
        head.updated_at.as_millis(),
        head.attempts,
        cause_column(head.cause.as_ref()),
        head.hold,
        head.expires_at.map(|at| at.as_millis()),
        kind,
        body,
        term.map(|(boot, _)| boot),
        term.map(|(_, up)| up),
    ])?;
    if written == 0 {
        return Ok(Write::Refused(find(connection, of)?.map(Box::new)));
    }
    count_settled(connection, &of.form, 1)?;
    if let Some(line) = Line::of_first(head) {
        remember(connection, of, &line)?;
    }
    announce(connection, head)?;
    Ok(Write::Done)
}

/// In which boot, and at what uptime, the retention of a row ends: what is kept for a while is kept for as long as it was
/// promised, whatever the clock says meanwhile.
fn term(connection: &Connection, head: &Head, uptime: &Uptime) -> rusqlite::Result<Option<(i64, i64)>> {
    let ends = |at: Timestamp| uptime.up.saturating_add(at.since(head.updated_at));
    let Some(ends) = head.expires_at.map(ends) else { return Ok(None) };
    Ok(Some((boots::number(connection, uptime, head.updated_at)?, millis(ends))))
}

/// Replaces a row by the one after it: a verdict's, or a deed's, which may also replace the body.
pub(crate) fn change(
    connection: &Connection,
    (next, uptime): (&Head, &Uptime),
    deed: Option<&Deed>,
    edit: Option<&Edit>,
) -> rusqlite::Result<Write> {
    let before = match find(connection, &next.of)? {
        Some(before) if before.seq + 1 == next.seq => before,
        other => return Ok(Write::Refused(other.map(Box::new))),
    };
    rewrite(connection, next)?;
    if next.expires_at != before.expires_at {
        set_term(connection, &next.of, term(connection, next, uptime)?)?;
    }
    if let Some(edit) = edit {
        replace(connection, &next.of, &Body::Payload(edit.after.clone()))?;
    }
    remember(connection, &next.of, &Line::of(next, deed, edit))?;
    if next.is_news(&before) {
        announce(connection, next)?;
    }
    Ok(Write::Done)
}

/// Leaves of a row only its head, which is `next`: what was submitted is gone, and its history, which holds some of it.
/// Nobody is told.
pub(crate) fn expire(connection: &Connection, next: &Head, uptime: &Uptime) -> rusqlite::Result<()> {
    rewrite(connection, next)?;
    set_term(connection, &next.of, term(connection, next, uptime)?)?;
    replace(connection, &next.of, &Body::Erased)?;
    forget_history(connection, &next.of)
}

/// Removes what is left of a row.
pub(crate) fn remove(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<()> {
    forget_history(connection, of)?;
    count_settled(connection, &of.form, -1)?;
    let sql = "DELETE FROM entries WHERE id = ?2 AND form = ?1";
    connection.prepare_cached(sql)?.execute(params![of.form.as_str(), of.id.as_bytes()]).map(|_| ())
}

fn forget_history(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<()> {
    let sql = "DELETE FROM history WHERE id = ?2 AND form = ?1";
    connection.prepare_cached(sql)?.execute(params![of.form.as_str(), of.id.as_bytes()]).map(|_| ())
}

/// Writes all of a head over the row's, but what never changes.
fn rewrite(connection: &Connection, next: &Head) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE entries SET state = ?3, seq = ?4, run = ?5, verdict_run = ?6, updated_at = ?7, attempts = ?8,
                            cause = ?9, hold = ?10, expires_at = ?11, payload_hash = ?12
         WHERE id = ?2 AND form = ?1",
    )?;
    statement.execute(params![
        next.of.form.as_str(),
        next.of.id.as_bytes(),
        next.state.as_str(),
        next.seq,
        next.run,
        next.verdict_run,
        next.updated_at.as_millis(),
        next.attempts,
        cause_column(next.cause.as_ref()),
        next.hold,
        next.expires_at.map(|at| at.as_millis()),
        next.payload_hash.as_ref().map(|hash| hash.as_bytes()),
    ])?;
    Ok(())
}

fn set_term(connection: &Connection, of: &SubmissionRef, term: Option<(i64, i64)>) -> rusqlite::Result<()> {
    let sql = "UPDATE entries SET boot = ?3, expires_up = ?4 WHERE id = ?2 AND form = ?1";
    let (boot, up) = term.unzip();
    connection.prepare_cached(sql)?.execute(params![of.form.as_str(), of.id.as_bytes(), boot, up]).map(|_| ())
}

/// The row of a submission, without its body.
pub(crate) fn find(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Option<Head>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {HEAD} FROM entries WHERE id = ?1 AND form = ?2"))?;
    statement.query_row(params![of.id.as_bytes(), of.form.as_str()], head).optional()
}

/// Puts another body in the place of the one before.
fn replace(connection: &Connection, of: &SubmissionRef, after: &Body) -> rusqlite::Result<()> {
    let (kind, body) = body_columns(after);
    let sql = "UPDATE entries SET body_kind = ?3, body = ?4 WHERE id = ?2 AND form = ?1";
    connection.prepare_cached(sql)?.execute(params![of.form.as_str(), of.id.as_bytes(), kind, body]).map(|_| ())
}

/// One more change for the publishers.
fn announce(connection: &Connection, head: &Head) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO outbox (form, id, seq, state, run, cause, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    statement.execute(params![
        head.of.form.as_str(),
        head.of.id.as_bytes(),
        head.seq,
        head.state.as_str(),
        head.verdict_run,
        head.cause.as_ref().map(|cause| cause.code.as_str()),
        head.updated_at.as_millis(),
    ])?;
    Ok(())
}
