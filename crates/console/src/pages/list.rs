//! The list behind a cause or a filter, by pages, and what can be done with all of it or some.

use counterfoil_core::suspicion::Suspicion;
use counterfoil_core::{Entry, Forms, Retryable};
use counterfoil_operations::gist::Gist;
use counterfoil_operations::grammar::{Said, Word};
use counterfoil_operations::job::Selection;
use counterfoil_operations::worklist::{Filter, Listed, Place, Waiting};
use maud::{Markup, html};

use super::bits::{ago, entries, entry_href, entry_link, hidden, state, time, visible};
use super::frame::{Frame, Here, Sheet};
use super::query::{href, of_filter, of_place, of_selection, words};
use super::replay::Sending;
use super::row::{Row, in_a_line, judging, row};

/// A page of the list.
pub struct ListPage<'a> {
    /// What is in it.
    pub filter: &'a Filter,
    /// The newest first.
    pub rows: &'a [Listed],
    /// What was submitted, of each that can be read: what is held is judged here.
    pub entries: &'a [Entry],
    /// Where the next page starts.
    pub next: Option<&'a Place>,
    /// Is this the first page?
    pub is_first: bool,
    /// The forms of this deployment.
    pub forms: &'a Forms,
    /// What was just done, in a sentence.
    pub said: Option<&'a str>,
    /// What was wrong with what was asked for.
    pub problem: Option<&'a str>,
}

/// The page.
#[must_use]
pub fn list_page(frame: &Frame<'_>, page: &ListPage<'_>) -> String {
    let title = words(page.filter);
    let here = match page.filter.waiting {
        Waiting::Failed => Here::Failures,
        Waiting::Held => Here::Held,
        Waiting::Discarded => Here::Failures,
    };
    let body = html! {
        @if let Some(said) = page.said { p.said role="status" { (said) } }
        h1 { (title) }
        @if let Some(problem) = page.problem { p.problem role="alert" { (problem) } }
        (filters(page))
        @if page.rows.is_empty() && page.next.is_none() && page.is_first {
            p.empty { strong { "There are none." } " Nothing here needs anybody." }
        } @else {
            (all_of_them(page))
            @match page.filter.waiting {
                Waiting::Held => (held(frame, page)),
                Waiting::Failed | Waiting::Discarded => form.list method="get" action=(Sending::Replay.path()) {
                    (table(frame, page))
                    (some_of_them(page))
                },
            }
            (turn(page))
        }
    };
    frame.render(Sheet::new(here, &title, body))
}

fn filters(page: &ListPage<'_>) -> Markup {
    let filter = page.filter;
    let known = filter
        .form
        .iter()
        .filter(|form| page.forms.get(form).is_none());
    let since = filter.since.map(|at| at.to_string());
    html! {
        form.filters method="get" action="/entries" role="search" {
            @if filter.waiting != Waiting::Failed { (hidden("waiting", filter.waiting.state().as_str())) }
            label { "Form"
                select name="form" {
                    option value="" { "any" }
                    @for form in page.forms.iter().map(|form| &form.id).chain(known) {
                        option selected[filter.form.as_ref() == Some(form)] { (form) }
                    }
                }
            }
            @match filter.waiting {
                Waiting::Held => (held_for(filter)),
                Waiting::Failed | Waiting::Discarded => (failed_of(filter)),
            }
            label { "Since" input type="text" name="since" size="14" placeholder="24h or a time" value=[since]; }
            button.small { "Show" }
            @let bare = Filter { waiting: filter.waiting, ..Filter::default() };
            @if *filter != bare { a href=(href("/entries", &of_filter(&bare))) { "Clear" } }
        }
    }
}

fn held_for(filter: &Filter) -> Markup {
    let reasons = Suspicion::ALL.map(Suspicion::as_str);
    // An entry keeps the word of the version that wrote it.
    let other = filter
        .cause
        .as_deref()
        .filter(|cause| !reasons.contains(cause));
    html! {
        label { "Held for"
            select #filter name="cause" {
                option value="" { "any reason" }
                @for reason in reasons.into_iter().chain(other) {
                    option selected[filter.cause.as_deref() == Some(reason)] { (reason) }
                }
            }
        }
    }
}

fn failed_of(filter: &Filter) -> Markup {
    html! {
        label { "Cause" input type="text" #filter name="cause" size="18" placeholder="code or fingerprint" value=[filter.cause.as_deref()]; }
        label { "Can replay"
            select name="retryable" {
                option value="" { "any" }
                @for one in Retryable::ALL.iter().copied() {
                    option value=(Said(one)) selected[filter.retryable == Some(one)] { (can(one)) }
                }
            }
        }
        label { "Replayed"
            select name="replayed" {
                option value="" { "any" }
                option value="yes" selected[filter.replayed == Some(true)] { "yes" }
                option value="no" selected[filter.replayed == Some(false)] { "never" }
            }
        }
    }
}

const fn can(retryable: Retryable) -> &'static str {
    match retryable {
        Retryable::Yes => "yes",
        Retryable::AfterFix => "after a fix",
        Retryable::No => "no",
    }
}

