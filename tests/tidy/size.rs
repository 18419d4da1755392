//! How long files may be. Functions are clippy's (`too_many_lines`).

use crate::tree::{self, File};

/// No file is longer.
const LONGEST: usize = 400;
/// Nine files in ten are not longer than this.
const LONG: usize = 300;
/// A function's `main.rs` has five steps and no logic.
const LONGEST_MAIN: usize = 40;
/// The map has to be read in one sitting.
const LONGEST_MAP: usize = 200;

/// Code, in whichever language.
const CODE: [&str; 6] = [".rs", ".js", ".css", ".html", ".py", ".sh"];

fn limit(path: &str) -> Option<usize> {
    let of_a_function = ["ingest/", "worker/", "notifier/"]
        .iter()
        .any(|folder| path.starts_with(folder));
    if path == "ARCHITECTURE.md" {
        Some(LONGEST_MAP)
    } else if of_a_function && (path.ends_with("src/main.rs") || path.contains("/src/bin/")) {
        Some(LONGEST_MAIN)
    } else {
        CODE.iter()
            .any(|end| path.ends_with(end))
            .then_some(LONGEST)
    }
}

fn is_not_too_long(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let over = limit(&file.path).filter(|limit| lines > *limit);
    over.map(|limit| format!("{}: {lines} lines, at most {limit}", file.path))
        .into_iter()
        .collect()
}

#[test]
fn no_file_is_too_long_to_read() {
    tree::catches(is_not_too_long, "a/src/lib.rs", &"\n".repeat(LONGEST + 1));
    tree::catches(
        is_not_too_long,
        "ingest/src/bin/status.rs",
        &"\n".repeat(LONGEST_MAIN + 1),
    );
    tree::allows(is_not_too_long, "a/src/lib.rs", &"\n".repeat(LONGEST));
    tree::hold(is_not_too_long);
}

#[test]
fn nine_sources_in_ten_are_short() {
    let mut lengths: Vec<_> = tree::files()
        .iter()
        .filter(|f| f.is_rust())
        .map(|f| f.text.lines().count())
        .collect();
    lengths.sort_unstable();
    let (median, p90) = (lengths[lengths.len() / 2], lengths[lengths.len() * 9 / 10]);
    println!(
        "{} sources, median {median} lines, p90 {p90}",
        lengths.len()
    );
    assert!(
        p90 <= LONG,
        "a tenth of the sources has over {p90} lines; {LONG} are allowed"
    );
}
