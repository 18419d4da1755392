//! Many partitions as one list, without any state between two pages.
//!
//! Each partition is read from the cursor's time on, and none to its end. What lies before the earliest time at which
//! one of them has more is complete, and is given in its order; the rest is read again with the next page. Within one
//! millisecond a partition may have an order of its own, so a time is complete only when a later one was read.

use std::time::Duration;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use counterfoil_core::{Fault, SubmissionRef, Timestamp};
use counterfoil_operations::worklist::SortOrder;

use crate::fault::fault;
use crate::item::Item;
use crate::ledger::unreadable;

const MILLISECOND: Duration = Duration::from_millis(1);

/// Where a row stands: its time, and which submission.
pub(super) type Point = (Timestamp, SubmissionRef);

/// The way through a list: which end comes first, and what comes after which place.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) order: SortOrder,
    pub(super) from: Option<Point>,
}

impl Course {
    /// Does one time come before another?
    fn is_before(&self, one: Timestamp, other: Timestamp) -> bool {
        match self.order {
            SortOrder::OldestFirst => one < other,
            SortOrder::NewestFirst => one > other,
        }
    }

    /// Does a row come after what was given before?
    fn is_new(&self, point: &Point) -> bool {
        self.from.as_ref().is_none_or(|from| match self.order {
            SortOrder::OldestFirst => point > from,
            SortOrder::NewestFirst => point < from,
        })
    }

    /// A time that comes so much earlier on this way.
    fn earlier(&self, time: Timestamp, by: Duration) -> Timestamp {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let millis = time.as_millis();
        Timestamp::from_millis(match self.order {
            SortOrder::OldestFirst => millis.saturating_sub(by),
            SortOrder::NewestFirst => millis.saturating_add(by),
        })
    }

    /// The first and the last millisecond that matter; `None`: none does. `until` is the first that does not.
    pub(super) fn span(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Option<(i64, i64)> {
        let from = self.from.as_ref().map(|(time, _)| time.as_millis());
        let (after, before) = match self.order {
            SortOrder::OldestFirst => (from, None),
            SortOrder::NewestFirst => (None, from),
        };
        let since = since.map_or(0, Timestamp::as_millis);
        let until = until.map_or(i64::MAX, |until| until.as_millis() - 1);
        let (low, high) = (
            since.max(after.unwrap_or(since)),
            until.min(before.unwrap_or(until)),
        );
        (low <= high).then_some((low, high))
    }
}

/// A partition, and how it is read.
pub(super) struct Partition {
    /// Asks for its items, in the order of the way.
    pub(super) query: QueryFluentBuilder,
    /// The time in a key at which a reading stopped.
    pub(super) time: fn(&Item) -> Option<Timestamp>,
    /// How far a row's time may be from that of its key.
    pub(super) slack: Duration,
}

/// The start of a partition, as far as it was read.
#[derive(Debug)]
pub(super) struct Start<R> {
    /// What comes after the cursor.
    pub(super) rows: Vec<(Point, R)>,
    /// There is more, from this time on; rows of that very time may be missing.
    pub(super) end: Option<Timestamp>,
    /// So many items were read.
    pub(super) read: u64,
}

/// Reads a partition on until it is complete up to a time that is further on than the cursor's, so that the next page
/// starts further on than this one. `row` leaves out what it has no row of.
pub(super) async fn start<R>(
    partition: &Partition,
    course: &Course,
    row: impl Fn(&Item) -> Result<Option<(Point, R)>, Fault>,
) -> Result<Start<R>, Fault> {
    let (mut rows, mut read, mut next) = (Vec::new(), 0, None);
    loop {
        let query = partition.query.clone().set_exclusive_start_key(next);
        let answer = query.send().await.map_err(|error| fault(&error))?;
        read += answer.items().len() as u64;
        for item in answer.items() {
            rows.extend(row(item)?.filter(|(point, _)| course.is_new(point)));
        }
        let Some(last) = answer.last_evaluated_key else {
            return Ok(Start {
                rows,
                end: None,
                read,
            });
        };
        let end = course.earlier(
            (partition.time)(&last).ok_or_else(unreadable)?,
            partition.slack,
        );
        let is_complete = match &course.from {
            _ if rows
                .iter()
                .any(|((time, _), _)| course.is_before(*time, end)) =>
            {
                true
            }
            Some((from, _)) => {
                rows.is_empty() && course.is_before(*from, course.earlier(end, MILLISECOND))
            }
            None => rows.is_empty(),
        };
        if is_complete {
            return Ok(Start {
                rows,
                end: Some(end),
                read,
            });
        }
        next = Some(last);
    }
}

/// The rows that are complete, in their order, and the time up to which they are; `None`: there are no more.
pub(super) fn merged<R>(
    starts: Vec<Start<R>>,
    course: &Course,
) -> (Vec<(Point, R)>, Option<Timestamp>) {
    let ends = starts.iter().filter_map(|start| start.end);
    let end = match course.order {
        SortOrder::OldestFirst => ends.min(),
        SortOrder::NewestFirst => ends.max(),
    };
    let is_complete = |time| end.is_none_or(|end| course.is_before(time, end));
    let rows = starts.into_iter().flat_map(|start| start.rows);
    let mut rows: Vec<_> = rows.filter(|((time, _), _)| is_complete(*time)).collect();
    rows.sort_by(|(one, _), (other, _)| match course.order {
        SortOrder::OldestFirst => one.cmp(other),
        SortOrder::NewestFirst => other.cmp(one),
    });
    (rows, end)
}
