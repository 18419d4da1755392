//! A form's page: made from its schema, works without a script, and keeps what was typed when it is refused.

use counterfoil_core::Form;
use counterfoil_core::accept::KEY_FIELD;
use counterfoil_core::rejection::FieldError;
use maud::{Markup, html};
use serde_json::json;

use crate::captcha;
use crate::control::Shown;
use crate::field::{Field, fields, posted, slug};
use crate::layout::Page;
use crate::problems::{self, Said};
use crate::script;
use crate::texts::Texts;
use crate::typed::Typed;

/// Everything the form page shows.
pub struct FormPage<'a> {
    /// The form.
    pub form: &'a Form,
    /// The value of the hidden `_idempotency`: a fresh UUIDv7, or the one that was posted.
    pub key: &'a str,
    /// What was typed, in order, as posted (names can repeat); empty on first show.
    pub typed: &'a [(String, String)],
    /// What is wrong with it.
    pub errors: &'a [FieldError],
    /// A sentence about a refusal that is not about one field (too large, try again, …), in the page's language
    /// where [`crate::refusal`] has it, else English.
    pub notice: Option<&'a str>,
}

/// The page.
#[must_use]
pub fn form_page(page: &FormPage<'_>) -> String {
    let texts = Texts::in_language(&page.form.language);
    let fields = fields(page.form);
    let said = Said {
        errors: page.errors,
        notice: page.notice,
        is_kept: !page.typed.is_empty(),
    };
    let summary = problems::summary(&said, &fields, texts);
    let is_filled_in = is_fresh(page) && !page.typed.is_empty();
    let prefix = if summary.is_some() {
        texts.error_prefix
    } else {
        ""
    };
    let body = html! {
        @if let Some(summary) = summary { (summary) }
        h1 { (page.form.title) }
        @if let Some(intro) = &page.form.intro { p.intro { (intro) } }
        @if is_filled_in { p.intro role="status" { (texts.filled_in) } }
        (controls(page, &fields, texts))
    };
    let title = format!("{prefix}{}", page.form.title);
    Page {
        language: &page.form.language,
        title: &title,
        refresh: None,
        body,
        script: Some(&script::hosted(page.form)),
    }
    .render()
}

fn controls(page: &FormPage<'_>, fields: &[Field<'_>], texts: &Texts) -> Markup {
    let defaults = if is_fresh(page) {
        defaults(page.form)
    } else {
        Vec::new()
    };
    let typed = Typed(if page.typed.is_empty() {
        &defaults
    } else {
        page.typed
    });
    // `novalidate`: everyone gets the same words from the server, at the field and in one list.
    html! {
        form method="post" action={ "/forms/" (page.form.id) } accept-charset="utf-8" novalidate
            data-words=(words(page.form, texts)) data-redirect=[&page.form.redirect]
            data-fresh[is_fresh(page) && page.typed.is_empty()] {
            input type="hidden" name=(KEY_FIELD) value=(page.key);
            @for field in fields {
                @let wrong = problems::at(page.errors, field.name);
                @let problems = wrong.into_iter().map(texts.problem).collect();
                (Shown { field, typed, problems, texts }.render())
            }
            @if let Some(name) = &page.form.honeypot { (honeypot(name, texts)) }
            (leftovers(page, fields, texts))
            (captcha::captcha(page.form))
            div.tear {}
            div.send {
                button type="submit" { (page.form.button.as_deref().unwrap_or(texts.send)) }
                p.hint { (texts.promise) }
            }
            p role="status" tabindex="-1" {}
        }
    }
}

/// What the script says.
fn words(form: &Form, texts: &Texts) -> String {
    let words = json!({
        "sending": texts.sending, "sent": form.thanks.as_deref().unwrap_or(texts.sent), "noAnswer": texts.no_answer_yet,
        "ticket": texts.your_ticket, "problems": texts.problems_title, "nothingLost": texts.nothing_lost,
        "colon": texts.colon, "error": texts.error_prefix,
    });
    words.to_string()
}

/// Is this the form's first show, and not a refusal whose body could not be read?
fn is_fresh(page: &FormPage<'_>) -> bool {
    page.errors.is_empty() && page.notice.is_none()
}

/// What the schema's `default`s would have typed.
fn defaults(form: &Form) -> Vec<(String, String)> {
    let given = form
        .schema
        .properties()
        .filter_map(|(name, node)| Some((name, node.get("default")?)));
    let given = given.flat_map(|(name, value)| {
        let items = value
            .as_array()
            .map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        items
            .iter()
            .filter_map(posted)
            .map(move |text| (name.to_owned(), text))
    });
    given.collect()
}

/// Programs fill in every field they find. Off the screen rather than `display:none`, which they know.
pub(crate) fn honeypot(name: &str, texts: &Texts) -> Markup {
    let id = format!("field-{}", slug(name));
    html! {
        div.away aria-hidden="true" {
            label for=(id) { (texts.leave_empty) }
            // Browsers and the managers of passwords are told, each by its own word, to fill nothing in.
            input type="text" id=(id) name=(name) tabindex="-1" autocomplete="off" data-1p-ignore data-bwignore
                data-lpignore="true" data-form-type="other";
        }
    }
}

/// What no control can show: a post may come from another page than ours, and what was typed there is not lost
/// because we have no place for it.
fn leftovers(page: &FormPage<'_>, fields: &[Field<'_>], texts: &Texts) -> Markup {
    let ours = |name: &str| name.starts_with('_') || page.form.honeypot.as_deref() == Some(name);
    let shown =
        |name: &str, nth, text: &str| fields.iter().any(|f| f.name == name && f.shows(nth, text));
    let left: Vec<(&str, &str)> = Typed(page.typed)
        .numbered()
        .filter(|(name, nth, text)| !text.is_empty() && !ours(name) && !shown(name, *nth, text))
        .map(|(name, _, text)| (name, text))
        .collect();
    html! {
        @if !left.is_empty() {
            section.left {
                h2 { (texts.leftovers) }
                dl { @for (name, text) in left { dt { (name) } dd dir="auto" { (text) } } }
            }
        }
    }
}

#[cfg(test)]
#[path = "form_page_tests.rs"]
mod tests;
