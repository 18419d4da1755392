//! The ledger on SQLite: each write of an entry also writes its history and its place in the outbox, in the
//! same transaction.

use counterfoil_core::operations::history::{Deed, Edit, Line};
use counterfoil_core::ports::{Entries, Ledger, Polls, Write};
use counterfoil_core::{Body, Entry, Fault, Head, SubmissionRef};
use rusqlite::{Connection, OptionalExtension, params};

use crate::history::remember;
use crate::rows::{HEAD, body_columns, cause_column, head};
use crate::store::Store;

impl Ledger for Store {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        let entry = entry.clone();
        self.writer().write(move |connection| insert(connection, &entry)).await
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        let next = next.clone();
        self.writer().write(move |connection| change(connection, &next, None, None)).await
    }

    async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
        let next = next.clone();
        self.writer().write(move |connection| mend(connection, &next)).await
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

fn insert(connection: &Connection, entry: &Entry) -> rusqlite::Result<Write> {
    let Head { of, .. } = &entry.head;
    let (kind, body) = body_columns(&entry.body);
    let mut statement = connection.prepare_cached(
        "INSERT INTO entries (form, id, state, seq, run, verdict_run, content, payload_hash, schema,
                              received_at, updated_at, attempts, cause, hold, expires_at, body_kind, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
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
    ])?;
    if written == 0 {
        return Ok(Write::Refused(find(connection, of)?.map(Box::new)));
    }
    if let Some(line) = Line::of_first(head) {
        remember(connection, of, &line)?;
    }
    announce(connection, head)?;
    Ok(Write::Done)
}

/// Replaces a row by the one after it: a verdict's, or a deed's, which may also replace the body.
pub(crate) fn change(
    connection: &Connection,
    next: &Head,
    deed: Option<&Deed>,
    edit: Option<&Edit>,
) -> rusqlite::Result<Write> {
    let before = match find(connection, &next.of)? {
        Some(before) if before.seq + 1 == next.seq => before,
        other => return Ok(Write::Refused(other.map(Box::new))),
    };
    let mut statement = connection.prepare_cached(
        "UPDATE entries SET state = ?3, seq = ?4, run = ?5, verdict_run = ?6, updated_at = ?7, attempts = ?8,
                            cause = ?9, hold = ?10, expires_at = ?11, payload_hash = ?12, content = ?13,
                            schema = ?14, received_at = ?15
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
        next.content.as_ref().map(|hash| hash.as_bytes()),
        next.schema,
        next.received_at.as_millis(),
    ])?;
    if let Some(edit) = edit {
        replace(connection, &next.of, &Body::Payload(edit.after.clone()))?;
    }
    remember(connection, &next.of, &Line::of(next, deed, edit))?;
    if next.is_news(&before) {
        announce(connection, next)?;
    }
    Ok(Write::Done)
}

/// Replaces a row whose body could not be read by a good copy's.
fn mend(connection: &Connection, next: &Entry) -> rusqlite::Result<Write> {
    let written = change(connection, &next.head, None, None)?;
    if written == Write::Done {
        replace(connection, &next.head.of, &next.body)?;
    }
    Ok(written)
}

/// The row of a submission, without its body.
pub(crate) fn find(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<Option<Head>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {HEAD} FROM entries WHERE id = ?1 AND form = ?2"))?;
    statement.query_row(params![of.id.as_bytes(), of.form.as_str()], head).optional()
}

/// Puts a body in the place of the one before.
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
