//! An entry as an item of the table, and back.
//!
//! ```text
//! pk  {form}#{shard 0..31}      a form is listed by query, and its writes spread over 32 partitions
//! sk  {id}
//! view, received_at             sparse index: what people must look at, in 8 partitions for each state and form, and
//!                               late#{form}#{0..7}: what a list by ids would not find at its time
//! ```

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::entry::listed_at;
use counterfoil_core::{
    Body, Cause, Code, ContentHash, Entry, Fault, FormId, Head, Payload, State, SubmissionId,
    SubmissionRef, Timestamp,
};

/// What its `pk` starts with.
pub(crate) const GONE: &str = "!gone#";

/// An item, as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The key of an item.
pub(crate) type Key = [(String, AttributeValue); 2];

/// The attributes of a head: what `status` may read. Everything but `payload` and `raw`.
pub(crate) const HEAD: [&str; 15] = [
    "pk",
    "sk",
    "state",
    "seq",
    "run",
    "verdict_run",
    "content",
    "payload_hash",
    "schema",
    "received_at",
    "updated_at",
    "attempts",
    "cause",
    "hold",
    "expires_at",
];

/// Partitions of the sparse index for each kind and form.
pub(crate) const VIEWS: u8 = 8;

/// The key of a submission's entry.
pub(crate) fn key(of: &SubmissionRef) -> Key {
    [
        ("pk".into(), text(&format!("{}#{}", of.form, of.id.shard()))),
        ("sk".into(), text(&of.id.to_string())),
    ]
}

/// The whole item of an entry.
pub(crate) fn item(entry: &Entry) -> Item {
    let mut item: Item = key(&entry.head.of).into_iter().collect();
    item.extend(
        attributes(&entry.head)
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
    );
    item.extend(
        body_attributes(&entry.body)
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?))),
    );
    item
}

/// Every attribute of a body; `None` where it has none. A payload's hash is the head's, raw bytes have one of their own.
pub(crate) fn body_attributes(body: &Body) -> [(&'static str, Option<AttributeValue>); 3] {
    let (payload, raw, raw_hash) = match body {
        Body::Payload(payload) => (Some(text(payload.as_str())), None, None),
        Body::Raw(bytes) => {
            let raw = match std::str::from_utf8(bytes) {
                Ok(body) => text(body),
                Err(_) => AttributeValue::B(Blob::new(bytes.clone())),
            };
            (None, Some(raw), Some(hash_of(bytes)))
        }
        Body::Erased => (None, None, None),
    };
    [("payload", payload), ("raw", raw), ("raw_hash", raw_hash)]
}

fn hash_of(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(ContentHash::digest(bytes).as_bytes().to_vec()))
}

/// What was submitted once, and a hash of its own beside it.
pub(crate) fn with_hash(
    name: &str,
    value: AttributeValue,
    bytes: &[u8],
) -> [(String, AttributeValue); 2] {
    [
        (name.to_owned(), value),
        (format!("{name}_hash"), hash_of(bytes)),
    ]
}

/// Are these the bytes that the hash beside an attribute was made of? Items of a former version have none.
pub(crate) fn fits_hash(item: &Item, name: &str, bytes: &[u8]) -> bool {
    match hash(item, &format!("{name}_hash")) {
        Some(hash) => hash.is_none_or(|hash| hash == ContentHash::digest(bytes)),
        None => false,
    }
}

