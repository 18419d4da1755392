//! What is left of an entry when its form's retention is over. DynamoDB's time to live takes an item whole, so it is
//! written beside the entry, in the same transaction, as an item without what was submitted that stays for [`HEAD_KEPT`]
//! longer: an entry's ticket says `expired` by it, and a late copy does not bring the entry back. What is kept for as
//! long as that leaves none: before it goes, its ticket has told what became of it, or that it was lost. Whoever erases
//! an entry has to remove this too, for it holds a hash of what was submitted.
//!
//! ```text
//! pk  !gone#{form}#{0..7}
//! sk  {id}
//! ```

use std::time::Duration;

use counterfoil_core::status::HEAD_KEPT;
use counterfoil_core::{Head, SubmissionRef};
use counterfoil_operations::change::expired;

use crate::item::{GONE, Item, Key, VIEWS, attributes, text};

/// What settles sooner after it was accepted is no late copy of what is gone: no form keeps for less than a day.
const NEVER_LATE: Duration = Duration::from_secs(12 * 60 * 60);

/// Where what is left of a submission's entry is.
pub(crate) fn key(of: &SubmissionRef) -> Key {
    [
        (
            "pk".into(),
            text(&format!("{GONE}{}#{}", of.form, of.id.shard() % VIEWS)),
        ),
        ("sk".into(), text(&of.id.to_string())),
    ]
}

/// What an entry with this head leaves; `None` where it is kept for good, or for long.
pub(crate) fn item(head: &Head) -> Option<Item> {
    let over = head
        .expires_at
        .filter(|over| over.since(head.updated_at) < HEAD_KEPT)?;
    let left = expired(head, over.plus(HEAD_KEPT), over)?;
    let mut item: Item = key(&head.of).into();
    item.extend(
        attributes(&left)
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
    );
    Some(item)
}

/// May this first verdict be that of a late copy of what is gone?
pub(crate) fn may_be_late(first: &Head) -> bool {
    first.updated_at.since(first.received_at) >= NEVER_LATE
}

#[cfg(test)]
#[path = "gone_tests.rs"]
mod tests;
