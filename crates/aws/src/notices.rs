//! What was set aside of notices, for a person on call: the queue is looked through without losing anything, and notices
//! are made again from the table. No function has the permissions for that.

mod changed;
mod gave_up;

use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message};
use counterfoil_core::notice::Notice;
use counterfoil_core::parked::{Origin, Parked, What};
use counterfoil_core::ports::{Polls, Publisher, Write};
use counterfoil_core::{Cause, Code, Fault, Head, SubmissionRef};
use counterfoil_operations::history::{Action, Edit, Line};
use counterfoil_operations::notices::{Found, Heads, Mark, Page, Range};
use counterfoil_operations::ports::{Actions, Notices};

use crate::fault::fault;
use crate::{DynamoLedger, NoticeFailures, SnsTopic};

/// A message that was received is hidden for so long, in seconds, unless it is given back: a command that is killed keeps
/// nothing from others for longer.
const HELD: i32 = 300;
/// Messages in one call, the most that SQS gives.
const BATCH: i32 = 10;
/// Seconds that a receive waits: only one that waits asks all of SQS's servers.
const WAIT: i32 = 1;
/// Receives that bring nothing before the queue counts as looked through.
const EMPTY: u32 = 2;

/// A stack's table, its topic, and the queue of what was set aside.
#[derive(Debug)]
pub struct SetAside {
    /// Where entries are.
    pub ledger: DynamoLedger,
    /// Where notices go.
    pub topic: SnsTopic,
    /// Where they were set aside.
    pub queue: NoticeFailures,
    /// Names the stack in a notice's `source`.
    pub stage: String,
}

impl Publisher for SetAside {
    const AT_ONCE: usize = SnsTopic::AT_ONCE;

    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        self.topic.publish(notices).await
    }
}

impl Polls for SetAside {
    async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.ledger.head(of).await
    }
}

impl Actions for SetAside {
    async fn act(&self, next: &Head, deed: &Action, edit: Option<&Edit>) -> Result<Write, Fault> {
        self.ledger.act(next, deed, edit).await
    }

    async fn history(&self, of: &SubmissionRef) -> Result<Vec<Line>, Fault> {
        self.ledger.history(of).await
    }
}

impl Notices for SetAside {
    /// What was received before is hidden, so the next receive is the next page.
    async fn parked(&self, _from: Option<String>, most: usize) -> Result<Page, Fault> {
        let most = i32::try_from(most).unwrap_or(BATCH).clamp(1, BATCH);
        for _ in 0..EMPTY {
            let receive = self
                .queue
                .client()
                .receive_message()
                .queue_url(self.queue.url());
            let receive = receive
                .max_number_of_messages(most)
                .wait_time_seconds(WAIT)
                .visibility_timeout(HELD);
            let answer = receive.send().await.map_err(|error| fault(&error))?;
            let rows: Vec<Found> = answer.messages().iter().filter_map(found).collect();
            if !rows.is_empty() {
                return Ok(Page {
                    rows,
                    next: Some(String::new()),
                });
            }
        }
        Ok(Page::default())
    }

    async fn give_back(&self, found: &[Found]) -> Result<(), Fault> {
        for some in found.chunks(BATCH.unsigned_abs() as usize) {
            let entry = |(place, found): (usize, &Found)| {
                let entry =
                    ChangeMessageVisibilityBatchRequestEntry::builder().id(place.to_string());
                entry
                    .receipt_handle(&found.hold)
                    .visibility_timeout(0)
                    .build()
            };
            let entries: Result<Vec<_>, _> = some.iter().enumerate().map(entry).collect();
            let entries =
                entries.map_err(|error| Fault::transient(Code::AwsRequest, error.to_string()))?;
            let call = self
                .queue
                .client()
                .change_message_visibility_batch()
                .queue_url(self.queue.url());
            call.set_entries(Some(entries))
                .send()
                .await
                .map_err(|error| fault(&error))?;
        }
        Ok(())
    }

    async fn remove(&self, found: &Found) -> Result<(), Fault> {
        let call = self
            .queue
            .client()
            .delete_message()
            .queue_url(self.queue.url())
            .receipt_handle(&found.hold);
        call.send().await.map(drop).map_err(|error| fault(&error))
    }

    async fn changed(&self, range: &Range, from: Option<String>) -> Result<Heads, Fault> {
        self.ledger.changed(range, from).await
    }

    fn stage(&self) -> &str {
        &self.stage
    }

    async fn mark(&self) -> Result<Mark, Fault> {
        Ok(Mark::default())
    }

    /// What SNS has taken is out.
    async fn is_out(&self, _mark: &Mark) -> Result<bool, Fault> {
        Ok(true)
    }
}

fn found(message: &Message) -> Option<Found> {
    let (id, hold) = (
        message.message_id()?.to_owned(),
        message.receipt_handle()?.to_owned(),
    );
    let body = message.body().unwrap_or_default();
    let parked = Parked::decode(body)
        .or_else(|| gave_up::read(body))
        .unwrap_or_else(foreign);
    Some(Found { id, hold, parked })
}

/// What nobody here can read: a newer program's, or a stranger's.
fn foreign() -> Parked {
    let cause = Cause::new(
        Code::UnreadableMessage,
        "the message is in no format that is known here",
    );
    Parked {
        what: What::Nothing,
        cause,
        origin: Origin::default(),
    }
}

#[cfg(test)]
#[path = "notices_tests.rs"]
mod tests;
