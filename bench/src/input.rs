//! How long each bad request of the corpus takes, in each home's functions.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use counterfoil_testkit::corpus::{self, Case, FORMS};

use crate::ask;
use crate::in_process::Homes;

/// What NUMBERS asks: no bad input takes longer.
const GOAL: Duration = Duration::from_millis(50);

/// A line for each family and home.
pub fn table() -> String {
    let homes = Homes::new(&FORMS);
    let mut text = format!(
        "{:<22}{:<13}{:>6}{:>10}{:>10}{:>10}\n",
        "bad input", "", "cases", "p50 µs", "p99 µs", "most µs"
    );
    let mut slowest = (Duration::ZERO, String::new());
    for (family, cases) in corpus::all() {
        let mut took: [Vec<Duration>; 2] = Default::default();
        for case in &cases {
            let [here, there] = ask_both(&homes, case);
            took[0].push(here);
            took[1].push(there);
            slowest = slowest.max((here.max(there), case.why.clone()));
        }
        for (home, took) in ["one machine", "AWS"].into_iter().zip(took) {
            let _ = writeln!(text, "{family:<22}{home:<13}{}", figures(took));
        }
    }
    let verdict = if slowest.0 <= GOAL { "met" } else { "MISSED" };
    let _ = writeln!(
        text,
        "slowest {:?} ({:.60}): ≤ {GOAL:?}: {verdict}",
        slowest.0, slowest.1
    );
    text
}

fn ask_both(homes: &Homes, case: &Case) -> [Duration; 2] {
    let (request, event) = (ask::request(case), ask::event(case));
    let start = Instant::now();
    homes.one_machine(request);
    let here = start.elapsed();
    let start = Instant::now();
    let answered = homes.aws(&event);
    let there = start.elapsed();
    drop((answered, homes.queued()));
    [here, there]
}

fn figures(mut took: Vec<Duration>) -> String {
    took.sort_unstable();
    let micros = |at: usize| took.get(at).map_or(0, Duration::as_micros);
    format!(
        "{:>6}{:>10}{:>10}{:>10}",
        took.len(),
        micros(took.len() / 2),
        micros(took.len() * 99 / 100),
        micros(took.len() - 1)
    )
}
