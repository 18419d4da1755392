//! SQS batches to deliveries, and outcomes to the answer that names what stays on the queue.
//!
//! Lambda takes an answer it cannot read as a failure of the whole batch, and an empty one as the success of all of
//! it: so the answer is typed, a message without an id fails the batch, and what got no outcome stays.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use counterfoil_core::settling::{Delivery, Outcome, Settled};
use counterfoil_core::{Fault, Timestamp};
use futures_util::{FutureExt, StreamExt, stream};
use lambda_runtime::{Error, LambdaEvent, service_fn};

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

/// Settles batches by `settle` until Lambda ends the process. What is to be tried again is hidden by
/// `hide(receipt, seconds)`; where that fails, the queue's own time-out hides it. What failed, and what is tried again, is
/// counted by `meter`.
pub async fn run<S, R, H, K>(settle: S, hide: H, meter: &Meter) -> Result<(), Error>
where
    S: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
    H: Fn(String, i32) -> K,
    K: Future<Output = Result<(), Fault>>,
{
    let (settle, hide) = (&settle, &hide);
    let serve = |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(Box::pin(handle(event.payload, settle, hide, meter)).await?)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Gives messages to `bury`, one after the other, until Lambda ends the process. Simpler than [`run`] on purpose: what
/// crashed that must not crash this. What became a dead letter is counted by `meter`.
pub async fn run_each<B, R>(bury: B, meter: &Meter) -> Result<(), Error>
where
    B: Fn(Delivery) -> R,
    R: Future<Output = Result<Settled, Fault>>,
{
    let bury = &bury;
    let serve = |event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(Box::pin(handle_each(event.payload, bury, meter)).await?)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Settles one event as [`run`] does, both as the bytes that Lambda sees: what a test asks in place of Lambda. `Err`: Lambda
/// would be told that the invocation failed.
pub async fn answer_bytes<S, R, H, K>(event: &[u8], settle: &S, hide: &H, meter: &Meter) -> Result<Vec<u8>, Error>
where
    S: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
    H: Fn(String, i32) -> K,
    K: Future<Output = Result<(), Fault>>,
{
    let event = serde_json::from_slice(event)?;
    Ok(serde_json::to_vec(&handle(event, settle, hide, meter).await?)?)
}

/// Buries the messages of one event as [`run_each`] does, for a test as well.
pub async fn answer_each_bytes<B, R>(event: &[u8], bury: &B, meter: &Meter) -> Result<Vec<u8>, Error>
where
    B: Fn(Delivery) -> R,
    R: Future<Output = Result<Settled, Fault>>,
{
    let event = serde_json::from_slice(event)?;
    Ok(serde_json::to_vec(&handle_each(event, bury, meter).await?)?)
}

async fn handle<S, R, H, K>(event: SqsEvent, settle: &S, hide: &H, meter: &Meter) -> Result<SqsBatchResponse, Nameless>
where
    S: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
    H: Fn(String, i32) -> K,
    K: Future<Output = Result<(), Fault>>,
{
    let (messages, deliveries) = decode(event)?;
    let outcomes = settle(deliveries).await;
    meter.tell(&Tally::of_batch(&outcomes));
    back_off(&messages, &outcomes, hide).await;
    let is_done = |place| matches!(outcomes.get(place), Some(Outcome::Ack(_)));
    Ok(answer(messages, is_done))
}

async fn handle_each<B, R>(event: SqsEvent, bury: &B, meter: &Meter) -> Result<SqsBatchResponse, Nameless>
where
    B: Fn(Delivery) -> R,
    R: Future<Output = Result<Settled, Fault>>,
{
    let (messages, deliveries) = decode(event)?;
    let (mut done, mut tally) = (Vec::with_capacity(deliveries.len()), Tally::default());
    for delivery in deliveries {
        let buried = AssertUnwindSafe(async { bury(delivery).await }).catch_unwind().await;
        let buried = buried.unwrap_or_else(|_| Err(Fault::transient("panic", "bury panicked on this message")));
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

fn decode(event: SqsEvent) -> Result<(Vec<Message>, Vec<Delivery>), Nameless> {
    let records: Result<Vec<_>, _> = event.records.into_iter().map(message).collect();
    Ok(records?.into_iter().unzip())
}

fn message(record: SqsMessage) -> Result<(Message, Delivery), Nameless> {
    let number = |name: &str| record.attributes.get(name).and_then(|digits| digits.parse().ok());
    let receives = number("ApproximateReceiveCount").and_then(|count: i64| u32::try_from(count).ok());
    let delivery = Delivery {
        // SQS always counts; without a count it is nobody's last receive.
        receives: receives.unwrap_or(1),
        sent_at: Timestamp::from_millis(number("SentTimestamp").unwrap_or(0)),
        body: record.body.unwrap_or_default().into_bytes(),
        // SQS hands nothing out that differs from its own checksum.
        damage: None,
    };
    let id = record.message_id.filter(|id| !id.is_empty()).ok_or(Nameless)?;
    Ok((Message { id, receipt: record.receipt_handle }, delivery))
}

/// Hides what is to be tried again for as long as its outcome says. A failure is logged, and nothing more: the
/// message then comes back after the queue's own time-out.
async fn back_off<H, K>(messages: &[Message], outcomes: &[Outcome], hide: &H)
where
    H: Fn(String, i32) -> K,
    K: Future<Output = Result<(), Fault>>,
{
    let again = messages.iter().zip(outcomes).filter_map(|(message, outcome)| match outcome {
        Outcome::Ack(_) => None,
        Outcome::Retry { after, .. } => Some((message.receipt.clone()?, seconds(*after))),
    });
    let hide_one = |(receipt, seconds)| async move {
        if let Err(fault) = hide(receipt, seconds).await {
            let cause = fault.cause();
            tracing::warn!(cause = %cause.code, "failed to back off; the queue's time-out does: {}", cause.detail);
        }
    };
    stream::iter(again).for_each_concurrent(PARALLEL, hide_one).await;
}

/// Whole seconds, rounded up, at most what SQS takes.
fn seconds(after: Duration) -> i32 {
    let whole = after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0));
    i32::try_from(whole).unwrap_or(LONGEST).min(LONGEST)
}

fn answer(messages: Vec<Message>, is_done: impl Fn(usize) -> bool) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    let stays = messages.into_iter().enumerate().filter(|(place, _)| !is_done(*place));
    stays.for_each(|(_, message)| response.add_failure(message.id));
    response
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
