//! Lists over many partitions, in pages, against the sorted whole. The contract itself is held on the emulator.

use std::time::Duration;

use counterfoil_core::{Body, Cause, Entry, State, SubmissionId, Timestamp};
use counterfoil_testkit::build::{THEN, entry, envelope};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testing::Service;
use crate::testing::table::Table;

const STATES: [State; 5] = [
    State::Stored,
    State::Failed,
    State::Held,
    State::Discarded,
    State::Erased,
];

/// An entry of the form, accepted so many milliseconds after the first, whose id's time is so much later.
pub(super) fn written((number, at, apart, state): (u64, u64, i64, State)) -> Entry {
    let received_at = THEN.plus(Duration::from_millis(at));
    let mut sent = envelope(1, &format!("message {number}"));
    let id_time = Timestamp::from_millis(received_at.as_millis() + apart);
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    sent.of.id = SubmissionId::fresh(id_time, random);
    sent.received_at = received_at;
    let mut row = entry(&sent, None);
    row.head.state = state;
    match state {
        State::Failed | State::Discarded => row.head.cause = Some(Cause::gave_up(20)),
        State::Held => row.head.hold = Some("honeypot".into()),
        State::Erased => {
            (row.body, row.head.content, row.head.payload_hash) = (Body::Erased, None, None)
        }
        State::Stored | State::Expired => {}
    }
    row
}

fn contact() -> Scope {
    Scope {
        form: FormId::parse("contact"),
        ..Scope::default()
    }
}

pub(super) fn taken(entries: &[Entry], scope: &Scope, order: SortOrder) -> Vec<Spot> {
    let takes =
        |entry: &&Entry| scope.takes(&entry.head.of, entry.head.state, entry.head.listed_at());
    let mut spots: Vec<Spot> = entries.iter().filter(takes).map(Spot::from_entry).collect();
    spots.sort();
    if order == SortOrder::NewestFirst {
        spots.reverse();
    }
    spots
}

/// All pages: what was on them, what was damaged, and how many were read.
async fn followed(
    ledger: &DynamoLedger,
    scope: &Scope,
    first: Turn,
) -> (Vec<Shown>, Vec<Fault>, u64) {
    let (mut rows, mut damaged, mut read, mut turn) = (Vec::new(), Vec::new(), 0, first);
    loop {
        let sheet = ledger.list(scope, &turn).await.unwrap();
        assert!(sheet.rows.len() <= turn.most);
        rows.extend(sheet.rows);
        damaged.extend(sheet.damaged);
        read += sheet.read;
        let Some(next) = sheet.next else {
            return (rows, damaged, read);
        };
        let is_further = turn.from.as_ref().is_none_or(|from| match turn.order {
            SortOrder::OldestFirst => next > *from,
            SortOrder::NewestFirst => next < *from,
        });
        assert!(is_further, "{next:?} after {:?}", turn.from);
        turn = turn.after(next);
    }
}

pub(super) async fn listed(ledger: &DynamoLedger, scope: &Scope, turn: Turn) -> Vec<Spot> {
    let (rows, damaged, _) = followed(ledger, scope, turn).await;
    assert!(damaged.is_empty(), "{damaged:?}");
    rows.iter()
        .map(|row| Spot::from_entry(&row.entry))
        .collect()
}

/// How far an id's time is from the acceptance: not, a little, just as far as is believed, further, or years.
fn apart() -> impl Strategy<Value = i64> {
    let within = 600_000;
    prop_oneof![
        Just(0_i64),
        -20..20_i64,
        -within..=within,
        Just(within + 1),
        Just(-within - 1),
        -3_000_000..3_000_000_i64,
        Just(-1_000_000_000_000),
        Just(200_000_000_000_000),
    ]
}

pub(super) fn entries() -> impl Strategy<Value = Vec<Entry>> {
    // Crowded into some milliseconds, some seconds, or an hour.
    let at = prop_oneof![Just(3_u64), Just(3_000), Just(3_600_000)].prop_flat_map(|most| 0..most);
    let one = (at, apart(), prop::sample::select(&STATES[..]));
    prop::collection::vec(one, 0..60).prop_map(|rows| {
        let numbered = (0..)
            .zip(rows)
            .map(|(number, (at, apart, state))| (number, at, apart, state));
        numbered.map(written).collect()
    })
}

