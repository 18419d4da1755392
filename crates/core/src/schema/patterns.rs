//! Regular expressions: linear in time and bounded in size. What is wrong with one is said in words of ours, because
//! the validator says of each that it is no regex.

use jsonschema::{Draft, PatternOptions, Regex};
use serde_json::{Value, json};

use super::{SchemaFault, fault};
use crate::json::child;

/// Bytes of a compiled pattern.
const MAX_COMPILED: usize = 1 << 20;

/// How a schema's patterns are run.
pub(super) fn options() -> PatternOptions<Regex> {
    PatternOptions::regex().size_limit(MAX_COMPILED)
}

/// Every pattern at or below `node` that cannot be used.
pub(super) fn wrong(node: &Value, at: &str) -> Vec<SchemaFault> {
    match node {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items
                .flat_map(|(nth, item)| wrong(item, &child(at, &nth.to_string())))
                .collect()
        }
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                let here = child(at, name);
                let mut all = own(name, value, &here);
                all.extend(wrong(value, &here));
                all
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Those that one keyword holds itself.
fn own(keyword: &str, value: &Value, at: &str) -> Vec<SchemaFault> {
    match (keyword, value) {
        ("pattern", Value::String(text)) => {
            let why = why_not(text).map(|why| fault(at, why));
            why.into_iter().collect()
        }
        ("patternProperties", Value::Object(named)) => named
            .keys()
            .filter_map(|text| Some(fault(&child(at, text), why_not(text)?)))
            .collect(),
        _ => Vec::new(),
    }
}

fn why_not(pattern: &str) -> Option<String> {
    let alone = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(options());
    alone.build(&json!({ "pattern": pattern })).err()?;
    let compiled = regex::RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED)
        .build();
    Some(match compiled {
        Err(regex::Error::CompiledTooBig(_)) => {
            "is too large a pattern once it is compiled: make its repetitions ({n,m}) smaller; \
             for a text's length alone, `maxLength` is enough"
                .into()
        }
        Err(regex::Error::Syntax(said)) => {
            // The library draws the pattern above its last line.
            let last = said
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .trim_start_matches("error: ");
            syntax(last)
        }
        Ok(_) | Err(_) => syntax("it is none of ECMAScript's"),
    })
}

fn syntax(said: &str) -> String {
    let backwards = ["look-around", "backreferences"]
        .iter()
        .any(|word| said.contains(word));
    if backwards {
        return "look-around ((?=…), (?!…), (?<=…), (?<!…)) and back-references (\\1) are not known: patterns run in \
                linear time, so that no text can hold up the server; say it with other keywords, such as `not`, \
                `allOf` or `minLength`"
            .into();
    }
    format!(
        "is no regular expression: {said}; in '…' a backslash is one, in \"…\" it is written \\\\"
    )
}
