//! The contract of the catalogue, clause by clause. The forms `shelf-*` are its own.

mod pages;
mod search;
mod states;

use std::time::Duration;

use counterfoil_core::ports::{Ledger, Write};
use counterfoil_core::submission::IdempotencyKey;
use counterfoil_core::{Body, Cause, ContentHash, Entry, Fault, FormId, Payload, State};
use counterfoil_core::{SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::{Catalogue, Count, Scope, Sheet, Shown, Spot, Turn};
use counterfoil_operations::worklist::SortOrder;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::build::{THEN, entry, envelope, id_secret};
use pages::{
    a_page_starts_after_a_place_that_nothing_stands_at,
    pages_of_every_size_give_each_entry_once_in_its_order, what_comes_meanwhile_disturbs_nobody,
};
use states::{
    a_scope_takes_what_it_says, what_changes_its_state_is_listed_by_the_new_one,
    what_is_counted_is_what_is_listed,
};

/// Every clause of [`Catalogue`] that holds for one form. The home has no entry of these forms at the start.
pub async fn catalogue<H: Ledger + Catalogue>(home: &H) {
    pages_of_every_size_give_each_entry_once_in_its_order(home).await;
    a_page_starts_after_a_place_that_nothing_stands_at(home).await;
    what_comes_meanwhile_disturbs_nobody(home).await;
    a_scope_takes_what_it_says(home).await;
    what_changes_its_state_is_listed_by_the_new_one(home).await;
    what_is_counted_is_what_is_listed(home).await;
    search::search(home).await;
}

/// A scope without a form takes the entries of all forms, in one order.
pub async fn of_every_form<H: Ledger + Catalogue>(home: &H) {
    let rows: Vec<Entry> = (0..9)
        .map(|number| {
            row(
                ["shelf-a", "shelf-b", "shelf-c"][usize::from(number % 3)],
                number,
                number / 4,
            )
        })
        .collect();
    put(home, &rows).await;
    let bounds = Scope {
        since: Some(at(0)),
        until: Some(at(3)),
        ..Scope::default()
    };
    for most in [1, 2, 500] {
        let listed = all(home, &bounds, SortOrder::OldestFirst, most).await;
        let ours = listed
            .iter()
            .filter(|of| of.of.form.as_str().len() == "shelf-a".len());
        assert_eq!(
            ours.cloned().collect::<Vec<_>>(),
            spots(&rows),
            "in pages of {most}"
        );
        assert!(listed.is_sorted(), "forms and ids within a millisecond");
    }
    let found = search::found(home, &bounds, &search::search_for("message", None), 4).await;
    assert!(spots(&rows).iter().all(|spot| found.contains(spot)));
    let Count { number, .. } = home.count(&bounds).await.unwrap();
    assert!(number >= 9);
}

/// Entries are counted up to `bound`, and no further.
pub async fn counting<H: Ledger + Catalogue>(home: &H, bound: u64) {
    let of_form = scope("shelf-count");
    let fields = json!({"message": "counted"});
    let rows: Vec<Entry> = (0..bound)
        .map(|number| numbered("shelf-count", number, &fields))
        .collect();
    put(home, &rows).await;
    assert_eq!(
        home.count(&of_form).await.unwrap(),
        Count {
            number: bound,
            is_more: false
        }
    );
    put(home, &[numbered("shelf-count", bound, &fields)]).await;
    assert_eq!(
        home.count(&of_form).await.unwrap(),
        Count {
            number: bound,
            is_more: true
        }
    );
    let first = Scope {
        until: Some(at(1)),
        ..of_form
    };
    assert_eq!(
        home.count(&first).await.unwrap(),
        Count {
            number: 1000,
            is_more: false
        }
    );
}

/// What cannot be read is told wherever it belongs, and keeps nothing else from being listed. `damage` changes what is
/// stored of an entry, so that it is not what was written.
pub async fn damaged<H: Ledger + Catalogue>(home: &H, damage: impl AsyncFn(&SubmissionRef)) {
    let rows: Vec<Entry> = (0..7)
        .map(|number| row("shelf-damage", number, number))
        .collect();
    put(home, &rows).await;
    let of = &rows[3].head.of;
    damage(of).await;
    let of_form = scope("shelf-damage");
    let stored = Scope {
        states: vec![State::Stored],
        ..of_form.clone()
    };
    let around = Scope {
        since: Some(at(3)),
        until: Some(at(4)),
        ..of_form.clone()
    };
    for (scope, whole) in [(of_form, 6), (stored, 6), (around, 0)] {
        for most in [1, 3, 500] {
            let (listed, told) = followed(most, async |turn| home.list(&scope, turn).await).await;
            assert_eq!(
                (listed.len(), told.len()),
                (whole, 1),
                "{scope:?} in pages of {most}"
            );
            assert!(
                told[0].is_damage() && told[0].to_string().contains(&of.to_string()),
                "{}",
                told[0]
            );
        }
    }
}

/// A moment of these tests, `seconds` after the first.
pub(super) fn at(seconds: u8) -> Timestamp {
    THEN.plus(Duration::from_secs(seconds.into()))
}

/// Everything of a form.
pub(super) fn scope(form: &str) -> Scope {
    Scope {
        form: FormId::parse(form),
        ..Scope::default()
    }
}

/// An entry that is stored, accepted so many seconds after the first.
pub(super) fn row(form: &str, number: u8, seconds: u8) -> Entry {
    let of = SubmissionId::fresh(at(seconds), [number; 10]);
    written(
        form,
        of,
        at(seconds),
        &json!({"message": format!("message {number}")}),
    )
}

/// Each a millisecond after the one before.
fn numbered(form: &str, number: u64, fields: &Value) -> Entry {
    let at = THEN.plus(Duration::from_millis(number));
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    written(form, SubmissionId::fresh(at, random), at, fields)
}

/// An entry whose id was made from a key, and says nothing of the time.
fn keyed(form: &str, number: u8, seconds: u8) -> Entry {
    let key = IdempotencyKey::Header(format!("key {number}"));
    let form_id = FormId::parse(form).unwrap();
    let id = SubmissionId::from_key(
        &id_secret(),
        &form_id,
        &key,
        &ContentHash::digest(&[number]),
    );
    written(
        form,
        id,
        at(seconds),
        &json!({"message": format!("message {number}")}),
    )
}

fn written(form: &str, id: SubmissionId, received_at: Timestamp, fields: &Value) -> Entry {
    let mut sent = envelope(0, "");
    sent.of = SubmissionRef {
        form: FormId::parse(form).unwrap(),
        id,
    };
    sent.received_at = received_at;
    sent.payload = Payload::from_fields(fields.as_object().unwrap());
    (sent.content, sent.payload_hash) = (sent.payload.hash(), sent.payload.hash());
    entry(&sent, None)
}

/// Writes them, many at once.
pub(super) async fn put(home: &impl Ledger, rows: &[Entry]) {
    for rows in rows.chunks(100) {
        let written = join_all(rows.iter().map(|row| home.insert(row))).await;
        for (row, written) in rows.iter().zip(written) {
            match written.unwrap() {
                Write::Done => {}
                // A write whose answer was lost is tried again, and finds itself.
                Write::Refused(there) => assert_eq!(there.as_deref(), Some(&row.head)),
            }
        }
    }
}

fn spots(rows: &[Entry]) -> Vec<Spot> {
    let mut spots: Vec<Spot> = rows.iter().map(Spot::from_entry).collect();
    spots.sort();
    spots
}

/// Follows the pages to the last. Gives what was on them, and what was said to be damaged.
async fn followed(
    most: usize,
    page: impl AsyncFn(&Turn) -> Result<Sheet, Fault>,
) -> (Vec<Shown>, Vec<Fault>) {
    followed_from(Turn::first(SortOrder::NewestFirst, most), page).await
}

async fn followed_from(
    mut turn: Turn,
    page: impl AsyncFn(&Turn) -> Result<Sheet, Fault>,
) -> (Vec<Shown>, Vec<Fault>) {
    let (mut rows, mut damaged) = (Vec::new(), Vec::new());
    loop {
        let sheet = page(&turn).await.unwrap();
        assert!(sheet.rows.len() <= turn.most, "no more than were asked for");
        assert!(
            sheet.read >= sheet.rows.len() as u64,
            "what is shown was read"
        );
        rows.extend(sheet.rows);
        damaged.extend(sheet.damaged);
        let Some(next) = sheet.next else {
            return (rows, damaged);
        };
        assert_ne!(Some(&next), turn.from.as_ref(), "it goes on");
        turn = turn.after(next);
    }
}

/// Follows the pages of a list to the last.
pub(super) async fn listed(home: &impl Catalogue, scope: &Scope, turn: Turn) -> Vec<Shown> {
    let (rows, damaged) = followed_from(turn, async |turn| home.list(scope, turn).await).await;
    assert!(damaged.is_empty(), "{damaged:?}");
    rows
}

/// The places of what a list gives, to its last page.
pub async fn all(home: &impl Catalogue, scope: &Scope, order: SortOrder, most: usize) -> Vec<Spot> {
    let rows = listed(home, scope, Turn::first(order, most)).await;
    rows.iter()
        .map(|row| Spot::from_entry(&row.entry))
        .collect()
}

fn in_state(mut row: Entry, state: State) -> Entry {
    row.head.state = state;
    match state {
        State::Failed | State::Discarded => row.head.cause = Some(Cause::gave_up(20)),
        State::Held => row.head.hold = Some("honeypot".into()),
        State::Erased | State::Expired => {
            row.body = Body::Erased;
            (row.head.content, row.head.payload_hash) = (None, None);
        }
        State::Stored => {}
    }
    row
}