pub(super) fn scopes() -> impl Strategy<Value = Scope> {
    let time = || {
        prop::option::weighted(
            0.3,
            (0..4_000_u64).prop_map(|at| THEN.plus(Duration::from_millis(at))),
        )
    };
    let states = prop_oneof![
        Just(STATES.as_slice().to_vec()),
        prop::sample::subsequence(STATES.to_vec(), 0..4)
    ];
    (states, time(), time()).prop_map(|(states, since, until)| Scope {
        states,
        since,
        until,
        ..contact()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_any_size_are_the_sorted_whole(
        entries in entries(),
        scope in scopes(),
        most in prop_oneof![3..9_usize, Just(50)],
        newest_first in any::<bool>(),
    ) {
        let order = if newest_first { SortOrder::NewestFirst } else { SortOrder::OldestFirst };
        let table = Table::with(&entries);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (given, count) = runtime.block_on(async {
            let ledger = table.ledger();
            (listed(&ledger, &scope, Turn::first(order, most)).await, ledger.count(&scope).await.unwrap())
        });
        let expected = taken(&entries, &scope, order);
        prop_assert_eq!(count, Count { number: expected.len() as u64, is_more: false });
        prop_assert_eq!(given, expected);
    }
}

/// Some stored and some held, of which every third one's id tells no time.
fn mixed() -> Vec<Entry> {
    let state = |number| {
        if number % 4 == 0 {
            State::Held
        } else {
            State::Stored
        }
    };
    let apart = |number| {
        if number % 3 == 0 {
            100_000_000_000_000
        } else {
            0
        }
    };
    (0..40)
        .map(|number| written((number, 10 * number, apart(number), state(number))))
        .collect()
}

#[tokio::test]
async fn what_is_damaged_is_told_once_wherever_it_stands() {
    let entries = mixed();
    let damaged = [0, 1, 3, 4];
    let table = Table::with(&entries);
    for number in damaged {
        table.change(&entries[number], |item| {
            item["payload"] = json!({"S": "{}"})
        });
    }
    for (order, most) in [(SortOrder::OldestFirst, 3), (SortOrder::NewestFirst, 50)] {
        let (rows, faults, _) =
            followed(&table.ledger(), &contact(), Turn::first(order, most)).await;
        assert_eq!((rows.len(), faults.len()), (36, 4));
        for number in damaged {
            let of = entries[number].head.of.to_string();
            assert!(
                faults
                    .iter()
                    .any(|fault| fault.is_damage() && fault.to_string().contains(&of)),
                "{of}"
            );
        }
    }
}

#[tokio::test]
async fn what_no_code_of_ours_wrote_is_told_and_ends_nothing() {
    let entries = mixed();
    let table = Table::with(&entries);
    table.change(&entries[1], |item| {
        drop(item.as_object_mut().unwrap().remove("state"))
    });
    table.change(&entries[2], |item| {
        item["received_at"] = json!({"S": "yesterday"})
    });
    table.change(&entries[5], |item| item["cause"] = json!({"S": "{"}));
    table.put(
        json!({"pk": {"S": "contact#5"}, "sk": {"S": "01a20552-ef38 what?"}, "seq": {"N": "1"}}),
    );
    for order in [SortOrder::OldestFirst, SortOrder::NewestFirst] {
        let (rows, faults, _) = followed(&table.ledger(), &contact(), Turn::first(order, 4)).await;
        assert_eq!((rows.len(), faults.len()), (37, 4), "{faults:?}");
    }
}

#[tokio::test]
async fn a_late_entry_that_has_changed_meanwhile_is_shown_as_the_table_has_it() {
    let entries = mixed();
    let table = Table::with(&entries);
    // The index still says `held`, and the entry was released: then discarded.
    table.change(&entries[0], |item| item["state"] = json!({"S": "stored"}));
    let held = Scope {
        states: vec![State::Held],
        ..contact()
    };
    let given = listed(
        &table.ledger(),
        &held,
        Turn::first(SortOrder::OldestFirst, 50),
    )
    .await;
    assert!(!given.contains(&Spot::from_entry(&entries[0])) && given.len() == 9);
    table
        .items
        .lock()
        .unwrap()
        .retain(|_, item| item["sk"]["S"] != entries[0].head.of.id.to_string());
    assert_eq!(
        listed(
            &table.ledger(),
            &contact(),
            Turn::first(SortOrder::OldestFirst, 50)
        )
        .await
        .len(),
        39
    );
}

#[tokio::test]
async fn a_list_that_begins_with_the_newest_reads_no_ids_of_years_to_come() {
    // As ids of keys are: spread evenly over all times that an id can tell.
    let spread = |number: u64| i64::try_from(number * 280_000_000_000).unwrap() - THEN.as_millis();
    let entries: Vec<_> = (1..1000)
        .map(|number| written((number, number, spread(number), State::Stored)))
        .collect();
    let table = Table::with(&entries);
    let sheet = table
        .ledger()
        .list(&contact(), &Turn::first(SortOrder::NewestFirst, 10))
        .await
        .unwrap();
    assert_eq!(sheet.rows.len(), 10);
    assert!(sheet.read < 30, "{}", sheet.read);
    let calls = table.calls.lock().unwrap().clone();
    assert_eq!(
        calls["Query"],
        32 + 8 + 24,
        "one reading of each partition: {calls:?}"
    );
}

#[tokio::test]
async fn what_waits_alone_is_found_without_the_table() {
    let table = Table::with(&mixed());
    let held = Scope {
        states: vec![State::Held],
        ..contact()
    };
    let sheet = table
        .ledger()
        .list(&held, &Turn::first(SortOrder::NewestFirst, 50))
        .await
        .unwrap();
    assert_eq!((sheet.rows.len(), sheet.next), (10, None));
    assert_eq!(
        table.calls.lock().unwrap()["Query"],
        8,
        "however much is stored beside it"
    );
}

#[tokio::test]
async fn a_count_goes_no_further_than_its_bound() {
    let entries: Vec<_> = (0..2000)
        .map(|number| written((number, number, 0, State::Stored)))
        .collect();
    let ledger = Table::with(&entries).ledger();
    assert_eq!(
        ledger.count(&contact()).await.unwrap(),
        Count {
            number: 1000,
            is_more: true
        }
    );
    let until = Scope {
        until: Some(THEN.plus(Duration::from_secs(1))),
        ..contact()
    };
    assert_eq!(
        ledger.count(&until).await.unwrap(),
        Count {
            number: 1000,
            is_more: false
        }
    );
    let held = Scope {
        states: vec![State::Held],
        ..contact()
    };
    assert_eq!(ledger.count(&held).await.unwrap(), Count::default());
}

#[tokio::test]
async fn a_scope_without_a_form_is_refused_where_nobody_said_which_there_are() {
    let service = Service::answering(&[]);
    let ledger = crate::testing::ledger(&service);
    let (all, turn) = (Scope::default(), Turn::first(SortOrder::NewestFirst, 5));
    let search = Search {
        text: "a".into(),
        field: None,
    };
    let told = [
        ledger.list(&all, &turn).await.unwrap_err(),
        ledger.count(&all).await.unwrap_err(),
        ledger.search(&all, &search, &turn).await.unwrap_err(),
    ];
    assert!(
        told.iter()
            .all(|fault| fault.to_string().contains("name a form")),
        "{told:?}"
    );
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn a_search_reads_so_many_and_says_so() {
    let entries: Vec<_> = (0..3000)
        .map(|number| written((number, 1000 * number, 0, State::Stored)))
        .collect();
    let ledger = Table::with(&entries).ledger();
    let search = Search {
        text: "none-such".into(),
        field: None,
    };
    let sheet = ledger
        .search(&contact(), &search, &Turn::first(SortOrder::NewestFirst, 5))
        .await
        .unwrap();
    assert!(sheet.rows.is_empty() && sheet.next.is_some());
    assert!(
        (MOST_SEARCHED..MOST_SEARCHED + 400).contains(&sheet.read),
        "{}",
        sheet.read
    );
    let search = Search {
        text: "2999".into(),
        field: Some("message".into()),
    };
    let sheet = ledger
        .search(&contact(), &search, &Turn::first(SortOrder::NewestFirst, 1))
        .await
        .unwrap();
    assert_eq!(
        Spot::from_entry(&sheet.rows[0].entry),
        Spot::from_entry(&entries[2999])
    );
}
