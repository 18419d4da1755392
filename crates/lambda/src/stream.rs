//! Records of the table's stream to changes, and how far working them off came to the answer that names where to go on.
//!
//! The lowest sequence number named is the checkpoint: all from there on comes again. So one is named, the first that
//! is not done with.
//!
//! Each record is read by itself, from JSON that nobody has typed before: one that cannot be read, or over which this
//! program panics, would else fail the batch for as long as the stream lives, and all behind it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_lambda_events::dynamodb::EventRecord;
use aws_lambda_events::streams::DynamoDbBatchItemFailure;
use counterfoil_core::notice::Change;
use counterfoil_core::parked::{Origin, Parked, What, submission_of};
use counterfoil_core::publish::{Published, Record};
use counterfoil_core::{Cause, Code, State, Timestamp};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_dynamo::AttributeValue;
use serde_json::Value;

use crate::deadline::Deadline;

pub use aws_lambda_events::streams::DynamoDbEventResponse as Answer;

/// A batch that cannot be answered for.
#[derive(Debug, thiserror::Error)]
pub enum Unanswerable {
    /// It is none.
    #[error("the event has no list of records")]
    Recordless,
    /// Where to go on cannot be said.
    #[error("the records up to the first that is not done with have no sequence number")]
    Numberless,
}

/// Works batches off by `work_off` until Lambda ends the process. Each comes with the moment at which Lambda would end it.
pub async fn run<W, R>(work_off: W) -> Result<(), Error>
where
    W: Fn(Vec<Record>, Deadline) -> R,
    R: Future<Output = Published>,
{
    let work_off = &work_off;
    // Boxed: the types of the SDK's futures are nested deeper than the compiler follows.
    let serve = |event: LambdaEvent<Value>| async move {
        let deadline = Deadline::from_context(&event.context);
        let work_off = |records| work_off(records, deadline);
        Ok::<_, Error>(Box::pin(handle(event.payload, &work_off)).await?)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// As [`run`], for a function that is called by a schedule too: whatever is no batch of records is a tick.
pub async fn run_with_tick<W, R, T, S>(work_off: W, tick: T) -> Result<(), Error>
where
    W: Fn(Vec<Record>, Deadline) -> R,
    R: Future<Output = Published>,
    T: Fn(Deadline) -> S,
    S: Future<Output = ()>,
{
    let (work_off, tick) = (&work_off, &tick);
    let serve = |event: LambdaEvent<Value>| async move {
        let deadline = Deadline::from_context(&event.context);
        if event.payload.get("Records").is_none() {
            Box::pin(tick(deadline)).await;
            return Ok::<_, Error>(Answer::default());
        }
        let work_off = |records| work_off(records, deadline);
        Ok(Box::pin(handle(event.payload, &work_off)).await?)
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Works off one batch, as [`run`] does each, and answers it.
pub async fn handle<W, R>(event: Value, work_off: &W) -> Result<Answer, Unanswerable>
where
    W: Fn(Vec<Record>) -> R,
    R: Future<Output = Published>,
{
    let records = decode(event)?;
    let numbers: Vec<Option<String>> = records.iter().map(number_of).collect();
    let count = records.len();
    let published = if records.is_empty() {
        None
    } else {
        Some(work_off(records).await)
    };
    let mut response = Answer::default();
    let Some(published) = published.filter(|published| published.done < count) else {
        return Ok(response);
    };
    let cause = published
        .stopped
        .as_ref()
        .map_or("", |cause| cause.code.as_str());
    tracing::warn!(
        cause,
        done = published.done,
        "failed to publish; the rest comes again"
    );
    // Where it has no number, the nearest before it has: that one comes again, too.
    let upto = numbers.into_iter().take(published.done + 1);
    let number = upto.flatten().last().ok_or(Unanswerable::Numberless)?;
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(number);
    response.batch_item_failures.push(failure);
    Ok(response)
}

fn number_of(record: &Record) -> Option<String> {
    match record {
        Record::Change(_, origin) => origin.sequence_number.clone(),
        Record::Unreadable(parked) => parked.origin.sequence_number.clone(),
    }
}

/// The records that say something.
fn decode(mut event: Value) -> Result<Vec<Record>, Unanswerable> {
    match event.get_mut("Records").map(Value::take) {
        Some(Value::Array(records)) => Ok(records.into_iter().filter_map(record).collect()),
        Some(_) | None => Err(Unanswerable::Recordless),
    }
}

/// What a record says; `None`: nothing to publish.
fn record(json: Value) -> Option<Record> {
    let (origin, what) = (origin(&json), named(&json));
    // The panic's message may quote a value: only that it happened is kept.
    let read = catch_unwind(AssertUnwindSafe(|| read(json)));
    let why = match read {
        Ok(Said::Quiet) => return None,
        Ok(Said::Change(change)) => return Some(Record::Change(change, origin)),
        Ok(Said::Unreadable) => (
            Code::UnreadableRecord,
            "a record of the stream cannot be read as an entry",
        ),
        Err(_) => (
            Code::PanicOverThis,
            "the notifier panicked over a record of the stream",
        ),
    };
    let cause = Cause::new(why.0, why.1);
    Some(Record::Unreadable(Box::new(Parked {
        what,
        cause,
        origin,
    })))
}

/// Longer texts are no numbers of a stream's.
const MOST: usize = 300;

fn origin(json: &Value) -> Origin {
    let change = &json["dynamodb"];
    let number = change["SequenceNumber"]
        .as_str()
        .filter(|number| !number.is_empty() && number.len() <= MOST);
    let at = change["ApproximateCreationDateTime"].as_f64();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a time in seconds; what is no time is clamped"
    )]
    let at = at.map(|seconds| Timestamp::from_millis((seconds * 1000.0) as i64));
    Origin {
        sequence_number: number.map(str::to_owned),
        at,
    }
}

fn key<'a>(json: &'a Value, name: &str) -> &'a str {
    json["dynamodb"]["Keys"][name]["S"]
        .as_str()
        .unwrap_or_default()
}

