//! The repository's text files, and how a rule is held against them.

use std::path::{Path, PathBuf};

/// What is made, not written. In a worktree `.git` is a file.
const MADE: [&str; 6] = [
    ".git",
    "target",
    "counterfoil-data",
    "node_modules",
    "__pycache__",
    ".aws-sam",
];

/// A text file of ours; the path is relative to the root, with slashes.
pub struct File {
    pub path: String,
    pub text: String,
}

impl File {
    /// A file that need not exist: what a rule is shown to fail on.
    pub fn sample(path: &str, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }

    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.ends_with("tests.rs")
    }

    /// The lines that contain this, each with a place that an editor can open.
    pub fn lines_with(&self, pattern: &str) -> Vec<String> {
        let numbered = self.text.lines().zip(1..);
        numbered
            .filter(|(line, _)| line.contains(pattern))
            .map(|(_, number)| format!("{}:{number}: {pattern}", self.path))
            .collect()
    }
}

/// The repository's root: this package lies right below it.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Every text file of ours, in order of its path.
pub fn files() -> Vec<File> {
    let mut found = Vec::new();
    collect(&root(), "", &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(
        found.len() > 20,
        "the walk has lost its way: {} files",
        found.len()
    );
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().unwrap();
        if MADE.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), found);
        } else if kind.is_file() {
            // What is not UTF-8 is a picture.
            found.extend(
                std::fs::read_to_string(entry.path())
                    .ok()
                    .map(|text| File { path, text }),
            );
        }
    }
}

/// Fails with everything that the rule finds in any file.
#[track_caller]
pub fn hold(rule: impl Fn(&File) -> Vec<String>) {
    report(files().iter().flat_map(rule).collect());
}

/// Fails with the complaints, one on each line.
#[track_caller]
pub fn report(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Shows that the rule can fail: a rule that finds nothing here would find nothing anywhere.
#[track_caller]
pub fn catches(rule: impl Fn(&File) -> Vec<String>, path: &str, text: &str) {
    assert!(
        !rule(&File::sample(path, text)).is_empty(),
        "the rule lets this pass in {path}:\n{text}"
    );
}

/// Shows that the rule does not forbid what is allowed.
#[track_caller]
pub fn allows(rule: impl Fn(&File) -> Vec<String>, path: &str, text: &str) {
    assert_eq!(
        rule(&File::sample(path, text)),
        Vec::<String>::new(),
        "the rule forbids this in {path}:\n{text}"
    );
}
