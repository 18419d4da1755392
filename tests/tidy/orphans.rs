//! A source that nothing includes is compiled by nobody, and read by whoever looks for what is not there.

use std::collections::BTreeSet;

use crate::tree::{self, File};

/// Is it where cargo looks by itself?
fn is_root(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_found = matches!(name, "lib.rs" | "main.rs" | "build.rs");
    is_found
        || ["bin", "tests", "examples", "fuzz_targets"]
            .iter()
            .any(|roots| folder.ends_with(roots))
}

/// What a line of a source or a manifest includes, by the name of its file.
fn included(line: &str) -> Option<&str> {
    let module = line
        .split_once("mod ")
        .and_then(|(_, rest)| rest.strip_suffix(';'));
    let path = || {
        line.split_once("path = \"")
            .and_then(|(_, rest)| rest.rsplit('/').next()?.split_once(".rs\""))
    };
    module.or_else(|| path().map(|(stem, _)| stem))
}

fn orphans(files: &[File]) -> Vec<String> {
    let includes = |file: &&File| file.is_rust() || file.path.ends_with("Cargo.toml");
    let lines = files
        .iter()
        .filter(includes)
        .flat_map(|file| file.text.lines());
    let included: BTreeSet<&str> = lines.filter_map(|line| included(line.trim_end())).collect();
    let stem = |path: &str| {
        path.rsplit('/')
            .next()
            .unwrap_or_default()
            .trim_end_matches(".rs")
            .to_owned()
    };
    let alone = files
        .iter()
        .filter(|file| file.is_rust() && !is_root(&file.path));
    let alone = alone.filter(|file| !included.contains(stem(&file.path).as_str()));
    alone
        .map(|file| format!("{}: nothing includes it", file.path))
        .collect()
}

#[test]
fn every_source_is_included_by_another() {
    let sample = |text| {
        [
            File::sample("a/src/left.rs", ""),
            File::sample("a/src/lib.rs", text),
        ]
    };
    assert_eq!(orphans(&sample("mod right;")).len(), 1);
    for text in [
        "mod left;",
        "pub(crate) mod left;",
        "#[path = \"left.rs\"]",
        "#[path = \"../b/left.rs\"]\nmod right;",
    ] {
        assert!(orphans(&sample(text)).is_empty(), "{text}");
    }
    tree::report(orphans(&tree::files()));
}
