//! Invocations of `worker` and `bury`, as Lambda makes them: what is not named in the answer is taken off the queue, and
//! nothing is when the function did not end before its deadline.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_core::calls::Calls;
use counterfoil_core::ports::{Clock, Ledger, TimeLeft};
use counterfoil_core::settling::{Delivery, RetryPolicy};
use counterfoil_core::suspicion::Unguarded;
use counterfoil_core::{Cause, Timestamp};
use counterfoil_lambda::metrics::{Function, Meter};
use counterfoil_lambda::{Deadline, Settings, batch};
use counterfoil_testkit::outage::run;
use counterfoil_testkit::{ManualClock, Outage, build};
use serde_json::{Value, json};
use worker::Worker;

use crate::queue::{Numbered, Queue, event};

/// A ledger, and whether it ended the process of whoever called it.
pub trait Deadly: Ledger + Send {
    /// Has it, since a process was started?
    fn has_ended(&self) -> bool;
    /// A process is started.
    fn start(&self);
}

impl Deadly for Outage {
    fn has_ended(&self) -> bool {
        false
    }

    fn start(&self) {}
}

/// Both functions, which share their code's worker.
pub struct Functions<L> {
    worker: Worker<Arc<L>, Arc<ManualClock>, Unguarded>,
    clock: Arc<ManualClock>,
    meter: Meter,
}

/// What a function was given, and what it answered.
struct Answer<'a> {
    received: &'a [Numbered],
    answer: Value,
}

/// What became of an invocation.
pub struct Invocation {
    pub took: Duration,
    /// It answered before its deadline.
    pub answered: bool,
}

impl<L: Deadly> Functions<L> {
    pub fn new(ledger: Arc<L>, clock: Arc<ManualClock>, retry: RetryPolicy) -> Self {
        let (clock_of_worker, forms) = (Arc::clone(&clock), Arc::new(build::forms()));
        let worker = Worker {
            ledger,
            clock: clock_of_worker,
            forms,
            guard: Unguarded,
            retry,
            parallel: 10,
        };
        let meter = Meter::new(
            &Settings::new(|_| None),
            Function::Worker,
            ManualClock::new(),
        )
        .by(|_| ());
        Self {
            worker,
            clock,
            meter,
        }
    }

    /// The worker gets a batch.
    pub fn work(&self, received: &[Numbered], queue: &mut Queue, timeout: Duration) -> Invocation {
        self.worker.ledger.start();
        let deadline = Deadline::new(self.clock.now().plus(timeout), &*self.clock);
        let hidden = Mutex::new(Vec::new());
        let settle = |deliveries: Vec<Delivery>| async move {
            self.worker.handle(&deliveries, &deadline).await
        };
        let hide = |receipt: String, seconds: i32| {
            if !self.worker.ledger.has_ended() {
                hidden
                    .lock()
                    .unwrap()
                    .push((receipt, seconds, self.clock.now()));
            }
            async { Ok(()) }
        };
        let batch = serde_json::from_value(event(received)).unwrap();
        let began = self.clock.now();
        let answer = run(batch::handle(batch, &settle, &hide, &self.meter)).unwrap();
        for (receipt, seconds, at) in hidden.into_inner().unwrap() {
            queue.hide(&receipt, seconds, at);
        }
        let answer = Answer {
            received,
            answer: json!(answer),
        };
        self.end(began, !deadline.left().is_zero(), answer, queue)
    }

    /// `bury` gets a batch.
    pub fn bury(&self, received: &[Numbered], queue: &mut Queue, timeout: Duration) -> Invocation {
        let deadline = Deadline::new(self.clock.now().plus(timeout), &*self.clock);
        let bury = async |delivery: Delivery, calls: &Calls<'_>| {
            self.worker
                .bury(&delivery, Cause::gave_up(delivery.receives), calls)
                .await
        };
        let batch = serde_json::from_value(event(received)).unwrap();
        let began = self.clock.now();
        let answer = run(batch::handle_each(batch, (&deadline, &self.meter), &bury)).unwrap();
        let answer = Answer {
            received,
            answer: json!(answer),
        };
        self.end(began, !deadline.left().is_zero(), answer, queue)
    }

    fn end(
        &self,
        began: Timestamp,
        in_time: bool,
        answer: Answer<'_>,
        queue: &mut Queue,
    ) -> Invocation {
        let Answer { received, answer } = answer;
        let answered = !self.worker.ledger.has_ended() && in_time;
        let failures = answer["batchItemFailures"].as_array().unwrap();
        let failed = |number: usize| {
            failures.iter().any(|failure| {
                failure["itemIdentifier"].as_str() == Some(number.to_string().as_str())
            })
        };
        for (number, _) in received
            .iter()
            .filter(|(number, _)| answered && !failed(*number))
        {
            queue.delete(*number);
        }
        Invocation {
            took: self.clock.now().since(began),
            answered,
        }
    }
}
