//! Runs a replay job: writes its candidates down, sends them within its window and rate, waits for their verdicts, and
//! stops when too many fail again. Whoever runs it may end at any moment: the row of each candidate tells what was
//! done about it, so the next one goes on from there.
//!
//! ```text
//! part of candidates ─► send, at most `window` without a verdict ─► look for verdicts ─► next part
//!                        (so fresh submissions never wait behind more than a window)
//! ```

mod course;
mod part;

use std::time::Duration;

use futures_util::{StreamExt, stream};

use super::history::Action;
use super::job::{BEAT, CANARY_ABOVE, Candidate, Job, JobState, Selection};
use super::worklist::{Filter, Paging, SortOrder};
use crate::ports::{Actions, Jobs, Sleep, Worklist};
use crate::replay::Replaying;
use counterfoil_core::Code;
use counterfoil_core::fault::Fault;
use counterfoil_core::ports::{Clock, Entries, Polls, Queue};
use counterfoil_core::submission::SubmissionRef;
use course::Course;
use part::Part;

/// Candidates in one part: what a resumed job looks at again.
const PART: usize = 500;
/// Calls under way at once.
const PARALLEL: usize = 32;
/// What running a job needs.
pub struct Driving<'a, H, Q, C, R> {
    /// Ledger, worklist and jobs.
    pub home: &'a H,
    /// Where envelopes go.
    pub queue: &'a Q,
    /// The time.
    pub clock: &'a C,
    /// Waits.
    pub rest: &'a R,
    /// What suits this home.
    pub pace: Pace,
}

/// How a home is replayed into.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Submissions without a verdict at most: the share of the queue that a replay may take.
    pub window: usize,
    /// Between two looks for verdicts; doubled while nothing comes.
    pub look: Duration,
    /// The longest time between two looks.
    pub longest: Duration,
    /// The wait after a look by which something moved, for a home with one writer: others write meanwhile, and what
    /// is sent next is more at once, in fewer writes. Zero: none.
    pub breath: Duration,
    /// Without any verdict for so long the job stops. What it sent is still on its way.
    pub patience: Duration,
}

