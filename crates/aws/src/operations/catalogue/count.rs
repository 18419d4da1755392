//! How many entries there are: keys, times and states, read until it is known or there are too many to count.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use counterfoil_core::entry::LISTED_WITHIN;
use counterfoil_core::{Fault, FormId};
use counterfoil_operations::catalogue::{Count, Scope};
use counterfoil_operations::worklist::SortOrder;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::found;
use super::sources::{self, Source};
use crate::fault::fault;
use crate::item::Item;
use crate::ledger::DynamoLedger;
use crate::operations::merge::Course;
use crate::query::PARALLEL;

/// Entries are counted up to this number.
const BOUND: u64 = 1_000;
/// Items that are read for a count, at most: there may be many that the scope does not take.
const MOST_READ: u64 = 10_000;
/// Items of a first reading of each partition: so many of 32 are about the bound.
const FIRST: i32 = 40;

/// A partition that is not counted to its end.
struct Open {
    source: Source,
    start: Option<Item>,
}

/// What one reading of a partition gave.
struct Counted {
    number: u64,
    read: u64,
    open: Option<Open>,
}

impl DynamoLedger {
    /// Of these forms, one after another, until there are too many.
    pub(super) async fn counted(&self, scope: &Scope, forms: &[FormId]) -> Result<Count, Fault> {
        let mut all = Count::default();
        for form in forms {
            let count = self.counted_of(scope, form).await?;
            all.number += count.number;
            all.is_more |= count.is_more || all.number > BOUND;
            if all.number >= BOUND && all.is_more {
                all.number = BOUND;
                break;
            }
        }
        Ok(all)
    }

    async fn counted_of(&self, scope: &Scope, form: &FormId) -> Result<Count, Fault> {
        let course = Course {
            order: SortOrder::OldestFirst,
            from: None,
        };
        let Some(span) = course.span(scope.since, scope.until) else {
            return Ok(Count::default());
        };
        let sources = sources::of_count(scope, form);
        let mut open: Vec<Open> = sources
            .into_iter()
            .map(|source| Open {
                source,
                start: None,
            })
            .collect();
        let (mut number, mut read, mut limit) = (0, 0, FIRST);
        while !open.is_empty() && number <= BOUND && read < MOST_READ {
            let parts = stream::iter(open).map(|open| self.count_part(scope, span, (open, limit)));
            let parts: Vec<Counted> = parts.buffer_unordered(PARALLEL).try_collect().await?;
            open = Vec::new();
            for part in parts {
                (number, read) = (number + part.number, read + part.read);
                open.extend(part.open);
            }
            limit *= 2;
        }
        // Where too much was read, there may be more.
        Ok(Count {
            number: number.min(BOUND),
            is_more: number > BOUND || !open.is_empty(),
        })
    }

    async fn count_part(
        &self,
        scope: &Scope,
        span: (i64, i64),
        (open, limit): (Open, i32),
    ) -> Result<Counted, Fault> {
        let Open { source, start } = open;
        let query = if source.is_index {
            self.of_times(&source.name, span, LISTED_WITHIN)
        } else {
            self.of_ids(&source.name, span)
        };
        let answer = keys(query)
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await;
        let answer = answer.map_err(|error| fault(&error))?;
        let is_taken = |item: &&Item| found::is_taken(item, &source, scope);
        let number = answer.items().iter().filter(is_taken).count() as u64;
        let read = answer.items().len() as u64;
        Ok(Counted {
            number,
            read,
            open: answer.last_evaluated_key.map(|last| Open {
                source,
                start: Some(last),
            }),
        })
    }
}

/// Nothing but what a count looks at.
fn keys(query: QueryFluentBuilder) -> QueryFluentBuilder {
    query
        .expression_attribute_names("#state", "state")
        .projection_expression("pk, sk, #state, received_at")
}
