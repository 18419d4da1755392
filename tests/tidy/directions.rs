//! Who may depend on whom. `core` ← `operations` ← `aws`, `local`, `console` ← `counterfoil`, and `core` ← `lambda`, `web` ←
//! functions; adapters never know each other, and only binaries put them together.

use crate::manifests::{self, Manifest};
use crate::tree::{self, File};

const CORE: &str = "counterfoil-core";
const OPERATIONS: &str = "counterfoil-operations";
const CONSOLE: &str = "counterfoil-console";
const EXPORT: &str = "counterfoil-export";
const AWS: &str = "counterfoil-aws";
const LAMBDA: &str = "counterfoil-lambda";
const LOCAL: &str = "counterfoil-local";
const MACHINE: &str = "counterfoil-machine";
const WEB: &str = "counterfoil-web";
const TELLING: &str = "counterfoil-telling";
const TESTKIT: &str = "counterfoil-testkit";
const COMMAND: &str = "counterfoil";
const BENCH: &str = "counterfoil-bench";
const TESTS: &str = "counterfoil-tests";
const FUZZ: &str = "counterfoil-fuzz";

/// What of ours a package may use. A package that is not listed fails: where it belongs is decided here first.
const OURS: [(&str, &[&str]); 20] = [
    (CORE, &[]),
    // What people do to submissions: pure over ports, as `core` is.
    (OPERATIONS, &[CORE]),
    // Operations as pages; never the command, and no home.
    (CONSOLE, &[CORE, OPERATIONS, EXPORT, WEB, MACHINE, TELLING]),
    // Operations written to a file; no home, and no console.
    (EXPORT, &[CORE, OPERATIONS]),
    // Who is told: rules over a port, as `core` is; no home.
    (TELLING, &[CORE, OPERATIONS]),
    (AWS, &[CORE, OPERATIONS, MACHINE, TELLING]),
    (LAMBDA, &[CORE, MACHINE]),
    (LOCAL, &[CORE, OPERATIONS, MACHINE, TELLING]),
    // Below both homes: the clock, random numbers, forms in a directory, the account at AWS.
    (MACHINE, &[CORE]),
    (WEB, &[CORE]),
    (TESTKIT, &[CORE, OPERATIONS, TELLING]),
    // `aws` and `lambda` for the functions' binaries; never `local`, whose loops call them from `counterfoil`.
    ("ingest", &[CORE, WEB, AWS, LAMBDA, MACHINE]),
    ("worker", &[CORE, AWS, LAMBDA, MACHINE]),
    ("notifier", &[CORE, AWS, LAMBDA]),
    ("courier", &[CORE, AWS, LAMBDA, MACHINE, TELLING]),
    (
        COMMAND,
        &[
            CORE, OPERATIONS, CONSOLE, EXPORT, WEB, AWS, LOCAL, MACHINE, TELLING, "ingest",
            "worker", "notifier",
        ],
    ),
    (BENCH, &[CORE, LAMBDA, TESTKIT, "ingest"]),
    (
        TESTS,
        &[
            CORE, OPERATIONS, CONSOLE, EXPORT, WEB, AWS, LAMBDA, LOCAL, MACHINE, TELLING, TESTKIT,
            COMMAND, "ingest", "worker", "notifier",
        ],
    ),
    (FUZZ, &[CORE, LAMBDA, TESTKIT, "ingest"]),
    ("xtask", &[]),
];

/// Where a crate from elsewhere may be used. A name that ends with `*` is a prefix.
const THEIRS: [(&str, &[&str]); 12] = [
    ("rusqlite", &[LOCAL]),
    ("libsqlite3-sys", &[LOCAL]),
    // The bench has them for the references, behind a feature.
    ("aws-*", &[AWS, BENCH]),
    ("aws_lambda_events", &[LAMBDA]),
    ("lambda_*", &[LAMBDA, BENCH]),
    ("serde_dynamo", &[LAMBDA]),
    ("axum*", &[COMMAND, TESTS]),
    ("hyper*", &[COMMAND, CONSOLE, BENCH, TELLING, TESTS, AWS]),
    ("lettre", &[TELLING]),
    ("tracing-subscriber", &[COMMAND, LAMBDA, "xtask"]),
    // Whether a retry helps is part of a library's contract; `anyhow` forgets it.
    (
        "anyhow",
        &[
            COMMAND, BENCH, TESTS, "xtask", "ingest", "worker", "notifier",
        ],
    ),
    ("ureq", &[COMMAND, TESTS]),
];

/// They do no I/O: what they need from outside comes through ports.
const PURE: [&str; 2] = [CORE, OPERATIONS];

/// What these must not have, beyond what nobody but others may have: time, chance, threads, the network.
const NOT_IN_CORE: [&str; 8] = [
    "tokio",
    "http",
    "http-body-util",
    "getrandom",
    "rand",
    "reqwest",
    "tracing",
    "rustix",
];

/// I/O that needs no crate.
const NOT_IN_CORE_SOURCES: [&str; 6] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "SystemTime::now",
    "Instant::now",
];

