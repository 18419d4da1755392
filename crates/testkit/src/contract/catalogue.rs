//! The contract of the catalogue, clause by clause. The forms `shelf-*` are its own.

mod search;

use std::time::Duration;

use counterfoil_core::ports::{Ledger, Write};
use counterfoil_core::submission::IdempotencyKey;
use counterfoil_core::{Body, Cause, ContentHash, Entry, Fault, FormId, Payload, State};
use counterfoil_core::{SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::{Catalogue, Count, Scope, Sheet, Shown, Spot, Turn};
use counterfoil_operations::marks::Marks;
use counterfoil_operations::worklist::SortOrder;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::build::{THEN, entry, envelope, id_secret};

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
    let found = search::found(home, &bounds, ("message", None), 4).await;
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

async fn pages_of_every_size_give_each_entry_once_in_its_order<H: Ledger + Catalogue>(home: &H) {
    let mut rows: Vec<Entry> = (0..12)
        .map(|number| row("shelf-order", number, number))
        .collect();
    // Of one millisecond; and with ids that say nothing of the time, among and within the others.
    rows.extend((20..25).map(|number| row("shelf-order", number, 5)));
    rows.extend((30..36).map(|number| keyed("shelf-order", number, number - 28)));
    rows.reverse();
    put(home, &rows).await;
    let expected = spots(&rows);
    assert!(
        expected
            .iter()
            .any(|spot| spot.of.id.time() != spot.listed_at),
        "an id's time is not believed"
    );
    for most in [1, 2, 7, 23, 500] {
        let oldest = all(home, &scope("shelf-order"), SortOrder::OldestFirst, most).await;
        assert_eq!(oldest, expected, "in pages of {most}");
        let mut newest = all(home, &scope("shelf-order"), SortOrder::NewestFirst, most).await;
        newest.reverse();
        assert_eq!(newest, expected, "newest first, in pages of {most}");
    }
    for shown in listed(
        home,
        &scope("shelf-order"),
        Turn::first(SortOrder::NewestFirst, 50),
    )
    .await
    {
        let written = rows.iter().find(|row| row.head.of == shown.entry.head.of);
        assert_eq!(
            (Some(&shown.entry), shown.marks),
            (written, Marks::default())
        );
    }
    assert_eq!(
        all(home, &scope("shelf-none"), SortOrder::NewestFirst, 5).await,
        []
    );
}

async fn a_page_starts_after_a_place_that_nothing_stands_at<H: Ledger + Catalogue>(home: &H) {
    let rows: Vec<Entry> = (0..6)
        .map(|number| row("shelf-gone", 10 + number, 2 * number))
        .collect();
    put(home, &rows).await;
    let gone = Spot::from_entry(&row("shelf-gone", 77, 5));
    let before = Spot::from_entry(&row("shelf-gone", 1, 6));
    let after = Spot::from_entry(&row("shelf-gone", 255, 6));
    for (from, newer, older) in [(gone, 3, 3), (before, 3, 3), (after, 2, 4)] {
        for (order, expected) in [
            (SortOrder::OldestFirst, newer),
            (SortOrder::NewestFirst, older),
        ] {
            let turn = Turn {
                order,
                from: Some(from.clone()),
                most: 2,
            };
            assert_eq!(
                listed(home, &scope("shelf-gone"), turn).await.len(),
                expected,
                "{from:?} {order:?}"
            );
        }
    }
}

async fn what_comes_meanwhile_disturbs_nobody<H: Ledger + Catalogue>(home: &H) {
    let rows: Vec<Entry> = (0..8)
        .map(|number| row("shelf-busy", number, 10 + number))
        .collect();
    put(home, &rows).await;
    let of_form = scope("shelf-busy");
    let turn = Turn::first(SortOrder::NewestFirst, 3);
    let first = home.list(&of_form, &turn).await.unwrap();
    put(
        home,
        &[row("shelf-busy", 50, 50), row("shelf-busy", 51, 16)],
    )
    .await;
    let mut given: Vec<Spot> = first
        .rows
        .iter()
        .map(|row| Spot::from_entry(&row.entry))
        .collect();
    let rest = listed(
        home,
        &of_form,
        turn.after(first.next.expect("there are more")),
    )
    .await;
    given.extend(rest.iter().map(|row| Spot::from_entry(&row.entry)));
    for spot in spots(&rows) {
        assert_eq!(
            given.iter().filter(|given| **given == spot).count(),
            1,
            "{spot:?}"
        );
    }
}

/// One entry in each state that an entry of every home can be in, a second apart.
fn in_every_state(form: &str) -> Vec<Entry> {
    let states = [
        State::Stored,
        State::Failed,
        State::Held,
        State::Discarded,
        State::Erased,
    ];
    (0..)
        .zip(states)
        .map(|(number, state)| in_state(row(form, number, number), state))
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

async fn a_scope_takes_what_it_says<H: Ledger + Catalogue>(home: &H) {
    let rows = in_every_state("shelf-scope");
    put(home, &rows).await;
    let base = || scope("shelf-scope");
    let states = |states: &[State]| Scope {
        states: states.to_vec(),
        ..base()
    };
    let between = |since, until| Scope {
        since,
        until,
        ..base()
    };
    let cases = [
        (base(), &[0, 1, 2, 3][..]),
        (states(&[State::Stored]), &[0]),
        (states(&[State::Held]), &[2]),
        (states(&[State::Failed, State::Discarded]), &[1, 3]),
        (states(&[State::Erased]), &[4]),
        (states(&[State::Erased, State::Stored]), &[0, 4]),
        (states(&[State::Expired]), &[]),
        (between(Some(at(2)), None), &[2, 3]),
        (between(None, Some(at(2))), &[0, 1]),
        (between(Some(at(1)), Some(at(3))), &[1, 2]),
        (between(Some(at(1)), Some(at(1))), &[]),
        (between(Some(at(3)), Some(at(1))), &[]),
        (
            Scope {
                states: vec![State::Failed],
                ..between(Some(at(2)), None)
            },
            &[],
        ),
    ];
    for (scope, expected) in cases {
        let expected: Vec<Spot> = expected
            .iter()
            .map(|number| Spot::from_entry(&rows[*number]))
            .collect();
        for most in [1, 2, 50] {
            assert_eq!(
                all(home, &scope, SortOrder::OldestFirst, most).await,
                expected,
                "{scope:?}"
            );
        }
        let number = expected.len() as u64;
        assert_eq!(
            home.count(&scope).await.unwrap(),
            Count {
                number,
                is_more: false
            },
            "{scope:?}"
        );
    }
}

async fn what_changes_its_state_is_listed_by_the_new_one<H: Ledger + Catalogue>(home: &H) {
    let held = in_state(row("shelf-change", 1, 1), State::Held);
    put(home, std::slice::from_ref(&held)).await;
    let mut next = held.head.clone();
    (next.seq, next.state, next.hold) = (2, State::Stored, None);
    next.updated_at = at(200);
    assert_eq!(home.update(&next).await.unwrap(), Write::Done);
    for (state, expected) in [
        (State::Held, vec![]),
        (State::Stored, vec![Spot::from_entry(&held)]),
    ] {
        let scope = Scope {
            states: vec![state],
            ..scope("shelf-change")
        };
        assert_eq!(
            all(home, &scope, SortOrder::NewestFirst, 5).await,
            expected,
            "{state}"
        );
    }
}

async fn what_is_counted_is_what_is_listed<H: Ledger + Catalogue>(home: &H) {
    let mut rows: Vec<Entry> = (0..30)
        .map(|number| row("shelf-few", number, number))
        .collect();
    for number in [4, 5, 6] {
        rows[number] = in_state(rows[number].clone(), State::Held);
    }
    put(home, &rows).await;
    let held = Scope {
        states: vec![State::Held],
        ..scope("shelf-few")
    };
    for (scope, number) in [
        (scope("shelf-few"), 30),
        (held, 3),
        (scope("shelf-none"), 0),
    ] {
        assert_eq!(
            home.count(&scope).await.unwrap(),
            Count {
                number,
                is_more: false
            },
            "{scope:?}"
        );
        assert_eq!(
            all(home, &scope, SortOrder::NewestFirst, 2).await.len() as u64,
            number
        );
    }
}
