//! The worklist: one order over the many partitions of the sparse index.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::{Cause, Fault, FormId, State, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::ports::Worklist;
use counterfoil_operations::worklist::{Failures, Filter, Listed, Page, Paging, SortOrder};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::merge::{self, Course, Partition, Start};
use crate::item::{Item, integer, number, string};
use crate::ledger::{DynamoLedger, unreadable};
use crate::query::{self, PARALLEL};

/// Rows of one read of a partition, at least and at most.
const ROWS: std::ops::RangeInclusive<usize> = 20..=1000;

impl Worklist for DynamoLedger {
    async fn page(&self, filter: &Filter, paging: &Paging) -> Result<Page, Fault> {
        let from = paging
            .from
            .clone()
            .map(|place| (place.received_at, place.of));
        let course = Course {
            order: paging.order,
            from,
        };
        let Some((low, high)) = course.span(filter.since, filter.until) else {
            return Ok(Page::default());
        };
        let partitions = self
            .partitions(filter.waiting.state().as_str(), filter.form.as_ref())
            .await?;
        let limit = (2 * paging.most / partitions.len().max(1)).clamp(*ROWS.start(), *ROWS.end());
        let asked = PartitionQuery {
            low: number(low),
            high: number(high),
            limit,
            course,
        };
        let reads = stream::iter(partitions).map(|partition| self.read(partition, &asked));
        let reads = reads.buffer_unordered(PARALLEL).try_collect().await?;
        Ok(merged(reads, filter, &asked.course, paging.most))
    }

    async fn failures(&self, from: Option<String>, most: usize) -> Result<Failures, Fault> {
        self.failed(from, most).await
    }
}

/// What is asked of each partition.
struct PartitionQuery {
    low: AttributeValue,
    high: AttributeValue,
    limit: usize,
    course: Course,
}

impl DynamoLedger {
    async fn read(
        &self,
        partition: String,
        asked: &PartitionQuery,
    ) -> Result<Start<Listed>, Fault> {
        let query = self.index(&partition).limit(query::limit(asked.limit));
        let query =
            query.key_condition_expression("#view = :view AND received_at BETWEEN :low AND :high");
        let query = query.expression_attribute_values(":low", asked.low.clone());
        let query = query.expression_attribute_values(":high", asked.high.clone());
        let query = query.scan_index_forward(asked.course.order == SortOrder::OldestFirst);
        let time = |key: &Item| integer(key, "received_at").map(Timestamp::from_millis);
        let partition = Partition {
            query,
            time,
            slack: Duration::ZERO,
        };
        let row = |item: &Item| {
            let listed = listed(item).ok_or_else(unreadable)?;
            Ok(Some(((listed.received_at, listed.of.clone()), listed)))
        };
        merge::start(&partition, &asked.course, row).await
    }
}

/// The page that the partitions' starts make, of at most so many rows.
fn merged(starts: Vec<Start<Listed>>, filter: &Filter, course: &Course, most: usize) -> Page {
    let (rows, end) = merge::merged(starts, course);
    let mut rows: Vec<Listed> = rows.into_iter().map(|(_, row)| row).collect();
    let seen = rows.last().filter(|_| end.is_some()).map(Listed::place);
    rows.retain(|row| filter.takes(row));
    if rows.len() > most {
        rows.truncate(most);
        let next = rows.last().map(Listed::place);
        return Page { rows, next };
    }
    Page { rows, next: seen }
}

/// Reads what the index holds of an entry.
fn listed(item: &Item) -> Option<Listed> {
    let (form, _) = string(item, "pk")?.rsplit_once('#')?;
    Some(Listed {
        of: SubmissionRef {
            form: FormId::parse_stored(form)?,
            id: SubmissionId::parse(string(item, "sk")?)?,
        },
        state: State::parse(string(item, "state")?)?,
        received_at: Timestamp::from_millis(integer(item, "received_at")?),
        updated_at: Timestamp::from_millis(integer(item, "updated_at")?),
        attempts: integer(item, "attempts")?,
        run: integer(item, "run")?,
        verdict_run: integer(item, "verdict_run")?,
        cause: string(item, "cause").and_then(|json| serde_json::from_str::<Cause>(json).ok()),
        hold: string(item, "hold").map(str::to_owned),
    })
}

#[cfg(test)]
#[path = "worklist_tests.rs"]
mod tests;
