//! What holds for every page of the console.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use counterfoil_core::{FormId, Retryable, Timestamp};
use counterfoil_operations::causes::{Group, Standing};
use counterfoil_operations::job::Selection;
use counterfoil_operations::worklist::{Filter, Waiting};

use super::query::{self, Pairs};
use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_385_651_000);

fn frame() -> Frame<'static> {
    Frame {
        place: "<data>",
        who: "Ada & \"Co\"",
        csrf: "proof",
        has_deliveries: true,
        now: NOW,
    }
}

/// Every value of an attribute, in order.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    page.split(opening.as_str())
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

/// Holds for every page of the console: what its policy forbids is not in it, and ids are unique.
fn sound(page: &str) {
    assert!(
        page.starts_with("<!DOCTYPE html><html lang=\"en\">"),
        "{page}"
    );
    for never in [
        "<style",
        " style=",
        " onclick=",
        "javascript:",
        "http://fonts",
        "https://",
    ] {
        assert!(!page.contains(never), "{never}: {page}");
    }
    assert_eq!(page.matches("<script").count(), 1, "its own file alone");
    let ids: Vec<&str> = values(page, "id");
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        ids.len(),
        "{ids:?}"
    );
}

fn group(code: &str, hours_ago: &[i64]) -> Group {
    let hour = NOW.as_millis() / 3_600_000;
    Group {
        fingerprint: "0123456789abcdef".into(),
        code: code.into(),
        detail: "<b> & co".into(),
        retryable: Retryable::AfterFix,
        count: 1234,
        total: 5678,
        first_seen: NOW,
        last_seen: NOW,
        forms: BTreeSet::from([FormId::parse("contact").unwrap()]),
        hours: hours_ago
            .iter()
            .map(|ago| (hour - ago, 2))
            .collect::<BTreeMap<_, _>>(),
        standing: Standing::Reopened,
        note: None,
    }
}

fn overview(groups: &[Group]) -> String {
    overview_page(
        &frame(),
        &Overview {
            counts: Counts {
                failed: 1234,
                ..Counts::default()
            },
            groups,
            as_of: NOW,
        },
    )
}

#[test]
fn names_and_details_are_escaped_and_numbers_read() {
    let page = overview(&[group("<i>", &[0, 3])]);
    sound(&page);
    for part in [
        "&lt;data&gt;",
        "Ada &amp; &quot;Co&quot;",
        "&lt;i&gt;",
        "&lt;b&gt; &amp; co",
        "1,234",
        "5,678",
        "reopened",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn the_chart_covers_a_day_by_the_hour_or_a_fortnight_by_the_day() {
    let day = overview(&[group("a", &[0, 23])]);
    assert!(
        day.contains("4 failures in the last 24 hours, by the hour"),
        "{day}"
    );
    let fortnight = overview(&[group("a", &[0, 24 * 5, 24 * 90])]);
    // What is older than a fortnight has no bar.
    assert!(
        fortnight.contains("4 failures in the last 14 days, by the day"),
        "{fortnight}"
    );
    assert!(overview(&[]).contains("Nothing has failed."));
}

#[test]
fn a_filter_and_a_choice_read_back_from_their_address() {
    let all = Filter {
        waiting: Waiting::Discarded,
        form: FormId::parse("contact"),
        cause: Some("a & b=c".into()),
        retryable: Some(Retryable::AfterFix),
        since: Some(NOW),
        until: Some(NOW.plus(Duration::from_secs(1))),
        attempts: Some(2..=9),
        replayed: Some(false),
    };
    for filter in [Filter::default(), all] {
        let address = query::href("/entries", &query::of_filter(&filter));
        let pairs = address
            .split_once('?')
            .map_or_else(Pairs::new, |(_, text)| query::pairs(text.as_bytes()));
        assert_eq!(query::filter(&pairs, NOW), Ok(filter.clone()), "{address}");
        let what = Selection::All(filter);
        assert_eq!(query::selection(&query::of_selection(&what), NOW), Ok(what));
    }
}

#[test]
fn nothing_ticked_is_not_everything() {
    assert!(query::selection(&[], NOW).is_err());
    assert!(query::selection(&[("cause".into(), "x".into())], NOW).is_err());
    assert!(query::selection(&[("of".into(), "not a reference".into())], NOW).is_err());
}

#[test]
fn a_time_may_be_a_span_before_now_and_what_is_neither_is_said() {
    let since = |text: &str| {
        query::filter(&[("since".into(), text.into())], NOW).map(|filter| filter.since)
    };
    assert_eq!(
        since("24h"),
        Ok(Some(Timestamp::from_millis(NOW.as_millis() - 86_400_000)))
    );
    assert_eq!(since(&NOW.to_string()), Ok(Some(NOW)));
    for wrong in ["yesterday", "h", "3x", "٣h", "é"] {
        assert!(since(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_filter_is_read_as_the_command_reads_it_and_as_older_links_have_it() {
    let filter = |name: &str, text: &str| query::filter(&[(name.into(), text.into())], NOW);
    for text in ["2..9", "2-9"] {
        assert_eq!(
            filter("attempts", text).map(|filter| filter.attempts),
            Ok(Some(2..=9)),
            "{text}"
        );
    }
    let midnight = NOW.as_millis() - NOW.as_millis() % 86_400_000;
    let today = filter("since", "today").map(|filter| filter.since);
    assert_eq!(today, Ok(Some(Timestamp::from_millis(midnight))));
    assert!(filter("since", "1w").is_ok());
    let wrong = filter("replayed", "perhaps");
    assert_eq!(
        wrong,
        Err("replayed: \"perhaps\" is not understood: give yes or no".to_owned())
    );
}

#[test]
fn whom_the_console_does_not_know_sees_no_menu() {
    let page = refused_page("Closed", "<it>", true);
    sound(&page);
    assert!(
        !page.contains("<nav") && page.contains("&lt;it&gt;"),
        "{page}"
    );
}
