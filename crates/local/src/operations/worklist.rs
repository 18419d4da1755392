//! What people must look at: read by its own indexes, in short pages.

use counterfoil_core::{Code, Fault, FormId, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::history::Line;
use counterfoil_operations::ports::Worklist;
use counterfoil_operations::worklist::{
    Failure, Failures, Filter, Listed, Page, Paging, Place, SortOrder,
};
use rusqlite::{Row, params};

use crate::history::{LINE, line};
use crate::rows::{HEAD, Sql, damaged, head};
use crate::store::Store;
use crate::sums::UNREADABLE;

impl Worklist for Store {
    async fn page(&self, filter: &Filter, paging: &Paging) -> Result<Page, Fault> {
        let rows: Vec<Option<Listed>> = self.read(|connection| {
            let sql = format!(
                "SELECT {HEAD} FROM entries WHERE {}",
                conditions(filter, paging)
            );
            let (at, form, id) = cursor(paging.from.as_ref(), paging.order);
            let bounds = (
                filter.since.map_or(0, Timestamp::as_millis),
                filter.until.map_or(i64::MAX, Timestamp::as_millis),
            );
            let values = params![
                filter.waiting.state().as_str(),
                filter.form.as_ref().map(FormId::as_str),
                at,
                form,
                id,
                bounds.0,
                bounds.1,
                paging.most
            ];
            let mut select = connection.prepare_cached(&sql)?;
            select
                .query_map(values, |row| Ok(Listed::from_head(&head(row)?)))?
                .collect()
        })?;
        let full = rows.len() == paging.most;
        let rows: Vec<Listed> = rows.into_iter().flatten().collect();
        let next = rows.last().filter(|_| full).map(Listed::place);
        // The rest of the filter is not for SQL: what it refuses was read, so a page may be short.
        Ok(Page {
            rows: rows.into_iter().filter(|row| filter.takes(row)).collect(),
            next,
        })
    }

    async fn failures(&self, from: Option<String>, most: usize) -> Result<Failures, Fault> {
        let from = from.as_deref().map(position).transpose()?;
        let rows: Vec<(Failure, u64)> = self.read(|connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT {LINE} FROM history
                 WHERE (id, form, seq) > (?1, ?2, ?3) AND state = 'failed' AND deed IS NULL AND cause IS NOT NULL
                 ORDER BY id, form, seq LIMIT ?4"
            ))?;
            let (id, form, seq) = match &from {
                Some((of, seq)) => (of.id.as_bytes().to_vec(), of.form.as_str(), *seq),
                None => (Vec::new(), "", 0),
            };
            select.query_map(params![id, form, seq, most], failure)?.collect()
        })?;
        let next = rows
            .last()
            .filter(|_| rows.len() == most)
            .map(|(last, seq)| format!("{} {seq}", last.of));
        Ok(Failures {
            rows: rows.into_iter().map(|(failure, _)| failure).collect(),
            next,
        })
    }
}

/// The part of a filter that the indexes answer, with the columns in the order of one of them.
fn conditions(filter: &Filter, paging: &Paging) -> String {
    let (beyond, direction) = match paging.order {
        SortOrder::OldestFirst => (">", "ASC"),
        SortOrder::NewestFirst => ("<", "DESC"),
    };
    let (form, place, order) = match filter.form {
        Some(_) => (
            "form = ?2",
            "(received_at, id) {beyond} (?3, ?5) AND ?4 IS NOT NULL",
            "received_at {direction}, id {direction}",
        ),
        None => (
            "?2 IS NULL",
            "(received_at, form, id) {beyond} (?3, ?4, ?5)",
            "received_at {direction}, form {direction}, id {direction}",
        ),
    };
    // The states are spelled out, or the partial indexes would not be used.
    let text = format!(
        "state = ?1 AND state IN ('failed', 'held', 'discarded') AND {form} AND {place}
         AND received_at >= ?6 AND received_at < ?7 ORDER BY {order} LIMIT ?8"
    );
    text.replace("{beyond}", beyond)
        .replace("{direction}", direction)
}

/// Where a page starts: beyond every place, where no place is given.
fn cursor(from: Option<&Place>, order: SortOrder) -> (i64, String, Vec<u8>) {
    match (from, order) {
        (Some(place), _) => (
            place.received_at.as_millis(),
            place.of.form.to_string(),
            place.of.id.as_bytes().to_vec(),
        ),
        (None, SortOrder::OldestFirst) => (-1, String::new(), Vec::new()),
        (None, SortOrder::NewestFirst) => (i64::MAX, String::new(), Vec::new()),
    }
}

fn position(text: &str) -> Result<(SubmissionRef, u64), Fault> {
    let position = text
        .split_once(' ')
        .and_then(|(of, seq)| Some((SubmissionRef::parse(of)?, seq.parse().ok()?)));
    position.ok_or_else(|| Fault::transient(Code::BadCursor, "this is no place to go on from"))
}

fn failure(row: &Row<'_>) -> rusqlite::Result<(Failure, u64)> {
    let Line { seq, at, cause, .. } = line(row)?;
    let of = SubmissionRef {
        form: row.get::<_, Sql<FormId>>(0)?.0,
        id: row.get::<_, Sql<SubmissionId>>(1)?.0,
    };
    let cause = cause.ok_or_else(|| damaged(row, UNREADABLE))?;
    Ok((Failure { of, at, cause }, seq))
}
