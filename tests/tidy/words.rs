//! Words that stay out of every file: promises nobody can keep, things left for later, places on somebody's machine.
//! Patterns are put together from halves, so that this file keeps its own rules.

use crate::tree::{self, File};

/// Folders that exist on one machine only.
const PLACES: [&str; 4] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
];
/// Marks of what was left for later.
const LATER: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];
/// Hosts that packages come from: which one is the business of whoever builds.
const REGISTRIES: [&str; 5] = [
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("registry.npmjs", ".org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
];

fn names_no_place_on_a_machine(file: &File) -> Vec<String> {
    let absolute = |(at, _): &(usize, &str)| {
        let before = file.text[..*at].chars().next_back();
        // `docs/work/`, `~/work/` and `https://example.org/work/` are none of these.
        !before.is_some_and(|c| c.is_alphanumeric() || "_-.~/}".contains(c))
    };
    let found = PLACES
        .iter()
        .flat_map(|place| file.text.match_indices(place))
        .filter(absolute);
    found
        .map(|(at, place)| format!("{}:{}: {place}", file.path, line_at(&file.text, at)))
        .collect()
}

fn leaves_nothing_for_later(file: &File) -> Vec<String> {
    let alone = |(at, mark): &(usize, &str)| {
        let (before, after) = (&file.text[..*at], &file.text[at + mark.len()..]);
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    };
    let found = LATER
        .iter()
        .flat_map(|mark| file.text.match_indices(mark))
        .filter(alone);
    found
        .map(|(at, mark)| format!("{}:{}: {mark}", file.path, line_at(&file.text, at)))
        .collect()
}

/// At least once, and made harmless, is what can be had.
fn promises_what_can_be_kept(file: &File) -> Vec<String> {
    let words: Vec<_> = file
        .text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let pair = [concat!("exa", "ctly"), "once"];
    let says = words
        .windows(2)
        .any(|two| two[0].eq_ignore_ascii_case(pair[0]) && two[1].eq_ignore_ascii_case(pair[1]));
    if says {
        vec![format!("{}: says \"{} {}\"", file.path, pair[0], pair[1])]
    } else {
        Vec::new()
    }
}

fn names_no_registry(file: &File) -> Vec<String> {
    REGISTRIES
        .iter()
        .flat_map(|host| file.lines_with(host))
        .collect()
}

fn keeps_no_private_key(file: &File) -> Vec<String> {
    file.lines_with(concat!("PRIVATE ", "KEY-----"))
}

/// A sentence that begins so sends its reader back, to look for what is meant.
fn says_what_it_means(file: &File) -> Vec<String> {
    let start = concat!("The sa", "me ");
    let begins = |line: &str| {
        let line = line
            .trim_start()
            .trim_start_matches(['/', '!', '#', '-', '*']);
        line.trim_start().starts_with(start)
    };
    let lines = file.text.lines().enumerate();
    let found = lines.filter(|(_, line)| begins(line) || line.contains(&format!(". {start}")));
    found
        .map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim()))
        .collect()
}

fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    tree::catches(
        names_no_place_on_a_machine,
        "a.md",
        concat!("see `/ho", "me/ada/x`"),
    );
    tree::catches(
        names_no_place_on_a_machine,
        "a.toml",
        concat!("path = \"/wo", "rk/x\""),
    );
    tree::allows(
        names_no_place_on_a_machine,
        "a.md",
        concat!("https://example.org/wo", "rk/ and ~/wo", "rk/"),
    );
    tree::hold(names_no_place_on_a_machine);
}

#[test]
fn nothing_is_left_for_later() {
    tree::catches(
        leaves_nothing_for_later,
        "a.rs",
        concat!("// TO", "DO: more"),
    );
    tree::allows(leaves_nothing_for_later, "a.rs", concat!("MASTO", "DON"));
    tree::hold(leaves_nothing_for_later);
}

#[test]
fn no_file_promises_what_nobody_can_keep() {
    tree::catches(
        promises_what_can_be_kept,
        "a.md",
        concat!("delivered exa", "ctly\nonce"),
    );
    tree::catches(
        promises_what_can_be_kept,
        "a.md",
        concat!("Exa", "ctly-once delivery"),
    );
    tree::hold(promises_what_can_be_kept);
}

#[test]
fn no_file_says_where_packages_come_from() {
    tree::catches(
        names_no_registry,
        "config.toml",
        concat!("https://index.crates", ".io/"),
    );
    tree::hold(names_no_registry);
}

#[test]
fn no_private_key_lies_about() {
    tree::catches(
        keeps_no_private_key,
        "a.pem",
        concat!("-----BEGIN PRIVATE ", "KEY-----"),
    );
    tree::hold(keeps_no_private_key);
}

#[test]
fn no_sentence_sends_its_reader_back() {
    for text in [
        concat!("/// The sa", "me of another."),
        concat!("It is. The sa", "me is there."),
    ] {
        tree::catches(says_what_it_means, "a.rs", text);
    }
    tree::allows(says_what_it_means, "a.rs", "/// It has the same key.");
    tree::hold(says_what_it_means);
}
