//! Every line fits, whatever was sent.

use counterfoil_core::{Body, Cause, Payload};
use counterfoil_operations::history::Actor;
use counterfoil_operations::marks::{Made, Marks};
use counterfoil_testkit::build::{THEN, entry, envelope};
use serde_json::json;

use super::*;

fn shown(message: &str, cause: Option<Cause>) -> Shown {
    let mut entry = entry(&envelope(1, "m"), cause);
    let fields = json!({"a": "Ada", "b": message});
    entry.body = Body::Payload(Payload::from_fields(fields.as_object().unwrap()));
    Shown {
        entry,
        marks: Marks::default(),
    }
}

fn rows(shown: &[Shown]) -> Vec<Row<'_>> {
    shown
        .iter()
        .map(|shown| Row {
            shown,
            gist: Gist::new(None, &shown.entry.body),
        })
        .collect()
}

#[test]
fn every_line_fits_the_terminal_and_has_its_id() {
    let texts = [
        "Hello",
        "x",
        "今日は、お元気ですか。".repeat(20).as_str(),
        "e\u{301}".repeat(90).as_str(),
        "\u{1b}[2J",
    ]
    .map(|text| shown(text, None));
    let mut mixed = texts.to_vec();
    mixed.push(shown("failed", Some(Cause::gave_up(20))));
    for all in [&texts[..], &mixed] {
        for wide in [40, 60, 80, 81, 100, 160, 400] {
            let rows = rows(all);
            let table = Table::new(&rows, wide, false);
            assert!(width(&table.head()) <= wide);
            for row in &rows {
                let lines = table.lines(row, THEN);
                let id = row.shown.entry.head.of.to_string();
                assert!(lines.ends_with(&id) && lines.contains("Ada"), "{lines}");
                let fits = |line: &str| width(line) <= wide.max(id.len() + 2);
                assert!(
                    lines.lines().all(fits) && !lines.contains('\u{1b}'),
                    "{wide}: {lines}"
                );
            }
        }
    }
}

#[test]
fn columns_are_aligned_also_behind_wide_characters() {
    let all = ["short", "今日は"].map(|text| shown(text, None));
    let rows = rows(&all);
    let table = Table::new(&rows, 120, false);
    let before_id = |row: &Row<'_>| width(table.lines(row, THEN).split("contact/").next().unwrap());
    assert_eq!(before_id(&rows[0]), before_id(&rows[1]));
    assert_eq!(
        (
            fitted("今日", 3).as_str(),
            fitted("今日", 4).as_str(),
            fitted("今日", 5).as_str()
        ),
        ("今…", "今日", "今日 ")
    );
}

#[test]
fn what_was_read_has_no_dot_and_a_state_is_shown_where_not_all_are_stored() {
    let mut all = [shown("one", None), shown("two", Some(Cause::gave_up(20)))];
    all[0].marks.seen = Some(Made {
        at: THEN,
        by: Actor::parse("ada").unwrap(),
    });
    let rows = rows(&all);
    let table = Table::new(&rows, 120, true);
    let lines = [table.lines(&rows[0], THEN), table.lines(&rows[1], THEN)];
    assert!(
        lines[0].starts_with("  ") && lines[0].contains("  stored     Ada · one"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("• ") && lines[1].contains("failed     [gave-up] Ada · two"),
        "{lines:?}"
    );
    assert!(
        !Table::new(&rows[..1], 120, false)
            .lines(&rows[0], THEN)
            .contains("stored")
    );
}
