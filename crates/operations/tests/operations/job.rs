//! The replay job on fakes, with a worker that settles whenever the job rests.

mod interrupted;

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_core::ports::{Clock, Entries, Ledger, Polls, Queue, Write};
use counterfoil_core::settling::{buried, write};
use counterfoil_core::{Cause, Code, Entry, Fault, Head, State, SubmissionId, SubmissionRef};
use counterfoil_operations::drive::{Driving, Halted, Pace, prepare, resume, run};
use counterfoil_operations::history::{Action, Edit, Line};
use counterfoil_operations::job::{Candidate, Job, JobId, JobState, Manner, Selection};
use counterfoil_operations::ports::{Actions, Jobs, Sleep, Worklist};
use counterfoil_operations::worklist::{Failures, Filter, Page, Paging};
use counterfoil_testkit::build::{THEN, delivery, entry, envelope};
use counterfoil_testkit::contract::operations::job;
use counterfoil_testkit::queue::Fail;
use counterfoil_testkit::{ManualClock, MemoryLedger, MemoryQueue};
use futures_util::FutureExt;

const PACE: Pace = Pace {
    window: 20,
    look: Duration::from_millis(5),
    longest: Duration::from_millis(40),
    breath: Duration::ZERO,
    patience: Duration::from_secs(60),
};

/// A home with dead letters, whose calls end for ever after so many: what a kill looks like from inside.
struct World {
    ledger: MemoryLedger,
    queue: MemoryQueue,
    clock: ManualClock,
    calls: AtomicI64,
    /// Submissions that fail again: by their number.
    bad: fn(usize) -> bool,
    /// Most that were on the queue at once.
    crowd: AtomicUsize,
    settles: bool,
    ids: Mutex<Vec<SubmissionRef>>,
}

impl World {
    fn new(dead: usize, bad: fn(usize) -> bool) -> Self {
        let world = Self {
            ledger: MemoryLedger::default(),
            queue: MemoryQueue::default(),
            clock: ManualClock::new(),
            calls: AtomicI64::new(i64::MAX),
            bad,
            crowd: AtomicUsize::new(0),
            settles: true,
            ids: Mutex::default(),
        };
        for number in 0..dead {
            let mut sent = envelope(0, &format!("message {number}"));
            let mut random = [0; 10];
            random[2..].copy_from_slice(&(number as u64).to_be_bytes());
            sent.of.id = SubmissionId::fresh(THEN, random);
            now(world.ledger.insert(&entry(&sent, Some(Cause::gave_up(20))))).unwrap();
            world.ids.lock().unwrap().push(sent.of);
        }
        world
    }

    /// One call: `None` once the process is dead. The last call has its effect and no answer, or neither.
    async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        let left = self.calls.fetch_sub(1, Ordering::SeqCst);
        if left < 0 {
            std::future::pending::<()>().await;
        }
        let answer = call.await;
        if left == 0 {
            std::future::pending::<()>().await;
        }
        answer
    }

    fn settle(&self) {
        let bodies = self.queue.drain();
        self.crowd.fetch_max(bodies.len(), Ordering::SeqCst);
        for body in bodies {
            let (mut incoming, body) =
                buried(&delivery(body), Cause::new(Code::DatabaseBusy, "again"));
            let number = self
                .ids
                .lock()
                .unwrap()
                .iter()
                .position(|of| *of == incoming.of)
                .unwrap();
            if !(self.bad)(number) {
                incoming.verdict = counterfoil_core::settle::Verdict::Stored;
            }
            now(write(incoming, body, &self.ledger, self.clock.now())).unwrap();
        }
    }

    fn driving(&self) -> Driving<'_, Self, Self, ManualClock, Self> {
        Driving {
            home: self,
            queue: self,
            clock: &self.clock,
            rest: self,
            pace: PACE,
        }
    }

    fn states(&self) -> (usize, usize) {
        let count = |state| {
            self.ledger
                .entries()
                .iter()
                .filter(|row| row.head.state == state)
                .count()
        };
        (count(State::Stored), count(State::Failed))
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the fakes never wait")
}

