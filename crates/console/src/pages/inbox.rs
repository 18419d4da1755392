//! The first page: what people wrote, newest first, and the way to any of it.

use counterfoil_core::{Fault, Form, FormId, Forms};
use counterfoil_operations::catalogue::{Count, Sheet, Spot};
use maud::{Markup, html};

use super::bits::{hidden, number, pairs, visible};
use super::frame::{self, Frame, Here};
use super::look::{Look, Tray, of_spot};
use super::query::href;
use super::row::{Row, row};

/// How much lies where.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// In each tray of the form that is looked at, in the order of [`Tray::ALL`].
    pub trays: [Count; Tray::ALL.len()],
    /// In this tray of each form; `None`: not counted.
    pub forms: Vec<(FormId, Option<Count>)>,
}

/// What the page shows.
pub struct InboxPage<'a> {
    /// What is looked at.
    pub look: &'a Look,
    /// The entries, newest first.
    pub sheet: &'a Sheet,
    /// Is this the first page?
    pub is_first: bool,
    /// How much lies where.
    pub tally: &'a Tally,
    /// The forms of this deployment.
    pub forms: &'a Forms,
    /// Is it cheap to look for new ones again and again?
    pub is_near: bool,
    /// Where people post; `None`: not known here.
    pub front: Option<&'a str>,
    /// What was wrong with what was asked for.
    pub problem: Option<&'a str>,
    /// What was just done, in a sentence.
    pub said: Option<&'a str>,
}

/// The page.
#[must_use]
pub fn inbox_page(frame: &Frame<'_>, page: &InboxPage<'_>) -> String {
    let form = page
        .look
        .form
        .as_ref()
        .map(|id| super::row::called(page.forms.get(id), id));
    let title = match (form, page.look.tray) {
        (Some(form), Tray::Inbox) => form.to_owned(),
        (Some(form), tray) => format!("{}: {form}", tray.name()),
        (None, tray) => tray.name().to_owned(),
    };
    let body = html! {
        @if let Some(said) = page.said { p.said role="status" { (said) } }
        div.head { h1 dir="auto" { (title) } (search(page)) }
        @if let Some(problem) = page.problem { p.problem role="alert" { (visible(problem)) } }
        (forms(page))
        (trays(page))
        (news(page))
        (damaged(&page.sheet.damaged))
        @if page.sheet.rows.is_empty() { (nothing(page)) } @else { (list(frame, page)) }
        (turn(page))
        @if !page.sheet.rows.is_empty() { (super::export::export_form(page.look)) }
    };
    frame.render(frame::Sheet::new(Here::Inbox, &title, body))
}