/// The submission that the record's key names. Any other key may hold anything, and is not kept.
fn named(json: &Value) -> What {
    submission_of(key(json, "pk"), key(json, "sk"))
        .map_or(What::Nothing, |of| What::Change(of, None))
}

/// What a record says.
enum Said {
    /// A change of state, or a run's verdict.
    Change(Box<Change>),
    /// Nothing to publish: no entry, a removal, the end of a retention, or an order of a run whose verdict is to come.
    Quiet,
    /// An entry of ours that this program cannot read: a newer program's perhaps.
    Unreadable,
}

type Image = HashMap<String, AttributeValue>;

fn read(json: Value) -> Said {
    let is_written = matches!(json["eventName"].as_str(), Some("INSERT" | "MODIFY") | None);
    if !is_written || key(&json, "pk").starts_with('!') {
        return Said::Quiet;
    }
    let Ok(record) = serde_json::from_value::<EventRecord>(json) else {
        return Said::Unreadable;
    };
    let (before, after) = (
        record.change.old_image.inner(),
        record.change.new_image.inner(),
    );
    let is_same = |name| before.contains_key(name) && before.get(name) == after.get(name);
    let is_expired = text(after, "state") == Some(State::Expired.as_str());
    // Changed content is a good copy in the place of what could not be read.
    let is_unchanged =
        is_same("state") && is_same("verdict_run") && before.get("content") == after.get("content");
    if is_expired || is_unchanged {
        return Said::Quiet;
    }
    change(after).map_or(Said::Unreadable, |change| Said::Change(Box::new(change)))
}

/// The names are those that the ledger writes; the emulator's pipeline holds both to each other.
fn change(image: &Image) -> Option<Change> {
    let cause = text(image, "cause").map(serde_json::from_str::<Cause>);
    Some(Change {
        of: submission_of(text(image, "pk")?, text(image, "sk")?)?,
        seq: number(image, "seq")?,
        state: State::parse(text(image, "state")?)?,
        run: number(image, "verdict_run")?,
        cause: cause.transpose().ok()?.map(|cause| cause.code),
        at: Timestamp::from_millis(number(image, "updated_at")?),
    })
}

fn text<'a>(image: &'a Image, name: &str) -> Option<&'a str> {
    match image.get(name)? {
        AttributeValue::S(text) => Some(text),
        _ => None,
    }
}

fn number<T: std::str::FromStr>(image: &Image, name: &str) -> Option<T> {
    match image.get(name)? {
        AttributeValue::N(digits) => digits.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