fn order(number: u8, manner: Manner) -> Job {
    Job {
        manner,
        ..job(number, Selection::All(Filter::default()))
    }
}

const PLAIN: Manner = Manner {
    rate: None,
    canary: Some(false),
    stop_at: 1.0,
};

/// Everything a runner does, from the order to the end.
async fn replay(world: &World, number: u8, manner: Manner) -> Result<Job, Halted> {
    let with = world.driving();
    let job = prepare(order(number, manner), &with).await?;
    run(job, &with, &mut |_| {}, &|| false).await
}

#[test]
fn a_filter_replays_all_that_it_matches_not_a_page() {
    let world = World::new(1203, |number| number % 400 == 0);
    let job = now(replay(&world, 1, PLAIN)).unwrap();
    assert_eq!((job.state, job.total, job.parts), (JobState::Done, 1203, 3));
    let tally = job.tally();
    assert_eq!(
        (
            tally.stored,
            tally.failed_again,
            tally.skipped,
            tally.under_way
        ),
        (1199, 4, 0, 0)
    );
    assert_eq!(world.states(), (1199, 4));
    assert_eq!(
        now(world.ledger.part(&job.id, 0)).unwrap(),
        [],
        "its candidates are forgotten"
    );
    let history = now(world.ledger.history(&world.ids.lock().unwrap()[5])).unwrap();
    let deed = history[1].deed.clone().unwrap();
    assert_eq!(
        (deed.who.as_str(), deed.job),
        ("ada", Some(job.id.to_string()))
    );
}

#[test]
fn fresh_submissions_never_wait_behind_more_than_a_window() {
    let world = World::new(300, |_| false);
    now(replay(&world, 1, PLAIN)).unwrap();
    assert_eq!(world.crowd.load(Ordering::SeqCst), PACE.window);
}

#[test]
fn a_canary_that_fails_again_keeps_the_rest_back() {
    let canary = Manner {
        canary: Some(true),
        ..PLAIN
    };
    let first = World::new(60, |_| true);
    let job = now(replay(&first, 1, canary)).unwrap();
    assert_eq!(
        (job.state, job.tally().failed_again, job.tally().done()),
        (JobState::Stopped, 1, 1),
        "{:?}",
        job.reason
    );
    let one_of_ten = World::new(60, |number| number == 7);
    let job = now(replay(&one_of_ten, 1, canary)).unwrap();
    assert_eq!(
        (job.state, job.tally().failed_again),
        (JobState::Stopped, 1)
    );
    assert!(job.tally().done() + job.tally().under_way <= 11, "{job:?}");
    let good = World::new(60, |number| number > 50);
    assert_eq!(now(replay(&good, 1, canary)).unwrap().state, JobState::Done);
}

#[test]
fn it_stops_when_too_many_fail_again_and_goes_on_when_told_to() {
    let world = World::new(400, |number| number < 200 && number % 2 == 0);
    let job = now(replay(
        &world,
        1,
        Manner {
            stop_at: 0.2,
            ..PLAIN
        },
    ))
    .unwrap();
    assert_eq!(job.state, JobState::Stopped);
    assert!(
        job.reason.as_deref().unwrap().contains("failed again"),
        "{job:?}"
    );
    let done = job.tally().done();
    assert!((20..100).contains(&done), "{done}");
    let with = world.driving();
    let mut job = now(resume(job, &with)).unwrap();
    job.manner.stop_at = 1.0;
    let job = now(run(job, &with, &mut |_| {}, &|| false)).unwrap();
    assert_eq!(
        (job.state, job.tally().stored, job.tally().failed_again),
        (JobState::Done, 300, 100)
    );
}

#[test]
fn the_rate_is_kept() {
    let world = World::new(200, |_| false);
    let start = world.clock.now();
    now(replay(
        &world,
        1,
        Manner {
            rate: Some(25.0),
            ..PLAIN
        },
    ))
    .unwrap();
    let took = world.clock.now().since(start).as_secs_f64();
    assert!((7.2..8.8).contains(&took), "200 at 25/s took {took} s");
}