fn search(page: &InboxPage<'_>) -> Markup {
    let look = page.look;
    let fields = look.form.as_ref().and_then(|id| page.forms.get(id));
    let rest = Look {
        search: None,
        field: None,
        since: None,
        until: None,
        ..look.clone()
    };
    html! {
        form.search method="get" action="/" role="search" {
            (pairs(&rest.pairs()))
            label { span.away { "Search" } input type="search" #filter name="q" placeholder="Search what people wrote" value=[look.search.as_deref()]; }
            button { "Search" }
            @let is_open = look.since.is_some() || look.until.is_some() || look.field.is_some();
            details open[is_open] {
                summary { "When and where" }
                div.filters {
                    label { "From (UTC)" input type="text" name="since" size="12" placeholder="2026-11-22 or 7d" value=[look.since.as_deref()]; }
                    label { "Until (UTC)" input type="text" name="until" size="12" placeholder="2026-11-22" value=[look.until.as_deref()]; }
                    @if let Some(form) = fields { (field(form, look)) }
                    button.small { "Show" }
                }
            }
        }
    }
}

fn field(form: &Form, look: &Look) -> Markup {
    html! {
        label { "In"
            select name="in" {
                option value="" { "all fields" }
                @for (name, _) in form.schema.properties() {
                    option value=(name) selected[look.field.as_deref() == Some(name)] { (super::letter::title(Some(form), name)) }
                }
            }
        }
    }
}

fn forms(page: &InboxPage<'_>) -> Markup {
    let look = page.look;
    let here = |form: Option<&FormId>| (look.form.as_ref() == form).then_some("page");
    let of = |form: Option<&FormId>| {
        Look {
            form: form.cloned(),
            search: None,
            field: None,
            ..look.clone()
        }
        .href()
    };
    html! {
        @if page.tally.forms.len() > 1 {
            nav.tabs aria-label="Forms" {
                a href=(of(None)) aria-current=[here(None)] { "All forms" }
                @for (id, count) in &page.tally.forms {
                    a href=(of(Some(id))) aria-current=[here(Some(id))] {
                        bdi { (super::row::called(page.forms.get(id), id)) } (counted(*count))
                    }
                }
            }
        }
    }
}

fn trays(page: &InboxPage<'_>) -> Markup {
    html! {
        nav.trays aria-label="State" {
            @for (tray, count) in Tray::ALL.into_iter().zip(page.tally.trays) {
                @let look = Look { tray, ..page.look.clone() };
                a href=(look.href()) aria-current=[(tray == page.look.tray).then_some("page")] {
                    (tray.name()) (counted(Some(count)))
                }
            }
            @if page.look.is_narrowed() {
                a.clear href=(Look { form: page.look.form.clone(), tray: page.look.tray, ..Look::default() }.href()) { "Clear the search" }
            }
            @if page.look.tray == Tray::Held { a.clear href="/entries?waiting=held" { "By reason, or many at once" } }
        }
    }
}

fn counted(count: Option<Count>) -> Markup {
    html! {
        @if let Some(Count { number: count, is_more }) = count {
            @if count > 0 { " " span.count { (number(count)) @if is_more { "+" } } }
        }
    }
}

/// Where it says that new ones came: a script fills it, and without one it is a way to look again.
fn news(page: &InboxPage<'_>) -> Markup {
    let newest = page
        .sheet
        .rows
        .first()
        .map(|shown| of_spot(&Spot::from_entry(&shown.entry)));
    let mut fresh = page.look.pairs();
    fresh.extend(newest.map(|spot| ("after".to_owned(), spot)));
    let fresh = href("/new", &fresh);
    let polls = page.is_first
        && page.look.search.is_none()
        && page.look.until.is_none()
        && page.problem.is_none();
    html! {
        @if polls && page.is_near { div #fresh data-fresh=(fresh) role="status" {} }
        @if polls && !page.is_near { p.fresh { a.button.small href=(page.look.href()) { "Look for new ones" } } }
    }
}

/// What a script puts into the page when new ones came.
#[must_use]
pub fn fresh_fragment(look: &Look, count: usize, is_more: bool) -> String {
    let html = html! {
        @if count > 0 {
            p.fresh { a.button href=(look.href()) { (count) @if is_more { "+" } " new" } }
        }
    };
    html.into_string()
}

fn damaged(damaged: &[Fault]) -> Markup {
    html! {
        @if !damaged.is_empty() {
            div.problem role="alert" {
                p { "What belongs here and cannot be read:" }
                ul { @for fault in damaged { li { (visible(&fault.to_string())) } } }
            }
        }
    }
}

fn nothing(page: &InboxPage<'_>) -> Markup {
    let has_more = page.sheet.next.is_some();
    html! {
        div.empty {
            @if has_more || !page.is_first {
                strong { "Nothing on this page." }
                @if has_more { " There is more to look through: go on with Older." }
            } @else if page.look.is_narrowed() {
                strong { "Nothing fits." } " Fewer words find more; a word may be left half written at its end."
            } @else {
                @match page.look.tray {
                    Tray::Inbox => (first_steps(page)),
                    Tray::Held => { strong { "Nothing is held." } " What is suspected to be spam waits here for you." },
                    Tray::Failed => { strong { "Nothing has failed." } " What could not be settled stands here until it is." },
                    Tray::Discarded => { strong { "Nothing was discarded." } " What you give up is kept here, and can be taken back." },
                }
            }
        }
    }
}

/// What to do when nobody has written yet.
fn first_steps(page: &InboxPage<'_>) -> Markup {
    let form = match &page.look.form {
        Some(id) => page.forms.get(id),
        None => page.forms.iter().next(),
    };
    html! {
        strong { "Nothing here yet." }
        @match (form, page.front) {
            (Some(form), Some(front)) => {
                p { "Post the form at " a href={ (front) "/forms/" (form.id) } { (front) "/forms/" (form.id) } ", or paste this into a page of yours:" }
                pre.snippet tabindex="0" { (counterfoil_web::snippet(form, front)) }
            }
            (Some(form), None) => p { "Post the form " code { "/forms/" (form.id) } ", or paste what " code { "counterfoil forms show " (form.id) } " prints into a page of yours." },
            (None, _) => p { "There is no form yet: " code { "counterfoil forms new" } " makes one." },
        }
    }
}

fn list(frame: &Frame<'_>, page: &InboxPage<'_>) -> Markup {
    let says_form = page.look.form.is_none() && page.tally.forms.len() > 1;
    html! {
        (super::row::judging(frame, &page.look.href()))
        form.list method="post" action="/mark" {
            (frame.proof())
            (hidden("back", &page.look.href()))
            ul.inbox {
                @for shown in &page.sheet.rows {
                    @let of = &shown.entry.head.of;
                    @let form = page.forms.get(&of.form);
                    (row(frame, &Row { entry: &shown.entry, marks: Some(&shown.marks), form, says_form, href: page.look.entry(of) }))
                }
            }
            (marking(page))
        }
    }
}

fn marking(page: &InboxPage<'_>) -> Markup {
    let newest = page
        .sheet
        .rows
        .first()
        .filter(|_| page.is_first && page.look.form.is_some());
    html! {
        p.row {
            span.fine { "The ticked are" }
            button.small name="as" value="seen" { "Seen" }
            button.small name="as" value="not-seen" { "Not seen" }
            button.small name="as" value="answered" { "Answered" }
            @if let Some(newest) = newest {
                button.small formaction="/seen" name="upto" value=(of_spot(&Spot::from_entry(&newest.entry))) { "Mark all as seen" }
            }
        }
    }
}

fn turn(page: &InboxPage<'_>) -> Markup {
    let sheet = page.sheet;
    let first = sheet
        .rows
        .first()
        .map(|shown| Spot::from_entry(&shown.entry));
    html! {
        nav.turn aria-label="Pages" {
            @if page.look.search.is_some() {
                span.fine { "Read " (number(sheet.read)) (if sheet.read == 1 { " entry" } else { " entries" }) @match (sheet.next.is_some(), sheet.is_read_through) {
                        (true, true) => "; older ones are not searched yet",
                        (true, false) => "; there is more to look through",
                        (false, _) => {},
                    }
                    "." }
            }
            @if !page.is_first {
                a href=(page.look.href()) { "Newest" }
                @if let Some(first) = &first { a.button rel="prev" href=(page.look.turned(first, true)) { "Newer" } }
            }
            @if let Some(next) = &sheet.next { a.button rel="next" href=(page.look.turned(next, false)) { "Older" } }
        }
    }
}
