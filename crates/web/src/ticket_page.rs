//! A ticket's page: what became of a submission, in plain words. It never shows what was submitted.

use counterfoil_core::status::{TicketState, View};
use counterfoil_core::{Form, Timestamp};
use maud::{Markup, html};

use crate::layout::Page;
use crate::script;
use crate::texts::{StateText, Texts};

/// The page. `form` is `None` when the form was removed since. While not final it asks for itself again.
#[must_use]
pub fn ticket_page(view: &View, form: Option<&Form>) -> String {
    let language = form.map_or("en", |form| form.language.as_str());
    let texts = Texts::in_language(language);
    let state = (texts.state)(view.state);
    let name = form.map_or(view.form.as_str(), |form| form.title.as_str());
    let title = format!("{} · {name}", state.title);
    let refresh = (!view.is_final).then(|| view.retry_after.unwrap_or(5));
    let body = html! {
        p.form-name { (name) }
        @if let (true, Some(thanks)) = (is_well(view.state), form.and_then(|form| form.thanks.as_ref())) {
            p.thanks dir="auto" { (thanks) }
        }
        (said(view, &state, texts))
        @if let Some(seconds) = refresh { (waiting(seconds, texts)) }
        p.hint { (texts.submitted) (texts.colon) (time(view.submitted_at)) }
        div.tear {}
        (stub(view, texts))
        @if let Some(form) = form {
            p { a href={ "/forms/" (form.id) } { (texts.back) } }
        }
    };
    Page {
        language,
        title: &title,
        refresh,
        body,
        script: Some(script::TICKET),
    }
    .render()
}

/// Is it on its way, or there? Then the owner's words hold.
const fn is_well(state: TicketState) -> bool {
    matches!(
        state,
        TicketState::Queued | TicketState::Delayed | TicketState::Stored
    )
}

fn said(view: &View, state: &StateText, texts: &Texts) -> Markup {
    html! {
        div.said {
            h1 { (state.title) }
            p class={ "stamp " (view.state.as_str()) } aria-hidden="true" { (state.stamp) }
        }
        @if let Some(reason) = &view.reason { p { ((texts.reason)(reason)) } }
        p { (state.detail) }
        @for (text, at) in [(texts.seen_on, view.seen.seen_at), (texts.answered_on, view.seen.answered_at)] {
            @if let Some(at) = at { p { (text) (time(at)) } }
        }
    }
}

/// The bar only says that something is going on, so it is nothing to a screen reader; the sentence is.
fn waiting(seconds: u32, texts: &Texts) -> Markup {
    html! {
        div.bar aria-hidden="true" {}
        p.hint { ((texts.looks_again)(seconds)) " " a href="" { (texts.look_now) } }
    }
}

fn stub(view: &View, texts: &Texts) -> Markup {
    html! {
        section.stub aria-labelledby="ticket-title" {
            h2 #ticket-title { (texts.ticket) }
            p { (texts.keep_ticket) }
            code #ticket translate="no" dir="ltr" { (view.ticket) }
            // Both need a script, which shows them.
            p.deeds {
                button type="button" hidden data-done=(texts.copied) { (texts.copy) }
                button type="button" hidden { (texts.print) }
            }
        }
    }
}

/// To the minute, in UTC: without a script nobody knows the reader's time zone.
fn time(at: Timestamp) -> Markup {
    let full = at.to_string();
    let (day, clock) = (
        full.get(..10).unwrap_or_default(),
        full.get(11..16).unwrap_or_default(),
    );
    html! { time datetime=(full) { (day) " " (clock) " UTC" } }
}

#[cfg(test)]
#[path = "ticket_page_tests.rs"]
mod tests;
