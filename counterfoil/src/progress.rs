//! Progress for people: a bar on a terminal, nothing in a pipe or a log.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` things, on standard error. Hidden when that is no terminal, or when the output itself
/// scrolls through the same terminal.
pub(crate) fn bar(total: u64, output_is_elsewhere: bool) -> ProgressBar {
    if !std::io::stderr().is_terminal() || !output_is_elsewhere {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {per_sec}  {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// Counts things whose number is not known, on standard error.
pub(crate) fn counting() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}  {per_sec}") {
        bar.set_style(style);
    }
    bar
}

/// A bar over a replay job of `total`, of which `done` are done already: with its rate, and a message.
pub(crate) fn jobs(total: u64, done: u64) -> ProgressBar {
    let bar = bar(total, true).with_position(done);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {per_sec}  {msg}") {
        bar.set_style(style);
    }
    bar.reset_eta();
    bar
}
