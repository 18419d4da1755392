//! The worklist: one order over the many partitions of the sparse index, without any state between two pages.
//!
//! Each partition is read from the cursor's time on, and none to its end. What lies before the earliest time at which
//! one of them has more is complete, and is given in its order; the rest is read again with the next page. Within one
//! millisecond the index has an order of its own, so a time is complete only when a later one was read.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::{Cause, Fault, FormId, State, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::ports::Worklist;
use counterfoil_operations::worklist::{Failures, Filter, Listed, Order, Page, Paging, Place};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::PARALLEL;
use crate::fault::fault;
use crate::item::{Item, integer, number, string};
use crate::ledger::{DynamoLedger, unreadable};

/// Rows of one read of a partition, at least and at most.
const ROWS: std::ops::RangeInclusive<usize> = 20..=1000;

impl Worklist for DynamoLedger {
    async fn page(&self, filter: &Filter, paging: &Paging) -> Result<Page, Fault> {
        let Some((low, high)) = span(filter, paging) else { return Ok(Page::default()) };
        let partitions = self.partitions(filter.waiting.state().as_str(), filter.form.as_ref()).await?;
        let limit = (2 * paging.most / partitions.len().max(1)).clamp(*ROWS.start(), *ROWS.end());
        let asked = Asked { low: number(low), high: number(high), limit, paging };
        let reads = stream::iter(partitions).map(|partition| self.read(partition, &asked));
        let reads = reads.buffer_unordered(PARALLEL).try_collect().await?;
        Ok(merged(reads, filter, paging))
    }

    async fn failures(&self, from: Option<String>, most: usize) -> Result<Failures, Fault> {
        self.failed(from, most).await
    }
}

/// What is asked of each partition.
struct Asked<'a> {
    low: AttributeValue,
    high: AttributeValue,
    limit: usize,
    paging: &'a Paging,
}

/// The start of a partition, as far as it was read.
struct Read {
    /// What comes after the cursor.
    rows: Vec<Listed>,
    /// There is more, from this time on; rows of that very time may be missing.
    end: Option<Timestamp>,
}

/// The first and the last millisecond that matter; `None`: none does.
fn span(filter: &Filter, paging: &Paging) -> Option<(i64, i64)> {
    let from = paging.from.as_ref().map(|place| place.received_at.as_millis());
    let (after, before) = match paging.order {
        Order::OldestFirst => (from, None),
        Order::NewestFirst => (None, from),
    };
    let since = filter.since.map_or(0, Timestamp::as_millis);
    let until = filter.until.map_or(i64::MAX, |until| until.as_millis() - 1);
    let (low, high) = (since.max(after.unwrap_or(since)), until.min(before.unwrap_or(until)));
    (low <= high).then_some((low, high))
}

impl DynamoLedger {
    async fn read(&self, partition: String, asked: &Asked<'_>) -> Result<Read, Fault> {
        let query = self.index(&partition, asked.limit);
        let query = query.key_condition_expression("#view = :view AND received_at BETWEEN :low AND :high");
        let query = query.expression_attribute_values(":low", asked.low.clone());
        let query = query.expression_attribute_values(":high", asked.high.clone());
        let query = query.scan_index_forward(asked.paging.order == Order::OldestFirst);
        let (mut rows, mut start) = (Vec::new(), None);
        loop {
            let answer = query.clone().set_exclusive_start_key(start).send().await.map_err(|error| fault(&error))?;
            for item in answer.items() {
                let row = listed(item).ok_or_else(unreadable)?;
                if asked.paging.from.as_ref().is_none_or(|from| comes_after(&row, from, asked.paging.order)) {
                    rows.push(row);
                }
            }
            let Some(last) = answer.last_evaluated_key else { return Ok(Read { rows, end: None }) };
            let end = Timestamp::from_millis(integer(&last, "received_at").ok_or_else(unreadable)?);
            // Something is complete, so the next page starts further on than this one.
            if rows.iter().any(|row: &Listed| row.received_at != end) {
                return Ok(Read { rows, end: Some(end) });
            }
            start = Some(last);
        }
    }
}

fn comes_after(row: &Listed, from: &Place, order: Order) -> bool {
    match order {
        Order::OldestFirst => row.place() > *from,
        Order::NewestFirst => row.place() < *from,
    }
}

/// The page that the partitions' starts make.
fn merged(reads: Vec<Read>, filter: &Filter, paging: &Paging) -> Page {
    let ends = reads.iter().filter_map(|read| read.end);
    let end = match paging.order {
        Order::OldestFirst => ends.min(),
        Order::NewestFirst => ends.max(),
    };
    let is_complete = |row: &Listed| match (end, paging.order) {
        (None, _) => true,
        (Some(end), Order::OldestFirst) => row.received_at < end,
        (Some(end), Order::NewestFirst) => row.received_at > end,
    };
    let mut rows: Vec<Listed> = reads.into_iter().flat_map(|read| read.rows).filter(is_complete).collect();
    rows.sort_by_cached_key(Listed::place);
    if paging.order == Order::NewestFirst {
        rows.reverse();
    }
    let seen = rows.last().filter(|_| end.is_some()).map(Listed::place);
    rows.retain(|row| filter.takes(row));
    if rows.len() > paging.most {
        rows.truncate(paging.most);
        let next = rows.last().map(Listed::place);
        return Page { rows, next };
    }
    Page { rows, next: seen }
}

/// Reads what the index holds of an entry.
fn listed(item: &Item) -> Option<Listed> {
    let (form, _) = string(item, "pk")?.rsplit_once('#')?;
    Some(Listed {
        of: SubmissionRef { form: FormId::parse_stored(form)?, id: SubmissionId::parse(string(item, "sk")?)? },
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
