//! A line of history as an item of its own beside the entry. Its `pk` starts with `!`, which the stream leaves out.
//!
//! ```text
//! pk  !history#{form}#{shard}
//! sk  {id}#{seq, ten digits}    an entry's lines are listed by query, in their order
//! view, received_at             a failure's partition verdict#{form}#{0..7} of the sparse index, and its time
//! ```

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::{Head, SubmissionRef};
use counterfoil_operations::history::Line;

use crate::item::{Item, number, partition, text, with_hash};

/// What failures are called in the index.
pub(crate) const VERDICT: &str = "verdict";

/// Where the lines of a submission are, among those of others.
pub(crate) fn home(of: &SubmissionRef) -> String {
    format!("!history#{}#{}", of.form, of.id.shard())
}

/// The key of one line.
pub(crate) fn key(of: &SubmissionRef, seq: u64) -> [(String, AttributeValue); 2] {
    [
        ("pk".into(), text(&home(of))),
        ("sk".into(), text(&format!("{}#{seq:010}", of.id))),
    ]
}

/// The whole item of the line that a change to `next` writes.
pub(crate) fn item(next: &Head, line: &Line) -> Item {
    let json =
        |value: Option<serde_json::Result<String>>| value.and_then(Result::ok).as_deref().map(text);
    let cause = json(line.cause.as_ref().map(serde_json::to_string));
    let fails = line.is_failure() && cause.is_some();
    let attributes = [
        ("seq", Some(number(line.seq))),
        ("at", Some(number(line.at.as_millis()))),
        ("state", Some(text(line.state.as_str()))),
        ("run", Some(number(line.run))),
        ("attempts", Some(number(line.attempts))),
        ("cause", cause),
        ("hold", line.hold.as_deref().map(text)),
        ("deed", json(line.deed.as_ref().map(serde_json::to_string))),
        ("expires_at", next.expires_at.map(|at| number(at.as_secs()))),
        ("view", fails.then(|| text(&partition(VERDICT, &next.of)))),
        ("received_at", fails.then(|| number(line.at.as_millis()))),
    ];
    let mut item: Item = key(&next.of, line.seq).into();
    if let Some(before) = &line.before {
        item.extend(with_hash(
            "before",
            text(before.as_str()),
            before.as_str().as_bytes(),
        ));
    }
    item.extend(
        attributes
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
    );
    item
}