/// What is held, with its text, and a judgement on each with one press.
fn held(frame: &Frame<'_>, page: &ListPage<'_>) -> Markup {
    let says_form = page.filter.form.is_none() && page.forms.iter().count() > 1;
    html! {
        (judging(frame, &href("/entries", &of_filter(page.filter))))
        form.list method="get" action=(Sending::Release.path()) {
            ul.inbox {
                @for entry in page.entries {
                    @let form = page.forms.get(&entry.head.of.form);
                    (row(frame, &Row { entry, marks: None, form, says_form, href: entry_href(&entry.head.of) }))
                }
            }
            (some_of_them(page))
        }
    }
}

/// By the filter, not by the page.
fn all_of_them(page: &ListPage<'_>) -> Markup {
    let all = of_selection(&Selection::All(page.filter.clone()));
    html! {
        p.row {
            @match page.filter.waiting {
                Waiting::Failed => {
                    a.button.main href=(href("/replay", &all)) { "Replay all that match…" }
                    a.button href=(href("/discard", &all)) { "Discard all that match…" }
                },
                Waiting::Discarded => a.button href=(href("/undo", &all)) { "Take back all that match…" },
                Waiting::Held => {
                    a.button href=(href("/release", &all)) { "Release all that match…" }
                    a.button href=(href("/discard", &all)) { "Discard all that match…" }
                },
            }
        }
    }
}

fn some_of_them(page: &ListPage<'_>) -> Markup {
    html! {
        p.row {
            @match page.filter.waiting {
                Waiting::Failed => {
                    button.small { "Replay the ticked…" }
                    button.small formaction="/discard" { "Discard the ticked…" }
                },
                Waiting::Discarded => button.small formaction="/undo" { "Take back the ticked…" },
                Waiting::Held => {
                    button.small { "Release the ticked…" }
                    button.small formaction="/discard" { "Discard the ticked…" }
                },
            }
        }
    }
}

fn table(frame: &Frame<'_>, page: &ListPage<'_>) -> Markup {
    html! {
        table.entries {
            thead {
                tr {
                    th scope="col" { span.away { "Tick" } }
                    th scope="col" { "Submission" }
                    th scope="col" { "Accepted" }
                    th scope="col" { "Cause" }
                    th.num scope="col" { "Attempts" }
                    th.num scope="col" { "Replays" }
                }
            }
            tbody { @for row in page.rows { (line(frame, page, row)) } }
        }
    }
}

fn line(frame: &Frame<'_>, page: &ListPage<'_>, row: &Listed) -> Markup {
    let entry = page.entries.iter().find(|entry| entry.head.of == row.of);
    let form = page.forms.get(&row.of.form);
    let gist = entry.map(|entry| Gist::new(form, &entry.body));
    let gist = gist.filter(|gist| *gist != Gist::default());
    html! {
        tr {
            td.tick { label { input type="checkbox" name="of" value=(row.of); span.away { (row.of) } } }
            td.what {
                @match &gist {
                    Some(gist) => {
                        a.titled href=(entry_href(&row.of)) { (in_a_line(gist, &row.of)) }
                        " " span.fine.id { (row.of) }
                    },
                    None => (entry_link(&row.of)),
                }
                @if row.is_awaiting() { " " (state(row.state, true)) } }
            td.when data-label="Accepted" { (time(row.received_at)) " " span.fine { (ago(row.received_at, frame.now)) } }
            td.cause data-label="Cause" {
                @if let Some(cause) = &row.cause {
                    a.code href=(href("/entries", &[("cause".to_owned(), cause.fingerprint())])) { (cause.code) }
                    " " span { (cause.detail) }
                } @else if let Some(hold) = &row.hold {
                    @let same = Filter { waiting: Waiting::Held, cause: Some(hold.clone()), ..Filter::default() };
                    a.code href=(href("/entries", &of_filter(&same))) { (visible(hold)) }
                }
            }
            td.num data-label="Attempts" { (row.attempts) }
            td.num data-label="Replays" { (row.run) }
        }
    }
}

fn turn(page: &ListPage<'_>) -> Markup {
    let first = of_filter(page.filter);
    let count = u64::try_from(page.rows.len()).unwrap_or(u64::MAX);
    html! {
        nav.turn aria-label="Pages" {
            span { (entries(count)) " on this page, the newest first" }
            @if !page.is_first { a href=(href("/entries", &first)) { "Back to the newest" } }
            @if let Some(next) = page.next {
                @let next = first.iter().cloned().chain([("from".to_owned(), of_place(next))]).collect::<Vec<_>>();
                a.button rel="next" href=(href("/entries", &next)) { "Older" }
            } @else { span.fine { "These are the last." } }
        }
    }
}
