//! What people have marked entries as, in items beside them: on the entry a mark would cost the entry's size, and wake
//! the stream. They hold who and when, nothing submitted, and stay when the entry goes.
//! Where they stand says `seen.rs`, by which a poll reads their times.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use counterfoil_core::{Fault, FormId, SubmissionRef};
use counterfoil_operations::catalogue::Spot;
use counterfoil_operations::history::Actor;
use counterfoil_operations::marks::{Made, Mark, Marking, Marks, Watermark};

use crate::fault::fault;
use crate::item::{Item, Key, number, string, text};
use crate::ledger::DynamoLedger;
use crate::seen::{mark_key, time, unreadable, upto, watermark_key};

/// Nothing is there, or what is there is at an earlier place.
const GOES_ON: &str = "attribute_not_exists(upto_at) OR upto_at < :upto_at OR (upto_at = :upto_at AND upto_id < :upto_id)";

impl Marking for DynamoLedger {
    async fn mark(&self, of: &SubmissionRef, mark: Mark, made: Option<&Made>) -> Result<(), Fault> {
        let update = self.update_mark(mark_key(of));
        let [at, by] = names(mark);
        let update = match made {
            Some(made) => update
                .update_expression(format!("SET {at} = :at, {by} = :by"))
                .condition_expression(format!("attribute_not_exists({at})"))
                .expression_attribute_values(":at", number(made.at.as_millis()))
                .expression_attribute_values(":by", text(made.by.as_str())),
            None => update
                .update_expression(format!("REMOVE {at}, {by}"))
                .condition_expression(format!("attribute_exists({at})")),
        };
        done(update.send().await)
    }

    async fn marks(&self, of: &[Spot]) -> Result<Vec<Marks>, Fault> {
        self.marks_of(of).await?.into_iter().collect()
    }

    async fn see_all(&self, form: &FormId, watermark: &Watermark) -> Result<(), Fault> {
        let Watermark { upto, made } = watermark;
        let update = self
            .update_mark(watermark_key(form))
            .condition_expression(GOES_ON);
        let update = update.update_expression(
            "SET upto_at = :upto_at, upto_id = :upto_id, seen_at = :at, seen_by = :by",
        );
        let update =
            update.expression_attribute_values(":upto_at", number(upto.listed_at.as_millis()));
        let update = update.expression_attribute_values(":upto_id", text(&upto.of.id.to_string()));
        let update = update.expression_attribute_values(":at", number(made.at.as_millis()));
        done(
            update
                .expression_attribute_values(":by", text(made.by.as_str()))
                .send()
                .await,
        )
    }
}

impl DynamoLedger {
    fn update_mark(&self, key: Key) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.into()))
    }

    /// The marks of each of these, in their order, or that they cannot be read.
    pub(super) async fn marks_of(&self, of: &[Spot]) -> Result<Vec<Result<Marks, Fault>>, Fault> {
        let submissions: HashSet<&SubmissionRef> = of.iter().map(|spot| &spot.of).collect();
        let forms: HashSet<&FormId> = of.iter().map(|spot| &spot.of.form).collect();
        let keys = submissions
            .into_iter()
            .map(mark_key)
            .chain(forms.into_iter().map(watermark_key));
        let items = self.items(keys.collect()).await?.into_iter();
        let items: HashMap<(String, String), Item> = items
            .filter_map(|item| Some((place(&item)?, item)))
            .collect();
        let find = |key: Key| place(&key.into()).and_then(|place| items.get(&place));
        Ok(of
            .iter()
            .map(|spot| {
                marks(
                    spot,
                    find(mark_key(&spot.of)),
                    find(watermark_key(&spot.of.form)),
                )
            })
            .collect())
    }
}

fn place(item: &Item) -> Option<(String, String)> {
    Some((
        string(item, "pk")?.to_owned(),
        string(item, "sk")?.to_owned(),
    ))
}

const fn names(mark: Mark) -> [&'static str; 2] {
    match mark {
        Mark::Seen => ["seen_at", "seen_by"],
        Mark::Answered => ["answered_at", "answered_by"],
    }
}

/// That a condition did not hold is no fault: somebody was there before.
fn done<T, R>(result: Result<T, SdkError<UpdateItemError, R>>) -> Result<(), Fault> {
    match result {
        Ok(_) => Ok(()),
        Err(error) => match error.as_service_error() {
            Some(refusal) if refusal.is_conditional_check_failed_exception() => Ok(()),
            _ => Err(fault(&error)),
        },
    }
}

/// An entry's marks, by its own item and its form's watermark.
fn marks(spot: &Spot, own: Option<&Item>, watermark: Option<&Item>) -> Result<Marks, Fault> {
    let unreadable = || unreadable(&spot.of);
    let own = |mark| own.map_or(Ok(None), |item| made(item, mark).ok_or_else(unreadable));
    let mut marks = Marks {
        seen: own(Mark::Seen)?,
        answered: own(Mark::Answered)?,
    };
    if let (None, Some(item)) = (&marks.seen, watermark) {
        let (at, id) = upto(item).ok_or_else(unreadable)?;
        if (spot.listed_at, spot.of.id) <= (at, id) {
            marks.seen = made(item, Mark::Seen).ok_or_else(unreadable)?;
        }
    }
    Ok(marks)
}

/// Who made a mark; the outer `None`: it is there, and cannot be read.
#[allow(
    clippy::option_option,
    reason = "missing and unreadable are two things"
)]
fn made(item: &Item, mark: Mark) -> Option<Option<Made>> {
    let [at, by] = names(mark);
    if !item.contains_key(at) {
        return Some(None);
    }
    Some(Some(Made {
        at: time(item, at)?,
        by: Actor::parse(string(item, by)?)?,
    }))
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
