//! Every bad request of the corpus: refused alike by both homes, as what it is, with nothing queued, nothing read and
//! nothing of it repeated.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use counterfoil_testkit::corpus::{self, CANARY, Case, FORMS};
use serde_json::Value;

use crate::ask;
use crate::in_process::{Answer, Homes};

/// The corpus is only of use while it is large: what there was must not quietly go.
const AT_LEAST: usize = 2_000;

/// What is wrong with this answer to this case; empty when nothing is.
fn complaints(case: &Case, answer: &Answer) -> Vec<String> {
    let kind = ingest::problem::ALL
        .iter()
        .find(|kind| kind.name == case.problem)
        .unwrap();
    let problem: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let texts = ["title", "detail"]
        .iter()
        .all(|member| problem[*member].is_string());
    let checks = [
        (answer.status == kind.status.as_u16(), "status"),
        ((400..500).contains(&answer.status), "no 4xx"),
        (
            answer.header("content-type") == "application/problem+json",
            "content type",
        ),
        (problem["type"] == kind.urn(), "type"),
        (problem["status"] == answer.status && texts, "members"),
        (
            answer.header("cache-control") == "no-store",
            "may be kept by a cache",
        ),
        (!answer.body.contains(CANARY), "repeats what was sent"),
    ];
    let wrong = checks.into_iter().filter(|(holds, _)| !holds);
    wrong
        .map(|(_, what)| {
            format!(
                "{}: {what}: {} {:.200}",
                case.why, answer.status, answer.body
            )
        })
        .collect()
}

/// Asks both homes one case: what is wrong, and how long the slower of them took.
fn ask_both(homes: &Homes, case: &Case) -> (Vec<String>, Duration) {
    let (request, event) = (ask::request(case), ask::event(case));
    let (here, took_here) = timed(|| homes.one_machine(request));
    let (there, took_there) = timed(|| homes.aws(&event));
    let mut wrong = complaints(case, &here);
    match there {
        Err(error) => wrong.push(format!(
            "{}: Lambda's event cannot be read: {error}",
            case.why
        )),
        Ok(_) if case.is_mended_by_a_gateway => drop(homes.queued()),
        Ok(there) => {
            wrong.extend(complaints(case, &there));
            if (here.status, &here.body, &here.headers)
                != (there.status, &there.body, &there.headers)
            {
                wrong.push(format!(
                    "{}: the homes differ: {here:?} {there:?}",
                    case.why
                ));
            }
        }
    }
    if !homes.queued().is_empty() {
        wrong.push(format!("{}: reached the queue", case.why));
    }
    (wrong, took_here.max(took_there))
}

#[allow(
    clippy::disallowed_methods,
    reason = "printed for people, decides nothing"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// Keeps every line of every level, with all its fields.
#[derive(Clone, Default)]
struct Loudest(Arc<Mutex<String>>);

impl tracing::Subscriber for Loudest {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Written(&self.0));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Written(&self.0));
    }

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Written(&self.0));
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Written<'a>(&'a Mutex<String>);

impl tracing::field::Visit for Written<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        let _ = writeln!(self.0.lock().unwrap(), "{field}={value:?}");
    }
}

#[test]
fn no_line_of_any_level_repeats_what_a_bad_request_said() {
    let lines = Loudest::default();
    tracing::subscriber::with_default(lines.clone(), || {
        tracing::trace!("heard");
        let homes = Homes::new(&FORMS);
        for case in corpus::all().into_iter().flat_map(|(_, cases)| cases) {
            homes.one_machine(ask::request(&case));
            let _ = homes.aws(&ask::event(&case));
        }
    });
    let lines = lines.0.lock().unwrap();
    assert!(lines.contains("heard"));
    assert!(
        !lines.contains(CANARY),
        "{}",
        lines
            .lines()
            .find(|line| line.contains(CANARY))
            .unwrap_or_default()
    );
}

#[test]
fn every_bad_request_is_refused_as_what_it_is_by_both_homes_and_reaches_nobody() {
    let homes = Homes::new(&FORMS);
    let mut wrong = Vec::new();
    let mut count = 0;
    for (family, cases) in corpus::all() {
        let mut slowest = (Duration::ZERO, String::new());
        for case in &cases {
            let (complaints, took) = ask_both(&homes, case);
            wrong.extend(
                complaints
                    .into_iter()
                    .map(|text| format!("{family}: {text}")),
            );
            slowest = slowest.max((took, case.why.clone()));
        }
        println!(
            "{family:20} {:5} cases, slowest {:?}: {:.60}",
            cases.len(),
            slowest.0,
            slowest.1
        );
        count += cases.len();
    }
    println!("{count} cases");
    assert!(
        wrong.is_empty(),
        "{} complaints\n{}",
        wrong.len(),
        wrong[..wrong.len().min(60)].join("\n")
    );
    assert!(count >= AT_LEAST, "{count}");
    assert_eq!(
        homes.status.polls.reads(),
        0,
        "no read for what nobody signed"
    );
}

#[test]
fn what_must_not_be_told_apart_gets_the_same_bytes() {
    let homes = Homes::new(&FORMS);
    for problem in ["unknown-ticket", "unknown-form"] {
        let cases = corpus::all()
            .into_iter()
            .flat_map(|(_, cases)| cases)
            .filter(|case| case.problem == problem);
        let answers: Vec<_> = cases
            .map(|case| (homes.one_machine(ask::request(&case)), case))
            .collect();
        assert!(answers.len() > 100);
        for (answer, case) in &answers {
            assert_eq!(answer, &answers[0].0, "{}", case.why);
        }
    }
}
