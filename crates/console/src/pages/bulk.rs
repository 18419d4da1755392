//! Discarding many, and taking many discards back: asked first, told afterwards.

use counterfoil_operations::job::Selection;
use counterfoil_operations::worklist::Waiting;
use maud::{Markup, html};

use super::bits::{entries, number, pairs};
use super::frame::{Frame, Here, Sheet};
use super::query::{href, of_filter, of_selection};
use super::replay::what;

/// What is done with many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deal {
    /// Give them up.
    Discard,
    /// Take that back.
    Undo,
}

impl Deal {
    /// Those it is done with.
    #[must_use]
    pub const fn waiting(self) -> &'static [Waiting] {
        match self {
            Self::Discard => &[Waiting::Failed, Waiting::Held],
            Self::Undo => &[Waiting::Discarded],
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Discard => "/discard",
            Self::Undo => "/undo",
        }
    }

    const fn verb(self) -> &'static str {
        match self {
            Self::Discard => "Discard",
            Self::Undo => "Take back",
        }
    }

    fn here(self, what: &Selection) -> Here {
        match (self, what) {
            (Self::Discard, Selection::All(filter)) if filter.waiting == Waiting::Held => {
                Here::Held
            }
            (Self::Discard, _) => Here::Failures,
            (Self::Undo, _) => Here::Failures,
        }
    }
}

/// Before and after.
pub struct BulkPage<'a> {
    /// What is done.
    pub deal: Deal,
    /// With which.
    pub what: &'a Selection,
    /// How many match; after it, how many it was done with.
    pub count: u64,
    /// Are there more?
    pub more: bool,
}

/// Asks.
#[must_use]
pub fn bulk_page(frame: &Frame<'_>, page: &BulkPage<'_>) -> String {
    let verb = page.deal.verb();
    let count = if page.more {
        format!("more than {}", entries(page.count))
    } else {
        entries(page.count)
    };
    let body = html! {
        h1 { (verb) " " (what(page.what)) }
        p {
            @match page.deal {
                Deal::Discard => "They are given up: the people who sent them see `failed`, whether they had failed or were held. They are kept, and can be taken back, until their form's retention is over.",
                Deal::Undo => "They are dead letters, or held, as before they were discarded.",
            }
        }
        @if page.count == 0 { p.empty { strong { "There are none." } } }
        @else { (form(frame, page, &format!("{verb} {count}"))) }
    };
    frame.render(Sheet::new(page.deal.here(page.what), verb, body))
}

fn form(frame: &Frame<'_>, page: &BulkPage<'_>, button: &str) -> Markup {
    html! {
        form.start method="post" action=(page.deal.path()) {
            (frame.proof())
            (pairs(&of_selection(page.what)))
            label { "Why " span.fine { "(optional, for the history)" } input type="text" name="why" maxlength="200"; }
            button.main { (button) }
        }
    }
}

/// Tells what was done.
#[must_use]
pub fn bulk_done_page(frame: &Frame<'_>, page: &BulkPage<'_>) -> String {
    let title = match page.deal {
        Deal::Discard => "Discarded",
        Deal::Undo => "Taken back",
    };
    let (name, list) = match page.deal {
        Deal::Discard => ("discarded", "/entries?waiting=discarded"),
        Deal::Undo => ("dead again", "/entries"),
    };
    let body = html! {
        h1 { (title) " " (entries(page.count)) }
        @if page.more {
            p { "There are more; " (number(page.count)) " are done at a time." }
            (form(frame, page, "Go on with the next"))
        }
        p.row {
            @if let Selection::All(filter) = page.what { a href=(href("/entries", &of_filter(filter))) { "Back to the list" } }
            a href=(list) { "See what is " (name) @if page.deal == Deal::Discard { ", and undo" } }
            @if page.deal == Deal::Undo { a href="/entries?waiting=held" { "See what is held" } }
        }
    };
    frame.render(Sheet::new(page.deal.here(page.what), title, body))
}
