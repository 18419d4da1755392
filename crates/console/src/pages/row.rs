//! One submission as a row: who wrote, about what, how it begins; what became of it, where that is not simply stored; and
//! what may be decided where it stands.

use counterfoil_core::{Entry, Form, FormId, State, SubmissionRef};
use counterfoil_operations::gist::Gist;
use counterfoil_operations::marks::Marks;
use counterfoil_operations::worklist::{Filter, Waiting};
use maud::{Markup, html};

use super::address::is_address;
use super::bits::{age, hidden, state, visible};
use super::frame::Frame;
use super::query::{href, of_filter};

/// What a row shows.
pub(super) struct Row<'a> {
    pub entry: &'a Entry,
    /// What it is marked as; `None`: nobody asked.
    pub marks: Option<&'a Marks>,
    /// Its form, where it is one of this deployment's.
    pub form: Option<&'a Form>,
    /// Does the list have other forms too?
    pub says_form: bool,
    /// Where it leads.
    pub href: String,
}

/// The row, an item of a list.
pub(super) fn row(frame: &Frame<'_>, row: &Row<'_>) -> Markup {
    let head = &row.entry.head;
    let is_new = row.marks.is_some_and(|marks| marks.seen.is_none());
    let is_held = head.state == State::Held && !head.is_awaiting();
    html! {
        li.unread[is_new].judged[is_held] {
            label.tick { input type="checkbox" name="of" value=(head.of); span.away { (head.of) } }
            a.open href=(row.href) {
                @if is_new { span.away { "unread: " } }
                (in_a_line(&Gist::new(row.form, &row.entry.body), &head.of))
            }
            span.side {
                @if row.says_form { span.form { (called(row.form, &head.of.form)) } }
                @if row.marks.is_some_and(|marks| marks.answered.is_some()) { span.pill.good { "answered" } }
                @if let Some(hold) = &head.hold { (held_for(hold)) }
                @if head.state != State::Stored || head.is_awaiting() { (state(head.state, head.is_awaiting())) }
                (age(head.listed_at(), frame.now))
            }
            @if is_held { (judge(&head.of)) }
        }
    }
}

/// Why it is held, and the way to all that are held for that.
pub(super) fn held_for(hold: &str) -> Markup {
    let same = Filter {
        waiting: Waiting::Held,
        cause: Some(hold.to_owned()),
        ..Filter::default()
    };
    html! { a.code href=(href("/entries", &of_filter(&same))) { (visible(hold)) } }
}

/// What people call the form.
pub(super) fn called<'a>(form: Option<&'a Form>, id: &'a FormId) -> &'a str {
    form.map_or(id.as_str(), |form| form.title.as_str())
}

/// A submission in a line.
pub(super) fn in_a_line(gist: &Gist, of: &SubmissionRef) -> Markup {
    let nothing = gist.who.is_none() && gist.excerpt.is_none();
    html! {
        span.from dir="auto" {
            @match (&gist.who, nothing) {
                (Some(who), _) => (visible(who)),
                (None, true) => (of),
                (None, false) => span.fine { "Somebody" },
            }
        }
        " "
        span.gist dir="auto" {
            @for about in &gist.about { bdi.about.address[is_address(about)] { (visible(about)) } " " }
            @if let Some(excerpt) = &gist.excerpt { bdi.excerpt { (visible(excerpt)) } }
        }
    }
}

/// The form of the buttons that [`judge`] gives: a list is in a form of its own. `back`: the list.
pub(super) fn judging(frame: &Frame<'_>, back: &str) -> Markup {
    html! { form #judge method="post" { (frame.proof()) (hidden("back", back)) } }
}

/// Let through or given up with one press, without leaving the list.
pub(super) fn judge(of: &SubmissionRef) -> Markup {
    html! {
        span.judge {
            button.small form="judge" formaction={ "/entries/" (of) "/release" } aria-label={ "Release " (of) } { "Release" }
            button.small form="judge" formaction={ "/entries/" (of) "/discard" } aria-label={ "Discard " (of) } { "Discard" }
        }
    }
}
