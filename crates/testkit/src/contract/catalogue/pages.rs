//! Pages of the catalogue: each entry once, in its order, wherever a page starts and whatever comes meanwhile.

use counterfoil_core::Entry;
use counterfoil_core::ports::Ledger;
use counterfoil_operations::catalogue::{Catalogue, Spot, Turn};
use counterfoil_operations::marks::Marks;
use counterfoil_operations::worklist::SortOrder;

use super::{all, keyed, listed, put, row, scope, spots};

pub(super) async fn pages_of_every_size_give_each_entry_once_in_its_order<H: Ledger + Catalogue>(
    home: &H,
) {
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

pub(super) async fn a_page_starts_after_a_place_that_nothing_stands_at<H: Ledger + Catalogue>(
    home: &H,
) {
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

pub(super) async fn what_comes_meanwhile_disturbs_nobody<H: Ledger + Catalogue>(home: &H) {
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
