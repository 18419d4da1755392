//! What the functions link, as cargo resolves it: one TLS provider, no `aws-config`, and no client of a service that
//! a function has no permission for.

use std::collections::BTreeSet;
use std::process::Command;

use crate::tree::{self, File};

/// Each function: its package, its feature, and the clients it may have.
const FUNCTIONS: [(&str, &str, &[&str]); 6] = [
    ("ingest", "ingest-fn", &["aws-sdk-sqs"]),
    ("ingest", "status-fn", &["aws-sdk-dynamodb"]),
    ("worker", "worker-fn", &["aws-sdk-dynamodb", "aws-sdk-sqs"]),
    ("worker", "bury-fn", &["aws-sdk-dynamodb"]),
    ("notifier", "notifier-fn", &["aws-sdk-sns", "aws-sdk-sqs"]),
    ("courier", "courier-fn", &["aws-sdk-dynamodb"]),
];

/// What costs cold starts (aws-lc seeds itself from CPU jitter, aws-config asks around) or belongs to the other home.
const NEVER: [&str; 9] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "aws-config",
    "openssl",
    "native-tls",
    "rusqlite",
    "counterfoil-local",
    "counterfoil-testkit",
    // The command: it can be asked to fail.
    "counterfoil",
];

/// The names of all crates that a package's program is made of.
fn linked(package: &str, feature: Option<&str>) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{lib}",
    ]);
    cargo
        .args(["--package", package])
        .args(feature.iter().flat_map(|feature| ["--features", feature]));
    let output = cargo.current_dir(tree::root()).output().unwrap();
    assert!(
        output.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<_> = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)").replace('_', "-"))
        .collect();
    assert!(
        names.len() > 50,
        "{package} {feature:?}: {} crates are too few to be true",
        names.len()
    );
    names
}

fn wrong_in(names: &BTreeSet<String>, clients: &[&str]) -> Vec<String> {
    let never = NEVER
        .iter()
        .map(ToString::to_string)
        .filter(|name| names.contains(name));
    let others = names
        .iter()
        .filter(|name| name.starts_with("aws-sdk-") && !clients.contains(&name.as_str()))
        .cloned();
    let missing = clients
        .iter()
        .filter(|client| !names.contains(**client))
        .map(|client| format!("no {client}"));
    never.chain(others).chain(missing).collect()
}

/// What AWS runs, and what it is told.
const ON_AWS: [&str; 6] = [
    "crates/",
    "ingest/",
    "worker/",
    "notifier/",
    "template.yaml",
    "samconfig.toml",
];

/// On AWS nothing can be asked to fail: there is neither a type that would, nor a setting that could ask.
fn fails_only_by_accident(file: &File) -> Vec<String> {
    if !ON_AWS.iter().any(|start| file.path.starts_with(start)) {
        return Vec::new();
    }
    let words = [
        "Injection",
        "--fail",
        "fail.sock",
        "\"FAIL\"",
        "_FAIL",
        "FAIL_",
        "FAIL:",
    ];
    words
        .iter()
        .flat_map(|word| file.lines_with(word))
        .collect()
}

#[test]
fn nothing_on_aws_can_be_asked_to_fail() {
    for sample in [
        "use counterfoil::Injections;",
        "settings.get(\"FAIL\")",
        "self.get(\"COUNTERFOIL_FAIL\")",
    ] {
        tree::catches(
            fails_only_by_accident,
            "crates/lambda/src/settings.rs",
            sample,
        );
    }
    tree::catches(
        fails_only_by_accident,
        "template.yaml",
        "          FAIL_SETTLE: 3",
    );
    tree::hold(fails_only_by_accident);
}

#[test]
fn a_function_links_what_it_may_call_and_one_tls_provider() {
    let all = NEVER.iter().map(ToString::to_string).collect();
    assert_eq!(
        wrong_in(&all, &[]).len(),
        NEVER.len(),
        "the rule lets something pass"
    );
    let wrong = FUNCTIONS.iter().flat_map(|(package, feature, clients)| {
        let names = linked(package, Some(feature));
        let no_ring = (!names.contains("ring")).then(|| "no ring".to_owned());
        let wrong = wrong_in(&names, clients).into_iter().chain(no_ring);
        wrong
            .map(move |what| format!("{package} {feature}: {what}"))
            .collect::<Vec<_>>()
    });
    tree::report(wrong.collect());
}

#[test]
fn the_one_machine_program_links_nothing_of_aws() {
    let names = linked("counterfoil", None);
    let wrong = names
        .iter()
        .filter(|name| name.starts_with("aws-") || name.starts_with("lambda-"));
    tree::report(wrong.cloned().collect());
}
