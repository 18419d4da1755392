//! What a scope takes: entries by their state, listed and counted alike.

use counterfoil_core::ports::{Ledger, Write};
use counterfoil_core::{Entry, State};
use counterfoil_operations::catalogue::{Catalogue, Count, Scope, Spot};
use counterfoil_operations::worklist::SortOrder;

use super::{all, at, in_state, put, row, scope};

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

pub(super) async fn a_scope_takes_what_it_says<H: Ledger + Catalogue>(home: &H) {
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

pub(super) async fn what_changes_its_state_is_listed_by_the_new_one<H: Ledger + Catalogue>(
    home: &H,
) {
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

pub(super) async fn what_is_counted_is_what_is_listed<H: Ledger + Catalogue>(home: &H) {
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
