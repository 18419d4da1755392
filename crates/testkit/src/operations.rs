//! The memory ledger as operations see it.

use counterfoil_core::{Fault, SubmissionRef};
use counterfoil_operations::causes::Note;
use counterfoil_operations::job::{Candidate, Job, JobId};
use counterfoil_operations::ports::{Jobs, Notes, Worklist};
use counterfoil_operations::worklist::{
    Failure, Failures, Filter, Listed, Page, Paging, SortOrder,
};

use crate::MemoryLedger;

impl Worklist for MemoryLedger {
    async fn page(&self, filter: &Filter, paging: &Paging) -> Result<Page, Fault> {
        let mut rows: Vec<Listed> = self
            .entries()
            .iter()
            .filter_map(|entry| Listed::from_head(&entry.head))
            .collect();
        rows.retain(|row| filter.takes(row));
        rows.sort_by_key(Listed::place);
        if paging.order == SortOrder::NewestFirst {
            rows.reverse();
        }
        if let Some(from) = &paging.from {
            rows.retain(|row| {
                if paging.order == SortOrder::NewestFirst {
                    row.place() < *from
                } else {
                    row.place() > *from
                }
            });
        }
        let more = rows.len() > paging.most;
        rows.truncate(paging.most);
        let next = rows.last().filter(|_| more).map(Listed::place);
        Ok(Page { rows, next })
    }

    async fn failures(&self, from: Option<String>, most: usize) -> Result<Failures, Fault> {
        let lines = self
            .lines()
            .into_iter()
            .filter(|(_, line)| line.is_failure());
        let failure = |(of, line): (SubmissionRef, _)| {
            let line: counterfoil_operations::history::Line = line;
            Some(Failure {
                of,
                at: line.at,
                cause: line.cause?,
            })
        };
        let all: Vec<Failure> = lines.filter_map(failure).collect();
        let start = from.map_or(0, |from| from.parse().unwrap());
        let rows: Vec<_> = all.iter().skip(start).take(most).cloned().collect();
        let end = start + rows.len();
        Ok(Failures {
            rows,
            next: (end < all.len()).then(|| end.to_string()),
        })
    }
}

impl Notes for MemoryLedger {
    async fn notes(&self) -> Result<Vec<Note>, Fault> {
        Ok(self.notes.lock().unwrap().values().cloned().collect())
    }

    async fn note(&self, note: &Note) -> Result<(), Fault> {
        self.notes
            .lock()
            .unwrap()
            .insert(note.fingerprint.clone(), note.clone());
        Ok(())
    }
}

impl Jobs for MemoryLedger {
    async fn save(&self, job: &Job) -> Result<bool, Fault> {
        let mut jobs = self.jobs.lock().unwrap();
        if jobs.get(&job.id).map_or(0, |there| there.version) + 1 != job.version {
            return Ok(false);
        }
        jobs.insert(job.id, job.clone());
        Ok(true)
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, Fault> {
        Ok(self.jobs.lock().unwrap().get(id).cloned())
    }

    async fn jobs(&self, most: usize) -> Result<Vec<Job>, Fault> {
        Ok(self
            .jobs
            .lock()
            .unwrap()
            .values()
            .rev()
            .take(most)
            .cloned()
            .collect())
    }

    async fn put_part(
        &self,
        job: &Job,
        part: u32,
        candidates: &[Candidate],
    ) -> Result<bool, Fault> {
        let jobs = self.jobs.lock().unwrap();
        let is_ours = jobs
            .get(&job.id)
            .is_some_and(|there| there.version == job.version);
        if is_ours {
            self.parts
                .lock()
                .unwrap()
                .insert((job.id, part), candidates.to_vec());
        }
        Ok(is_ours)
    }

    async fn part(&self, id: &JobId, part: u32) -> Result<Vec<Candidate>, Fault> {
        Ok(self
            .parts
            .lock()
            .unwrap()
            .get(&(*id, part))
            .cloned()
            .unwrap_or_default())
    }

    async fn forget_parts(&self, id: &JobId, parts: u32) -> Result<(), Fault> {
        self.parts
            .lock()
            .unwrap()
            .retain(|(of, part), _| of != id || *part >= parts);
        Ok(())
    }
}
