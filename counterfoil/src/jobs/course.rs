//! A replay job as a command runs it: with a bar to watch, an end by Ctrl-C, and a worker where nobody serves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_core::Timestamp;
use counterfoil_core::ports::{Clock, Entropy};
use counterfoil_machine::{OsEntropy, SystemClock};
use counterfoil_operations::drive::Halted;
use counterfoil_operations::job::{Job, JobId, Order};
use counterfoil_operations::place::{Begin, Ops, Place, Watch, Work};
use counterfoil_operations::ports::{Jobs, Sleep};
use indicatif::ProgressBar;

use crate::exit::Failure;
use crate::progress;
use crate::shutdown;

/// Writes a new job down and runs it to its end.
pub(crate) async fn begin(order: Order, place: &dyn Place, work: &Work) -> anyhow::Result<Job> {
    let now = SystemClock.now();
    let job = Job::ordered(order, JobId::fresh(now, OsEntropy.ten_bytes()), now);
    let stop = asked_to_stop()?;
    let begin = Begin::Fresh;
    run(Start { job, begin, work }, place, &stop).await
}

/// Goes on with a job that nobody runs, and runs it to its end.
pub(crate) async fn resume(job: Job, place: &dyn Place, work: &Work) -> anyhow::Result<Job> {
    let stop = asked_to_stop()?;
    let job = abandoned(job, &work.ops, &stop).await?;
    let begin = Begin::Again;
    run(Start { job, begin, work }, place, &stop).await
}

/// Waits until it is certain that nobody runs it.
async fn abandoned(job: Job, ops: &Ops, stop: &AtomicBool) -> anyhow::Result<Job> {
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
        ops.timer.sleep(ops.pace.longest).await;
        job = ops.home.job(&id).await?.unwrap_or(job);
    }
}

/// Set by the first Ctrl-C; the second ends the process at once.
pub(crate) fn asked_to_stop() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let (asked, told) = (shutdown::stop_requested()?, Arc::clone(&stop));
    tokio::spawn(async move {
        asked.await;
        told.store(true, Ordering::SeqCst);
    });
    Ok(stop)
}

/// A job, how it is begun, and what does it.
struct Start<'a> {
    job: Job,
    begin: Begin,
    work: &'a Work,
}

async fn run(start: Start<'_>, place: &dyn Place, stop: &AtomicBool) -> anyhow::Result<Job> {
    let Start { job, begin, work } = start;
    let id = job.id;
    let mut shown = Shown::start(&job);
    let watch = Watch {
        see: &mut |job| shown.see(job),
        stop: &|| stop.load(Ordering::SeqCst),
    };
    let ended = work.run(job, begin, watch).await;
    shown.bar.finish_and_clear();
    ended.map_err(|halted| {
        let how = format!(
            "`counterfoil replays resume {id}{}` goes on with it",
            place.arguments()
        );
        let why = match halted {
            Halted::Taken => format!("somebody else cancelled or resumed {id}"),
            Halted::Fault(fault) => format!("the replay ended: {fault}; {how}"),
        };
        Failure::Partly(why).into()
    })
}

/// How long nothing may come of it before a person is told what it waits for.
const QUIET_MILLIS: i64 = 5_000;

/// Shows how a job goes.
struct Shown {
    bar: ProgressBar,
    done: u64,
    moved_at: Timestamp,
}

impl Shown {
    fn start(job: &Job) -> Self {
        let done = job.tally().done();
        let bar = progress::jobs(job.total, done);
        Self {
            bar,
            done,
            moved_at: SystemClock.now(),
        }
    }

    fn see(&mut self, job: &Job) {
        let (tally, now) = (job.tally(), SystemClock.now());
        if tally.done() != self.done {
            (self.done, self.moved_at) = (tally.done(), now);
        }
        let remaining = job.total.saturating_sub(tally.done());
        let quiet =
            now.as_millis() - self.moved_at.as_millis() > QUIET_MILLIS && tally.under_way > 0;
        let waits = if quiet {
            "; no verdict yet, the worker may be trying again"
        } else {
            ""
        };
        self.bar.set_position(tally.done());
        self.bar.set_message(format!(
            "{} failed again, {remaining} remaining{waits}",
            tally.failed_again
        ));
    }
}
