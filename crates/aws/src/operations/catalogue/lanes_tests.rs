//! Lists of several forms, in pages, against the sorted whole.

use counterfoil_core::{Entry, State};
use counterfoil_operations::catalogue::{Catalogue, Count};
use proptest::prelude::*;
use serde_json::json;

use super::super::tests::{entries, listed, scopes, taken, written};
use super::*;
use crate::testing::table::Table;

/// Of one of three forms, of which the first is the busiest.
fn spread(mut entry: Entry, number: usize) -> Entry {
    let form = ["contact", "contact", "contact", "alpha", "zeta", "alpha"][number % 6];
    entry.head.of.form = FormId::parse(form).unwrap();
    entry
}

fn of_three(table: &Table) -> DynamoLedger {
    let forms = ["zeta", "contact", "alpha", "empty"];
    table
        .ledger()
        .with_forms(forms.map(|form| FormId::parse(form).unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn all_forms_are_one_list_in_pages_of_any_size(
        entries in entries(),
        scope in scopes(),
        most in prop_oneof![1..9_usize, Just(50)],
        newest_first in any::<bool>(),
    ) {
        let order = if newest_first { SortOrder::NewestFirst } else { SortOrder::OldestFirst };
        let entries: Vec<Entry> = entries.into_iter().zip(0..).map(|(entry, number)| spread(entry, number)).collect();
        let (table, scope) = (Table::with(&entries), Scope { form: None, ..scope });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (given, count) = runtime.block_on(async {
            let ledger = of_three(&table);
            (listed(&ledger, &scope, Turn::first(order, most)).await, ledger.count(&scope).await.unwrap())
        });
        let expected = taken(&entries, &scope, order);
        prop_assert_eq!(count, Count { number: expected.len() as u64, is_more: false });
        prop_assert_eq!(given, expected);
    }
}

#[tokio::test]
async fn a_form_that_is_not_deployed_any_more_is_listed_where_something_of_it_waited() {
    let mut entry = written((1, 1, 0, State::Failed));
    entry.head.of.form = FormId::parse("gone").unwrap();
    let table = Table::with(&[entry.clone()]);
    table.put(json!({"pk": {"S": "!forms"}, "sk": {"S": "gone"}}));
    let turn = Turn::first(SortOrder::NewestFirst, 5);
    let rows = listed(&of_three(&table), &Scope::default(), turn).await;
    assert_eq!(rows, [Spot::from_entry(&entry)]);
}

#[tokio::test]
async fn a_page_of_all_forms_reads_on_only_where_it_is_full() {
    let busy = (0..200).map(|number| written((number, 1000 * number, 0, State::Stored)));
    let quiet = (0..40).map(|number| {
        let mut entry = written((1000 + number, 10 * number, 0, State::Stored));
        entry.head.of.form = FormId::parse("alpha").unwrap();
        entry
    });
    let entries: Vec<Entry> = busy.chain(quiet).collect();
    let table = Table::with(&entries);
    let ledger = of_three(&table);
    let turn = Turn::first(SortOrder::NewestFirst, 50);
    let sheet = ledger.list(&Scope::default(), &turn).await.unwrap();
    let given: Vec<Spot> = sheet
        .rows
        .iter()
        .map(|row| Spot::from_entry(&row.entry))
        .collect();
    let expected = taken(&entries, &Scope::default(), SortOrder::NewestFirst);
    assert!(given.len() >= 38, "{}", given.len());
    let calls = table.calls.lock().unwrap()["Query"];
    assert_eq!(given, expected[..given.len()]);
    // Each form once, the busy one again, and the registry.
    assert!(calls <= 4 * 64 + 3 * 64 + 1, "{calls}");
    let all = listed(&ledger, &Scope::default(), turn).await;
    assert_eq!(all, expected);
}
