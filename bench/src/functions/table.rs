//! The tables: a line for each load, ratios beside what they compare, the calls of services, and the goals of
//! `NUMBERS` with whether they were met.

use std::fmt::Write as _;

use crate::functions::loads::FLOOR;
use crate::functions::measure::Row;

/// What is asked of one figure: at most `limit`.
struct Goal {
    load: &'static str,
    what: &'static str,
    limit: f64,
    figure: Figure,
}

/// Which figure.
#[derive(Clone, Copy)]
enum Figure {
    /// Init, as a multiple of the reference's.
    Init,
    /// Processor time, as a multiple of the reference's.
    Cpu,
    /// This many calls of an action for each submission.
    Calls(&'static str),
    /// All calls of services for each submission.
    AllCalls,
}

const fn goal(load: &'static str, what: &'static str, limit: f64, figure: Figure) -> Goal {
    Goal {
        load,
        what,
        limit,
        figure,
    }
}

const GOALS: [Goal; 14] = [
    goal("ingest", "init / reference", 1.3, Figure::Init),
    goal("ingest", "cpu / reference", 1.5, Figure::Cpu),
    goal("status, a poll", "init / reference", 1.3, Figure::Init),
    goal("status, a poll", "cpu / reference", 1.5, Figure::Cpu),
    goal("notifier, 1", "init / reference", 1.3, Figure::Init),
    goal("notifier, 1", "cpu / reference", 1.5, Figure::Cpu),
    goal("worker, 10", "cpu / reference", 1.3, Figure::Cpu),
    goal(
        "ingest",
        "SendMessage per submission",
        1.0,
        Figure::Calls("SendMessage"),
    ),
    goal("ingest", "all calls per submission", 1.0, Figure::AllCalls),
    goal(
        "worker, 10",
        "PutItem per submission",
        1.0,
        Figure::Calls("PutItem"),
    ),
    goal(
        "worker, 10",
        "all calls per submission",
        1.0,
        Figure::AllCalls,
    ),
    goal(
        "notifier, 10",
        "PublishBatch per submission",
        0.1,
        Figure::Calls("PublishBatch"),
    ),
    goal(
        "status, a poll",
        "GetItem per poll",
        1.0,
        Figure::Calls("GetItem"),
    ),
    goal(
        "status, forged",
        "all calls per poll",
        0.0,
        Figure::AllCalls,
    ),
];

// Asked of every function.
/// Size, in MB.
const GOAL_SIZE: f64 = 8.0;
/// Highest resident memory, in MB.
const GOAL_MEMORY: f64 = 12.0;
/// Resident memory at the end, as a multiple of that after the first round. NUMBERS says "flat".
const GOAL_GROWTH: f64 = 1.1;

/// All of it, ready to print.
pub fn render(rows: &[Row]) -> String {
    let head = [
        "init ms", "x floor", "x ref", "its cpu", "first ms", "cpu us", "x floor", "x ref",
    ];
    let mut text = line("", &head.map(str::to_owned));
    rows.iter()
        .for_each(|row| text.push_str(&line(row.name, &times(row, rows))));
    let head = [
        "p50 ms", "p99 ms", "p50 @5ms", "p99 @5ms", "RSS MB", "growth", "size MB",
    ];
    let _ = write!(text, "\n{}", line("", &head.map(str::to_owned)));
    rows.iter()
        .for_each(|row| text.push_str(&line(row.name, &sizes(row))));
    text.push_str("\ncalls of services per submission or poll\n");
    for row in rows {
        let calls = row
            .calls
            .iter()
            .map(|(action, count)| format!("{count:.2} {action}"))
            .collect::<Vec<_>>();
        let _ = writeln!(
            text,
            "{:<20}{}",
            row.name,
            if calls.is_empty() {
                "none".into()
            } else {
                calls.join(", ")
            }
        );
    }
    text.push_str("\ngoals\n");
    goals(rows).iter().for_each(|goal| text.push_str(goal));
    text
}

fn line(name: &str, figures: &[String]) -> String {
    let figures: String = figures
        .iter()
        .map(|figure| format!("{figure:>10}"))
        .collect();
    format!("{name:<20}{figures}\n")
}

fn times(row: &Row, rows: &[Row]) -> [String; 8] {
    let floor = find(rows, FLOOR);
    let reference = row.reference.and_then(|name| find(rows, name));
    let ratio = |of: Option<&Row>, figure: fn(&Row) -> f64| {
        of.map_or_else(
            || "-".to_owned(),
            |of| format!("{:.2}", figure(row) / figure(of)),
        )
    };
    [
        format!("{:.2}", row.init),
        ratio(floor, |row| row.init),
        ratio(reference, |row| row.init),
        format!("{:.2}", row.init_cpu),
        format!("{:.2}", row.first),
        format!("{:.1}", row.cpu),
        ratio(floor, |row| row.cpu),
        ratio(reference, |row| row.cpu),
    ]
}

fn sizes(row: &Row) -> [String; 7] {
    let ([p50, p99], [latent50, latent99]) = (row.warm, row.latent);
    let [p50, p99, latent50, latent99] =
        [p50, p99, latent50, latent99].map(|millis| format!("{millis:.2}"));
    let growth = row.memory_at_end / row.memory;
    [
        p50,
        p99,
        latent50,
        latent99,
        format!("{:.1}", row.peak),
        format!("{growth:.2}"),
        format!("{:.2}", row.size),
    ]
}

fn find<'a>(rows: &'a [Row], name: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.name == name)
}

