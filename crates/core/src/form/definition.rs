//! Reads a form's TOML. A fault says where it is and how to mend it.

mod copy;
mod guards;
mod notify;
mod page;
mod summary;

pub(super) use page::as_sent;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

use super::faults::{Faults, FormFaults, Wrong};
use super::source::Source;
use super::{Copy, Form, FormId, Mode, judge, keys, sendable};
use crate::captcha::Captcha;
use crate::schema::{Schema, SchemaFault};

/// What is written and sound; the rest is a fault.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Definition {
    title: Option<Spanned<String>>,
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
    framed: Option<bool>,
    show_seen: Option<bool>,
    /// Read where it is written, with the place of each rule.
    #[serde(rename = "notify")]
    _notify: Option<IgnoredAny>,
    copy: Option<copy::Written>,
    retention_days: Option<Spanned<u32>>,
    schema: Option<serde_json::Value>,
}

pub(super) fn parse(id: FormId, text: &str) -> Result<Form, FormFaults> {
    let mut faults = Faults::default();
    match read(id, text, &mut faults) {
        Some(form) if faults.count() == 0 => Ok(form),
        _ => Err(faults.of(text)),
    }
}

fn read(id: FormId, text: &str, faults: &mut Faults) -> Option<Form> {
    let source = Source::parse(text, faults)?;
    let sound = judge::sound(source.table(), faults);
    let sound = source.only(|key| sound.contains(&key));
    let definition = definition(&sound, faults);
    let form = form(id, definition, &sound, faults)?;
    let never = sendable::never(&form).into_iter();
    faults.extend(never.map(|(pointer, message)| placed(&source, &pointer, &message)));
    Some(form)
}

/// Reads what is written. Where that cannot be, key by key, so that one that cannot be read hides no other.
fn definition(source: &Source<'_>, faults: &mut Faults) -> Definition {
    if let Ok(read) = deserialize(source.clone()) {
        return read;
    }
    let mut is_readable = |key: &str| {
        let alone = deserialize(source.only(|other| other == key));
        faults.take(alone).is_some()
    };
    let keys = source.table().get_ref().keys();
    let keys = keys.map(|key| key.get_ref().as_ref());
    let readable: Vec<_> = keys.filter(|key| is_readable(key)).collect();
    let read = deserialize(source.only(|key| readable.contains(&key)));
    faults.take(read).unwrap_or_default()
}

fn deserialize(source: Source<'_>) -> Result<Definition, Wrong> {
    let read = Definition::deserialize(toml::Deserializer::from(source.into_table()));
    read.map_err(|error| {
        (
            error.span().map_or(0, |span| span.start),
            error.message().trim_end().to_owned(),
        )
    })
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

/// The form, if what makes it one is there. A key that is wrong is noted, and left out.
fn form(id: FormId, written: Definition, source: &Source<'_>, faults: &mut Faults) -> Option<Form> {
    let schema = written.schema.as_ref();
    let schema = schema.and_then(|schema| compiled(schema, source, faults));
    let names = match &schema {
        Some(_) => None,
        None => written.schema.as_ref().and_then(names),
    };
    let known = schema.as_ref().or(names.as_ref());
    let named = known.map(|schema| Named::read(&written, schema, faults));
    let notify = known.map(|schema| notify::read(source, schema, faults));
    let named = named.unwrap_or_default();
    let title = written.title.map(|title| page::title(&title));
    let title = faults.take_some(title);
    let language = faults.take_some(written.language.map(|tag| page::language(&tag)));
    Some(Form {
        id,
        language: language.unwrap_or_else(|| "en".into()),
        intro: written.intro,
        button: written.button,
        thanks: written.thanks,
        enabled: written.enabled.unwrap_or(true),
        mode: written.mode.unwrap_or_default(),
        honeypot: named.honeypot,
        captcha: named.captcha,
        budget: written
            .budget
            .map_or_else(Default::default, |budget| budget.check(faults)),
        burst: faults.take_some(written.burst.map(|rate| rate.check("burst"))),
        summary: named.summary,
        framed: written.framed.unwrap_or_default(),
        show_seen: written.show_seen.unwrap_or_default(),
        notify: notify.unwrap_or_default(),
        copy: named.copy,
        origins: faults.take_all(written.origins.iter().map(page::origin)),
        ignore: named.ignore,
        redirect: faults.take_some(written.redirect.map(|to| page::redirect(&to))),
        retention_days: faults.take_some(written.retention_days.map(|days| page::days(&days))),
        title: title?,
        schema: schema?,
    })
}

/// What names fields of the form, or must not be one.
#[derive(Default)]
struct Named {
    honeypot: Option<String>,
    captcha: Option<Captcha>,
    copy: Option<Copy>,
    ignore: Vec<String>,
    summary: Vec<String>,
}

impl Named {
    fn read(written: &Definition, schema: &Schema, faults: &mut Faults) -> Self {
        let captcha = written.captcha.as_ref();
        let provider = captcha.map(guards::Captcha::provider);
        let honeypot = written.honeypot.as_ref();
        let honeypot = honeypot.map(|name| guards::honeypot(name, schema, provider));
        let copy = written.copy.as_ref();
        let copy = copy.and_then(|copy| copy.check(schema, captcha.is_some(), faults));
        let ignore = written.ignore.iter();
        let summary = written.summary.as_ref();
        Self {
            copy,
            honeypot: faults.take_some(honeypot),
            captcha: captcha.and_then(|captcha| captcha.check(schema, faults)),
            ignore: faults.take_all(ignore.map(|name| page::ignored(name, schema))),
            summary: summary.map_or_else(Vec::new, |names| summary::check(names, schema, faults)),
        }
    }
}

fn compiled(
    schema: &serde_json::Value,
    source: &Source<'_>,
    faults: &mut Faults,
) -> Option<Schema> {
    let read = Schema::compile_within(schema.clone(), &keys::AROUND_THE_SCHEMA);
    let placed =
        |fault: &SchemaFault| placed(source, &format!("/schema{}", fault.pointer), &fault.message);
    read.map_err(|wrong| faults.extend(wrong.iter().map(placed)))
        .ok()
}

/// A schema of the fields' names alone: with it, what names fields is judged although a field's rules are wrong.
fn names(schema: &serde_json::Value) -> Option<Schema> {
    let fields = schema.get("properties")?.as_object()?;
    let names = fields.keys().filter(|name| !name.starts_with('_'));
    let names: serde_json::Map<_, _> = names.map(|name| (name.clone(), true.into())).collect();
    Schema::compile(serde_json::json!({"type": "object", "properties": names})).ok()
}

/// The form `contact`, or the first thing that is wrong with it.
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests: a panic is a failed test")]
fn first_fault(text: &str) -> Result<Form, super::FormFault> {
    let read = parse(FormId::parse("contact").unwrap(), text);
    read.map_err(|faults| faults.into_iter().next().unwrap())
}

#[cfg(test)]
#[path = "definition_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "all_tests.rs"]
mod all_tests;

#[cfg(test)]
#[path = "mend_tests.rs"]
mod mend_tests;

#[cfg(test)]
#[path = "notify_tests.rs"]
mod notify_tests;
