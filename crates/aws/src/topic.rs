//! The topic on SNS: ten notices in one call.

mod refusal;

use aws_sdk_sns::Client;
use aws_sdk_sns::operation::publish_batch::{PublishBatchError, PublishBatchOutput};
use aws_sdk_sns::types::{MessageAttributeValue, PublishBatchRequestEntry};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use counterfoil_core::notice::Notice;
use counterfoil_core::ports::Publisher;
use counterfoil_core::{Cause, Code, Fault};

use crate::client::{Account, Patience, configured};
use crate::fault::fault;
use crate::warm::{self, Knock};
use refusal::Refusal;

/// Entries that PublishBatch takes.
const BATCH: usize = 10;

/// One SNS topic.
#[derive(Clone, Debug)]
pub struct SnsTopic {
    client: Client,
    arn: String,
}

impl SnsTopic {
    /// The topic called `arn`.
    #[must_use]
    pub fn new(account: &Account, http: SharedHttpClient, patience: Patience, arn: String) -> Self {
        Self {
            client: configured!(aws_sdk_sns, account, http, patience),
            arn,
        }
    }

    /// Opens the connection before the first notice needs it; at most a second.
    pub async fn warm(&self) {
        // SNS refuses an empty batch, should this call ever go out as it is.
        let call = self.client.publish_batch().topic_arn(&self.arn);
        warm::open(call.customize().interceptor(Knock).send()).await;
    }

    async fn publish_batch(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        let entries: Result<Vec<_>, Fault> = notices
            .iter()
            .enumerate()
            .map(|(n, notice)| entry(n, notice))
            .collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(fault) => return all_refused(notices.len(), fault),
        };
        let call = self
            .client
            .publish_batch()
            .topic_arn(&self.arn)
            .set_publish_batch_request_entries(Some(entries));
        match call.send().await {
            Ok(answer) => each(&answer, notices.len()),
            Err(error) => all_refused(notices.len(), of_call(&error)),
        }
    }
}

/// The whole call's fault, as if it had been for one notice.
fn of_call<R>(error: &SdkError<PublishBatchError, R>) -> Fault {
    let refusal = error
        .as_service_error()
        .and_then(|service| Some((service.code()?, service.message())));
    match refusal.map(|(code, message)| Refusal { code, message }.of_one(false, false)) {
        Some(lasting @ Fault::Permanent(_)) => lasting,
        Some(Fault::Transient { .. }) | None => fault(error),
    }
}

/// None of them was taken. What would be the fault of one, had it been alone, may be that of any of several.
fn all_refused(count: usize, fault: Fault) -> Vec<Result<(), Fault>> {
    let fault = match fault {
        Fault::Permanent(cause) if count > 1 => Fault::together(&cause.code),
        fault => fault,
    };
    vec![Err(fault); count]
}

/// Notice by notice. Only what is named as successful is published; what is not named at all is not.
fn each(answer: &PublishBatchOutput, count: usize) -> Vec<Result<(), Fault>> {
    let mut results = vec![
        Err(Fault::transient(
            Code::AwsAnswer,
            "SNS did not answer for this notice"
        ));
        count
    ];
    for done in answer.successful() {
        set(&mut results, done.id(), Ok(()));
    }
    let others = results.iter().any(Result::is_ok);
    for failed in answer.failed() {
        let refusal = Refusal {
            code: failed.code(),
            message: failed.message(),
        };
        set(
            &mut results,
            Some(failed.id()),
            Err(refusal.of_one(failed.sender_fault(), others)),
        );
    }
    results
}

impl Publisher for SnsTopic {
    const AT_ONCE: usize = BATCH;

    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        let mut results = Vec::with_capacity(notices.len());
        for batch in notices.chunks(BATCH) {
            results.extend(self.publish_batch(batch).await);
        }
        results
    }
}

/// A notice as an entry; its id is its place in the batch.
fn entry(place: usize, notice: &Notice) -> Result<PublishBatchRequestEntry, Fault> {
    let unbuildable = |error: &dyn std::fmt::Display| {
        Fault::Permanent(Cause::new(Code::Unwritable, error.to_string()))
    };
    let text = serde_json::to_string(notice).map_err(|error| unbuildable(&error))?;
    let attribute = |value: &str| {
        MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value)
            .build()
            .map_err(|e| unbuildable(&e))
    };
    let entry = PublishBatchRequestEntry::builder()
        .id(place.to_string())
        .message(text);
    // What subscribers filter on.
    let entry = entry.message_attributes("form", attribute(notice.data.form.as_str())?);
    let entry = entry.message_attributes("state", attribute(notice.data.state.as_str())?);
    entry.build().map_err(|error| unbuildable(&error))
}

fn set(results: &mut [Result<(), Fault>], id: Option<&str>, result: Result<(), Fault>) {
    if let Some(slot) = id
        .and_then(|id| id.parse::<usize>().ok())
        .and_then(|place| results.get_mut(place))
    {
        *slot = result;
    }
}

#[cfg(test)]
#[path = "topic_tests.rs"]
mod tests;