fn goals(rows: &[Row]) -> Vec<String> {
    let special = GOALS.iter().filter_map(|goal| {
        let row = find(rows, goal.load)?;
        Some(verdict(
            goal.load,
            goal.what,
            figure(goal.figure, row, rows)?,
            goal.limit,
        ))
    });
    let functions = rows
        .iter()
        .filter(|row| !row.name.ends_with("(floor)") && !row.name.ends_with("(reference)"));
    let common = functions.flat_map(|row| {
        [
            verdict(row.name, "size MB", row.size, GOAL_SIZE),
            verdict(row.name, "peak RSS MB", row.peak, GOAL_MEMORY),
            verdict(
                row.name,
                "growth of RSS",
                row.memory_at_end / row.memory,
                GOAL_GROWTH,
            ),
        ]
    });
    special.chain(common).collect()
}

fn figure(figure: Figure, row: &Row, rows: &[Row]) -> Option<f64> {
    let reference = row.reference.and_then(|name| find(rows, name));
    match figure {
        Figure::Init => Some(row.init / reference?.init),
        Figure::Cpu => Some(row.cpu / reference?.cpu),
        Figure::Calls(action) => row
            .calls
            .iter()
            .find(|(name, _)| name == action)
            .map(|(_, count)| *count),
        Figure::AllCalls => Some(row.calls.iter().fold(0.0, |sum, (_, count)| sum + count)),
    }
}

fn verdict(load: &str, what: &str, figure: f64, limit: f64) -> String {
    let met = if figure <= limit { "met" } else { "MISSED" };
    format!("{load:<20}{what:<30}{figure:>8.2}  ≤ {limit}: {met}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::loads::SEND;

    fn row(name: &'static str, cpu: f64, calls: &[(&str, f64)]) -> Row {
        Row {
            name,
            reference: (name != SEND && name != FLOOR).then_some(SEND),
            init: 5.0,
            init_cpu: 4.0,
            first: 1.0,
            cpu,
            warm: [0.1, 0.2],
            latent: [5.1, 5.2],
            memory: 6.0,
            memory_at_end: 6.0,
            peak: 6.0,
            size: 4.0,
            calls: calls
                .iter()
                .map(|(action, count)| ((*action).to_owned(), *count))
                .collect(),
        }
    }

    fn has(table: &str, start: &str, end: &str) -> bool {
        table
            .lines()
            .any(|line| line.starts_with(start) && line.ends_with(end))
    }

    #[test]
    fn a_goal_is_met_or_missed_beside_the_reference_of_the_same_run() {
        let table = |cpu, calls| {
            render(&[
                row(FLOOR, 9.0, &[]),
                row(SEND, 100.0, &[]),
                row("ingest", cpu, calls),
            ])
        };
        let good = table(150.0, &[("SendMessage", 1.0)]);
        assert!(
            has(
                &good,
                "ingest              cpu / reference",
                "1.50  ≤ 1.5: met"
            ),
            "{good}"
        );
        assert!(has(&good, "ingest              all calls", "met"), "{good}");
        let bad = table(151.0, &[("SendMessage", 1.0), ("GetItem", 0.1)]);
        assert!(
            has(&bad, "ingest              cpu / reference", "MISSED"),
            "{bad}"
        );
        assert!(
            has(&bad, "ingest              all calls", "1.10  ≤ 1: MISSED"),
            "{bad}"
        );
    }

    #[test]
    fn a_load_without_calls_says_none() {
        assert!(has(
            &render(&[row("status, forged", 20.0, &[])]),
            "status, forged",
            "none"
        ));
    }
}
