//! Reads a form's TOML. A fault says where it is and how to mend it.

mod guards;
mod notify;
mod page;
mod summary;

pub(super) use page::as_sent;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::keys::Wrong;
use super::source::Source;
use super::{Budget, Form, FormId, Mode, keys, sendable};
use crate::schema::Schema;

/// What is wrong with a form's file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct FormFault {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong, and how to mend it.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    title: Spanned<String>,
    intro: Option<String>,
    language: Option<Spanned<String>>,
    button: Option<String>,
    thanks: Option<String>,
    enabled: Option<bool>,
    mode: Option<Mode>,
    #[serde(default)]
    origins: Vec<Spanned<String>>,
    #[serde(default)]
    ignore: Vec<Spanned<String>>,
    redirect: Option<Spanned<String>>,
    honeypot: Option<Spanned<String>>,
    captcha: Option<guards::Captcha>,
    budget: Option<guards::Budget>,
    burst: Option<guards::Rate>,
    summary: Option<Spanned<Vec<Spanned<String>>>>,
    show_seen: Option<bool>,
    /// Read where it is written, with the place of each rule.
    #[serde(rename = "notify")]
    _notify: Option<IgnoredAny>,
    retention_days: Option<Spanned<u32>>,
    schema: serde_json::Value,
}

pub(super) fn parse(id: FormId, text: &str) -> Result<Form, FormFault> {
    read(id, text).map_err(|(offset, message)| at(text, offset, message))
}

fn read(id: FormId, text: &str) -> Result<Form, Wrong> {
    let source = Source::parse(text)?;
    let definition: Definition = toml::from_str(text).map_err(|error| {
        let as_read = || {
            (
                error.span().map_or(0, |span| span.start),
                error.message().trim_end().to_owned(),
            )
        };
        source.unfit().unwrap_or_else(as_read)
    })?;
    let form = form(id, definition, &source)?;
    match sendable::never(&form) {
        Some((pointer, message)) => Err(placed(&source, &pointer, &message)),
        None => Ok(form),
    }
}

/// A fault at a JSON Pointer into the definition.
fn placed(source: &Source<'_>, pointer: &str, message: &str) -> Wrong {
    (
        source.locate(pointer),
        format!("{}: {message}", dotted(pointer)),
    )
}

/// A JSON Pointer as TOML's path to it.
pub(super) fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

fn form(id: FormId, definition: Definition, source: &Source<'_>) -> Result<Form, Wrong> {
    let schema = Schema::compile_within(definition.schema, &keys::AROUND_THE_SCHEMA)
        .map_err(|fault| placed(source, &format!("/schema{}", fault.pointer), &fault.message))?;
    let provider = definition.captcha.as_ref().map(guards::Captcha::provider);
    let honeypot = definition
        .honeypot
        .as_ref()
        .map(|name| guards::honeypot(name, &schema, provider));
    let ignore = definition.ignore.iter();
    let ignore = ignore.map(|name| page::ignored(name, &schema));
    let ignore = ignore.collect::<Result<_, _>>()?;
    let budget = definition.budget.map(guards::Budget::check).transpose()?;
    let language = definition
        .language
        .as_ref()
        .map(page::language)
        .transpose()?;
    Ok(Form {
        id,
        title: page::title(&definition.title)?,
        intro: definition.intro,
        language: language.unwrap_or_else(|| "en".into()),
        button: definition.button,
        thanks: definition.thanks,
        enabled: definition.enabled.unwrap_or(true),
        mode: definition.mode.unwrap_or_default(),
        honeypot: honeypot.transpose()?,
        captcha: definition
            .captcha
            .map(|captcha| captcha.check(&schema))
            .transpose()?,
        budget: budget.unwrap_or(Budget::default()),
        burst: definition
            .burst
            .map(|rate| rate.check("burst"))
            .transpose()?,
        summary: definition
            .summary
            .map(|names| summary::check(&names, &schema))
            .transpose()?
            .unwrap_or_default(),
        show_seen: definition.show_seen.unwrap_or_default(),
        notify: notify::read(source, &schema)?,
        schema,
        origins: definition
            .origins
            .iter()
            .map(page::origin)
            .collect::<Result<_, _>>()?,
        ignore,
        redirect: definition
            .redirect
            .as_ref()
            .map(page::redirect)
            .transpose()?,
        retention_days: definition
            .retention_days
            .as_ref()
            .map(page::days)
            .transpose()?,
    })
}

/// What is to be said of the byte at `offset`.
pub(super) fn at(text: &str, offset: usize, message: String) -> FormFault {
    let (line, column) = place(text, offset);
    FormFault {
        line,
        column,
        message,
    }
}

/// Line and column (from 1) of a byte offset.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |line| line.chars().count())
        + 1;
    (line, column)
}

#[cfg(test)]
#[path = "definition_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "mend_tests.rs"]
mod mend_tests;

#[cfg(test)]
#[path = "notify_tests.rs"]
mod notify_tests;
