//! SQS batches to deliveries, and outcomes to the answer that names what stays on the queue.
//!
//! Lambda takes an answer it cannot read as a failure of the whole batch, and an empty one as the success of all of
//! it: so the answer is typed, a message without an id fails the batch, and what got no outcome stays.
//!
//! SQS counts receives, and not tries. So whatever comes back is hidden for as long as its count says, tried or not; and an
//! invocation ends before its deadline, at which Lambda would leave all of the batch to the queue's own time-out.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use counterfoil_core::calls::Calls;
use counterfoil_core::ports::TimeLeft;
use counterfoil_core::settling::{Delivery, Outcome, SHELTER, Settled, neighbours};
use counterfoil_core::{Code, Fault, Timestamp};
use futures_util::{FutureExt, StreamExt, stream};
use lambda_runtime::{Error, LambdaEvent, service_fn};

use crate::Deadline;
use crate::metrics::{Meter, Tally};

/// Messages hidden at once.
const PARALLEL: usize = 10;
/// The longest that SQS hides a message: 12 hours.
const LONGEST: i32 = 12 * 60 * 60;

/// A batch that cannot be answered for.
#[derive(Debug, thiserror::Error)]
#[error("a message of the batch has no id, so none of it can be answered for")]
pub struct Nameless;

/// One message of a batch.
struct Message {
    id: String,
    receipt: Option<String>,
}

