//! Records of the table's stream to changes, and how far publishing came to the answer that names where to go on.
//!
//! The lowest sequence number named is the checkpoint: all from there on comes again. So one is named, the first that
//! is not done with.

use std::collections::HashMap;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use counterfoil_core::notice::Change;
use counterfoil_core::publish::Published;
use counterfoil_core::{Cause, FormId, State, SubmissionId, SubmissionRef, Timestamp};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_dynamo::AttributeValue;

/// A batch that cannot be answered for.
#[derive(Debug, thiserror::Error)]
#[error("a record of the stream has no sequence number, so none of the batch can be answered for")]
pub struct Numberless;

/// The changes of a batch, each with the sequence number of its record.
struct Feed {
    changes: Vec<Change>,
    numbers: Vec<String>,
    /// The record that could not be read; what comes after it was not looked at.
    unreadable: Option<String>,
}

/// Publishes changes by `publish` until Lambda ends the process.
pub async fn run<P, R>(publish: P) -> Result<(), Error>
where
    P: Fn(Vec<Change>) -> R,
    R: Future<Output = Published>,
{
    let publish = &publish;
    // Boxed: the types of the SDK's futures are nested deeper than the compiler follows.
    let serve =
        |event: LambdaEvent<Event>| async move { Ok::<_, Error>(Box::pin(handle(event.payload, publish)).await?) };
    lambda_runtime::run(service_fn(serve)).await
}

async fn handle<P, R>(event: Event, publish: &P) -> Result<DynamoDbEventResponse, Numberless>
where
    P: Fn(Vec<Change>) -> R,
    R: Future<Output = Published>,
{
    let Feed { changes, numbers, unreadable } = decode(&event)?;
    let mut response = DynamoDbEventResponse::default();
    let published = if changes.is_empty() { None } else { Some(publish(changes).await) };
    let stopped = published.filter(|published| published.stopped.is_some());
    if let Some(published) = &stopped {
        let cause = published.stopped.as_ref().map_or("", |cause| cause.code.as_str());
        tracing::warn!(cause, done = published.done, "failed to publish; the rest comes again");
    }
    let first = stopped.and_then(|published| numbers.into_iter().nth(published.done)).or(unreadable);
    response.batch_item_failures.extend(first.map(failure));
    Ok(response)
}

fn failure(number: String) -> DynamoDbBatchItemFailure {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(number);
    failure
}

fn decode(event: &Event) -> Result<Feed, Numberless> {
    let mut feed = Feed { changes: Vec::new(), numbers: Vec::new(), unreadable: None };
    for record in &event.records {
        let number = record.change.sequence_number.clone().filter(|n| !n.is_empty()).ok_or(Numberless)?;
        match read(record) {
            Record::Quiet => {}
            Record::Change(change) => {
                feed.changes.push(*change);
                feed.numbers.push(number);
            }
            Record::Unreadable => {
                // A newer program's perhaps: it comes again, until the mapping sets it aside and the alarm tells.
                tracing::error!(sequence_number = number, "a record of the stream cannot be read as an entry");
                feed.unreadable = Some(number);
                break;
            }
        }
    }
    Ok(feed)
}

/// What a record says.
enum Record {
    /// A change of state, or a run's verdict.
    Change(Box<Change>),
    /// Nothing to publish: no entry, a removal, the end of a retention, or an order of a run whose verdict is to come.
    Quiet,
    /// An entry of ours that this program cannot read.
    Unreadable,
}

type Image = HashMap<String, AttributeValue>;

fn read(record: &EventRecord) -> Record {
    let is_ours = |pk: &str| !pk.starts_with('!');
    let is_written = matches!(record.event_name.as_str(), "INSERT" | "MODIFY");
    if !is_written || !text(record.change.keys.inner(), "pk").is_none_or(is_ours) {
        return Record::Quiet;
    }
    let (before, after) = (record.change.old_image.inner(), record.change.new_image.inner());
    let is_same = |name| before.contains_key(name) && before.get(name) == after.get(name);
    let is_expired = text(after, "state") == Some(State::Expired.as_str());
    // Changed content is a good copy in the place of what could not be read.
    let is_unchanged = is_same("state") && is_same("verdict_run") && before.get("content") == after.get("content");
    if is_expired || is_unchanged {
        return Record::Quiet;
    }
    change(after).map_or(Record::Unreadable, |change| Record::Change(Box::new(change)))
}

/// The names are those that the ledger writes; the emulator's pipeline holds both to each other.
fn change(image: &Image) -> Option<Change> {
    let (form, _) = text(image, "pk")?.rsplit_once('#')?;
    let cause = text(image, "cause").map(serde_json::from_str::<Cause>);
    Some(Change {
        of: SubmissionRef { form: FormId::parse_stored(form)?, id: SubmissionId::parse(text(image, "sk")?)? },
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
