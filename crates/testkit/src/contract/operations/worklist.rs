//! The contract of the worklist: everything once in its order, and what each filter takes.

use std::collections::BTreeSet;
use std::time::Duration;

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Cause, Code, Entry, FormId, Retryable, State};
use counterfoil_operations::ports::Worklist;
use counterfoil_operations::worklist::{Filter, Listed, Paging, SortOrder, Waiting};

use super::dead;
use crate::build::THEN;

/// Follows the pages to the last.
pub async fn all(
    home: &impl Worklist,
    filter: &Filter,
    order: SortOrder,
    most: usize,
) -> Vec<Listed> {
    let (mut rows, mut paging) = (Vec::new(), Paging::first(order, most));
    loop {
        let page = home.page(filter, &paging).await.unwrap();
        assert!(page.rows.len() <= most);
        rows.extend(page.rows);
        let Some(next) = page.next else { return rows };
        paging = paging.after(next);
    }
}

pub(super) async fn the_worklist_gives_everything_once_in_its_order<H: Ledger + Worklist>(
    home: &H,
) {
    for number in 110..140 {
        let form = if number % 3 == 0 { "orders" } else { "letters" };
        home.insert(&dead(
            number,
            form,
            Cause::new(Code::DatabaseBusy, "it was busy"),
        ))
        .await
        .unwrap();
    }
    for (form, expected) in [
        (Some("letters"), 20),
        (Some("orders"), 10),
        (Some("none-such"), 0),
    ] {
        let filter = Filter {
            form: form.map(|form| FormId::parse(form).unwrap()),
            ..Filter::default()
        };
        for most in [1, 7, 500] {
            let oldest = all(home, &filter, SortOrder::OldestFirst, most).await;
            assert_eq!(oldest.len(), expected, "{form:?} in pages of {most}");
            assert!(oldest.is_sorted_by_key(Listed::place));
            let mut newest = all(home, &filter, SortOrder::NewestFirst, most).await;
            newest.reverse();
            assert_eq!(newest, oldest);
        }
    }
    let whole: BTreeSet<_> = all(home, &Filter::default(), SortOrder::OldestFirst, 7)
        .await
        .iter()
        .map(Listed::place)
        .collect();
    assert!(
        whole.len() >= 30
            && whole
                .iter()
                .any(|place| place.of.form.as_str() == "contact")
    );
}

/// What is called `filtered`, without any other condition.
fn filtered() -> Filter {
    Filter {
        form: Some(FormId::parse("filtered").unwrap()),
        ..Filter::default()
    }
}

/// The dead letter with this number: the first has another cause, the last is discarded, and three were replayed.
fn filtered_row(number: u8) -> Entry {
    let busy = Cause::new(Code::DatabaseBusy, format!("took {number} ms"));
    let mut row = dead(number, "filtered", busy);
    row.head.attempts = u32::from(number) - 150;
    if number == 150 {
        row.head.cause = Some(Cause::hash_mismatch());
    }
    if number > 156 {
        row.head.run = 2;
    }
    if number == 159 {
        row.head.state = State::Discarded;
    }
    row
}

/// How many are taken by what they wait for, and by what was done to them.
fn by_state() -> Vec<(Filter, usize)> {
    vec![
        (
            Filter {
                waiting: Waiting::Discarded,
                ..filtered()
            },
            1,
        ),
        (
            Filter {
                waiting: Waiting::Held,
                ..filtered()
            },
            0,
        ),
        (
            Filter {
                attempts: Some(3..=5),
                ..filtered()
            },
            3,
        ),
        (
            Filter {
                replayed: Some(true),
                ..filtered()
            },
            2,
        ),
        (
            Filter {
                replayed: Some(false),
                ..filtered()
            },
            7,
        ),
    ]
}

/// How many are taken by their cause, by its fingerprint, and by whether a replay helps.
fn by_cause() -> Vec<(Filter, usize)> {
    let fingerprint = Cause::new(Code::DatabaseBusy, "took 9 ms").fingerprint();
    vec![
        (
            Filter {
                cause: Some("database-busy".into()),
                ..filtered()
            },
            8,
        ),
        (
            Filter {
                cause: Some(fingerprint[..6].into()),
                ..filtered()
            },
            8,
        ),
        (
            Filter {
                cause: Some("bus".into()),
                ..filtered()
            },
            0,
        ),
        (
            Filter {
                retryable: Some(Retryable::No),
                ..filtered()
            },
            1,
        ),
        (
            Filter {
                retryable: Some(Retryable::Yes),
                ..filtered()
            },
            8,
        ),
    ]
}

/// How many are taken by the time of their failure.
fn by_time() -> Vec<(Filter, usize)> {
    let at = |number: u8| Some(THEN.plus(Duration::from_secs(number.into())));
    vec![
        (
            Filter {
                since: at(153),
                ..filtered()
            },
            6,
        ),
        (
            Filter {
                until: at(153),
                ..filtered()
            },
            3,
        ),
        (
            Filter {
                since: at(152),
                until: at(154),
                ..filtered()
            },
            2,
        ),
    ]
}

pub(super) async fn every_filter_takes_what_it_says<H: Ledger + Worklist>(home: &H) {
    for number in 150..160 {
        home.insert(&filtered_row(number)).await.unwrap();
    }
    let all_of_it = [(filtered(), 9)];
    let cases = [by_state(), by_cause(), by_time()].concat();
    for (filter, expected) in all_of_it.into_iter().chain(cases) {
        let rows = all(home, &filter, SortOrder::NewestFirst, 4).await;
        assert_eq!(rows.len(), expected, "{filter:?}");
        assert!(rows.iter().all(|row| filter.takes(row)));
    }
    let listed = all(home, &filtered(), SortOrder::OldestFirst, 100).await;
    let first = filtered_row(150).head;
    assert_eq!(
        listed[0],
        Listed::from_head(&first).unwrap(),
        "all of it survives"
    );
}

pub(super) async fn every_failure_is_told_once<H: Ledger + Worklist>(home: &H) {
    let row = dead(170, "failing", Cause::gave_up(20));
    home.insert(&row).await.unwrap();
    let mut next = row.head.clone();
    (next.seq, next.run, next.verdict_run, next.cause) =
        (2, 1, 1, Some(Cause::new(Code::DatabaseBusy, "again")));
    home.update(&next).await.unwrap();
    (next.seq, next.state, next.cause) = (3, State::Stored, None);
    home.update(&next).await.unwrap();
    for most in [1, 3, 500] {
        let (mut told, mut from) = (Vec::new(), None);
        loop {
            let failures = home.failures(from, most).await.unwrap();
            told.extend(
                failures
                    .rows
                    .into_iter()
                    .filter(|row| row.of.form.as_str() == "failing"),
            );
            from = failures.next;
            if from.is_none() {
                break;
            }
        }
        let mut codes: Vec<_> = told
            .iter()
            .map(|failure| failure.cause.code.as_str())
            .collect();
        codes.sort_unstable();
        assert_eq!(codes, ["database-busy", "gave-up"], "in pages of {most}");
    }
}
