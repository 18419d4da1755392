//! Reads a form's TOML. A fault says where it is and how to mend it.

use serde::Deserialize;
use toml::Spanned;

use super::{Form, FormId};
use crate::json::MAX_NAME;
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
    #[serde(default)]
    origins: Vec<Spanned<String>>,
    redirect: Option<Spanned<String>>,
    honeypot: Option<Spanned<String>>,
    retention_days: Option<Spanned<u32>>,
    schema: Spanned<serde_json::Value>,
}

pub(super) fn parse(id: FormId, text: &str) -> Result<Form, FormFault> {
    let fault = |at: usize, message: String| {
        let (line, column) = place(text, at);
        FormFault { line, column, message }
    };
    let definition: Definition = toml::from_str(text)
        .map_err(|error| fault(error.span().map_or(0, |span| span.start), error.message().trim_end().to_owned()))?;
    let at = definition.schema.span().start;
    let schema = Schema::compile(definition.schema.into_inner()).map_err(|m| fault(at, format!("schema: {m}")))?;
    let honeypot = definition.honeypot.as_ref().map(|name| honeypot(name, &schema)).transpose();
    let origins = definition.origins.iter().map(origin).collect::<Result<_, _>>();
    let redirect = definition.redirect.as_ref().map(redirect).transpose();
    let language = definition.language.as_ref().map(language).transpose();
    let days = definition.retention_days.as_ref().map(days).transpose();
    Ok(Form {
        id,
        title: filled(&definition.title).map_err(|(at, m)| fault(at, m))?,
        intro: definition.intro,
        language: language.map_err(|(at, m)| fault(at, m))?.unwrap_or_else(|| "en".into()),
        button: definition.button,
        thanks: definition.thanks,
        schema,
        origins: origins.map_err(|(at, m)| fault(at, m))?,
        redirect: redirect.map_err(|(at, m)| fault(at, m))?,
        honeypot: honeypot.map_err(|(at, m)| fault(at, m))?,
        retention_days: days.map_err(|(at, m)| fault(at, m))?,
    })
}

/// A byte offset and what is wrong there.
type Wrong = (usize, String);

fn filled(text: &Spanned<String>) -> Result<String, Wrong> {
    if text.get_ref().trim().is_empty() {
        return Err((text.span().start, "title: is empty; give the page's heading".into()));
    }
    Ok(text.get_ref().clone())
}

fn language(tag: &Spanned<String>) -> Result<String, Wrong> {
    let ok = (2..=35).contains(&tag.get_ref().len())
        && tag.get_ref().split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    if ok {
        Ok(tag.get_ref().clone())
    } else {
        Err((tag.span().start, "language: give a tag such as \"en\" or \"zh\"".into()))
    }
}

fn days(days: &Spanned<u32>) -> Result<u32, Wrong> {
    match days.get_ref() {
        1..=36_500 => Ok(*days.get_ref()),
        _ => Err((days.span().start, "retention_days: give 1 to 36500, or leave it out to keep for ever".into())),
    }
}

fn honeypot(name: &Spanned<String>, schema: &Schema) -> Result<String, Wrong> {
    let wrong = |message: &str| Err((name.span().start, format!("honeypot: {message}")));
    let text = name.get_ref();
    if text.is_empty() || text.len() > MAX_NAME || text.starts_with('_') {
        return wrong("give a field name of 1 to 128 bytes that does not start with '_'");
    }
    if schema.property(text).is_some() {
        return wrong("the schema has a field of this name; choose another");
    }
    Ok(text.clone())
}

fn origin(text: &Spanned<String>) -> Result<String, Wrong> {
    let lower = text.get_ref().to_ascii_lowercase();
    let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let plain =
        |host: &str| !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b));
    if host.is_some_and(plain) {
        return Ok(lower);
    }
    let mend = "origins: give scheme://host or scheme://host:port, with no path, such as \"https://example.org\"";
    Err((text.span().start, mend.into()))
}

fn redirect(text: &Spanned<String>) -> Result<String, Wrong> {
    let target = text.get_ref();
    let host = target.strip_prefix("https://").or_else(|| target.strip_prefix("http://"));
    // The host is the form's alone: not even a ticket has a say in it.
    let absolute =
        host.and_then(|rest| rest.split(['/', '?', '#']).next()).is_some_and(|h| !h.is_empty() && !h.contains('{'));
    let path = target.starts_with('/') && !target.starts_with("//") && !target.contains('\\');
    let plain = target.bytes().all(|b| b.is_ascii_graphic());
    let braces = target.replace("{ticket}", "");
    if (absolute || path) && plain && !braces.contains(['{', '}']) {
        return Ok(target.clone());
    }
    let mend = "redirect: give a path (\"/thanks\") or an http(s) address; the one placeholder is {ticket}";
    Err((text.span().start, mend.into()))
}

/// Line and column (from 1) of a byte offset.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../../../../forms/contact.toml");

    fn read(text: &str) -> Result<Form, FormFault> {
        parse(FormId::parse("contact").unwrap(), text)
    }

    #[test]
    fn the_shipped_form_is_good_and_keeps_its_order() {
        let form = read(GOOD).unwrap();
        let names: Vec<_> = form.schema.properties().map(|(name, _)| name).collect();
        assert_eq!(names, ["name", "email", "message"]);
        assert!(names.iter().all(|name| form.schema.requires(name)));
    }

    #[test]
    fn a_fault_names_its_line_and_mend() {
        let cases = [
            ("title = \"Contact us\"", "title = ", 5, "string"),
            ("title = \"Contact us\"", "title = \"x\"\ncolour = \"red\"", 6, "colour"),
            ("title = \"Contact us\"", "title = \" \"", 5, "heading"),
            ("title = \"Contact us\"", "title = \"x\"\nredirect = \"//evil.example\"", 6, "redirect"),
            ("title = \"Contact us\"", "title = \"x\"\nredirect = \"javascript:alert(1)\"", 6, "redirect"),
            ("title = \"Contact us\"", "title = \"x\"\nredirect = \"/t/{id}\"", 6, "{ticket}"),
            ("title = \"Contact us\"", "title = \"x\"\nredirect = \"https://{ticket}.example\"", 6, "redirect"),
            ("title = \"Contact us\"", "title = \"x\"\nredirect = \"https:///path\"", 6, "redirect"),
            ("title = \"Contact us\"", "title = \"x\"\norigins = [\"https://a.org/\"]", 6, "no path"),
            ("title = \"Contact us\"", "title = \"x\"\nretention_days = 0", 6, "retention_days"),
            ("language = \"en\"", "language = \"e n\"", 7, "language"),
        ];
        assert_eq!(GOOD.lines().nth(4), Some("title = \"Contact us\""), "the cases count lines from here");
        for (from, to, line, word) in cases {
            let fault = read(&GOOD.replace(from, to)).unwrap_err();
            assert_eq!(fault.line, line, "{fault}");
            assert!(fault.message.contains(word), "{fault}");
        }
    }

    #[test]
    fn a_honeypot_must_not_be_a_field() {
        let fault = read(&GOOD.replace("honeypot = \"website\"", "honeypot = \"email\"")).unwrap_err();
        assert!(fault.message.starts_with("honeypot:"), "{fault}");
    }
}
