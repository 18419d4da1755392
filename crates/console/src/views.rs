//! What the console shows: each page from what the home says at this moment. Nothing here writes.

use crate::pages::{
    BulkPage, Deal, EntryPage, JobPage, ListPage, Overview, ReplayPage, Runner, Sending, bulk_page,
    entry_page, job_fragment, job_page, jobs_page, list_page, overview_page, query, replay_page,
};
use bytes::Bytes;
use counterfoil_core::ports::{Clock, Entries, Entropy};
use counterfoil_core::{Entry, Fault, SubmissionRef, Timestamp};
use counterfoil_machine::OsEntropy;
use counterfoil_operations::job::{Job, JobId, Selection};
use counterfoil_operations::ports::{Actions, Jobs, Worklist};
use counterfoil_operations::worklist::{Filter, Listed, Paging, Place, SortOrder, Waiting};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Response;
use serde_json::json;

use crate::answer::{Trouble, json as json_answer, page};
use crate::route::Route;
use crate::{Console, PageRequest, rehearsal};

/// Rows of a page, and reads for one.
const ROWS: usize = 50;
const READS: usize = 40;
/// Entries read at once.
const PARALLEL: usize = 16;
/// Jobs in the list.
const JOBS: usize = 100;

impl Console {
    pub(crate) async fn view(
        &self,
        route: Route,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        match route {
            Route::Inbox => self.inbox(asked).await,
            Route::Fresh => self.fresh(asked).await,
            Route::Failures => self.overview(asked).await,
            Route::List => self.list(asked).await,
            Route::Entry(of) => self.entry(&of, asked).await,
            Route::Edit(of) => self.edit(&of, asked).await,
            Route::Many(deal) => self.ask_for_many(deal, asked).await,
            Route::Send(sending) => self.rehearse(sending, asked).await,
            Route::Jobs => self.jobs(asked).await,
            Route::Job(id) => self.job(&id, asked).await,
            Route::Live(id) => self.live(&id).await,
            Route::Deliveries => self.deliveries(asked).await,
            Route::Delivery(id) => self.delivery(&id, asked).await,
            // Nothing to look at: `Route::reads` says so before.
            Route::One(..) | Route::Release(_) | Route::Mark(_) | Route::MarkMany => {
                Err(Trouble::Method(route.methods()))
            }
            // A file, which is no page.
            Route::Export
            | Route::SeeAll
            | Route::Cause(_)
            | Route::Steer(..)
            | Route::Enable(_) => Err(Trouble::Method(route.methods())),
        }
    }

    async fn overview(&self, asked: &PageRequest) -> Result<Response<Bytes>, Trouble> {
        let seen = self.survey.see(&self.ops.home, &self.ops.clock).await?;
        let overview = Overview {
            counts: seen.counts,
            groups: &seen.groups,
            as_of: seen.as_of,
        };
        Ok(page(overview_page(&self.frame(&asked.csrf), &overview)))
    }

    async fn list(&self, asked: &PageRequest) -> Result<Response<Bytes>, Trouble> {
        let read = query::filter(&asked.pairs, self.ops.clock.now());
        let (filter, problem) = match read {
            Ok(filter) => (filter, None),
            Err(problem) => (Filter::default(), Some(problem)),
        };
        let from = query::value(&asked.pairs, "from").map(|text| {
            query::place(text)
                .ok_or_else(|| Trouble::Not("This is no place in the list to go on from.".into()))
        });
        let from = from.transpose()?;
        let is_first = from.is_none();
        let (rows, next) = self.rows(&filter, from).await?;
        let entries = self.read_all(&rows).await?;
        let list = ListPage {
            filter: &filter,
            rows: &rows,
            entries: &entries,
            next: next.as_ref(),
            is_first,
            forms: &self.ops.forms,
            said: query::value(&asked.pairs, "done").and_then(said),
            problem: problem.as_deref(),
        };
        Ok(page(list_page(&self.frame(&asked.csrf), &list)))
    }

    /// A page of the list. A rare cause among many takes many reads: after some of them the page is shown as it is, and
    /// the next one goes on.
    async fn rows(
        &self,
        filter: &Filter,
        from: Option<Place>,
    ) -> Result<(Vec<Listed>, Option<Place>), Fault> {
        let mut paging = Paging {
            order: SortOrder::NewestFirst,
            from,
            most: ROWS,
        };
        let mut rows: Vec<Listed> = Vec::new();
        for _ in 0..READS {
            let page = self.ops.home.page(filter, &paging).await?;
            rows.extend(page.rows);
            if rows.len() > ROWS {
                rows.truncate(ROWS);
                let next = rows.last().map(Listed::place);
                return Ok((rows, next));
            }
            match page.next {
                None => return Ok((rows, None)),
                Some(next) if rows.len() == ROWS => return Ok((rows, Some(next))),
                Some(next) => paging = paging.after(next),
            }
        }
        Ok((rows, paging.from))
    }

    /// What was submitted, of each that is still there and can be read.
    async fn read_all(&self, rows: &[Listed]) -> Result<Vec<Entry>, Fault> {
        let of: Vec<SubmissionRef> = rows.iter().map(|row| row.of.clone()).collect();
        let read = stream::iter(of).map(|of| async move {
            match self.ops.home.entry(&of).await {
                Err(fault) if fault.is_damage() => Ok(None),
                other => other,
            }
        });
        read.buffered(PARALLEL)
            .try_filter_map(|entry| async { Ok(entry) })
            .try_collect()
            .await
    }

