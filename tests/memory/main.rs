//! What refusing costs in memory: never more than the body again, and a fixed amount that any request may take. A
//! program of its own, because all that it allocates is counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

#[path = "../corpus/ask.rs"]
mod ask;
#[path = "../support/in_process.rs"]
mod in_process;

use counterfoil_testkit::corpus::{self, Case, FORMS};
use in_process::Homes;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// What `work` allocates at its peak beyond what was there, in bytes.
fn peak(work: impl FnOnce()) -> usize {
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    work();
    ALLOCATED.peak_usage().saturating_sub(before)
}

/// What any request may take, however small: its answer, and most of all a list of 10 000 elements, of which each takes
/// two bytes as JSON and 32 as a value. Handling waits for nothing until it queues, so there are as many of these at once
/// as there are threads.
const FIXED: usize = 384 * 1024;
/// What a body may take beside itself: its fields. As multipart, also the copy in which its library looks for them.
const BODIES: usize = 1;
const MULTIPART_BODIES: usize = 2;
/// What the library that reads Lambda's events takes of them: the event as raw JSON, its texts without their escapes.
const EVENTS: usize = 4;

/// The most that either home took beyond what it may, and for which case.
#[derive(Default)]
struct Worst {
    beyond: usize,
    why: String,
}

impl Worst {
    /// Takes a case into account: `brought` is there already, `peak` was allocated beside it.
    fn see(&mut self, peak: usize, allowed: usize, case: &Case) {
        assert!(
            peak <= allowed + FIXED,
            "{}: {peak} bytes, {allowed} and {FIXED} are allowed",
            case.why
        );
        if peak.saturating_sub(allowed) >= self.beyond {
            *self = Self {
                beyond: peak.saturating_sub(allowed),
                why: case.why.clone(),
            };
        }
    }
}

/// Asks both homes a case and sees what each took.
fn ask_both(homes: &Homes, case: &Case, worst: &mut [Worst; 2]) {
    let (request, event) = (ask::request(case), ask::event(case));
    let here = peak(|| drop(homes.one_machine(request)));
    let there = peak(|| drop(homes.aws(&event)));
    homes.queued();
    let is_multipart = case
        .headers
        .iter()
        .any(|(_, value)| value.starts_with(b"multipart/"));
    worst[0].see(
        here,
        case.body.len()
            * if is_multipart {
                MULTIPART_BODIES
            } else {
                BODIES
            },
        case,
    );
    worst[1].see(there, EVENTS * event.len(), case);
}

#[test]
fn no_bad_request_takes_much_more_memory_than_it_brings() {
    let homes = Homes::new(&FORMS);
    // What is made at first use, once.
    let first = Case {
        body: Vec::new(),
        ..corpus::all()[0].1[0].clone()
    };
    let _ = (
        homes.one_machine(ask::request(&first)),
        homes.aws(&ask::event(&first)),
    );
    for (family, cases) in corpus::all() {
        let mut worst = <[Worst; 2]>::default();
        cases
            .iter()
            .for_each(|case| ask_both(&homes, case, &mut worst));
        for (home, Worst { beyond, why }) in ["one machine", "AWS"].into_iter().zip(worst) {
            println!("{family:20} {home:11} {beyond:8} bytes beyond: {why:.60}");
        }
    }
}
