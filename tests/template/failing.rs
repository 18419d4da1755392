//! The functions on AWS, each failing in every way that is counted, and what they write then.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_core::calls::{Calls, Endless};
use counterfoil_core::ports::{Polls, Seen, SeenMarks};
use counterfoil_core::settling::{Delivery, RetryPolicy};
use counterfoil_core::suspicion::Unguarded;
use counterfoil_core::{Cause, Code, Fault, Head, SubmissionRef, Timestamp};
use counterfoil_lambda::Settings;
use counterfoil_lambda::edge::Edge;
use counterfoil_lambda::http::Door;
use counterfoil_lambda::metrics::{Function, Meter, Tally};
use counterfoil_lambda::{batch, http as events};
use counterfoil_testkit::ledger::Plan;
use counterfoil_testkit::queue::Fail;
use counterfoil_testkit::{CountingEntropy, ManualClock, MemoryLedger, MemoryQueue, build};
use futures_util::FutureExt;
use ingest::function::REFUSALS;
use ingest::{Ingest, Status};
use serde_json::Value;
use worker::Worker;

const SQS: &str = include_str!("../../crates/lambda/fixtures/sqs.json");
const POST: &str = include_str!("../../crates/lambda/fixtures/http-api-json.json");

/// The stack that the functions are told, in place of `AWS::StackName`.
pub const STACK: &str = "a-stack";
/// The version of a function that runs.
pub const VERSION: &str = "7";

/// What functions have written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Value>>>);

impl Lines {
    /// The meter of a function that writes them.
    fn meter(&self, function: Function) -> Meter {
        let settings = Settings::new(|name| match name {
            "STACK_NAME" => Some(STACK.to_owned()),
            "AWS_LAMBDA_FUNCTION_VERSION" => Some(VERSION.to_owned()),
            _ => None,
        });
        let lines = Arc::clone(&self.0);
        let meter = Meter::new(&settings, function, ManualClock::new());
        meter.by(move |line| {
            lines
                .lock()
                .unwrap()
                .push(serde_json::from_str(line).unwrap())
        })
    }

    fn door(&self, function: Function) -> Door {
        Door {
            edge: Edge::default(),
            refusals: REFUSALS,
            meter: self.meter(function),
        }
    }
}

fn worker() -> Worker<MemoryLedger, ManualClock, Unguarded> {
    Worker {
        ledger: MemoryLedger::default(),
        clock: ManualClock::new(),
        forms: Arc::new(build::forms()),
        guard: Unguarded,
        retry: RetryPolicy::default(),
        parallel: 1,
    }
}

/// An event of SQS's with one message.
fn message(body: &str) -> Value {
    let mut event: Value = serde_json::from_str(SQS).unwrap();
    event["Records"].as_array_mut().unwrap().truncate(1);
    event["Records"][0]["body"] = body.into();
    event
}

/// One delivery that fails for good, and one that a ledger refuses.
fn settle(lines: &Lines) {
    let (worker, meter) = (worker(), lines.meter(Function::Worker));
    let settle = |batch: Vec<Delivery>| {
        let worker = &worker;
        async move { worker.handle(&batch, &Endless).await }
    };
    let hide = |_, _| async { Ok(()) };
    let handled = |body: &str| {
        let event = serde_json::from_value(message(body)).unwrap();
        batch::handle(event, &settle, &hide, &meter)
            .now_or_never()
            .unwrap()
            .unwrap()
    };
    handled("this is no envelope");
    worker.ledger.order(Plan::Fail(Fail::Before));
    handled(&build::envelope(1, "hello").encode());
}

fn bury(lines: &Lines) {
    let (worker, meter) = (worker(), lines.meter(Function::Bury));
    let bury = async |delivery: Delivery, calls: &Calls<'_>| {
        worker
            .bury(&delivery, Cause::gave_up(delivery.receives), calls)
            .await
    };
    let event = message(&build::envelope(2, "hello").encode());
    let event = serde_json::from_value(event).unwrap();
    batch::handle_each(event, (&Endless, &meter), &bury)
        .now_or_never()
        .unwrap()
        .unwrap();
}

/// A post that the queue refuses, and the ticket of one that it took.
fn post(lines: &Lines) -> String {
    let ingest = Ingest {
        keys: Arc::new(build::keyring()),
        id_secret: Arc::new(build::id_secret()),
        forms: Arc::new(build::forms()),
        queue: MemoryQueue::default(),
        clock: ManualClock::new(),
        entropy: CountingEntropy::default(),
        status_base_url: None,
        refusals: ingest::Refusals::default(),
    };
    let (door, handle) = (lines.door(Function::Ingest), |request| {
        ingest.handle(request)
    });
    let mut event: Value = serde_json::from_str(POST).unwrap();
    event["body"] = build::fields("hello").to_string().into();
    event["headers"]["accept"] = "application/json".into();
    let event = event.to_string().into_bytes();
    let posted = || {
        events::answer_bytes(&event, &handle, &door)
            .now_or_never()
            .unwrap()
            .unwrap()
    };
    ingest.queue.fail_next(Fail::Before);
    posted();
    let accepted: Value = serde_json::from_slice(&posted()).unwrap();
    assert_eq!(accepted["statusCode"], 202, "{accepted}");
    let receipt: Value = serde_json::from_str(accepted["body"].as_str().unwrap()).unwrap();
    receipt["ticket"].as_str().unwrap().to_owned()
}

/// A ledger without entries, or one that is away.
struct Empty {
    is_away: bool,
}

impl Polls for Empty {
    async fn head(&self, _: &SubmissionRef) -> Result<Option<Head>, Fault> {
        if self.is_away {
            Err(Fault::transient(Code::DatabaseBusy, "try again"))
        } else {
            Ok(None)
        }
    }
}

impl SeenMarks for Empty {
    async fn seen(&self, _: &SubmissionRef, _: Timestamp) -> Result<Seen, Fault> {
        Ok(Seen::default())
    }
}

fn poll(lines: &Lines, ticket: &str, is_away: bool) {
    let status = Status {
        keys: Arc::new(build::keyring()),
        forms: Arc::new(build::forms()),
        polls: Empty { is_away },
        clock: ManualClock::new(),
        entropy: CountingEntropy::default(),
        buries: true,
    };
    status.clock.advance(Duration::from_secs(6 * 24 * 60 * 60));
    let (door, handle) = (lines.door(Function::Status), |request| {
        status.handle(request)
    });
    let mut event: Value = serde_json::from_str(POST).unwrap();
    event["rawPath"] = format!("/tickets/{ticket}").into();
    event["requestContext"]["http"]["method"] = "GET".into();
    events::answer_bytes(event.to_string().as_bytes(), &handle, &door)
        .now_or_never()
        .unwrap()
        .unwrap();
}

/// A receiver that is disabled, as the function counts it.
fn tell(lines: &Lines) {
    lines.meter(Function::Courier).tell(&Tally::of_untold(1));
}

/// Each function, failing in each way that is counted.
pub fn written() -> Vec<Value> {
    let lines = Lines::default();
    tell(&lines);
    settle(&lines);
    bury(&lines);
    let ticket = post(&lines);
    poll(&lines, &ticket, true);
    poll(&lines, &ticket, false);
    lines.0.lock().unwrap().clone()
}
