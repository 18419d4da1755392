//! Every problem type has a page, and every page a type: `urn:counterfoil:problem:{name}` in an answer is a promise
//! that `docs/problems/{name}.md` explains it. The program's own table says which types there are.

use std::collections::BTreeSet;

use ingest::problem::{ALL, ProblemKind};
use serde_json::Value;

use crate::tree::{self, File};

const URN: &str = "urn:counterfoil:problem:";
const INDEX: &str = "docs/problems/README.md";

/// The name of the type that a page explains.
fn explained(path: &str) -> Option<&str> {
    path.strip_prefix("docs/problems/")?
        .strip_suffix(".md")
        .filter(|name| *name != "README")
}

fn kind(name: &str) -> Option<&'static ProblemKind> {
    ALL.iter().find(|kind| kind.name == name)
}

fn page_says_all(file: &File) -> Vec<String> {
    let Some(kind) = explained(&file.path).and_then(kind) else {
        return Vec::new();
    };
    let heading = format!(
        "# {}\n\n`{}` · status {}\n",
        kind.title,
        kind.urn(),
        kind.status.as_u16()
    );
    let wanted = [
        heading.as_str(),
        "\n## What it means\n",
        "\n## What to do\n",
    ];
    let missing = wanted.iter().filter(|part| !file.text.contains(**part));
    missing
        .map(|part| format!("{}: lacks {:?}", file.path, part.trim()))
        .collect()
}

/// A page's example is an answer as the program gives it.
fn page_has_a_true_example(file: &File) -> Vec<String> {
    let Some(kind) = explained(&file.path).and_then(kind) else {
        return Vec::new();
    };
    let fenced = file
        .text
        .split("```")
        .find_map(|part| part.strip_prefix("json\n"))
        .unwrap_or_default();
    let example: Value = serde_json::from_str(fenced).unwrap_or_default();
    let is_true = example["type"] == kind.urn()
        && example["title"] == kind.title
        && example["status"] == kind.status.as_u16()
        && example["detail"].is_string();
    if is_true {
        Vec::new()
    } else {
        vec![format!("{}: its example is no answer of ours", file.path)]
    }
}

fn names_only_known_types(file: &File) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    let named = file
        .text
        .split(URN)
        .skip(1)
        .map(|rest| &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())]);
    let unknown = named.filter(|name| !name.is_empty() && kind(name).is_none());
    unknown
        .map(|name| format!("{}: no problem type is called {name}", file.path))
        .collect()
}

#[test]
fn every_problem_type_has_a_page_and_every_page_a_type() {
    let files = tree::files();
    let pages: BTreeSet<_> = files
        .iter()
        .filter_map(|file| explained(&file.path))
        .collect();
    assert_eq!(pages, ALL.iter().map(|kind| kind.name).collect());
}

#[test]
fn every_page_says_what_a_problem_means_and_what_to_do() {
    let title_only = format!("# The submission is no longer here\n\n`{URN}gone` · status 410\n");
    tree::catches(page_says_all, "docs/problems/gone.md", &title_only);
    tree::hold(page_says_all);
}

#[test]
fn every_page_shows_an_answer_as_the_program_gives_it() {
    tree::catches(
        page_has_a_true_example,
        "docs/problems/gone.md",
        "# Gone\n\n```json\n{\"status\": 404}\n```\n",
    );
    tree::catches(page_has_a_true_example, "docs/problems/gone.md", "# Gone\n");
    tree::hold(page_has_a_true_example);
}

#[test]
fn the_index_of_problems_leads_to_every_page() {
    let index = std::fs::read_to_string(tree::root().join(INDEX)).unwrap();
    let row =
        |kind: &ProblemKind| format!("| [{0}]({0}.md) | {1} |", kind.name, kind.status.as_u16());
    let missing = ALL.iter().filter(|kind| !index.contains(&row(kind)));
    tree::report(
        missing
            .map(|kind| format!("{INDEX}: lacks {}", row(kind)))
            .collect(),
    );
}

#[test]
fn no_file_names_a_problem_type_that_is_none() {
    tree::catches(
        names_only_known_types,
        "x.md",
        &format!("{URN}{}", "no-such-type"),
    );
    tree::allows(names_only_known_types, "x.md", &format!("{URN}gone"));
    tree::hold(names_only_known_types);
}
