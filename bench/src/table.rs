//! The table: a column for each connection count, ratios under what they compare, and the goal of `NUMBERS` beside it
//! where there is one.

use std::fmt::Write as _;

use crate::measure::Column;

// The goals for one machine with two cores, the load generator on the same two.
/// Submissions accepted per second with 256 connections.
const GOAL_ACCEPTED: f64 = 10_000.0;
/// Median latency at 1 connection, in fdatasyncs.
const GOAL_P50: f64 = 3.0;
/// 99th percentile at any connection count, in fdatasyncs.
const GOAL_P99: f64 = 10.0;
/// Resident memory, in MB.
const GOAL_MEMORY: f64 = 150.0;

/// One line: its name, a figure for each column, and what is asked of it.
struct Row<'a> {
    name: &'a str,
    figure: fn(&Column) -> f64,
    decimals: usize,
    goal: Option<Goal>,
}

/// What is asked, at which connection counts.
enum Goal {
    AtLeast(f64, Whom),
    AtMost(f64, Whom),
}

enum Whom {
    All,
    Only(u32),
}

/// A figure without a goal.
const fn plain(name: &str, decimals: usize, figure: fn(&Column) -> f64) -> Row<'_> {
    Row {
        name,
        figure,
        decimals,
        goal: None,
    }
}

const fn asked(row: Row<'_>, goal: Goal) -> Row<'_> {
    Row {
        goal: Some(goal),
        ..row
    }
}

const ROWS: [Row<'static>; 20] = [
    plain("one fdatasync of 1 KB: p50 ms", 2, |c| c.sync.p50),
    plain("  p99 ms", 2, |c| c.sync.p99),
    plain("append + fdatasync: records/s", 0, |c| c.floor.per_second),
    plain("  p50 ms", 2, |c| c.floor.p50),
    plain("  p99 ms", 2, |c| c.floor.p99),
    plain("GET /healthz: answers/s", 0, |c| c.health.per_second),
    plain("  p50 ms", 2, |c| c.health.p50),
    plain("  p99 ms", 2, |c| c.health.p99),
    asked(
        plain("accepted/s", 0, |c| c.accepted.per_second),
        Goal::AtLeast(GOAL_ACCEPTED, Whom::Only(256)),
    ),
    plain("  of append + fdatasync", 2, |c| {
        c.accepted.per_second / c.floor.per_second
    }),
    plain("  of /healthz", 2, |c| {
        c.accepted.per_second / c.health.per_second
    }),
    plain("  p50 ms", 2, |c| c.accepted.p50),
    plain("  p99 ms", 2, |c| c.accepted.p99),
    asked(
        plain("  p50 / one fdatasync", 1, |c| c.accepted.p50 / c.sync.p50),
        Goal::AtMost(GOAL_P50, Whom::Only(1)),
    ),
    asked(
        plain("  p99 / one fdatasync", 1, |c| c.accepted.p99 / c.sync.p50),
        Goal::AtMost(GOAL_P99, Whom::All),
    ),
    plain("  refused (429, 503)", 0, |c| c.refused as f64),
    plain("settled/s", 0, |c| c.settled),
    plain("  of accepted/s", 2, |c| c.settled / c.accepted.per_second),
    plain("memory MB", 0, |c| c.memory),
    asked(
        plain("  peak", 0, |c| c.peak),
        Goal::AtMost(GOAL_MEMORY, Whom::All),
    ),
];

/// The whole table, ready to print.
pub fn render(report: &[Column]) -> String {
    let mut text = format!("{:<32}", "connections, records per batch");
    for column in report {
        let _ = write!(text, "{:>10}", column.connections);
    }
    text.push_str("  goal\n");
    for row in &ROWS {
        text.push_str(line(row, report).trim_end());
        text.push('\n');
    }
    text
}

fn line(row: &Row<'_>, report: &[Column]) -> String {
    let mut text = format!("{:<32}", row.name);
    for column in report {
        let _ = write!(text, "{:>10.*}", row.decimals, (row.figure)(column));
    }
    if let Some(goal) = &row.goal {
        let _ = write!(text, "  {}", verdict(goal, row, report));
    }
    text
}

/// The goal in words, and whether it was met; a goal for a connection count that was not measured is neither.
fn verdict(goal: &Goal, row: &Row<'_>, report: &[Column]) -> String {
    let (sign, limit, whom) = match goal {
        Goal::AtLeast(limit, whom) => ('≥', *limit, whom),
        Goal::AtMost(limit, whom) => ('≤', *limit, whom),
    };
    let (at, concerned): (_, Vec<&Column>) = match whom {
        Whom::All => (String::new(), report.iter().collect()),
        Whom::Only(n) => (
            format!(" at {n}"),
            report.iter().filter(|c| c.connections == *n).collect(),
        ),
    };
    let holds = |column: &&Column| {
        let figure = (row.figure)(column);
        if sign == '≥' {
            figure >= limit
        } else {
            figure <= limit
        }
    };
    let verdict = match (concerned.is_empty(), concerned.iter().all(holds)) {
        (true, _) => "not measured",
        (false, true) => "met",
        (false, false) => "MISSED",
    };
    format!("{sign} {limit}{at}: {verdict}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Figures;

    fn report(accepted: f64, p99: f64) -> Vec<Column> {
        let floor = Figures {
            per_second: 20_000.0,
            p50: 1.0,
            p99: 2.0,
        };
        let accepted = Figures {
            per_second: accepted,
            p50: 2.0,
            p99,
        };
        let column = |connections| Column {
            connections,
            sync: Figures { p50: 1.5, ..floor },
            floor,
            health: floor,
            accepted,
            refused: 0,
            settled: 9_000.0,
            memory: 40.0,
            peak: 50.0,
        };
        vec![column(1), column(256)]
    }

    fn row(table: &str, start: &str) -> String {
        table
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn a_goal_that_is_met_says_so() {
        let table = render(&report(12_000.0, 15.0));
        assert_eq!(
            row(&table, "accepted/s"),
            "accepted/s                           12000     12000  ≥ 10000 at 256: met"
        );
        assert!(
            row(&table, "  p50 / one").ends_with("1.3       1.3  ≤ 3 at 1: met"),
            "{table}"
        );
        assert!(row(&table, "  p99 / one").ends_with("≤ 10: met"), "{table}");
    }

    #[test]
    fn a_goal_that_is_missed_says_so() {
        let table = render(&report(9_999.0, 15.2));
        assert!(row(&table, "accepted/s").ends_with("MISSED"), "{table}");
        assert!(row(&table, "  p99 / one").ends_with("MISSED"), "{table}");
    }

    #[test]
    fn a_goal_that_was_not_measured_is_neither() {
        let mut one = report(12_000.0, 1.0);
        one.truncate(1);
        assert!(row(&render(&one), "accepted/s").ends_with("not measured"));
    }
}
