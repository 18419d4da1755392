//! What a search finds: every word, in any language, in what was submitted and nowhere else.

use std::time::Duration;

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Entry, State};
use counterfoil_operations::catalogue::{Catalogue, Scope, Search, Spot};
use serde_json::json;

use super::{followed, in_state, numbered, put, scope};
use crate::build::THEN;

/// Every clause of `Catalogue::search`.
pub(super) async fn search<H: Ledger + Catalogue>(home: &H) {
    a_text_is_found_whatever_its_language(home).await;
    pages_of_what_was_found_give_each_entry_once(home).await;
}

/// A text, anywhere or in one field.
pub(super) fn search_for(text: &str, field: Option<&str>) -> Search {
    Search {
        text: text.into(),
        field: field.map(Into::into),
    }
}

/// The places of what was found, newest first.
pub(super) async fn found(
    home: &impl Catalogue,
    scope: &Scope,
    search: &Search,
    most: usize,
) -> Vec<Spot> {
    let (rows, damaged) = followed(most, async |turn| home.search(scope, search, turn).await).await;
    assert!(damaged.is_empty(), "{damaged:?}");
    rows.iter()
        .map(|row| Spot::from_entry(&row.entry))
        .collect()
}

async fn a_text_is_found_whatever_its_language<H: Ledger + Catalogue>(home: &H) {
    let texts = [
        json!({"name": "Ada Lovelace", "message": "An engine, in Düsseldorf"}),
        json!({"name": "图书馆员", "message": "我想借一本数据库的书"}),
        json!({"name": "שלום כהן", "message": "مرحبا بالعالم"}),
        json!({"name": "Grace", "topics": ["Compiler", "Nano seconds"], "deep": {"at": ["lovelace"]}}),
        json!({"name": "ΟΔΥΣΣΕΥΣ", "message": "Привет, мир. engine"}),
    ];
    let rows: Vec<Entry> = (0..)
        .zip(&texts)
        .map(|(number, fields)| numbered("shelf-search", number, fields))
        .collect();
    put(home, &rows).await;
    let cases = [
        ("Lovelace", None, &[0, 3][..]),
        ("LOVELACE ada", None, &[0]),
        ("lovelace compiler", None, &[3]),
        ("ada grace", None, &[]),
        ("engine", None, &[0, 4]),
        ("engine", Some("message"), &[0, 4]),
        ("engine", Some("name"), &[]),
        ("lovelace", Some("name"), &[0]),
        ("compiler", Some("topics"), &[3]),
        ("düsseldorf", None, &[0]),
        ("DU\u{308}SSELDORF", None, &[0]),
        ("数据", None, &[1]),
        ("图书", Some("name"), &[1]),
        ("图书", Some("message"), &[]),
        ("据数", None, &[]),
        ("数据 图书", None, &[1]),
        ("שלום", None, &[2]),
        ("بالعالم", None, &[2]),
        ("мир ПРИВЕТ", None, &[4]),
        ("οδυσσευς", None, &[4]),
        ("message", None, &[]),
        ("topics", None, &[]),
        ("none-such", None, &[]),
        ("", None, &[]),
        (" — ", None, &[]),
    ];
    for (text, field, expected) in cases {
        let expected: Vec<Spot> = expected
            .iter()
            .rev()
            .map(|number| Spot::from_entry(&rows[*number]))
            .collect();
        for most in [1, 50] {
            let given = found(home, &scope("shelf-search"), &search_for(text, field), most).await;
            assert_eq!(given, expected, "{text:?} in {field:?}");
        }
    }
}

async fn pages_of_what_was_found_give_each_entry_once<H: Ledger + Catalogue>(home: &H) {
    let fields = |number| json!({"message": if number % 3 == 0 { "a needle" } else { "hay" }});
    let mut rows: Vec<Entry> = (0..60)
        .map(|number| numbered("shelf-hay", number, &fields(number)))
        .collect();
    rows[30] = in_state(rows[30].clone(), State::Held);
    rows[33] = in_state(rows[33].clone(), State::Erased);
    put(home, &rows).await;
    let held = Scope {
        states: vec![State::Held],
        ..scope("shelf-hay")
    };
    let early = Scope {
        until: Some(THEN.plus(Duration::from_millis(9))),
        ..scope("shelf-hay")
    };
    for (scope, expected) in [(scope("shelf-hay"), 19), (held, 1), (early, 3)] {
        for most in [1, 4, 50] {
            let mut given = found(home, &scope, &search_for("needle", None), most).await;
            assert_eq!(given.len(), expected, "{scope:?} in pages of {most}");
            given.reverse();
            given.dedup();
            assert!(
                given.len() == expected && given.is_sorted(),
                "each once, newest first"
            );
        }
    }
}
