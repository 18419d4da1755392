//! What a Rust source of ours looks like. Patterns are put together from halves, so that this file keeps its own rules.

use crate::tree::{self, File};

/// Where tests may wait: a loop with a condition and a deadline.
const WAITING: &str = "tests/support/wait.rs";

/// Fewer words than this say nothing about a file.
const FEWEST_WORDS: usize = 3;

fn says_what_it_is_for(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let first = file.text.lines().next().unwrap_or_default();
    let words = first
        .strip_prefix("//! ")
        .map_or(0, |text| text.split_whitespace().count());
    if words >= FEWEST_WORDS {
        Vec::new()
    } else {
        vec![format!(
            "{}:1: begins with `//!` and its purpose",
            file.path
        )]
    }
}

fn is_named_after_its_module(file: &File) -> Vec<String> {
    let is_mod = file.path.ends_with("/mod.rs");
    if is_mod {
        vec![format!("{}: modules are name.rs", file.path)]
    } else {
        Vec::new()
    }
}

fn leaves_no_test_out(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    ["]", " ", "("]
        .iter()
        .flat_map(|end| file.lines_with(&format!("#[ign{}{end}", "ore")))
        .collect()
}

fn waits_for_conditions_not_for_time(file: &File) -> Vec<String> {
    if !file.is_rust() || !file.is_test() || file.path == WAITING {
        return Vec::new();
    }
    let calls = [
        concat!("thread::sl", "eep"),
        concat!("time::sl", "eep"),
        concat!("sl", "eep(Duration"),
    ];
    calls
        .iter()
        .flat_map(|call| file.lines_with(call))
        .collect()
}

fn is_finished(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let macros = [
        concat!("to", "do!("),
        concat!("unimpl", "emented!("),
        concat!("db", "g!("),
    ];
    macros
        .iter()
        .flat_map(|name| file.lines_with(name))
        .collect()
}

fn is_checked_by_the_compiler(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let word = concat!("uns", "afe");
    let forms = [" {", " fn", " impl", " trait", " extern", "(no_mangle"];
    forms
        .iter()
        .flat_map(|form| file.lines_with(&format!("{word}{form}")))
        .collect()
}

/// A lint that is off has a reason, in the attribute or behind it, so that a reader can tell whether it still holds.
fn gives_a_reason_for_every_exception(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let opening = [
        concat!("#[al", "low("),
        concat!("#![al", "low("),
        concat!("#[exp", "ect("),
        concat!("#![exp", "ect("),
    ];
    let starts = opening
        .iter()
        .flat_map(|open| file.text.match_indices(open));
    let without = starts.filter(|(at, _)| {
        let (attribute, after) = file.text[*at..].split_once(")]").unwrap_or_default();
        let remark = after.lines().next().unwrap_or_default();
        !attribute.contains("reason = ") && !remark.contains("// ")
    });
    without
        .map(|(at, _)| {
            format!(
                "{}:{}: wants a reason",
                file.path,
                file.text[..at].lines().count() + 1
            )
        })
        .collect()
}

#[test]
fn every_source_begins_with_what_it_is_for() {
    tree::catches(says_what_it_is_for, "a/src/lib.rs", "use std::fs;");
    tree::catches(says_what_it_is_for, "a/src/lib.rs", "//! placeholder");
    tree::allows(says_what_it_is_for, "a/src/lib.rs", "//! Accepts a form.");
    tree::hold(says_what_it_is_for);
}

#[test]
fn no_module_hides_behind_a_folder() {
    tree::catches(
        is_named_after_its_module,
        "a/src/form/mod.rs",
        "//! Accepts a form.",
    );
    tree::hold(is_named_after_its_module);
}

#[test]
fn no_test_is_left_out() {
    tree::catches(
        leaves_no_test_out,
        "a/src/lib.rs",
        concat!("#[test]\n#[ign", "ore]\nfn x() {}"),
    );
    tree::catches(
        leaves_no_test_out,
        "a/src/lib.rs",
        concat!("#[ign", "ore = \"slow\"]"),
    );
    tree::hold(leaves_no_test_out);
}

#[test]
fn no_test_waits_for_time_to_pass() {
    let sleeping = concat!("std::thread::sl", "eep(Duration::from_secs(1));");
    tree::catches(
        waits_for_conditions_not_for_time,
        "tests/flow/main.rs",
        sleeping,
    );
    tree::catches(
        waits_for_conditions_not_for_time,
        "worker/src/settle_tests.rs",
        sleeping,
    );
    tree::allows(waits_for_conditions_not_for_time, WAITING, sleeping);
    tree::hold(waits_for_conditions_not_for_time);
}

#[test]
fn nothing_is_left_unfinished() {
    tree::catches(
        is_finished,
        "a/src/lib.rs",
        concat!("fn x() { to", "do!() }"),
    );
    tree::hold(is_finished);
}

#[test]
fn no_source_steps_outside_what_the_compiler_checks() {
    tree::catches(
        is_checked_by_the_compiler,
        "a/src/lib.rs",
        concat!("let x = uns", "afe { y() };"),
    );
    tree::hold(is_checked_by_the_compiler);
}

#[test]
fn every_lint_that_is_off_has_a_reason() {
    let bare = concat!("#[al", "low(clippy::unwrap_used)]\nfn x() {}");
    let reasoned = concat!(
        "#[al",
        "low(\n    clippy::unwrap_used,\n    reason = \"a constant\"\n)]"
    );
    tree::catches(gives_a_reason_for_every_exception, "a/src/lib.rs", bare);
    let remarked = concat!(
        "#[al",
        "low(clippy::unwrap_used)] // A constant.\nfn x() {}"
    );
    tree::allows(gives_a_reason_for_every_exception, "a/src/lib.rs", reasoned);
    tree::allows(gives_a_reason_for_every_exception, "a/src/lib.rs", remarked);
    tree::hold(gives_a_reason_for_every_exception);
}
