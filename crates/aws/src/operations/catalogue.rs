//! The catalogue of a form: its 32 partitions of the table, in which entries lie by their ids and so by their time,
//! merged; and from the sparse index those whose id tells no time, each then read by its key. A list of several forms is
//! the merge of theirs.
//!
//! The table is read consistently, so that a list never shows what an entry was before a deed. The index lags behind by
//! less than a second, as a rule; what it leads to is looked at again in the table.

mod count;
mod found;
mod keys;
mod lanes;
mod sources;

use std::collections::{BTreeSet, HashMap, HashSet};

use counterfoil_core::{Code, Fault, FormId, SubmissionRef};
use counterfoil_operations::catalogue::scan::{Sought, scan};
use counterfoil_operations::catalogue::{
    Catalogue, Count, Scope, Search, Sheet, Shown, Spot, Turn,
};
use counterfoil_operations::worklist::SortOrder;
use futures_util::{StreamExt, TryStreamExt, stream};

use self::found::Found;
use self::lanes::Round;
use self::sources::Source;
use super::merge::{self, Course, Point, Start, merged};
use crate::item::{Item, key, string, whole};
use crate::ledger::DynamoLedger;
use crate::query::PARALLEL;

/// Entries read for one page of a search.
const MOST_SEARCHED: u64 = 2_000;

impl Catalogue for DynamoLedger {
    async fn list(&self, scope: &Scope, turn: &Turn) -> Result<Sheet, Fault> {
        let forms = self.forms_of(scope).await?;
        let page = self.page_of(scope, forms, turn).await?;
        let read = page.rows.len() as u64;
        Ok(Sheet {
            read,
            next: page.next,
            ..self.sheet(scope, page.rows).await?
        })
    }

    async fn count(&self, scope: &Scope) -> Result<Count, Fault> {
        self.counted(scope, &self.forms_of(scope).await?).await
    }

    async fn search(&self, scope: &Scope, search: &Search, turn: &Turn) -> Result<Sheet, Fault> {
        scan(self, Sought { scope, search }, turn, MOST_SEARCHED).await
    }
}

/// What is asked of each partition.
struct PartitionQuery<'a> {
    scope: &'a Scope,
    course: &'a Course,
    /// The first and the last millisecond.
    span: (i64, i64),
    /// Entries that the page has room for.
    most: usize,
}

impl DynamoLedger {
    /// The forms that a scope means: its own, or all that are known here. No index leads through the entries of all forms,
    /// so these are the ones that were handed in, and those that ever had something in the sparse index. What is stored of a
    /// form that is in neither is found by naming it.
    async fn forms_of(&self, scope: &Scope) -> Result<Vec<FormId>, Fault> {
        if let Some(form) = &scope.form {
            return Ok(vec![form.clone()]);
        }
        if self.forms.is_empty() {
            let how =
                "on AWS the forms' directory says which forms there are: give it, or name a form";
            return Err(Fault::transient(Code::FormUnnamed, how));
        }
        let mut forms: BTreeSet<FormId> = self.forms.iter().cloned().collect();
        let registered = self.registered().await?;
        forms.extend(
            registered
                .iter()
                .filter_map(|form| FormId::parse_stored(form)),
        );
        Ok(forms.into_iter().collect())
    }

    /// Reads all partitions of a form once.
    async fn round(&self, (scope, form): (&Scope, &FormId), turn: &Turn) -> Result<Round, Fault> {
        let from = turn.from.clone().map(|spot| (spot.listed_at, spot.of));
        let course = Course {
            order: turn.order,
            from,
        };
        let Some(span) = course.span(scope.since, scope.until) else {
            return Ok(Round::default());
        };
        let asked = PartitionQuery {
            scope,
            course: &course,
            span,
            most: turn.most,
        };
        let starts =
            stream::iter(sources::of_list(scope, form)).map(|source| self.start(source, &asked));
        let starts: Vec<_> = starts.buffer_unordered(PARALLEL).try_collect().await?;
        let items = starts.iter().map(|start| start.read).sum();
        let (mut rows, end) = merged(starts, &course);
        // What changes its state meanwhile may be seen in two partitions of the index.
        rows.dedup_by(|(one, _), (other, _)| one == other);
        let next = end.map(|end| sources::before(end, form, course.order));
        Ok(Round { rows, items, next })
    }

    async fn start(
        &self,
        source: Source,
        asked: &PartitionQuery<'_>,
    ) -> Result<Start<Found>, Fault> {
        let limit = limit(asked.most, &source);
        let partition = self.partition(&source, asked.span, asked.course.order, limit);
        merge::start(&partition, asked.course, |item| {
            Ok(found::row(item, &source, asked.scope))
        })
        .await
    }

    /// The rows and faults of a page.
    async fn sheet(&self, scope: &Scope, rows: Vec<(Point, Found)>) -> Result<Sheet, Fault> {
        let elsewhere = rows
            .iter()
            .filter(|(_, found)| matches!(found, Found::There));
        let mut there = self
            .by_submission(elsewhere.map(|((_, of), _)| of).collect())
            .await?;
        let (mut entries, mut damaged) = (Vec::new(), Vec::new());
        for (point, found) in rows {
            match found {
                Found::Here(entry) => entries.push(*entry),
                Found::Damaged(fault) => damaged.push(fault),
                Found::Passed => {}
                Found::There => match there.remove(&point.1).map(|item| whole(&item, &point.1)) {
                    // As the table has it now: the index may lag behind.
                    Some(Ok(entry)) if sources::is_still(&entry.head, scope, &point) => {
                        entries.push(entry)
                    }
                    Some(Err(fault)) => damaged.push(fault),
                    Some(Ok(_)) | None => {}
                },
            }
        }
        let spots: Vec<Spot> = entries.iter().map(Spot::from_entry).collect();
        let mut shown = Vec::new();
        for (entry, marks) in entries.into_iter().zip(self.marks_of(&spots).await?) {
            let marks = marks.unwrap_or_else(|fault| {
                damaged.push(fault);
                counterfoil_operations::marks::Marks::default()
            });
            shown.push(Shown { entry, marks });
        }
        Ok(Sheet {
            rows: shown,
            damaged,
            ..Sheet::default()
        })
    }

    /// The items of these submissions that are there.
    async fn by_submission(
        &self,
        of: HashSet<&SubmissionRef>,
    ) -> Result<HashMap<SubmissionRef, Item>, Fault> {
        let items = self.items(of.into_iter().map(key).collect()).await?;
        let of = |item: &Item| {
            SubmissionRef::parse(&format!("{}/{}", form_of(item)?, string(item, "sk")?))
        };
        Ok(items
            .into_iter()
            .filter_map(|item| Some((of(&item)?, item)))
            .collect())
    }
}

/// The form in an entry's key.
fn form_of(item: &Item) -> Option<&str> {
    string(item, "pk")?.rsplit_once('#').map(|(form, _)| form)
}

/// How many items of a partition are asked for at once. A page is over where the first partition was not read on, and
/// so each is asked for somewhat more than its share.
fn limit(most: usize, source: &Source) -> usize {
    let share = most.div_ceil(source.among).clamp(1, 500);
    share + 2 * share.isqrt() + 2
}

/// Oldest first, as DynamoDB has it.
const fn is_forward(order: SortOrder) -> bool {
    matches!(order, SortOrder::OldestFirst)
}

#[cfg(test)]
#[path = "catalogue/catalogue_tests.rs"]
mod tests;
