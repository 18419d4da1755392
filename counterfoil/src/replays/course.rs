//! A replay job as a command runs it: with a bar to watch, an end by Ctrl-C, and a worker where nobody serves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_core::Timestamp;
use counterfoil_core::ports::{Clock, Entropy};
use counterfoil_machine::{OsEntropy, SystemClock};
use counterfoil_operations::causes::note_resolved;
use counterfoil_operations::drive::{self, Halted};
use counterfoil_operations::history::Verb;
use counterfoil_operations::job::{self, Job, JobId, JobState, Selection};
use counterfoil_operations::ports::Rest;
use indicatif::ProgressBar;

use crate::exit::Failure;
use crate::ops::{Home, Ops, Place, Sleeps, StandIn, Work};
use crate::progress;
use crate::serve::shutdown;

/// How to go about it.
pub(crate) struct Manner {
    pub(crate) rate: Option<f64>,
    /// `None`: by their number.
    pub(crate) canary: Option<bool>,
    pub(crate) stop_at: f64,
}

impl Default for Manner {
    fn default() -> Self {
        Self { rate: None, canary: None, stop_at: 0.5 }
    }
}

/// What is ordered.
pub(crate) struct Order {
    /// Replay or release.
    pub(crate) verb: Verb,
    pub(crate) what: Selection,
    pub(crate) why: Option<String>,
    pub(crate) manner: Manner,
}

/// Writes a new job down and runs it to its end.
pub(crate) async fn begin<P: Place>(order: Order, place: &P, work: &Work<P::Home>) -> anyhow::Result<Job> {
    let stop = asked_to_stop()?;
    let canary = order.manner.canary;
    let job = drive::prepare(fresh(order, &work.ops), canary, &work.ops.driving()).await?;
    run(job, place, work, &stop).await
}

/// A job that is not written down yet.
pub(crate) fn fresh<H>(order: Order, ops: &Ops<H>) -> Job {
    let (now, Order { verb, what, why, manner }) = (SystemClock.now(), order);
    let manner = job::Manner { rate: manner.rate, canary: false, stop_at: manner.stop_at };
    let order = job::Order { verb, who: ops.who.clone(), why, what, manner };
    Job::ordered(order, JobId::fresh(now, OsEntropy.ten_bytes()), now)
}

/// Goes on with a job that nobody runs, and runs it to its end.
pub(crate) async fn resume<P: Place>(job: Job, place: &P, work: &Work<P::Home>) -> anyhow::Result<Job> {
    let stop = asked_to_stop()?;
    let job = abandoned(job, &work.ops, &stop).await?;
    let job = drive::resume(job, &work.ops.driving()).await?;
    run(job, place, work, &stop).await
}

/// Waits until it is certain that nobody runs it.
async fn abandoned<H: Home>(job: Job, ops: &Ops<H>, stop: &AtomicBool) -> anyhow::Result<Job> {
    let id = job.id;
    let seen = job.version;
    let mut job = job;
    loop {
        if job.state.is_over() {
            return Err(Failure::Partly(format!("{id} is {} already", job.state.as_str())).into());
        }
        if !job.is_alive(SystemClock.now()) {
            return Ok(job);
        }
        if job.version > seen {
            return Err(Failure::Partly(format!("somebody runs {id} at this moment")).into());
        }
        if stop.load(Ordering::SeqCst) {
            return Err(Failure::Partly("nothing was done".into()).into());
        }
        Sleeps.rest(ops.pace.longest).await;
        job = ops.home.job(&id).await?.unwrap_or(job);
    }
}

/// Set by the first Ctrl-C; the second ends the process at once.
pub(crate) fn asked_to_stop() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let (asked, told) = (shutdown::asked()?, Arc::clone(&stop));
    tokio::spawn(async move {
        asked.await;
        told.store(true, Ordering::SeqCst);
    });
    Ok(stop)
}

async fn run<P: Place>(job: Job, place: &P, work: &Work<P::Home>, stop: &AtomicBool) -> anyhow::Result<Job> {
    let ops = &work.ops;
    let id = job.id;
    let playing = work.stand_in.as_ref().map(StandIn::play);
    let mut watch = Watch::start(&job);
    let ended = drive::run(job, &ops.driving(), &mut |job| watch.see(job), &|| stop.load(Ordering::SeqCst)).await;
    if let Some(playing) = playing {
        playing.stop().await;
    }
    watch.bar.finish_and_clear();
    let job = ended.map_err(|halted| {
        let how = format!("`counterfoil replays resume {id}{}` goes on with it", place.arguments());
        Failure::Partly(match halted {
            Halted::Taken => format!("somebody else cancelled or resumed {id}"),
            Halted::Fault(fault) => format!("the replay ended: {fault}; {how}"),
        })
    })?;
    if job.state == JobState::Done {
        note_resolved(&*ops.home, &ops.who, SystemClock.now()).await?;
    }
    Ok(job)
}

/// How long nothing may come of it before a person is told what it waits for.
const QUIET_MILLIS: i64 = 5_000;

/// Shows how a job goes.
struct Watch {
    bar: ProgressBar,
    done: u64,
    moved_at: Timestamp,
}

impl Watch {
    fn start(job: &Job) -> Self {
        let done = job.tally().done();
        let bar = progress::jobs(job.total, done);
        Self { bar, done, moved_at: SystemClock.now() }
    }

    fn see(&mut self, job: &Job) {
        let (tally, now) = (job.tally(), SystemClock.now());
        if tally.done() != self.done {
            (self.done, self.moved_at) = (tally.done(), now);
        }
        let remaining = job.total.saturating_sub(tally.done());
        let quiet = now.as_millis() - self.moved_at.as_millis() > QUIET_MILLIS && tally.under_way > 0;
        let waits = if quiet { "; no verdict yet, the worker may be trying again" } else { "" };
        self.bar.set_position(tally.done());
        self.bar.set_message(format!("{} failed again, {remaining} remaining{waits}", tally.failed_again));
    }
}
