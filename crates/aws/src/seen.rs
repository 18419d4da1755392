//! What people have marked entries as, as a poll reads it: times, and no names. The items are written by people, who read
//! them whole (`operations/marks.rs`).
//!
//! ```text
//! pk  !mark#{form}#{0..7}   sk  {id}    seen_at, seen_by, answered_at, answered_by
//! pk  !mark#{form}          sk  upto    the watermark: upto_at, upto_id, seen_at, seen_by
//! ```

use counterfoil_core::ports::{Seen, SeenMarks};
use counterfoil_core::{Code, Fault, FormId, SubmissionId, SubmissionRef, Timestamp};

use crate::fault::fault;
use crate::item::{Item, Key, integer, partition, string, text};
use crate::ledger::DynamoLedger;

/// What the `pk` of a mark starts with.
pub(crate) const MARK: &str = "!mark";
/// The `sk` of a watermark.
const UPTO: &str = "upto";

/// The attributes of marks that `status` may read: when, and up to which entry.
const SEEN: [&str; 4] = ["seen_at", "answered_at", "upto_at", "upto_id"];

impl SeenMarks for DynamoLedger {
    async fn seen(&self, of: &SubmissionRef, listed_at: Timestamp) -> Result<Seen, Fault> {
        let unreadable = || unreadable(of);
        let time = |item: &Item, name: &str| match item.contains_key(name) {
            true => time(item, name).map(Some).ok_or_else(unreadable),
            false => Ok(None),
        };
        let own = self.times(mark_key(of)).await?;
        let mut seen = Seen {
            seen_at: time(&own, "seen_at")?,
            answered_at: time(&own, "answered_at")?,
        };
        if seen.seen_at.is_some() {
            return Ok(seen);
        }
        let watermark = self.times(watermark_key(&of.form)).await?;
        if !watermark.is_empty() && (listed_at, of.id) <= upto(&watermark).ok_or_else(unreadable)? {
            seen.seen_at = time(&watermark, "seen_at")?;
        }
        Ok(seen)
    }
}

impl DynamoLedger {
    /// What `status` may read of one of these items; nothing where there is none.
    async fn times(&self, key: Key) -> Result<Item, Fault> {
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(key.into()))
            .projection_expression(SEEN.join(","));
        let answer = get.send().await.map_err(|error| fault(&error))?;
        Ok(answer.item.unwrap_or_default())
    }
}

/// The key of an entry's marks.
pub(crate) fn mark_key(of: &SubmissionRef) -> Key {
    key(&partition(MARK, of), &of.id.to_string())
}

/// The key of a form's watermark.
pub(crate) fn watermark_key(form: &FormId) -> Key {
    key(&format!("{MARK}#{form}"), UPTO)
}

fn key(pk: &str, sk: &str) -> Key {
    [("pk".into(), text(pk)), ("sk".into(), text(sk))]
}

/// A time of a mark.
pub(crate) fn time(item: &Item, name: &str) -> Option<Timestamp> {
    integer(item, name).map(Timestamp::from_millis)
}

/// Up to where a watermark says that all was seen.
pub(crate) fn upto(item: &Item) -> Option<(Timestamp, SubmissionId)> {
    Some((
        time(item, "upto_at")?,
        SubmissionId::parse(string(item, "upto_id")?)?,
    ))
}

/// Marks that are there, and say nothing that this program knows.
pub(crate) fn unreadable(of: &SubmissionRef) -> Fault {
    let told = format!("the marks of {of} cannot be read; a newer program may have written them");
    Fault::transient(Code::UnreadableRow, told)
}

#[cfg(test)]
#[path = "seen_tests.rs"]
mod tests;
