//! A day on AWS: submissions come, workers take them off the queue, and for some hours nothing gets done.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::ports::Clock;
use counterfoil_core::{SubmissionId, Timestamp};
use counterfoil_testkit::{Away, ManualClock, Outage, build};

use crate::HOUR;
use crate::functions::{Functions, Invocation};
use crate::numbers::Numbers;
use crate::queue::Queue;

/// What keeps the worker from getting anything done.
#[derive(Clone, Copy, Debug)]
pub enum Failing {
    /// Its ledger is away.
    Ledger(Away),
    /// It does not start: no code of ours runs.
    Start,
    /// Something in it never ends, so that Lambda ends it.
    TimesOut,
}

/// When it begins.
const BEGINS: Duration = HOUR;
/// Nothing takes longer; reached only by a failure.
const LONGEST: Duration = Duration::from_secs(3 * 24 * 3600);

/// A day that is over.
pub struct Day {
    /// Submissions.
    pub sent: usize,
    pub ledger: Arc<Outage>,
    /// How old each dead letter was when it became one.
    pub dead: Vec<Duration>,
    pub over_at: Timestamp,
    /// When the last one that had come before was taken off the queue.
    pub settled_at: Timestamp,
    invocations: Vec<Invocation>,
}

impl Day {
    /// The day with this in it, for so long.
    pub fn with(failing: Failing, long: Duration) -> Self {
        let mut home = Machine::new(failing, long);
        home.submit();
        home.drain();
        home.bury();
        home.day
    }

    /// Invocations that were ended, or did not begin.
    pub fn failed_invocations(&self) -> usize {
        self.invocations
            .iter()
            .filter(|invocation| !invocation.answered)
            .count()
    }

    /// The longest invocation.
    pub fn longest(&self) -> Duration {
        self.invocations
            .iter()
            .map(|invocation| invocation.took)
            .max()
            .unwrap()
    }
}

struct Machine {
    numbers: Numbers,
    failing: Failing,
    clock: Arc<ManualClock>,
    functions: Functions<Outage>,
    queue: Queue,
    dead: Queue,
    day: Day,
}

impl Machine {
    fn new(failing: Failing, long: Duration) -> Self {
        let (numbers, clock) = (Numbers::ours(), Arc::new(ManualClock::new()));
        let away = match failing {
            Failing::Ledger(away) => away,
            Failing::Start | Failing::TimesOut => Away::Refuses,
        };
        let begins = clock.now().plus(BEGINS);
        let ledger = Arc::new(Outage::new(
            Arc::clone(&clock),
            away,
            begins,
            begins.plus(long),
        ));
        let functions = Functions::new(Arc::clone(&ledger), Arc::clone(&clock), numbers.retry);
        let queue = Queue::new(numbers.visibility, Some(numbers.retry.max_receives));
        let dead = Queue::new(numbers.dead_visibility, None);
        let over_at = begins.plus(long);
        let day = Day {
            sent: 0,
            ledger,
            dead: Vec::new(),
            over_at,
            settled_at: over_at,
            invocations: Vec::new(),
        };
        Self {
            numbers,
            failing,
            clock,
            functions,
            queue,
            dead,
            day,
        }
    }

    /// One comes every five minutes, and a rush of two batches every hour.
    fn submit(&mut self) {
        let began = self.clock.now();
        for five_minutes in 0..24 * 12_u32 {
            let at = began.plus(Duration::from_secs(300) * five_minutes);
            for _ in 0..if five_minutes % 12 == 3 { 20 } else { 1 } {
                let mut sent = build::envelope(1, "m");
                let mut random = [0; 10];
                random[..8].copy_from_slice(&self.day.sent.to_be_bytes());
                (sent.of.id, sent.received_at) = (SubmissionId::fresh(at, random), at);
                self.queue.send(self.day.sent, sent.encode(), at);
                self.day.sent += 1;
            }
        }
    }

    /// Workers take off the queue what is there, as many at a time as may, until nothing is.
    fn drain(&mut self) {
        let mut free = vec![self.clock.now(); self.numbers.concurrency];
        while let Some(next) = self.queue.next() {
            let worker = free.iter_mut().min().unwrap();
            let at = next.max(*worker);
            assert!(
                at.since(self.day.over_at) < LONGEST,
                "{:?}: it never ends",
                self.failing
            );
            set(&self.clock, at);
            *worker = at.plus(self.invoke(at).max(Duration::from_millis(10)));
        }
        assert!(self.queue.is_empty());
    }

    /// One worker takes a batch; how long it is busy.
    fn invoke(&mut self, at: Timestamp) -> Duration {
        let (received, given_up) = self.queue.receive(self.numbers.batch, at);
        for (number, message) in given_up {
            self.day.dead.push(at.since(message.sent_at));
            self.dead.take_over(number, message, at);
        }
        if received.is_empty() {
            return Duration::ZERO;
        }
        let is_away = self.day.ledger.is_away(at);
        let invocation = match self.failing {
            Failing::Start if is_away => Invocation {
                took: Duration::from_secs(1),
                answered: false,
            },
            Failing::TimesOut if is_away => Invocation {
                took: self.numbers.timeout,
                answered: false,
            },
            Failing::Ledger(_) | Failing::Start | Failing::TimesOut => {
                self.functions
                    .work(&received, &mut self.queue, self.numbers.timeout)
            }
        };
        if received
            .iter()
            .any(|(_, message)| message.sent_at < self.day.over_at)
        {
            self.day.settled_at = self.day.settled_at.max(self.clock.now());
        }
        let took = invocation.took;
        self.day.invocations.push(invocation);
        took
    }

    /// `bury` takes off the dead-letter queue what is there: from its beginning on, so that it too is there in the outage.
    fn bury(&mut self) {
        while let Some(next) = self.dead.next() {
            assert!(
                next.since(self.day.over_at) < LONGEST,
                "{:?}: it is never buried",
                self.failing
            );
            set(&self.clock, next);
            let (received, _) = self.dead.receive(self.numbers.batch, next);
            let invocation =
                self.functions
                    .bury(&received, &mut self.dead, self.numbers.bury_timeout);
            assert!(invocation.answered, "bury is ended in the middle");
        }
    }
}

/// Now it is then: one worker begins before another has ended.
fn set(clock: &ManualClock, at: Timestamp) {
    clock.reach(at);
    clock.set_back(clock.now().since(at));
}
