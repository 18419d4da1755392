//! A list called `ALL` has every case of its enum, in the order of their declaration: tables are sized by it, and a case
//! that is not in it would have no place in them.

use crate::tree::{self, File};

const LIST: &str = "const ALL: [Self;";

/// The names in a list's initialiser.
fn listed(text: &str) -> Vec<&str> {
    let inner = text
        .split_once("= [")
        .and_then(|(_, rest)| rest.split_once(']'))
        .map_or("", |(inner, _)| inner);
    inner
        .split(',')
        .filter_map(|name| name.trim().strip_prefix("Self::"))
        .collect()
}

/// The cases of an enum, whose body begins here.
fn cases(body: &str) -> Vec<&str> {
    let (mut depth, mut found) = (0, Vec::new());
    for line in body.lines() {
        let line = line.trim();
        let name = line
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or_default();
        if depth == 0 && name.starts_with(|c: char| c.is_ascii_uppercase()) {
            found.push(name);
        }
        if !line.starts_with("//") {
            depth += line.matches(['{', '(']).count();
            match depth.checked_sub(line.matches(['}', ')']).count()) {
                Some(left) => depth = left,
                None => break,
            }
        }
    }
    found
}

fn lists_every_case(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let lists = file.text.match_indices(LIST).filter_map(|(at, _)| {
        let line = file.text[..at].matches('\n').count() + 1;
        let (_, name) = file.text[..at].rsplit_once("\nimpl ")?;
        let name = name.split([' ', '\n']).next()?;
        let (_, body) = file.text.split_once(&format!("enum {name} {{\n"))?;
        (listed(&file.text[at..]) != cases(body))
            .then(|| format!("{}:{line}: ALL is not all of {name}", file.path))
    });
    lists.collect()
}

#[test]
fn a_list_of_all_cases_has_them_all_in_their_order() {
    let file = |list: &str| {
        let cases = "enum X {\n    /// It (and only it).\n    A,\n    #[default]\n    B { one: u8 },\n    C(u8),\n}\n";
        format!("//! X y z.\n{cases}\nimpl X {{\n    pub {LIST} 3] = [{list}];\n}}\n")
    };
    for list in ["Self::A, Self::B", "Self::B, Self::A, Self::C", ""] {
        tree::catches(lists_every_case, "a/src/lib.rs", &file(list));
    }
    tree::allows(
        lists_every_case,
        "a/src/lib.rs",
        &file("\n        Self::A,\n        Self::B,\n        Self::C,\n    "),
    );
    tree::hold(lists_every_case);
}
