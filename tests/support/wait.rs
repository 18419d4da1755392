//! Waiting for a condition, with a deadline: the one place where a test sleeps.

use std::time::{Duration, Instant};

/// Longer than anything takes here on a loaded machine; reached only by a failure.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until `done`, and panics with `what` when that never comes.
#[allow(clippy::disallowed_methods, reason = "tests run in real time")]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < DEADLINE, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Lets `time` pass while something else happens: for killing at a random moment, never for hoping.
#[allow(
    clippy::disallowed_methods,
    dead_code,
    reason = "the moment of a kill is a time; not every target kills"
)]
pub(crate) fn pass(time: Duration) {
    std::thread::sleep(time);
}
