//! Replay jobs: a header that is written again and again, and parts of candidates that are written once.
//!
//! ```text
//! pk  !replays         sk  {job}               the job and its version; they sort by their time
//! pk  !replay#{job}    sk  {part, six digits}  some hundred candidates
//! ```

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use counterfoil_core::Fault;
use counterfoil_core::ports::Write;
use counterfoil_operations::job::{Candidate, Job, JobId};
use counterfoil_operations::ports::Jobs;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{key, since_1970};
use crate::fault::fault;
use crate::item::{Item, number};
use crate::ledger::{DynamoLedger, unbuildable};
use crate::query::{PARALLEL, first, is_refusal, json, read};

const REPLAYS: &str = "!replays";
/// A job forgets its parts when it is done. One that nobody ever resumes leaves them behind for so long.
const LEFT_BEHIND: Duration = Duration::from_secs(90 * 24 * 60 * 60);

impl Jobs for DynamoLedger {
    async fn save(&self, job: &Job) -> Result<bool, Fault> {
        let mut item: Item = key(REPLAYS, &job.id.to_string()).into();
        item.insert("job".into(), json(job)?);
        item.insert("version".into(), number(job.version));
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        let put = if job.version == 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            let put = put
                .condition_expression("#version = :before")
                .expression_attribute_names("#version", "version");
            put.expression_attribute_values(":before", number(job.version.saturating_sub(1)))
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(fault(&error)),
        }
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, Fault> {
        self.get(key(REPLAYS, &id.to_string()))
            .await?
            .map(|item| read(&item, "job"))
            .transpose()
    }

    async fn jobs(&self, most: usize) -> Result<Vec<Job>, Fault> {
        let query = self.beneath(REPLAYS).scan_index_forward(false);
        let jobs = first(query, most).await?;
        jobs.iter().map(|item| read(item, "job")).collect()
    }

    async fn put_part(
        &self,
        job: &Job,
        part: u32,
        candidates: &[Candidate],
    ) -> Result<bool, Fault> {
        let mut item: Item = part_key(&job.id, part).into();
        item.insert("candidates".into(), json(&candidates)?);
        item.insert(
            "expires_at".into(),
            number((since_1970() + LEFT_BEHIND).as_secs()),
        );
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .build();
        let put = TransactWriteItem::builder()
            .put(put.map_err(|error| unbuildable(&error))?)
            .build();
        self.if_unchanged(vec![self.still(job)?, put]).await
    }

    async fn part(&self, id: &JobId, part: u32) -> Result<Vec<Candidate>, Fault> {
        match self.get(part_key(id, part)).await? {
            Some(item) => read(&item, "candidates"),
            None => Ok(Vec::new()),
        }
    }

    async fn forget_parts(&self, id: &JobId, parts: u32) -> Result<(), Fault> {
        let forgotten = stream::iter((0..parts).map(|part| part_key(id, part))).map(|key| async {
            let delete = self
                .client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(key.into()));
            delete.send().await.map(drop).map_err(|error| fault(&error))
        });
        forgotten.buffer_unordered(PARALLEL).try_collect().await
    }
}

impl DynamoLedger {
    /// The job stays as it is, and must be of this version. An update that changes nothing: a condition check would need
    /// a right of its own.
    fn still(&self, job: &Job) -> Result<TransactWriteItem, Fault> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(REPLAYS, &job.id.to_string()).into()))
            .update_expression("SET #version = :version")
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(job.version));
        Ok(TransactWriteItem::builder()
            .update(update.build().map_err(|error| unbuildable(&error))?)
            .build())
    }

    /// Writes all of it; `false`: a condition did not hold, and nothing was written.
    async fn if_unchanged(&self, writes: Vec<TransactWriteItem>) -> Result<bool, Fault> {
        match self.transact(writes).await? {
            Write::Done => Ok(true),
            Write::Refused(_) => Ok(false),
        }
    }

    /// An item, as the last finished write left it.
    async fn get(&self, key: [(String, AttributeValue); 2]) -> Result<Option<Item>, Fault> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(key.into()));
        Ok(get.send().await.map_err(|error| fault(&error))?.item)
    }
}

fn part_key(id: &JobId, part: u32) -> [(String, AttributeValue); 2] {
    key(&format!("!replay#{id}"), &format!("{part:06}"))
}

#[cfg(test)]
mod tests {
    use counterfoil_operations::job::Selection;
    use counterfoil_operations::worklist::Filter;
    use counterfoil_testkit::contract::operations::job;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Service, ledger};

    #[tokio::test]
    async fn a_job_is_written_over_the_version_before_and_no_other() {
        let refused =
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#;
        let service = Service::answering(&[(200, "{}"), (200, "{}"), (400, refused)]);
        let first = Job {
            version: 1,
            ..job(1, Selection::All(Filter::default()))
        };
        let second = Job {
            version: 2,
            ..first.clone()
        };
        assert!(ledger(&service).save(&first).await.unwrap());
        assert!(ledger(&service).save(&second).await.unwrap());
        assert!(
            !ledger(&service).save(&second).await.unwrap(),
            "somebody was quicker"
        );
        let asked: Vec<Value> = service
            .asked()
            .iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .collect();
        assert_eq!(asked[0]["ConditionExpression"], "attribute_not_exists(pk)");
        assert_eq!(asked[1]["ConditionExpression"], "#version = :before");
        assert_eq!(
            asked[1]["ExpressionAttributeValues"][":before"],
            json!({"N": "1"})
        );
        assert_eq!(asked[1]["Item"]["pk"]["S"], "!replays");
    }

    #[tokio::test]
    async fn what_nobody_comes_back_for_expires() {
        let service = Service::answering(&[(200, "{}")]);
        let job = Job {
            version: 3,
            ..job(1, Selection::Some(Vec::new()))
        };
        assert!(ledger(&service).put_part(&job, 7, &[]).await.unwrap());
        let asked: Value = serde_json::from_str(&service.asked()[0]).unwrap();
        let item = &asked["TransactItems"][1]["Put"]["Item"];
        assert_eq!(item["sk"]["S"], "000007");
        let expires_at: u64 = item["expires_at"]["N"].as_str().unwrap().parse().unwrap();
        let in_days = (expires_at - since_1970().as_secs()).div_ceil(24 * 60 * 60);
        assert_eq!(in_days, 90);
    }

    #[tokio::test]
    async fn a_part_is_written_only_while_the_job_is_its_writers() {
        let refused = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "CancellationReasons":[{"Code":"ConditionalCheckFailed"},{"Code":"None"}]}"#;
        let service = Service::answering(&[(400, refused)]);
        let job = Job {
            version: 3,
            ..job(1, Selection::Some(Vec::new()))
        };
        assert!(
            !ledger(&service).put_part(&job, 0, &[]).await.unwrap(),
            "somebody has resumed it"
        );
        let asked: Value = serde_json::from_str(&service.asked()[0]).unwrap();
        let update = &asked["TransactItems"][0]["Update"];
        assert_eq!(update["ConditionExpression"], "#version = :version");
        assert_eq!(
            update["ExpressionAttributeValues"][":version"],
            json!({"N": "3"})
        );
        assert_eq!(update["Key"]["pk"]["S"], "!replays");
    }
}
