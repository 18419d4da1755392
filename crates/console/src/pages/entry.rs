//! One submission: what somebody wrote, what can be done with it, what is known of it, and its history as a time-line.

use counterfoil_core::{Body, Entry, Form, Head, State, SubmissionRef};
use counterfoil_operations::gist::Gist;
use counterfoil_operations::harmless::harmless;
use counterfoil_operations::history::Line;
use counterfoil_operations::marks::{Made, Mark, Marks};
use counterfoil_telling::ports::Told;
use maud::{Markup, html};

use super::bits::{ago, entry_href, helps, hidden, state, time, visible};
use super::delivery::told_of;
use super::frame::{Frame, Here, Sheet};
use super::history::time_line;
use super::letter;
use super::look::Look;
use super::query::href;
use super::reply::reply;
use super::row::{called, held_for};

/// What stands before and after it in the list it was opened from.
#[derive(Debug, Default)]
pub struct Beside {
    /// The list.
    pub look: Look,
    /// The next newer one.
    pub newer: Option<SubmissionRef>,
    /// The next older one.
    pub older: Option<SubmissionRef>,
}

/// What the page shows.
pub struct EntryPage<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Its form, where it is one of this deployment's.
    pub form: Option<&'a Form>,
    /// Its history, oldest first.
    pub history: &'a [Line],
    /// What it is marked as; `None`: this home keeps no marks.
    pub marks: Option<&'a Marks>,
    /// Who was told of it.
    pub told: &'a [Told],
    /// What is beside it, where it was opened from a list.
    pub beside: Option<&'a Beside>,
    /// What was just done, in a sentence.
    pub said: Option<&'a str>,
}

/// The page.
#[must_use]
pub fn entry_page(frame: &Frame<'_>, page: &EntryPage<'_>) -> String {
    let head = &page.entry.head;
    let gist = Gist::new(page.form, &page.entry.body);
    let title = gist
        .who
        .or_else(|| gist.excerpt.map(|text| text.chars().take(60).collect()));
    let title = title.unwrap_or_else(|| head.of.to_string());
    let here = match (page.beside, head.state) {
        (Some(_), _) | (None, State::Stored | State::Erased | State::Expired) => Here::Inbox,
        (None, State::Failed | State::Discarded) => Here::Failures,
        (None, State::Held) => Here::Held,
    };
    let body = html! {
        @if let Some(said) = page.said { p.said role="status" { (said) } }
        (way(page))
        div.title {
            h1 dir="auto" { (visible(&title)) }
            p {
                (state(head.state, head.is_awaiting())) " "
                @if page.marks.is_some_and(|marks| marks.answered.is_some()) { span.pill.good { "answered" } " " }
                span.fine { bdi { (called(page.form, &head.of.form)) } ", " (time(head.received_at)) ", " (ago(head.received_at, frame.now)) }
            }
        }
        (actions(frame, page))
        section #submitted { h2.away { "What was submitted" } (letter::shown(page.form, &page.entry.body)) }
        div.halves {
            section { h2 { "History" } (time_line(frame, page.entry, page.history)) }
            section { h2 { "What is known" } (facts(frame, head)) @if let Some(marks) = page.marks { (marked(frame, marks)) } }
        }
        (told_of(frame, page.told))
    };
    // A title has no place for what `visible` adds.
    frame.render(Sheet::new(here, &harmless(&title, false), body))
}

/// Back to the list, and on in its order.
fn way(page: &EntryPage<'_>) -> Markup {
    html! {
        @if let Some(Beside { look, newer, older }) = page.beside {
            nav.way aria-label="List" {
                a rel="up" href=(look.href()) { "← " (look.tray.name()) }
                span {
                    @if let Some(newer) = newer { a rel="prev" href=(look.entry(newer)) { "Newer" } }
                    @if let Some(older) = older { a rel="next" href=(look.entry(older)) { "Older" } }
                }
            }
        }
    }
}

