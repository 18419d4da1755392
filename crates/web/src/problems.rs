//! What is wrong with a post: the summary at the top of the page, and the words at each field.

use counterfoil_core::rejection::{FieldError, FieldProblem};
use maud::{Markup, html};

use crate::field::Field;
use crate::texts::Texts;

/// What is wrong with one field.
pub(crate) fn at<'a>(errors: &'a [FieldError], name: &str) -> Vec<&'a FieldProblem> {
    errors
        .iter()
        .filter(|error| name_in(&error.pointer) == name)
        .map(|error| &error.problem)
        .collect()
}

/// What is to be said at the top of a page.
pub(crate) struct Said<'a> {
    /// What is wrong with fields.
    pub errors: &'a [FieldError],
    /// What is wrong beyond them.
    pub notice: Option<&'a str>,
    /// Does the page show what was typed? A body too large to read was not read.
    pub is_kept: bool,
}

/// The list at the top, each error linked to its field. It is an alert, the first thing in the page, and has the focus.
pub(crate) fn summary(said: &Said<'_>, fields: &[Field<'_>], texts: &Texts) -> Option<Markup> {
    if said.errors.is_empty() && said.notice.is_none() {
        return None;
    }
    Some(html! {
        section #problems role="alert" tabindex="-1" autofocus aria-labelledby="problems-title" {
            h2 #problems-title { (texts.problems_title) }
            @if let Some(notice) = said.notice { p { (notice) } }
            @if !said.errors.is_empty() {
                ul { @for error in said.errors { li { (line(error, fields, texts)) } } }
            }
            @if said.is_kept { p { (texts.nothing_lost) } }
        }
    })
}

fn line(error: &FieldError, fields: &[Field<'_>], texts: &Texts) -> Markup {
    let name = name_in(&error.pointer);
    let problem = (texts.problem)(&error.problem);
    match fields.iter().find(|field| field.name == name) {
        Some(field) => {
            html! { a href={ "#" (field.id()) } { (named(field.label, texts)) (problem) } }
        }
        None if name.is_empty() => html! { (problem) },
        None => html! { (name) (texts.colon) (problem) },
    }
}

/// A label before what is said of it, with one mark of punctuation between them.
fn named(label: &str, texts: &Texts) -> String {
    let bare = label.trim_end_matches([':', '\u{ff1a}', ' ', '\u{a0}']);
    if bare.ends_with([
        '?', '!', '.', '\u{2026}', '\u{ff1f}', '\u{ff01}', '\u{3002}', '\u{61f}',
    ]) {
        return format!("{bare} ");
    }
    format!("{bare}{}", texts.colon)
}

/// The field that an RFC 6901 pointer leads to or into.
fn name_in(pointer: &str) -> String {
    pointer
        .split('/')
        .nth(1)
        .unwrap_or_default()
        .replace("~1", "/")
        .replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mark_stands_between_a_label_and_what_is_said_of_it() {
        let english = Texts::in_language("en");
        for (label, shown) in [
            ("Name", "Name: "),
            ("Name:", "Name: "),
            ("Name :", "Name: "),
            ("Will you come?", "Will you come? "),
            ("And then\u{2026}", "And then\u{2026} "),
            ("您来吗？", "您来吗？ "),
        ] {
            assert_eq!(named(label, english), shown);
        }
        assert_eq!(named("姓名：", Texts::in_language("zh")), "姓名：");
    }
}
