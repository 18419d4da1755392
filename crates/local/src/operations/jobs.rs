//! Replay jobs, their candidates, and what people have said of causes.

use counterfoil_core::Fault;
use counterfoil_core::operations::causes::Note;
use counterfoil_core::operations::job::{Candidate, Job, JobId};
use counterfoil_core::ports::{Jobs, Notes};
use rusqlite::{Connection, OptionalExtension, params};

use super::{json, parsed};
use crate::store::Store;

impl Notes for Store {
    async fn notes(&self) -> Result<Vec<Note>, Fault> {
        let notes: Vec<String> = self.read(|connection| {
            let mut select = connection.prepare_cached("SELECT note FROM cause_notes")?;
            select.query_map([], |row| row.get(0))?.collect()
        })?;
        notes.iter().map(|note| parsed(note)).collect()
    }

    async fn note(&self, note: &Note) -> Result<(), Fault> {
        let (fingerprint, text) = (note.fingerprint.clone(), json(note)?);
        self.writer()
            .write(move |connection| {
                let sql = "INSERT INTO cause_notes VALUES (?1, ?2) ON CONFLICT DO UPDATE SET note = excluded.note";
                connection.prepare_cached(sql)?.execute(params![fingerprint, text]).map(|_| ())
            })
            .await
    }
}

impl Jobs for Store {
    async fn save(&self, job: &Job) -> Result<bool, Fault> {
        let (id, version, text) = (job.id.to_string(), job.version, json(job)?);
        self.writer().write(move |connection| save(connection, &id, version, &text)).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, Fault> {
        let text: Option<String> = self.read(|connection| {
            let mut select = connection.prepare_cached("SELECT job FROM replays WHERE id = ?1")?;
            select.query_row([id.to_string()], |row| row.get(0)).optional()
        })?;
        text.map(|text| parsed(&text)).transpose()
    }

    async fn jobs(&self, most: usize) -> Result<Vec<Job>, Fault> {
        let texts: Vec<String> = self.read(|connection| {
            let mut select = connection.prepare_cached("SELECT job FROM replays ORDER BY id DESC LIMIT ?1")?;
            select.query_map([most], |row| row.get(0))?.collect()
        })?;
        texts.iter().map(|text| parsed(text)).collect()
    }

    async fn put_part(&self, job: &Job, part: u32, candidates: &[Candidate]) -> Result<bool, Fault> {
        let (id, version, text) = (job.id.to_string(), job.version, json(&candidates)?);
        self.writer()
            .write(move |connection| {
                let sql = "INSERT INTO replay_parts
                           SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM replays WHERE id = ?1 AND version = ?4)
                           ON CONFLICT DO UPDATE SET candidates = excluded.candidates";
                Ok(connection.prepare_cached(sql)?.execute(params![id, part, text, version])? == 1)
            })
            .await
    }

    async fn part(&self, id: &JobId, part: u32) -> Result<Vec<Candidate>, Fault> {
        let text: Option<String> = self.read(|connection| {
            let sql = "SELECT candidates FROM replay_parts WHERE id = ?1 AND part = ?2";
            connection.prepare_cached(sql)?.query_row(params![id.to_string(), part], |row| row.get(0)).optional()
        })?;
        text.map_or_else(|| Ok(Vec::new()), |text| parsed(&text))
    }

    async fn forget_parts(&self, id: &JobId, parts: u32) -> Result<(), Fault> {
        let id = id.to_string();
        self.writer()
            .write(move |connection| {
                let sql = "DELETE FROM replay_parts WHERE id = ?1 AND part < ?2";
                connection.prepare_cached(sql)?.execute(params![id, parts]).map(|_| ())
            })
            .await
    }
}

fn save(connection: &Connection, id: &str, version: u64, text: &str) -> rusqlite::Result<bool> {
    let sql = if version == 1 {
        "INSERT OR IGNORE INTO replays VALUES (?1, ?2, ?3)"
    } else {
        "UPDATE replays SET version = ?2, job = ?3 WHERE id = ?1 AND version = ?2 - 1"
    };
    Ok(connection.prepare_cached(sql)?.execute(params![id, version, text])? == 1)
}