fn actions(frame: &Frame<'_>, page: &EntryPage<'_>) -> Markup {
    let head = &page.entry.head;
    let at = entry_href(&head.of);
    let reply = reply(page.form, &page.entry.body);
    html! {
        div.row.actions {
            @if let Some(reply) = &reply { a.button.main[head.state == State::Stored] href=(reply) { "Reply" } }
            @match head.state {
                State::Failed => {
                    a.button.main href=(href("/replay", &[("of".to_owned(), head.of.to_string())])) { "Replay…" }
                    @if matches!(page.entry.body, Body::Payload(_)) { a.button href={ (at) "/edit" } { "Edit…" } }
                    (post(frame, page, "discard", html! { button { "Discard" } }))
                },
                State::Discarded => (post(frame, page, "undo", html! { button.main { "Undo the discard" } })),
                State::Held => {
                    (post(frame, page, "release", html! { button.main { "Release" } }))
                    (post(frame, page, "discard", html! { button { "Discard" } }))
                },
                State::Stored | State::Erased | State::Expired => {},
            }
            @if let Some(marks) = page.marks { (marking(frame, page, marks)) }
            button.scripted type="button" data-copy="#submitted" hidden { "Copy" }
            button.scripted type="button" data-print hidden { "Print" }
        }
    }
}

/// A button that changes something, and where it leads back to.
fn post(frame: &Frame<'_>, page: &EntryPage<'_>, deed: &str, buttons: Markup) -> Markup {
    let of = &page.entry.head.of;
    let back = page
        .beside
        .map_or_else(|| entry_href(of), |beside| beside.look.entry(of));
    html! {
        form method="post" action={ (entry_href(of)) "/" (deed) } { (frame.proof()) (hidden("back", &back)) (buttons) }
    }
}

/// Looking changes nothing: a script marks what is opened as seen, and without one there is a button.
fn marking(frame: &Frame<'_>, page: &EntryPage<'_>, marks: &Marks) -> Markup {
    let button = |is: bool, on: &'static str, off: &'static str| {
        let mark = if on == "answered" {
            Mark::Answered
        } else {
            Mark::Seen
        };
        let (value, text) = if is {
            (off, format!("Not {}", mark.as_str()))
        } else {
            (on, capital(mark))
        };
        html! { button name="as" value=(value) { (text) } }
    };
    html! {
        (post(frame, page, "mark", button(marks.answered.is_some(), "answered", "not-answered")))
        @if marks.seen.is_none() {
            div data-see { (post(frame, page, "mark", html! { (hidden("as", "seen")) button { "Mark as seen" } })) }
        } @else {
            (post(frame, page, "mark", button(true, "seen", "not-seen")))
        }
    }
}

fn capital(mark: Mark) -> String {
    match mark {
        Mark::Seen => "Seen".into(),
        Mark::Answered => "Answered".into(),
    }
}

fn marked(frame: &Frame<'_>, marks: &Marks) -> Markup {
    let line = |made: &Made| html! { "by " (visible(made.by.as_str())) ", " (time(made.at)) " " span.fine { (ago(made.at, frame.now)) } };
    html! {
        @if *marks != Marks::default() {
            dl.facts {
                @for mark in Mark::ALL {
                    @if let Some(made) = marks.get(mark) { dt { (capital(mark)) } dd { (line(made)) } }
                }
            }
        }
    }
}

fn facts(frame: &Frame<'_>, head: &Head) -> Markup {
    html! {
        dl.facts {
            @if let Some(cause) = &head.cause {
                dt { "Cause" }
                dd {
                    a.code href=(href("/entries", &[("cause".to_owned(), cause.fingerprint())])) { (cause.code) } " "
                    (visible(&cause.detail))
                    br; span.fine { (helps(cause.retryable)) }
                }
            }
            @if let Some(hold) = &head.hold { dt { "Held for" } dd { (held_for(hold)) } }
            dt { "Submission" } dd { span.of { (head.of) } }
            dt { "Accepted" } dd { (time(head.received_at)) " " span.fine { (ago(head.received_at, frame.now)) } }
            dt { "Changed" } dd { (time(head.updated_at)) " " span.fine { (ago(head.updated_at, frame.now)) ", change " (head.seq) } }
            dt { "Attempts" } dd { (head.attempts) }
            dt { "Sent again" } dd { (head.run) @if head.is_awaiting() { ", the last without a verdict yet" } }
            @if head.payload_hash != head.content && head.payload_hash.is_some() {
                dt { "Edited" } dd { "It is not what was submitted any more. The ticket stays good." }
            }
            @if let Some(at) = head.expires_at { dt { "Kept until" } dd { (time(at)) } }
        }
    }
}
