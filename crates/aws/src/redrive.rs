//! SQS's own way back out of a dead-letter queue, for a home where `bury` is switched off. Only an operator's command
//! uses it: no function may move messages.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ListMessageMoveTasksResultEntry, QueueAttributeName};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use counterfoil_core::{Code, Fault, Timestamp};

use crate::client::{Account, Patience, configured};
use crate::fault::fault;

/// The redrive of one dead-letter queue: each message goes back to the queue it came from, as a new message with the
/// same body and attributes whose receives count from 1 again. What is settled already stays as it is, because the
/// worker finds its entry. SQS knows of one redrive at a time for each queue, whoever started it.
#[derive(Clone, Debug)]
pub struct Redrive {
    client: Client,
    arn: String,
}

/// Where a redrive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It moves messages.
    Running,
    /// Nothing is left to move.
    Completed,
    /// It was told to stop, and has not yet.
    Cancelling,
    /// It was told to stop, and did.
    Cancelled,
    /// SQS stopped it: [`Progress::failure`] says why.
    Failed,
}

/// How far a redrive has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where it is.
    pub phase: Phase,
    /// About so many messages are moved.
    pub moved: u64,
    /// About so many there were to move, when it started; SQS does not always say.
    pub of: Option<u64>,
    /// Its limit, where it was given one.
    pub per_second: Option<u16>,
    /// When it was started.
    pub started_at: Timestamp,
    /// SQS's name for why it failed, such as `CouldNotDetermineMessageSource`.
    pub failure: Option<String>,
}

impl Redrive {
    /// Most messages a second that a limit may allow.
    pub const FASTEST: u16 = 500;

    /// The redrive of the dead-letter queue at `url`.
    pub async fn find(
        account: &Account,
        http: SharedHttpClient,
        patience: Patience,
        url: &str,
    ) -> Result<Self, Fault> {
        let client = configured!(aws_sdk_sqs, account, http, patience);
        let call = client
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(QueueAttributeName::QueueArn);
        let answer = call.send().await.map_err(|error| fault(&error))?;
        let arn = answer
            .attributes()
            .and_then(|all| all.get(&QueueAttributeName::QueueArn))
            .cloned();
        let arn = arn
            .ok_or_else(|| Fault::transient(Code::AwsAnswer, "SQS did not say the queue's ARN"))?;
        Ok(Self { client, arn })
    }

    /// Starts moving, at most `per_second` messages a second ([`Redrive::FASTEST`] at most), or as fast as SQS can.
    ///
    /// `Err` promises nothing: it may have started. A fault `redrive-running` says that one is under way, be it an
    /// earlier one or this, whose answer was lost.
    pub async fn start(&self, per_second: Option<u16>) -> Result<(), Fault> {
        let limit = per_second.map(|limit| i32::from(limit.clamp(1, Self::FASTEST)));
        let call = self.client.start_message_move_task().source_arn(&self.arn);
        let Err(error) = call
            .set_max_number_of_messages_per_second(limit)
            .send()
            .await
        else {
            return Ok(());
        };
        // The refusal has no code of its own.
        match self.running().await {
            Ok(Some(_)) => Err(Fault::transient(
                Code::RedriveRunning,
                "a redrive of this queue is under way",
            )),
            Ok(None) | Err(_) => Err(fault(&error)),
        }
    }

    /// How far the latest redrive has come; `None`: there is none, or SQS has not taken it up yet.
    pub async fn progress(&self) -> Result<Option<Progress>, Fault> {
        self.latest().await?.map(|task| progress(&task)).transpose()
    }

    /// Stops the redrive that is under way. What is moved stays moved. `false`: none was under way.
    pub async fn cancel(&self) -> Result<bool, Fault> {
        let Some(handle) = self.running().await? else {
            return Ok(false);
        };
        let call = self.client.cancel_message_move_task().task_handle(handle);
        call.send()
            .await
            .map(|_| true)
            .map_err(|error| fault(&error))
    }

    async fn latest(&self) -> Result<Option<ListMessageMoveTasksResultEntry>, Fault> {
        let call = self
            .client
            .list_message_move_tasks()
            .source_arn(&self.arn)
            .max_results(1);
        let answer = call.send().await.map_err(|error| fault(&error))?;
        Ok(answer.results.unwrap_or_default().into_iter().next())
    }

    /// The handle of the redrive that is under way: SQS gives none of another.
    async fn running(&self) -> Result<Option<String>, Fault> {
        Ok(self.latest().await?.and_then(|task| task.task_handle))
    }
}

fn progress(task: &ListMessageMoveTasksResultEntry) -> Result<Progress, Fault> {
    let phase = match task.status() {
        Some("RUNNING") => Phase::Running,
        Some("COMPLETED") => Phase::Completed,
        Some("CANCELLING") => Phase::Cancelling,
        Some("CANCELLED") => Phase::Cancelled,
        Some("FAILED") => Phase::Failed,
        other => {
            return Err(Fault::transient(
                Code::AwsAnswer,
                format!("SQS names a redrive's state {other:?}"),
            ));
        }
    };
    Ok(Progress {
        phase,
        moved: u64::try_from(task.approximate_number_of_messages_moved()).unwrap_or(0),
        of: task
            .approximate_number_of_messages_to_move()
            .and_then(|number| u64::try_from(number).ok()),
        per_second: task
            .max_number_of_messages_per_second()
            .and_then(|limit| u16::try_from(limit).ok()),
        started_at: Timestamp::from_millis(task.started_timestamp()),
        failure: task.failure_reason().map(str::to_owned),
    })
}

#[cfg(test)]
#[path = "redrive_tests.rs"]
mod tests;
