//! No circles between the modules of a crate: what lies below knows nothing of what lies above it. Held against each
//! other are modules that lie side by side, each with all that is in its folder; a module and what is in its own folder
//! may know each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifests;
use crate::tree::{self, File};

/// Crates in which there are still some: they are printed. None may come in anywhere else.
const STILL: [&str; 1] = ["counterfoil-local"];

/// A path of modules below the crate's root, outermost first.
type Path = Vec<String>;

/// The modules of one crate, with their text.
struct Crate {
    modules: BTreeMap<Path, String>,
    /// What the root gives on under a shorter name, and whose it is.
    given_on: BTreeMap<String, Path>,
}

impl Crate {
    /// `folder`: of its sources, with a slash at the end.
    fn read(files: &[File], folder: &str) -> Self {
        let sources = files
            .iter()
            .filter(|file| file.is_rust() && !file.is_test());
        let sources = sources
            .filter_map(|file| Some((file.path.strip_prefix(folder)?.strip_suffix(".rs")?, file)));
        let is_module =
            |path: &str| !matches!(path, "lib" | "main" | "testing") && !path.starts_with("bin/");
        let (modules, roots): (Vec<_>, Vec<_>) = sources.partition(|(path, _)| is_module(path));
        let modules = modules
            .into_iter()
            .map(|(path, file)| (path.split('/').map(str::to_owned).collect(), code(file)));
        let mut all = Self {
            modules: modules.collect(),
            given_on: BTreeMap::new(),
        };
        let root = roots
            .into_iter()
            .find(|(path, _)| *path == "lib")
            .map(|(_, file)| code(file))
            .unwrap_or_default();
        for (at, _) in root.match_indices("pub use ") {
            for path in written_out(&root[at + "pub use ".len()..]) {
                let segments: Path = path.split("::").map(str::to_owned).collect();
                let name = segments.last().cloned().unwrap_or_default();
                all.given_on
                    .extend(all.module_of(&segments).map(|module| (name, module)));
            }
        }
        all
    }

    /// The innermost module that a path from the root leads into.
    fn module_of(&self, segments: &[String]) -> Option<Path> {
        let lengths = (1..=segments.len()).rev();
        lengths
            .map(|length| segments[..length].to_vec())
            .find(|path| self.modules.contains_key(path))
    }

    /// The module that `text`, written in the module `at`, names.
    fn named(&self, at: &[String], text: &str) -> Option<Path> {
        let mut base = at.to_vec();
        let mut rest = text.split("::").peekable();
        if rest.next_if_eq(&"crate").is_some() {
            base.clear();
        } else {
            while rest.next_if_eq(&"super").is_some() {
                base.pop();
            }
        }
        let from_the_root = base.is_empty();
        base.extend(rest.map(str::to_owned));
        let short = || {
            base.first()
                .filter(|_| from_the_root)
                .and_then(|name| self.given_on.get(name))
                .cloned()
        };
        self.module_of(&base).or_else(short)
    }

    /// Who knows whom, of modules that lie side by side.
    fn arrows(&self) -> BTreeSet<(Path, Path)> {
        let mut arrows = BTreeSet::new();
        for (at, text) in &self.modules {
            let starts = ["crate::", "super::"]
                .iter()
                .flat_map(|start| text.match_indices(start));
            let alone = starts.filter(|(place, _)| {
                !text[..*place].ends_with(|c: char| c.is_alphanumeric() || c == ':')
            });
            for path in alone.flat_map(|(place, _)| written_out(&text[place..])) {
                arrows.extend(
                    self.named(at, &path)
                        .and_then(|known| side_by_side(at, &known)),
                );
            }
        }
        arrows
    }

    /// The arrows that lead back to where they come from.
    fn circles(&self) -> Vec<(Path, Path)> {
        let arrows = self.arrows();
        let leads_back = |(from, to): &(Path, Path)| {
            let mut reached = BTreeSet::from([to]);
            loop {
                let next: Vec<_> = arrows
                    .iter()
                    .filter(|(one, _)| reached.contains(one))
                    .map(|(_, to)| to)
                    .collect();
                let before = reached.len();
                reached.extend(next);
                if reached.len() == before {
                    return reached.contains(from);
                }
            }
        };
        arrows
            .iter()
            .filter(|arrow| leads_back(arrow))
            .cloned()
            .collect()
    }
}