fn ours_are_used_where_they_may(file: &File) -> Vec<String> {
    let Some(manifest) = Manifest::read(file) else {
        return Vec::new();
    };
    let Some((_, allowed)) = OURS.iter().find(|(name, _)| *name == manifest.name) else {
        return vec![format!(
            "{}: {} is not in the table of directions",
            file.path, manifest.name
        )];
    };
    let is_ours =
        |name: &str| OURS.iter().any(|(ours, _)| *ours == name) || name.starts_with("counterfoil");
    let dependencies = manifest.dependencies();
    let wrong = dependencies.iter().filter(|dependency| {
        // `core`'s own tests look at what operations make of its rules.
        let for_tests = dependency.for_tests && [TESTKIT, OPERATIONS].contains(&dependency.name);
        is_ours(dependency.name) && !allowed.contains(&dependency.name) && !for_tests
    });
    wrong
        .map(|dependency| format!("{} must not depend on {}", manifest.path, dependency.name))
        .collect()
}

fn theirs_are_used_where_they_may(file: &File) -> Vec<String> {
    let Some(manifest) = Manifest::read(file) else {
        return Vec::new();
    };
    let may = |name: &str| {
        let rules = THEIRS.iter().filter(|(pattern, _)| matches(pattern, name));
        rules.clone().count() == 0
            || rules
                .flat_map(|(_, users)| *users)
                .any(|user| *user == manifest.name)
    };
    let dependencies = manifest.dependencies();
    let wrong = dependencies
        .iter()
        .filter(|dependency| !may(dependency.name));
    wrong
        .map(|dependency| format!("{} must not depend on {}", manifest.path, dependency.name))
        .collect()
}

fn core_has_no_way_out(file: &File) -> Vec<String> {
    let Some(manifest) =
        Manifest::read(file).filter(|manifest| PURE.contains(&manifest.name.as_str()))
    else {
        return Vec::new();
    };
    let dependencies = manifest.dependencies();
    let wrong = dependencies
        .iter()
        .filter(|dependency| NOT_IN_CORE.contains(&dependency.name));
    wrong
        .map(|dependency| format!("{} must not depend on {}", manifest.name, dependency.name))
        .collect()
}

fn core_does_no_io(file: &File) -> Vec<String> {
    let is_pure = ["crates/core/src/", "crates/operations/src/"]
        .iter()
        .any(|folder| file.path.starts_with(folder));
    if !is_pure || file.is_test() {
        return Vec::new();
    }
    NOT_IN_CORE_SOURCES
        .iter()
        .flat_map(|pattern| file.lines_with(pattern))
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |prefix| name.starts_with(prefix))
}

/// A manifest of this package with this dependency, to show a rule.
fn with_dependency(package: &str, section: &str, dependency: &str) -> String {
    format!("[package]\nname = '{package}'\n[{section}]\n{dependency}.workspace = true")
}

#[test]
fn packages_of_ours_depend_on_each_other_in_one_direction() {
    for (package, dependency) in [
        (CORE, WEB),
        (CORE, OPERATIONS),
        (CONSOLE, COMMAND),
        (OPERATIONS, WEB),
        (LOCAL, "worker"),
        (LOCAL, AWS),
        ("ingest", LOCAL),
        (WEB, TESTKIT),
    ] {
        let manifest = with_dependency(package, "dependencies", dependency);
        tree::catches(ours_are_used_where_they_may, "x/Cargo.toml", &manifest);
    }
    tree::catches(
        ours_are_used_where_they_may,
        "x/Cargo.toml",
        "[package]\nname = 'newcomer'",
    );
    let for_tests = with_dependency(LOCAL, "dev-dependencies", TESTKIT);
    tree::allows(ours_are_used_where_they_may, "x/Cargo.toml", &for_tests);
    tree::hold(ours_are_used_where_they_may);
}

#[test]
fn a_crate_from_elsewhere_stays_behind_its_wall() {
    for (package, dependency) in [
        ("counterfoil", "rusqlite"),
        ("worker", "aws-sdk-sqs"),
        (WEB, "lambda_http"),
    ] {
        let manifest = with_dependency(package, "dependencies", dependency);
        tree::catches(theirs_are_used_where_they_may, "x/Cargo.toml", &manifest);
    }
    let platform = with_dependency(WEB, "target.'cfg(unix)'.dependencies", "hyper-util");
    tree::catches(theirs_are_used_where_they_may, "x/Cargo.toml", &platform);
    tree::allows(
        theirs_are_used_where_they_may,
        "x/Cargo.toml",
        &with_dependency(LOCAL, "dependencies", "rusqlite"),
    );
    tree::hold(theirs_are_used_where_they_may);
}

#[test]
fn core_knows_no_network_no_runtime_and_no_chance() {
    tree::catches(
        core_has_no_way_out,
        "x/Cargo.toml",
        &with_dependency(CORE, "dependencies", "tokio"),
    );
    tree::hold(core_has_no_way_out);
}

#[test]
fn core_reads_no_file_no_clock_and_no_environment() {
    for folder in ["core", "operations"] {
        tree::catches(
            core_does_no_io,
            &format!("crates/{folder}/src/x.rs"),
            "//! X.\nuse std::fs;",
        );
    }
    tree::allows(
        core_does_no_io,
        "crates/core/src/x_tests.rs",
        "//! X.\nuse std::fs;",
    );
    tree::hold(core_does_no_io);
}

#[test]
fn every_package_is_where_its_name_says() {
    let wrong = manifests::all().into_iter().filter_map(|manifest| {
        let folder = manifest.path.rsplit('/').next().unwrap_or_default();
        let name = manifest
            .name
            .strip_prefix("counterfoil-")
            .unwrap_or(&manifest.name);
        (folder != name).then(|| format!("{} lies in {}", manifest.name, manifest.path))
    });
    tree::report(wrong.collect());
}
