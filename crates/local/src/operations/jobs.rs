//! Replay jobs, their candidates, and what people have said of causes.

use counterfoil_core::Fault;
use counterfoil_operations::causes::Note;
use counterfoil_operations::job::{Candidate, Job, JobId};
use counterfoil_operations::ports::{Jobs, Notes};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{json, parsed};
use crate::store::Store;
use crate::sums::{self, DIFFERS, Damaged, UNREADABLE};

impl Notes for Store {
    async fn notes(&self) -> Result<Vec<Note>, Fault> {
        let notes = self.read(notes)?;
        notes.iter().map(|note| parsed(note)).collect()
    }

    async fn note(&self, note: &Note) -> Result<(), Fault> {
        let (fingerprint, text) = (note.fingerprint.clone(), json(note)?);
        self.writer()
            .write(move |connection| {
                let sql = "INSERT INTO cause_notes (fingerprint, note, sum) VALUES (?1, ?2, ?3)
                           ON CONFLICT DO UPDATE SET note = excluded.note, sum = excluded.sum";
                let seal = seal(&[fingerprint.clone().into(), text.clone().into()]);
                connection
                    .prepare_cached(sql)?
                    .execute(params![fingerprint, text, seal])
                    .map(|_| ())
            })
            .await
    }
}

/// What people have said of causes, as it is written.
pub(crate) fn notes(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT fingerprint, note, sum FROM cause_notes";
    let mut select = connection.prepare_cached(sql)?;
    select
        .query_map([], |row| sealed(row, "a note of a cause"))?
        .collect()
}

impl Jobs for Store {
    async fn save(&self, job: &Job) -> Result<bool, Fault> {
        let (id, version, text) = (job.id.to_string(), job.version, json(job)?);
        self.writer()
            .write(move |connection| save(connection, &id, version, &text))
            .await
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, Fault> {
        let text: Option<String> = self.read(|connection| {
            let mut select = connection
                .prepare_cached("SELECT id, version, job, sum FROM replays WHERE id = ?1")?;
            select
                .query_row([id.to_string()], |row| sealed(row, "a replay job"))
                .optional()
        })?;
        text.map(|text| parsed(&text)).transpose()
    }

    async fn jobs(&self, most: usize) -> Result<Vec<Job>, Fault> {
        let texts: Vec<String> = self.read(|connection| {
            let sql = "SELECT id, version, job, sum FROM replays ORDER BY id DESC LIMIT ?1";
            connection
                .prepare_cached(sql)?
                .query_map([most], |row| sealed(row, "a replay job"))?
                .collect()
        })?;
        texts.iter().map(|text| parsed(text)).collect()
    }

    async fn put_part(
        &self,
        job: &Job,
        part: u32,
        candidates: &[Candidate],
    ) -> Result<bool, Fault> {
        let (id, version, text) = (job.id.to_string(), job.version, json(&candidates)?);
        self.writer()
            .write(move |connection| {
                let sql = "INSERT INTO replay_parts (id, part, candidates, sum)
                           SELECT ?1, ?2, ?3, ?5 WHERE EXISTS (SELECT 1 FROM replays WHERE id = ?1 AND version = ?4)
                           ON CONFLICT DO UPDATE SET candidates = excluded.candidates, sum = excluded.sum";
                let seal = seal(&[id.clone().into(), part.into(), text.clone().into()]);
                Ok(connection.prepare_cached(sql)?.execute(params![id, part, text, version, seal])? == 1)
            })
            .await
    }

    async fn part(&self, id: &JobId, number: u32) -> Result<Vec<Candidate>, Fault> {
        let text: Option<String> = self.read(|connection| {
            let sql =
                "SELECT id, part, candidates, sum FROM replay_parts WHERE id = ?1 AND part = ?2";
            let part = |row: &Row<'_>| sealed(row, "a part of a replay job");
            connection
                .prepare_cached(sql)?
                .query_row(params![id.to_string(), number], part)
                .optional()
        })?;
        text.map_or_else(|| Ok(Vec::new()), |text| parsed(&text))
    }

    async fn forget_parts(&self, id: &JobId, parts: u32) -> Result<(), Fault> {
        let id = id.to_string();
        self.writer()
            .write(move |connection| {
                let sql = "DELETE FROM replay_parts WHERE id = ?1 AND part < ?2";
                connection
                    .prepare_cached(sql)?
                    .execute(params![id, parts])
                    .map(|_| ())
            })
            .await
    }
}

fn save(connection: &Connection, id: &str, version: u64, text: &str) -> rusqlite::Result<bool> {
    let sql = if version == 1 {
        "INSERT OR IGNORE INTO replays (id, version, job, sum) VALUES (?1, ?2, ?3, ?4)"
    } else {
        "UPDATE replays SET version = ?2, job = ?3, sum = ?4 WHERE id = ?1 AND version = ?2 - 1"
    };
    let seal = seal(&[
        id.to_owned().into(),
        Value::Integer(version.cast_signed()),
        text.to_owned().into(),
    ]);
    Ok(connection
        .prepare_cached(sql)?
        .execute(params![id, version, text, seal])?
        == 1)
}

/// What is written beside a row: the sum of its columns.
fn seal(columns: &[Value]) -> Vec<u8> {
    sums::of_values(columns).to_vec()
}

/// The text before a row's `sum`, which is that of all columns before it.
pub(crate) fn sealed(row: &Row<'_>, what: &str) -> rusqlite::Result<String> {
    let sum = row.as_ref().column_index("sum")?;
    let damaged = |why| {
        let name = row
            .get::<_, String>(0)
            .unwrap_or_else(|_| "(unreadable)".to_owned());
        Damaged {
            whose: format!("{what} ({name})"),
            what: why,
        }
    };
    if !sums::fits(row, sum)? {
        return Err(damaged(DIFFERS).into());
    }
    row.get(sum - 1).map_err(|_| damaged(UNREADABLE).into())
}