#[test]
fn what_became_something_else_meanwhile_is_left_alone() {
    let world = World::new(10, |_| false);
    let with = world.driving();
    let job = now(prepare(
        order(
            1,
            Manner {
                canary: None,
                ..PLAIN
            },
        ),
        &with,
    ))
    .unwrap();
    let ids = world.ids.lock().unwrap().clone();
    for (of, state) in ids
        .iter()
        .zip([State::Stored, State::Discarded, State::Erased])
    {
        let mut row = world.ledger.entry(of).unwrap();
        row.head.state = state;
        world.ledger.put(row);
    }
    let job = now(run(job, &with, &mut |_| {}, &|| false)).unwrap();
    assert_eq!((job.tally().stored, job.tally().skipped), (7, 3));
}

#[test]
fn a_queue_that_takes_nothing_stops_it_and_loses_nothing() {
    let world = World::new(30, |_| false);
    for _ in 0..1000 {
        world.queue.fail_next(Fail::Before);
    }
    let job = now(replay(&world, 1, PLAIN)).unwrap();
    assert_eq!(job.state, JobState::Stopped);
    assert!(job.reason.unwrap().contains("nothing can be sent"));
    assert_eq!(world.states(), (0, 30));
}

#[test]
fn without_any_verdict_it_stops_in_the_end() {
    let world = World {
        settles: false,
        ..World::new(30, |_| false)
    };
    let job = now(replay(&world, 1, PLAIN)).unwrap();
    assert_eq!((job.state, job.tally().under_way), (JobState::Stopped, 20));
    assert!(job.reason.unwrap().contains("on its way"));
}

impl Sleep for World {
    async fn sleep(&self, how_long: Duration) {
        self.clock.advance(how_long);
        if self.settles {
            self.settle();
        }
    }
}

impl Queue for World {
    async fn send(&self, of: &SubmissionRef, body: String) -> Result<(), Fault> {
        self.call(self.queue.send(of, body)).await
    }
}

impl Entries for World {
    async fn entry(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        self.call(Entries::entry(&self.ledger, of)).await
    }
}

impl Polls for World {
    async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.call(self.ledger.head(of)).await
    }
}

impl Actions for World {
    async fn act(&self, next: &Head, deed: &Action, edit: Option<&Edit>) -> Result<Write, Fault> {
        self.call(self.ledger.act(next, deed, edit)).await
    }

    async fn history(&self, of: &SubmissionRef) -> Result<Vec<Line>, Fault> {
        self.ledger.history(of).await
    }
}

impl Worklist for World {
    async fn page(&self, filter: &Filter, paging: &Paging) -> Result<Page, Fault> {
        self.call(self.ledger.page(filter, paging)).await
    }

    async fn failures(&self, from: Option<String>, most: usize) -> Result<Failures, Fault> {
        self.ledger.failures(from, most).await
    }
}

impl Jobs for World {
    async fn save(&self, job: &Job) -> Result<bool, Fault> {
        self.call(self.ledger.save(job)).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, Fault> {
        self.call(self.ledger.job(id)).await
    }

    async fn jobs(&self, most: usize) -> Result<Vec<Job>, Fault> {
        self.call(self.ledger.jobs(most)).await
    }

    async fn put_part(
        &self,
        job: &Job,
        part: u32,
        candidates: &[Candidate],
    ) -> Result<bool, Fault> {
        self.call(self.ledger.put_part(job, part, candidates)).await
    }

    async fn part(&self, id: &JobId, part: u32) -> Result<Vec<Candidate>, Fault> {
        self.call(self.ledger.part(id, part)).await
    }

    async fn forget_parts(&self, id: &JobId, parts: u32) -> Result<(), Fault> {
        self.call(self.ledger.forget_parts(id, parts)).await
    }
}