/// The two where their paths part; `None` where one is in the other's folder.
fn side_by_side(one: &[String], other: &[String]) -> Option<(Path, Path)> {
    let common = one
        .iter()
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count();
    (common < one.len() && common < other.len())
        .then(|| (one[..=common].to_vec(), other[..=common].to_vec()))
}

/// A source without its remarks, and without its tests, which may know everybody.
fn code(file: &File) -> String {
    let test = ["#[cfg(test)]\nmod ", "#[cfg(test)]\n#[path"];
    let end = test
        .iter()
        .filter_map(|start| file.text.find(start))
        .min()
        .unwrap_or(file.text.len());
    let lines = file.text[..end]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths that begin here: one for each name in its braces.
fn written_out(text: &str) -> Vec<String> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
        .unwrap_or(text.len());
    let (start, rest) = text.split_at(end);
    match rest.strip_prefix('{').filter(|_| start.ends_with("::")) {
        Some(inner) => names(inner)
            .into_iter()
            .flat_map(written_out)
            .map(|path| format!("{start}{path}"))
            .collect(),
        None => vec![start.to_owned()],
    }
}

/// What stands between commas up to the closing brace.
fn names(inner: &str) -> Vec<&str> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, sign) in inner.char_indices() {
        let ends = depth == 0 && matches!(sign, ',' | '}');
        depth += i32::from(sign == '{') - i32::from(sign == '}');
        if ends {
            names.push(inner[start..at].trim());
            start = at + 1;
        }
        if depth < 0 {
            break;
        }
    }
    names
}

fn said((from, to): &(Path, Path)) -> String {
    format!("{} knows {}", from.join("/"), to.join("/"))
}

#[test]
fn no_module_is_known_to_what_it_knows() {
    let mut wrong = Vec::new();
    let files = tree::files();
    for manifest in manifests::all() {
        let circles = Crate::read(&files, &format!("{}/src/", manifest.path)).circles();
        let circles = circles
            .iter()
            .map(|arrow| format!("{}: in a circle, {}", manifest.name, said(arrow)));
        if STILL.contains(&manifest.name.as_str()) {
            circles.for_each(|circle| println!("{circle}"));
        } else {
            wrong.extend(circles);
        }
    }
    tree::report(wrong);
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let check = |lower: &str, upper: &str, expected: &[&str]| {
        let root = "//! X.\npub use upper::deep::Name;";
        let files = [
            File::sample("x/src/lib.rs", root),
            File::sample("x/src/upper.rs", "//! X.\n"),
            File::sample("x/src/upper/deep.rs", upper),
            File::sample(
                "x/src/upper/flat.rs",
                "//! X.\nuse super::deep::Y;\nuse super::Z;",
            ),
            File::sample("x/src/lower.rs", lower),
        ];
        let circles: Vec<_> = Crate::read(&files, "x/src/")
            .circles()
            .iter()
            .map(said)
            .collect();
        assert_eq!(circles, expected, "{lower}\n{upper}");
    };
    let both = ["lower knows upper", "upper knows lower"];
    let up = "use crate::lower::{A, B};";
    for down in [
        "use crate::upper::X;",
        "use crate::{lower, upper::{deep::{A}, B}};",
        "fn x() { crate::upper::deep::x(); }",
        "use super::upper;",
        "fn x(_: &crate::Name) {}",
    ] {
        check(down, up, &both);
        check(down, "", &[]);
    }
    for remark in [
        "/// See [`crate::upper`].",
        "#[cfg(test)]\nmod tests {\n use crate::upper;\n}",
        "use std::fmt;",
    ] {
        check(remark, up, &[]);
    }
    check(
        "",
        "use super::flat::X;",
        &["upper/deep knows upper/flat", "upper/flat knows upper/deep"],
    );
    check("", "use super::super::lower::X;\nuse crate::upper::Z;", &[]);
}
