//! How many parameters a function takes, those counted that a tuple hides: `(a, b): (A, B)` is two. What comes without
//! a tuple is counted by clippy (`too_many_arguments`).

use crate::tree::{self, File};

/// More want a struct, whose fields have names.
const MOST: usize = 4;

/// What stands between the parentheses that open `text`, with its strings and remarks as they are.
fn in_parentheses(text: &str) -> &str {
    let mut depth = 0;
    for (at, sign) in text.char_indices() {
        depth += i32::from(sign == '(') - i32::from(sign == ')');
        if depth == 0 {
            return &text[1..at];
        }
    }
    ""
}

/// The parts between commas that no bracket encloses.
fn parts(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut before) = (0, 0, ' ');
    let mut parts = Vec::new();
    for (at, sign) in list.char_indices() {
        let is_arrow = sign == '>' && matches!(before, '-' | '=');
        depth += match sign {
            '(' | '[' | '{' | '<' => 1,
            ')' | ']' | '}' => -1,
            '>' if !is_arrow => -1,
            _ => 0,
        };
        if depth == 0 && sign == ',' {
            parts.push(list[start..at].trim());
            start = at + 1;
        }
        before = sign;
    }
    parts.push(list[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// How many names this parameter, or this part of a tuple, has.
fn names(part: &str) -> usize {
    if !part.starts_with('(') {
        return 1;
    }
    parts(in_parentheses(part)).into_iter().map(names).sum()
}

/// The list of parameters of the function whose name begins here.
fn parameters(text: &str) -> Option<&str> {
    let name = text.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let mut rest = &text[name..];
    if rest.starts_with('<') {
        let mut depth = 0;
        let end = rest.char_indices().find(|(at, sign)| {
            let is_arrow = *sign == '>' && rest[..*at].ends_with(['-', '=']);
            depth += i32::from(*sign == '<') - i32::from(*sign == '>' && !is_arrow);
            depth == 0
        })?;
        rest = &rest[end.0 + 1..];
    }
    rest.starts_with('(').then(|| in_parentheses(rest))
}

fn hides_none_in_tuples(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    let functions = file.text.match_indices("fn ");
    let functions = functions.filter(|(at, _)| {
        let line = file.text[..*at].rsplit('\n').next().unwrap_or_default();
        line.chars()
            .all(|c| c.is_alphanumeric() || " _()".contains(c))
    });
    let lists =
        functions.filter_map(|(at, _)| Some((at, parameters(&file.text[at + "fn ".len()..])?)));
    lists
        .filter_map(|(at, list)| {
            let parts = parts(list);
            let own = parts.iter().filter(|part| !is_self(part));
            let taken: usize = own.map(|part| names(part)).sum();
            let hides = parts.iter().any(|part| part.starts_with('('));
            let line = file.text[..at].lines().count();
            (hides && taken > MOST)
                .then(|| format!("{}:{line}: takes {taken}, at most {MOST}", file.path))
        })
        .collect()
}

fn is_self(part: &str) -> bool {
    let name = part.split(':').next().unwrap_or_default();
    name.split([' ', '&']).next_back() == Some("self")
}

#[test]
fn no_tuple_hides_how_many_parameters_a_function_takes() {
    for sample in [
        "fn x((a, b): (A, B), c: C, d: D, e: E) {}",
        "    pub(super) async fn x(&mut self, (a, (b, c)): (A, (B, C)), d: D, e: E) {}",
        "fn x<F: Fn(A) -> B>(\n    f: F,\n    (a, b): (A<B, C>, D),\n    (c, d): (E, F),\n) {}",
    ] {
        tree::catches(hides_none_in_tuples, "a/src/lib.rs", sample);
    }
    for sample in [
        "fn x(&self, (a, b): (A, B), c: C, d: impl Fn(A, B) -> C) {}",
        "fn x(a: (A, B), b: B, c: C, d: D) {}",
        "fn x(a: HashMap<A, B>, b: B, c: fn(A, B) -> C, d: D) {}",
    ] {
        tree::allows(hides_none_in_tuples, "a/src/lib.rs", sample);
    }
    tree::hold(hides_none_in_tuples);
}
