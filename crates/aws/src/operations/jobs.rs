//! Replay jobs: a header that is written again and again, and parts of candidates that are written once.
//!
//! ```text
//! pk  !replays         sk  {job}               the job and its version; they sort by their time
//! pk  !replay#{job}    sk  {part, six digits}  some hundred candidates
//! ```

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::Fault;
use counterfoil_core::operations::job::{Candidate, Job, JobId};
use counterfoil_core::ports::Jobs;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{PARALLEL, json, key, read};
use crate::fault::fault;
use crate::item::{Item, number};
use crate::ledger::DynamoLedger;

const REPLAYS: &str = "!replays";
/// A job forgets its parts when it is done. One that nobody ever resumes leaves them behind for so long.
const LEFT_BEHIND: Duration = Duration::from_secs(90 * 24 * 60 * 60);

impl Jobs for DynamoLedger {
    async fn save(&self, job: &Job) -> Result<bool, Fault> {
        let mut item: Item = key(REPLAYS, &job.id.to_string()).into();
        item.insert("job".into(), json(job)?);
        item.insert("version".into(), number(job.version));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = if job.version == 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            let put = put.condition_expression("#version = :before").expression_attribute_names("#version", "version");
            put.expression_attribute_values(":before", number(job.version.saturating_sub(1)))
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(fault(&error)),
        }
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, Fault> {
        self.get(key(REPLAYS, &id.to_string())).await?.map(|item| read(&item, "job")).transpose()
    }

    async fn jobs(&self, most: usize) -> Result<Vec<Job>, Fault> {
        let query = self.beneath(REPLAYS).scan_index_forward(false);
        let mut items = query.limit(i32::try_from(most).unwrap_or(i32::MAX)).into_paginator().items().send();
        let mut jobs = Vec::new();
        while jobs.len() < most
            && let Some(item) = items.next().await
        {
            jobs.push(read(&item.map_err(|error| fault(&error))?, "job")?);
        }
        Ok(jobs)
    }

    async fn put_part(&self, id: &JobId, part: u32, candidates: &[Candidate]) -> Result<(), Fault> {
        let mut item: Item = part_key(id, part).into();
        item.insert("candidates".into(), json(&candidates)?);
        item.insert("expires_at".into(), number((since_1970() + LEFT_BEHIND).as_secs()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| fault(&error))
    }

    async fn part(&self, id: &JobId, part: u32) -> Result<Vec<Candidate>, Fault> {
        match self.get(part_key(id, part)).await? {
            Some(item) => read(&item, "candidates"),
            None => Ok(Vec::new()),
        }
    }

    async fn forget_parts(&self, id: &JobId, parts: u32) -> Result<(), Fault> {
        let forgotten = stream::iter((0..parts).map(|part| part_key(id, part))).map(|key| async {
            let delete = self.client.delete_item().table_name(&self.table).set_key(Some(key.into()));
            delete.send().await.map(drop).map_err(|error| fault(&error))
        });
        forgotten.buffer_unordered(PARALLEL).try_collect().await
    }
}

impl DynamoLedger {
    /// An item, as the last finished write left it.
    async fn get(&self, key: [(String, AttributeValue); 2]) -> Result<Option<Item>, Fault> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key.into()));
        Ok(get.send().await.map_err(|error| fault(&error))?.item)
    }
}

fn part_key(id: &JobId, part: u32) -> [(String, AttributeValue); 2] {
    key(&format!("!replay#{id}"), &format!("{part:06}"))
}

fn is_refusal<R>(error: &SdkError<PutItemError, R>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

#[allow(clippy::disallowed_methods, reason = "when DynamoDB may tidy up; no rule asks for it")]
fn since_1970() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