/// Writes a new job and its candidates down: from now on anybody can run it.
pub async fn prepare<H, Q, C, R>(mut job: Job, with: &Driving<'_, H, Q, C, R>) -> Result<Job, Fault>
where
    H: Worklist + Polls + Jobs,
    C: Clock,
    R: Sleep,
{
    let mut found = 0;
    (job.parts, job.state) = (0, JobState::Preparing);
    save(&mut job, with).await?;
    match job.what.clone() {
        Selection::Some(all) => {
            for chunk in all.chunks(PART) {
                let candidates = named(chunk, with).await?;
                found += keep(&mut job, &candidates, with).await?;
            }
        }
        Selection::All(filter) => found += matching(&mut job, &filter, with).await?,
    }
    job.total = found;
    job.manner.canary = Some(job.manner.canary.unwrap_or(found > CANARY_ABOVE));
    job.state = JobState::Running;
    save(&mut job, with).await?;
    Ok(job)
}

async fn named<H: Polls, Q, C, R>(
    named: &[SubmissionRef],
    with: &Driving<'_, H, Q, C, R>,
) -> Result<Vec<Candidate>, Fault> {
    let mut candidates = Vec::with_capacity(named.len());
    for of in named.iter().cloned() {
        let run = with
            .home
            .head(&of)
            .await?
            .map_or(0, |head| head.verdict_run);
        candidates.push(Candidate { of, run });
    }
    Ok(candidates)
}

async fn matching<H, Q, C, R>(
    job: &mut Job,
    filter: &Filter,
    with: &Driving<'_, H, Q, C, R>,
) -> Result<u64, Fault>
where
    H: Worklist + Jobs,
    C: Clock,
    R: Sleep,
{
    let (mut found, mut waiting) = (0, Vec::with_capacity(PART));
    let mut paging = Paging::first(SortOrder::OldestFirst, PART);
    loop {
        let page = with.home.page(filter, &paging).await?;
        waiting.extend(page.rows.into_iter().map(|row| Candidate {
            of: row.of,
            run: row.verdict_run,
        }));
        while waiting.len() >= PART || (page.next.is_none() && !waiting.is_empty()) {
            let rest = waiting.split_off(waiting.len().min(PART));
            found += keep(job, &waiting, with).await?;
            waiting = rest;
        }
        let Some(next) = page.next else {
            return Ok(found);
        };
        paging = paging.after(next);
    }
}

/// Keeps a part, and beats when it is time. Where somebody else has resumed the job, the part is theirs.
async fn keep<H: Jobs, Q, C: Clock, R: Sleep>(
    job: &mut Job,
    candidates: &[Candidate],
    with: &Driving<'_, H, Q, C, R>,
) -> Result<u64, Fault> {
    if !with.home.put_part(job, job.parts, candidates).await? {
        return Err(taken());
    }
    job.parts += 1;
    if with.clock.now().since(job.beat_at) >= BEAT {
        save(job, with).await?;
    }
    Ok(candidates.len() as u64)
}

/// How a run of a job ended, other than by its own end.
#[derive(Debug, thiserror::Error)]
pub enum Halted {
    /// Somebody else cancelled or resumed it.
    #[error("somebody else took the job over")]
    Taken,
    /// The home does not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Goes on with a job that stopped, or whose runner is gone: takes it over. Whoever ran it finds out at its next beat.
pub async fn resume<H, Q, C, R>(mut job: Job, with: &Driving<'_, H, Q, C, R>) -> Result<Job, Fault>
where
    H: Worklist + Polls + Jobs,
    C: Clock,
    R: Sleep,
{
    if job.parts == 0 || job.state == JobState::Preparing {
        // Nothing was sent: its candidates are picked afresh.
        return prepare(job, with).await;
    }
    (job.state, job.reason) = (JobState::Running, None);
    save(&mut job, with).await?;
    Ok(job)
}

/// Calls a job off. What it has sent stays sent.
pub async fn cancel<H: Jobs, C: Clock>(mut job: Job, home: &H, clock: &C) -> Result<bool, Fault> {
    (job.state, job.version, job.beat_at) = (JobState::Cancelled, job.version + 1, clock.now());
    if !home.save(&job).await? {
        return Ok(false);
    }
    home.forget_parts(&job.id, job.parts).await?;
    Ok(true)
}

/// Sends what is to be sent and waits for every verdict. `watch` sees the job after each look; `stop` asks for an end
/// between two looks. The job it gives is done or stopped, and written down.
pub async fn run<H, Q, C, R>(
    mut job: Job,
    with: &Driving<'_, H, Q, C, R>,
    watch: &mut impl FnMut(&Job),
    stop: &impl Fn() -> bool,
) -> Result<Job, Halted>
where
    H: Actions + Entries + Polls + Jobs,
    Q: Queue,
    C: Clock,
    R: Sleep,
{
    let mut course = Course::start(&job, with.clock.now());
    while job.part < job.parts {
        let candidates = with.home.part(&job.id, job.part).await?;
        let mut part = Part::new(candidates, job.verb.sends());
        part.assess(with.home).await?;
        let around = Around {
            with,
            watch: &mut *watch,
            stop,
        };
        if let Some(reason) = run_part(&mut job, &mut part, &mut course, around).await? {
            (job.state, job.reason) = (JobState::Stopped, Some(reason));
            beat(&mut job, with).await?;
            watch(&job);
            return Ok(job);
        }
        job.before = job.before.plus(&part.tally());
        (job.now, job.part) = (Default::default(), job.part + 1);
    }
    job.state = JobState::Done;
    beat(&mut job, with).await?;
    watch(&job);
    with.home.forget_parts(&job.id, job.parts).await?;
    Ok(job)
}

/// What one look needs besides the job: what it works with, who watches, and who may ask for an end.
struct Around<'a, 'b, H, Q, C, R, W, S> {
    with: &'a Driving<'b, H, Q, C, R>,
    watch: &'a mut W,
    stop: &'a S,
}

/// `Some`: why the job stops within this part.
async fn run_part<H, Q, C, R, W, S>(
    job: &mut Job,
    part: &mut Part,
    course: &mut Course,
    around: Around<'_, '_, H, Q, C, R, W, S>,
) -> Result<Option<String>, Halted>
where
    H: Actions + Entries + Polls + Jobs,
    Q: Queue,
    C: Clock,
    R: Sleep,
    W: FnMut(&Job),
    S: Fn() -> bool,
{
    let Around { with, watch, stop } = around;
    loop {
        let now = with.clock.now();
        let room = course.room(job, part, with.pace.window, now);
        let mut moved = send(job, part, room, with, course).await;
        moved += part.look(with.home).await?;
        job.now = part.tally();
        watch(job);
        if let Some(reason) = course.verdict(job, part, stop()) {
            return Ok(Some(reason));
        }
        if with.clock.now().since(job.beat_at) >= BEAT {
            beat(job, with).await?;
        }
        if part.is_done() {
            return Ok(None);
        }
        if let Some(reason) = course.moved(moved, with.clock.now(), with.pace) {
            return Ok(Some(reason));
        }
        let pause = if moved == 0 {
            course.pause(with.pace)
        } else {
            with.pace.breath
        };
        if !pause.is_zero() {
            with.rest.sleep(pause).await;
        }
    }
}

/// Sends up to `room`; gives how many were disposed of.
async fn send<H, Q, C, R>(
    job: &Job,
    part: &mut Part,
    room: usize,
    with: &Driving<'_, H, Q, C, R>,
    course: &mut Course,
) -> usize
where
    H: Actions + Entries,
    Q: Queue,
    C: Clock,
{
    let replaying = Replaying {
        home: with.home,
        queue: with.queue,
        clock: with.clock,
    };
    let deed = Action {
        why: job.why.clone(),
        job: Some(job.id.to_string()),
        ..Action::new(job.verb, job.who.clone())
    };
    let picked = part.pending(room);
    let sent: Vec<_> = stream::iter(picked)
        .map(|(at, candidate)| {
            let (replaying, deed) = (&replaying, &deed);
            async move {
                (
                    at,
                    crate::replay::replay_one(&candidate.of, candidate.run, deed, replaying).await,
                )
            }
        })
        .buffer_unordered(PARALLEL)
        .collect()
        .await;
    let mut moved = 0;
    for (at, result) in sent {
        match result {
            Ok(replayed) => {
                moved += 1;
                if part.replayed(at, replayed) {
                    course.sent += 1;
                    course.credit -= 1.0;
                }
            }
            Err(fault) => course.fault = Some(fault.to_string()),
        }
    }
    moved
}

/// Writes the job; somebody else's writing ends this run.
async fn beat<H: Jobs, Q, C: Clock, R: Sleep>(
    job: &mut Job,
    with: &Driving<'_, H, Q, C, R>,
) -> Result<(), Halted> {
    if write(job, with).await? {
        Ok(())
    } else {
        Err(Halted::Taken)
    }
}

/// As above, where somebody else's writing is a fault.
async fn save<H: Jobs, Q, C: Clock, R: Sleep>(
    job: &mut Job,
    with: &Driving<'_, H, Q, C, R>,
) -> Result<(), Fault> {
    if write(job, with).await? {
        Ok(())
    } else {
        Err(taken())
    }
}

fn taken() -> Fault {
    Fault::transient(Code::Contention, "somebody else took the job over")
}

async fn write<H: Jobs, Q, C: Clock, R: Sleep>(
    job: &mut Job,
    with: &Driving<'_, H, Q, C, R>,
) -> Result<bool, Fault> {
    (job.version, job.beat_at) = (job.version + 1, with.clock.now());
    let mut tries = 0;
    loop {
        match with.home.save(job).await {
            Ok(true) => return Ok(true),
            // The answer to an earlier try may have been lost.
            Ok(false) => {
                return Ok(tries > 0 && with.home.job(&job.id).await?.as_ref() == Some(&*job));
            }
            Err(fault) if tries >= 5 => return Err(fault),
            Err(_) => with.rest.sleep(with.pace.longest).await,
        }
        tries += 1;
    }
}