/// Every attribute of a head but its key; `None` where the entry has none.
pub(crate) fn attributes(head: &Head) -> [(&'static str, Option<AttributeValue>); 14] {
    let hash = |hash: Option<ContentHash>| {
        hash.map(|hash| AttributeValue::B(Blob::new(hash.as_bytes().to_vec())))
    };
    let cause = head
        .cause
        .as_ref()
        .and_then(|cause| serde_json::to_string(cause).ok());
    [
        ("state", Some(text(head.state.as_str()))),
        ("seq", Some(number(head.seq))),
        ("run", Some(number(head.run))),
        ("verdict_run", Some(number(head.verdict_run))),
        ("content", hash(head.content)),
        ("payload_hash", hash(head.payload_hash)),
        (
            "schema",
            Some(text(&head.schema)).filter(|_| !head.schema.is_empty()),
        ),
        ("received_at", Some(number(head.received_at.as_millis()))),
        ("updated_at", Some(number(head.updated_at.as_millis()))),
        ("attempts", Some(number(head.attempts))),
        ("cause", cause.as_deref().map(text)),
        ("hold", head.hold.as_deref().map(text)),
        // DynamoDB's time to live counts seconds.
        ("expires_at", head.expires_at.map(|at| number(at.as_secs()))),
        ("view", view(head).as_deref().map(text)),
    ]
}

/// What the partitions are called of entries whose id's time is not the one they are listed at, and that need nobody.
pub(crate) const LATE: &str = "late";

/// Where an entry stands in the sparse index: what people must look at, and what a list by ids would not find.
pub(crate) fn view(head: &Head) -> Option<String> {
    view_of(&head.of, head.state, head.received_at)
}

/// Where an entry of this state, accepted at this time, stands in the sparse index.
pub(crate) fn view_of(of: &SubmissionRef, state: State, received_at: Timestamp) -> Option<String> {
    match state {
        State::Failed | State::Held | State::Discarded => Some(partition(state.as_str(), of)),
        State::Stored | State::Erased => is_late(&of.id, received_at).then(|| partition(LATE, of)),
        State::Expired => None,
    }
}

/// Is an entry with this id not listed at its id's time?
pub(crate) fn is_late(id: &SubmissionId, received_at: Timestamp) -> bool {
    listed_at(id, received_at) != id.time()
}

/// Must people look at an entry in this state?
pub(crate) const fn waits(state: State) -> bool {
    match state {
        State::Failed | State::Held | State::Discarded => true,
        State::Stored | State::Erased | State::Expired => false,
    }
}

/// A submission's partition of the sparse index, among those of a kind.
pub(crate) fn partition(kind: &str, of: &SubmissionRef) -> String {
    format!("{kind}#{}#{}", of.form, of.id.shard() % VIEWS)
}

/// Reads a head, of an entry or of what is left of one; `None` when an attribute is missing or of another type, which no code of ours writes.
pub(crate) fn head(item: &Item) -> Option<Head> {
    let pk = string(item, "pk")?;
    let (form, _) = pk.strip_prefix(GONE).unwrap_or(pk).rsplit_once('#')?;
    let of = SubmissionRef {
        form: FormId::parse_stored(form)?,
        id: SubmissionId::parse(string(item, "sk")?)?,
    };
    Some(Head {
        of,
        state: State::parse(string(item, "state")?)?,
        seq: integer(item, "seq")?,
        run: integer(item, "run")?,
        verdict_run: integer(item, "verdict_run")?,
        content: hash(item, "content")?,
        payload_hash: hash(item, "payload_hash")?,
        schema: string(item, "schema").unwrap_or_default().to_owned(),
        received_at: Timestamp::from_millis(integer(item, "received_at")?),
        updated_at: Timestamp::from_millis(integer(item, "updated_at")?),
        attempts: integer(item, "attempts")?,
        cause: match string(item, "cause") {
            Some(json) => Some(serde_json::from_str::<Cause>(json).ok()?),
            None => None,
        },
        hold: string(item, "hold").map(ToOwned::to_owned),
        expires_at: integer(item, "expires_at").map(Timestamp::from_secs),
    })
}

/// Reads the whole entry of a submission, which is what was written; else a fault that names it.
pub(crate) fn whole(item: &Item, of: &SubmissionRef) -> Result<Entry, Fault> {
    let entry = entry(item).ok_or_else(|| unreadable_entry(of))?.intact()?;
    match &entry.body {
        Body::Raw(bytes) if !fits_hash(item, "raw", bytes) => Err(Fault::damaged(format!(
            "{of} is damaged: what was submitted differs from the hash beside it"
        ))),
        Body::Raw(_) | Body::Payload(_) | Body::Erased => Ok(entry),
    }
}

/// The fault of an item that no code of ours has written, as it is.
pub(crate) fn unreadable_entry(of: &SubmissionRef) -> Fault {
    Fault::transient(
        Code::UnreadableRow,
        format!("{of} cannot be read; a newer program may have written it, or it is damaged"),
    )
}

/// Reads a whole entry. Without a payload and a raw body it was erased.
pub(crate) fn entry(item: &Item) -> Option<Entry> {
    let raw = |value: &AttributeValue| match value {
        AttributeValue::S(text) => Some(text.as_bytes().to_vec()),
        AttributeValue::B(bytes) => Some(bytes.as_ref().to_vec()),
        _ => None,
    };
    let body = match (item.get("payload"), item.get("raw")) {
        (Some(payload), _) => Body::Payload(Payload::from_stored(payload.as_s().ok()?.clone())),
        (None, Some(value)) => Body::Raw(raw(value)?),
        (None, None) => Body::Erased,
    };
    Some(Entry {
        head: head(item)?,
        body,
    })
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(crate) fn integer<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The outer `None`: it is there, and no hash.
#[allow(
    clippy::option_option,
    reason = "missing and unreadable are two things"
)]
fn hash(item: &Item, name: &str) -> Option<Option<ContentHash>> {
    let Some(value) = item.get(name) else {
        return Some(None);
    };
    let bytes: [u8; 32] = value.as_b().ok()?.as_ref().try_into().ok()?;
    Some(Some(ContentHash::from_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use counterfoil_testkit::build::{THEN, entry as written, envelope, reference};

    #[test]
    fn an_entry_survives_as_an_item() {
        let mut row = written(&envelope(1, "é 😀"), Some(Cause::gave_up(20)));
        row.head.expires_at = Some(counterfoil_testkit::build::THEN);
        assert_eq!(entry(&item(&row)), Some(row.clone()));
        row.head.content = None;
        for body in [
            Body::Raw(vec![0xff, 0]),
            Body::Raw(b"text".to_vec()),
            Body::Raw(Vec::new()),
            Body::Erased,
        ] {
            row.body = body;
            assert_eq!(entry(&item(&row)), Some(row.clone()));
        }
    }

    #[test]
    fn what_differs_from_its_hash_is_a_fault_that_names_the_submission() {
        let mut row = written(&envelope(1, "m"), Some(Cause::gave_up(20)));
        let of = row.head.of.clone();
        assert_eq!(whole(&item(&row), &of).unwrap(), row);
        let check = |row: &Entry, name: &str, value: AttributeValue| {
            let mut damaged = item(row);
            damaged.insert(name.into(), value);
            let said = whole(&damaged, &of).unwrap_err().to_string();
            assert!(said.contains(&of.to_string()), "{said}");
        };
        check(
            &row,
            "payload",
            text(r#"{"email":"ada@example.org","message":"n","name":"Ada"}"#),
        );
        check(&row, "payload", text("{"));
        check(&row, "cause", text("{"));
        (row.head.payload_hash, row.body) = (None, Body::Raw(b"text".to_vec()));
        assert_eq!(whole(&item(&row), &of).unwrap(), row);
        check(&row, "raw", text("tex"));
        let mut former = item(&row);
        former.remove("raw_hash");
        assert_eq!(
            whole(&former, &of).unwrap(),
            row,
            "written by a former version"
        );
    }

    #[test]
    fn only_what_people_must_look_at_and_what_ids_do_not_lead_to_is_in_the_sparse_index() {
        let view = |row: &Entry| {
            item(row)
                .get("view")
                .map(|view| view.as_s().unwrap().clone())
        };
        let mut row = written(&envelope(1, "m"), None);
        assert_eq!(view(&row), None);
        assert_eq!(
            view(&written(&envelope(1, "m"), Some(Cause::gave_up(1)))).as_deref(),
            Some("failed#contact#7")
        );
        let (in_time, late) = (Duration::from_secs(600), Duration::from_millis(600_001));
        for (state, view_of_a_late_one) in [
            (State::Stored, Some("late#contact#7")),
            (State::Erased, Some("late#contact#7")),
            (State::Held, Some("held#contact#7")),
            (State::Discarded, Some("discarded#contact#7")),
            (State::Expired, None),
        ] {
            row.head.state = state;
            row.head.received_at = THEN.plus(in_time);
            assert_eq!(view(&row).is_some(), waits(state), "{state}");
            row.head.received_at = THEN.plus(late);
            assert_eq!(view(&row).as_deref(), view_of_a_late_one, "{state}");
        }
    }

    #[test]
    fn the_place_of_a_submission_never_changes() {
        // Entries are found by it for ever. Computed apart from this program: the UUIDv7 of the millisecond
        // 1795385651000 with ten bytes 1, and the last byte of the SHA-256 of its 16 bytes, & 31.
        let [(_, pk), (_, sk)] = key(&reference(1));
        assert_eq!(
            (pk.as_s().unwrap().as_str(), sk.as_s().unwrap().as_str()),
            ("contact#31", "01a20552-ef38-7101-8101-010101010101")
        );
    }

    #[test]
    fn a_stored_submission_of_a_kilobyte_costs_little_more_than_itself() {
        let row = written(&envelope(1, &"x".repeat(400)), None);
        let size: usize = item(&row)
            .iter()
            .map(|(name, value)| name.len() + size_of_value(value))
            .sum();
        assert!(size - row_payload(&row) < 420, "{size}");
    }

    fn row_payload(row: &Entry) -> usize {
        match &row.body {
            Body::Payload(payload) => payload.as_str().len(),
            Body::Raw(_) | Body::Erased => 0,
        }
    }

    fn size_of_value(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::N(digits) => digits.len() / 2 + 1,
            AttributeValue::B(bytes) => bytes.as_ref().len(),
            _ => 0,
        }
    }
}
