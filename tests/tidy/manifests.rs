//! Every `Cargo.toml`: what it shares with the workspace, and what it is called.

use toml::{Table, Value};

use crate::tree::{self, File};

/// A package's manifest; `path` is the package's folder.
pub struct Manifest {
    pub path: String,
    pub name: String,
    pub table: Table,
}

impl Manifest {
    /// `None` for a file that is no package's manifest, such as the workspace's own.
    pub fn read(file: &File) -> Option<Self> {
        let path = file
            .path
            .strip_suffix("Cargo.toml")?
            .trim_end_matches('/')
            .to_owned();
        let table: Table = file
            .text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let name = table.get("package")?.get("name")?.as_str()?.to_owned();
        Some(Self { path, name, table })
    }

    /// Each dependency with the section that names it, those for one platform included.
    pub fn dependencies(&self) -> Vec<Dependency<'_>> {
        let platforms = self
            .table
            .get("target")
            .and_then(Value::as_table)
            .into_iter()
            .flat_map(Table::values);
        let tables = std::iter::once(&self.table).chain(platforms.filter_map(Value::as_table));
        tables.flat_map(Self::dependencies_in).collect()
    }

    fn dependencies_in(table: &Table) -> impl Iterator<Item = Dependency<'_>> {
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .into_iter()
            .flat_map(move |section| {
                let entries = table
                    .get(section)
                    .and_then(Value::as_table)
                    .into_iter()
                    .flatten();
                entries.map(move |(name, value)| Dependency {
                    name,
                    value,
                    for_tests: section == "dev-dependencies",
                })
            })
    }
}

/// One dependency of one package.
pub struct Dependency<'a> {
    pub name: &'a str,
    pub value: &'a Value,
    pub for_tests: bool,
}

/// Every package of ours.
pub fn all() -> Vec<Manifest> {
    let found: Vec<_> = tree::files().iter().filter_map(Manifest::read).collect();
    assert!(
        found.len() >= 11,
        "the walk has lost its way: {} packages",
        found.len()
    );
    found
}

fn shares_the_lints(file: &File) -> Vec<String> {
    let Some(manifest) = Manifest::read(file) else {
        return Vec::new();
    };
    let shared = manifest
        .table
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        .and_then(Value::as_bool);
    if shared == Some(true) {
        Vec::new()
    } else {
        vec![format!("{}: wants [lints] workspace = true", file.path)]
    }
}

fn takes_versions_from_the_workspace(file: &File) -> Vec<String> {
    let Some(manifest) = Manifest::read(file) else {
        return Vec::new();
    };
    let own = |dependency: &Dependency<'_>| {
        dependency.value.get("workspace").and_then(Value::as_bool) != Some(true)
    };
    let dependencies = manifest.dependencies();
    let own = dependencies.iter().filter(|dependency| own(dependency));
    own.map(|dependency| format!("{}: {} wants workspace = true", file.path, dependency.name))
        .collect()
}

/// A crate exists to keep a dependency out of something; these names say that it does not.
fn has_a_name_that_says_something(file: &File) -> Vec<String> {
    let Some(manifest) = Manifest::read(file) else {
        return Vec::new();
    };
    let words = ["util", "utils", "common", "shared", "misc", "helpers"];
    let vague = manifest
        .name
        .split(['-', '_'])
        .find(|word| words.contains(word));
    vague
        .map(|word| format!("{}: a crate called {word} is no cut", file.path))
        .into_iter()
        .collect()
}

fn forbids_what_is_not_safe(file: &File) -> Vec<String> {
    if file.path != "Cargo.toml" {
        return Vec::new();
    }
    let table: Table = file.text.parse().unwrap();
    let lint = table
        .get("workspace")
        .and_then(|w| w.get("lints")?.get("rust")?.get("unsafe_code")?.as_str());
    if lint == Some("forbid") {
        Vec::new()
    } else {
        vec!["Cargo.toml: wants unsafe_code = \"forbid\"".into()]
    }
}

#[test]
fn every_crate_shares_the_workspace_lints() {
    tree::catches(
        shares_the_lints,
        "x/Cargo.toml",
        "[package]\nname = 'x'\n[lints]\nworkspace = false",
    );
    tree::hold(shares_the_lints);
}

#[test]
fn every_version_stands_in_the_workspace_manifest() {
    let rule = takes_versions_from_the_workspace;
    tree::catches(
        rule,
        "x/Cargo.toml",
        "[package]\nname = 'x'\n[dev-dependencies]\nserde = '1'",
    );
    tree::catches(
        rule,
        "x/Cargo.toml",
        "[package]\nname = 'x'\n[target.'cfg(unix)'.dependencies]\nserde = '1'",
    );
    tree::hold(rule);
}

#[test]
fn no_crate_has_a_name_that_says_nothing() {
    tree::catches(
        has_a_name_that_says_something,
        "x/Cargo.toml",
        "[package]\nname = 'counterfoil-util'",
    );
    tree::hold(has_a_name_that_says_something);
}

#[test]
fn the_workspace_forbids_code_the_compiler_cannot_check() {
    tree::catches(
        forbids_what_is_not_safe,
        "Cargo.toml",
        "[workspace.lints.rust]\nunsafe_code = 'warn'",
    );
    tree::hold(forbids_what_is_not_safe);
}