    /// An entry that has to be there.
    pub(crate) async fn found(&self, of: &SubmissionRef) -> Result<Entry, Trouble> {
        let nowhere = Trouble::Nowhere("There is no such entry. It may still be in the queue.");
        self.ops.home.entry(of).await?.ok_or(nowhere)
    }

    async fn entry(
        &self,
        of: &SubmissionRef,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let entry = self.found(of).await?;
        let history = self.ops.home.history(of).await?;
        let marks = self.marks_of(&entry).await;
        let beside = match query::value(&asked.pairs, "list") {
            Some(_) => Some(self.beside(&entry, asked).await?),
            None => None,
        };
        let shown = EntryPage {
            entry: &entry,
            form: self.ops.forms.get(&of.form),
            history: &history,
            marks: marks.as_ref(),
            told: &self.told_of(of).await?,
            beside: beside.as_ref(),
            said: query::value(&asked.pairs, "done").and_then(said),
        };
        Ok(page(entry_page(&self.frame(&asked.csrf), &shown)))
    }

    async fn ask_for_many(
        &self,
        deal: Deal,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let what = chosen(deal.waiting(), asked, self.ops.clock.now())?;
        let (count, more) = rehearsal::count(&self.ops, &what).await?;
        Ok(page(bulk_page(
            &self.frame(&asked.csrf),
            &BulkPage {
                deal,
                what: &what,
                count,
                more,
            },
        )))
    }

    async fn rehearse(
        &self,
        sending: Sending,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let what = chosen(&[sending.waiting()], asked, self.ops.clock.now())?;
        let seen = rehearsal::dry_run(&self.ops, sending, &what).await?;
        let job = self.fresh_job().to_string();
        let (forecast, holds, looked) = (&seen.forecast, &seen.holds, seen.looked);
        let replay = ReplayPage {
            sending,
            what: &what,
            holds,
            forecast,
            looked,
            job: &job,
        };
        Ok(page(replay_page(&self.frame(&asked.csrf), &replay)))
    }

    async fn jobs(&self, asked: &PageRequest) -> Result<Response<Bytes>, Trouble> {
        let jobs = self.ops.home.jobs(JOBS).await?;
        let pages: Vec<JobPage<'_>> = jobs
            .iter()
            .map(|job| JobPage {
                job,
                runner: self.runner(job),
            })
            .collect();
        Ok(page(jobs_page(&self.frame(&asked.csrf), &pages)))
    }

    async fn job(&self, id: &JobId, asked: &PageRequest) -> Result<Response<Bytes>, Trouble> {
        let job = self.known(id).await?;
        Ok(page(job_page(
            &self.frame(&asked.csrf),
            &JobPage {
                job: &job,
                runner: self.runner(&job),
            },
        )))
    }

    async fn live(&self, id: &JobId) -> Result<Response<Bytes>, Trouble> {
        let job = self.known(id).await?;
        let runner = self.runner(&job);
        let html = job_fragment(&JobPage { job: &job, runner });
        Ok(json_answer(
            &json!({"state": job.state.as_str(), "moves": runner != Runner::Nobody, "html": html}),
        ))
    }

    /// A job: as it is run here, else as it was last written down.
    pub(crate) async fn known(&self, id: &JobId) -> Result<Job, Trouble> {
        if let Some(job) = self.runs.latest(id) {
            return Ok(job);
        }
        self.ops
            .home
            .job(id)
            .await?
            .ok_or(Trouble::Nowhere("There is no such replay."))
    }

    /// A name for a job that may come.
    pub(crate) fn fresh_job(&self) -> JobId {
        JobId::fresh(self.ops.clock.now(), OsEntropy.ten_bytes())
    }

    pub(crate) fn runner(&self, job: &Job) -> Runner {
        if self.runs.has(&job.id) {
            Runner::Here
        } else if job.is_alive(self.ops.clock.now()) {
            Runner::Elsewhere
        } else {
            Runner::Nobody
        }
    }
}

/// What is chosen, of those that wait so.
pub(crate) fn chosen(
    waiting: &[Waiting],
    asked: &PageRequest,
    now: Timestamp,
) -> Result<Selection, Trouble> {
    let what = query::selection(&asked.pairs, now).map_err(Trouble::Not)?;
    match &what {
        Selection::All(filter) if !waiting.contains(&filter.waiting) => {
            let states: Vec<&str> = waiting
                .iter()
                .map(|waiting| waiting.state().as_str())
                .collect();
            Err(Trouble::Not(format!(
                "This is for what is {} only.",
                states.join(" or ")
            )))
        }
        Selection::All(_) | Selection::Some(_) => Ok(what),
    }
}

/// What was done before the browser was sent here.
pub(crate) fn said(done: &str) -> Option<&'static str> {
    match done {
        "discarded" => Some("It is discarded. It is kept, and this can be undone."),
        "undone" => Some("The discard is undone: it is what it was before."),
        "edited" => Some("The edit is saved. What it was before stays in the history."),
        "released" => Some("It is released: it becomes stored in a moment."),
        "marked" => Some("It is marked."),
        "seen" => Some("Everything up to here is marked as seen."),
        "already" => Some("There was nothing to do: it is so already."),
        _ => None,
    }
}