/// Settles batches by `settle(deliveries, deadline)` until Lambda ends the process. What is to be tried again is hidden by
/// `hide(receipt, seconds)`; where that fails, the queue's own time-out hides it. What failed, and what is tried again, is
/// counted by `meter`.
pub async fn run<S, R, H, K>(settle: S, hide: H, meter: &Meter) -> Result<(), Error>
where
    S: Fn(Vec<Delivery>, Deadline) -> R,
    R: Future<Output = Vec<Outcome>>,
    H: Fn(String, i32) -> K,
    K: Future<Output = Result<(), Fault>>,
{
    let (settle, hide) = (&settle, &hide);
    let serve = |event: LambdaEvent<SqsEvent>| async move {
        let deadline = Deadline::from_context(&event.context);
        let settle = |deliveries| settle(deliveries, deadline);
        Ok::<_, Error>(Box::pin(handle(event.payload, &settle, hide, meter)).await?)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Gives messages to `bury`, one after the other, until Lambda ends the process. Simpler than [`run`] on purpose: what
/// crashed that must not crash this. What became a dead letter is counted by `meter`.
pub async fn run_each<B>(bury: B, meter: &Meter) -> Result<(), Error>
where
    B: AsyncFn(Delivery, &Calls<'_>) -> Result<Settled, Fault>,
{
    let bury = &bury;
    let serve = |event: LambdaEvent<SqsEvent>| async move {
        let deadline = Deadline::from_context(&event.context);
        Ok::<_, Error>(Box::pin(handle_each(event.payload, (&deadline, meter), bury)).await?)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Answers for one batch, as [`run`] does: first those are sheltered that came with one that may end the process, then all is
/// settled, then what is to come back is backed off.
pub async fn handle<S, R, H, K>(
    event: SqsEvent,
    settle: &S,
    hide: &H,
    meter: &Meter,
) -> Result<SqsBatchResponse, Nameless>
where
    S: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
    H: Fn(String, i32) -> K,
    K: Future<Output = Result<(), Fault>>,
{
    let (messages, deliveries) = decode(event)?;
    hide_all(sheltered(&messages, &deliveries), hide).await;
    let outcomes = settle(deliveries).await;
    // At once: what hides takes time, and the function may be ended meanwhile.
    meter.tell(&Tally::of_batch(&outcomes));
    hide_all(backed_off(&messages, &outcomes), hide).await;
    let is_done = |place| matches!(outcomes.get(place), Some(Outcome::Ack(_)));
    Ok(answer(messages, is_done))
}

/// Answers for one batch, as [`run_each`] does. What there is no time for stays where it is, and comes back.
pub async fn handle_each<B>(
    event: SqsEvent,
    (time, meter): (&dyn TimeLeft, &Meter),
    bury: &B,
) -> Result<SqsBatchResponse, Nameless>
where
    B: AsyncFn(Delivery, &Calls<'_>) -> Result<Settled, Fault>,
{
    let (messages, deliveries) = decode(event)?;
    let calls = Calls::new(time);
    let (mut done, mut tally) = (Vec::with_capacity(deliveries.len()), Tally::default());
    for delivery in deliveries {
        let buried = bury_one(delivery, &calls, bury).await;
        match &buried {
            Ok(settled) => tally.count_failed(settled),
            Err(fault) => {
                let cause = fault.cause();
                tracing::warn!(cause = %cause.code, "failed to bury a message; it stays where it is: {}", cause.detail);
            }
        }
        done.push(buried.is_ok());
    }
    meter.tell(&tally);
    Ok(answer(messages, |place| done.get(place) == Some(&true)))
}

async fn bury_one<B>(delivery: Delivery, calls: &Calls<'_>, bury: &B) -> Result<Settled, Fault>
where
    B: AsyncFn(Delivery, &Calls<'_>) -> Result<Settled, Fault>,
{
    calls.may_begin()?;
    let buried = AssertUnwindSafe(async { bury(delivery, calls).await })
        .catch_unwind()
        .await;
    buried.unwrap_or_else(|_| {
        Err(Fault::transient(
            Code::Panic,
            "bury panicked on this message",
        ))
    })
}

fn decode(event: SqsEvent) -> Result<(Vec<Message>, Vec<Delivery>), Nameless> {
    let records: Result<Vec<_>, _> = event.records.into_iter().map(message).collect();
    Ok(records?.into_iter().unzip())
}

fn message(record: SqsMessage) -> Result<(Message, Delivery), Nameless> {
    let number = |name: &str| {
        record
            .attributes
            .get(name)
            .and_then(|digits| digits.parse().ok())
    };
    let receives =
        number("ApproximateReceiveCount").and_then(|count: i64| u32::try_from(count).ok());
    let delivery = Delivery {
        // SQS always counts; without a count it is nobody's last receive.
        receives: receives.unwrap_or(1),
        sent_at: Timestamp::from_millis(number("SentTimestamp").unwrap_or(0)),
        body: record.body.unwrap_or_default().into_bytes(),
        // SQS hands nothing out that differs from its own checksum.
        damage: None,
    };
    let id = record
        .message_id
        .filter(|id| !id.is_empty())
        .ok_or(Nameless)?;
    Ok((
        Message {
            id,
            receipt: record.receipt_handle,
        },
        delivery,
    ))
}

/// What is hidden before a batch is begun: should one of it end the process, the others come back soon.
fn sheltered(messages: &[Message], deliveries: &[Delivery]) -> Vec<(String, Duration)> {
    let found = neighbours(deliveries)
        .into_iter()
        .filter_map(|place| messages.get(place)?.receipt.clone());
    found.map(|receipt| (receipt, SHELTER)).collect()
}

/// What is to be tried again, for as long as its outcome says.
fn backed_off(messages: &[Message], outcomes: &[Outcome]) -> Vec<(String, Duration)> {
    let again = messages
        .iter()
        .zip(outcomes)
        .filter_map(|(message, outcome)| match outcome {
            Outcome::Ack(_) => None,
            Outcome::Retry { after, .. } => Some((message.receipt.clone()?, *after)),
        });
    again.collect()
}

/// Hides messages. A failure is logged, and nothing more: the message then comes back after the queue's own time-out.
async fn hide_all<H, K>(all: Vec<(String, Duration)>, hide: &H)
where
    H: Fn(String, i32) -> K,
    K: Future<Output = Result<(), Fault>>,
{
    let hide_one = |(receipt, after)| async move {
        if let Err(fault) = hide(receipt, seconds(after)).await {
            let cause = fault.cause();
            tracing::warn!(cause = %cause.code, "failed to hide a message; the queue's time-out does: {}", cause.detail);
        }
    };
    stream::iter(all)
        .for_each_concurrent(PARALLEL, hide_one)
        .await;
}

/// Whole seconds, rounded up, at most what SQS takes.
fn seconds(after: Duration) -> i32 {
    let whole = after
        .as_secs()
        .saturating_add(u64::from(after.subsec_nanos() > 0));
    i32::try_from(whole).unwrap_or(LONGEST).min(LONGEST)
}

fn answer(messages: Vec<Message>, is_done: impl Fn(usize) -> bool) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let stays = messages
        .into_iter()
        .enumerate()
        .filter(|(place, _)| !is_done(*place));
    stays.for_each(|(_, message)| response.add_failure(message.id));
    response
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
