//! `counterfoil replays`: the jobs that replay, each written down before anything is sent.

use crate::jobs::{course, report};
use std::io::Write;

use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;
use counterfoil_operations::drive::cancel;
use counterfoil_operations::job::{Job, JobId};
use counterfoil_operations::ports::Jobs;
use serde_json::Value;

use crate::cli::dead_letters::At;
use crate::cli::replays::{self as cli, Replays, Run};
use crate::exit::Failure;
use crate::ops::{self, Task};
use crate::say;
use counterfoil_operations::harmless::pretty_json;
use counterfoil_operations::home::Home;
use counterfoil_operations::place::Place;

pub(crate) fn run(verb: &Replays) -> anyhow::Result<()> {
    ops::run(verb)
}

impl Task for Replays {
    fn needs_forms(&self) -> bool {
        match self {
            Self::Resume(_) => true,
            Self::List(_) | Self::Show(_) | Self::Cancel(_) => false,
        }
    }

    fn who(&self) -> Option<&str> {
        match self {
            Self::Resume(run) => run.name.as_deref(),
            Self::List(_) | Self::Show(_) | Self::Cancel(_) => None,
        }
    }

    fn at(&self) -> &At {
        match self {
            Self::List(jobs) => &jobs.at,
            Self::Show(job) | Self::Cancel(job) => &job.at,
            Self::Resume(run) => &run.job.at,
        }
    }

    async fn run(&self, place: &dyn Place) -> anyhow::Result<()> {
        match self {
            Self::List(jobs) => list(jobs, place).await,
            Self::Show(job) => show(job, place).await,
            Self::Resume(run) => resume(run, place).await,
            Self::Cancel(job) => call_off(job, place).await,
        }
    }
}

async fn list(verb: &cli::Jobs, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    let jobs = ops.home.jobs(verb.limit).await?;
    let mut out = std::io::stdout().lock();
    if verb.json {
        writeln!(
            out,
            "{}",
            pretty_json(&Value::from_iter(jobs.iter().map(report::as_json)))
        )?;
        return Ok(());
    }
    if jobs.is_empty() {
        say::note("nothing was replayed yet");
    }
    let now = SystemClock.now();
    for job in &jobs {
        writeln!(out, "{}", report::line(job, now))?;
    }
    Ok(())
}

async fn show(verb: &cli::Job, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    let job = find(&ops.home, &verb.job).await?;
    let mut out = std::io::stdout().lock();
    if verb.json {
        writeln!(out, "{}", pretty_json(&report::as_json(&job)))?;
    } else {
        write!(out, "{}", report::lines(&job, SystemClock.now()))?;
    }
    Ok(())
}

async fn resume(run: &Run, place: &dyn Place) -> anyhow::Result<()> {
    let work = place.work()?;
    let job = find(&work.ops.home, &run.job.job).await?;
    let job = course::resume(job, place, &work).await?;
    report::ended(&job, run.job.json, place)
}

/// Whoever runs a job writes it now and then: tries until nobody was quicker.
const TRIES: u32 = 16;

async fn call_off(verb: &cli::Job, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    for _ in 0..TRIES {
        let job = find(&ops.home, &verb.job).await?;
        if job.state.is_over() {
            return Err(
                Failure::Partly(format!("{} is {} already", job.id, job.state.as_str())).into(),
            );
        }
        if cancel(job, &ops.home, &SystemClock).await? {
            let job = find(&ops.home, &verb.job).await?;
            let mut out = std::io::stdout().lock();
            if verb.json {
                writeln!(out, "{}", pretty_json(&report::as_json(&job)))?;
            } else {
                writeln!(out, "{} is cancelled; what it has sent stays sent", job.id)?;
            }
            return Ok(());
        }
    }
    Err(Failure::Partly("the job kept changing under the write; try again".into()).into())
}

async fn find(home: &Home, id: &JobId) -> anyhow::Result<Job> {
    let job = home.job(id).await?;
    job.ok_or_else(|| {
        Failure::Partly(format!(
            "there is no replay job {id}; `counterfoil replays list` lists them"
        ))
        .into()
    })
}
