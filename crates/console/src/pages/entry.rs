//! One entry: what is known of it, what can be done, and its history as a time-line.

use counterfoil_core::{Body, Entry, Head, Payload, State};
use counterfoil_operations::history::{Line, Verb};
use counterfoil_operations::worklist::{Filter, Waiting};
use maud::{Markup, html};

use super::bits::{ago, entry_href, helps, state, time, visible};
use super::frame::{Frame, Here, Sheet};
use super::query::{href, of_filter};
use super::{diff, payload};

/// What the page shows.
pub struct EntryPage<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Its history, oldest first.
    pub history: &'a [Line],
    /// Was it asked what was submitted?
    pub with_payload: bool,
    /// What was just done, in a sentence.
    pub said: Option<&'a str>,
}

/// The page.
#[must_use]
pub fn entry_page(frame: &Frame<'_>, page: &EntryPage<'_>) -> String {
    let head = &page.entry.head;
    let title = head.of.to_string();
    let here = match head.state {
        State::Failed => Here::Failed,
        State::Held => Here::Held,
        State::Discarded => Here::Discarded,
        State::Stored | State::Erased | State::Expired => Here::Elsewhere,
    };
    let body = html! {
        @if let Some(said) = page.said { p.said role="status" { (said) } }
        div.title {
            h1.of { (title) }
            p { (state(head.state, head.is_awaiting())) }
        }
        (actions(frame, page.entry))
        div.halves {
            section {
                h2 { "What is known" }
                (facts(frame, head))
                (submitted(page))
            }
            section {
                h2 { "History" }
                (time_line(frame, page))
            }
        }
    };
    frame.render(Sheet::new(here, &title, body))
}

fn actions(frame: &Frame<'_>, entry: &Entry) -> Markup {
    let head = &entry.head;
    let at = entry_href(&head.of);
    html! {
        div.row {
            @match head.state {
                State::Failed => {
                    a.button.main href=(href("/replay", &[("of".to_owned(), head.of.to_string())])) { "Replay…" }
                    @if matches!(entry.body, Body::Payload(_)) { a.button href={ (at) "/edit" } { "Edit…" } }
                    form method="post" action={ (at) "/discard" } { (frame.proof()) button { "Discard" } }
                },
                State::Discarded => {
                    form method="post" action={ (at) "/undo" } { (frame.proof()) button.main { "Undo the discard" } }
                },
                State::Held => {
                    a.button.main href=(href("/release", &[("of".to_owned(), head.of.to_string())])) { "Release…" }
                    form method="post" action={ (at) "/discard" } { (frame.proof()) button { "Discard" } }
                },
                State::Stored | State::Erased | State::Expired => {},
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
            @if let Some(hold) = &head.hold {
                @let same = Filter { waiting: Waiting::Held, cause: Some(hold.clone()), ..Filter::default() };
                dt { "Held for" } dd { a.code href=(href("/entries", &of_filter(&same))) { (visible(hold)) } }
            }
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

fn submitted(page: &EntryPage<'_>) -> Markup {
    html! {
        h2 #submitted { "What was submitted" }
        @if page.with_payload {
            (payload::shown(&page.entry.body))
            p { a href=(entry_href(&page.entry.head.of)) { "Hide it" } }
        } @else {
            p { a href={ (entry_href(&page.entry.head.of)) "?payload=1#submitted" } { "Show what was submitted" } }
        }
    }
}

fn time_line(frame: &Frame<'_>, page: &EntryPage<'_>) -> Markup {
    let current = match &page.entry.body {
        Body::Payload(payload) => Some(payload),
        Body::Raw(_) | Body::Erased => None,
    };
    html! {
        ol.line {
            li.quiet { p { strong { "accepted" } } p.fine { (time(page.entry.head.received_at)) } }
            @for (at, line) in page.history.iter().enumerate() {
                // What an edit made of it is what stood before the next one.
                @let after = page.history[at + 1..].iter().find_map(|line| line.before.as_ref()).or(current);
                @let sent = page.history[..at].iter().rev().find_map(|line| line.deed.as_ref()?.verb.sends());
                (step(frame, (line, sent), page.with_payload.then_some(after).flatten()))
            }
            @if page.history.is_empty() && page.entry.head.state == State::Stored {
                li.good { p { strong { "stored" } " at the first verdict" } p.fine { (time(page.entry.head.updated_at)) } }
            }
        }
    }
}

/// `sent`: what it was when it was last sent again before.
fn step(frame: &Frame<'_>, (line, sent): (&Line, Option<State>), after: Option<&Payload>) -> Markup {
    let run = if sent == Some(State::Held) { "the release, run" } else { "replay" };
    html! {
        li class=(tone(line)) {
            p {
                @match &line.deed {
                    Some(deed) => { strong { (done(deed.verb)) } " by " (visible(deed.who.as_str())) },
                    None => {
                        strong { (line.state) }
                        @if line.run > 0 { ", the verdict of " (run) " " (line.run) }
                        @if line.attempts > 1 { " after " (line.attempts) " attempts" }
                    },
                }
            }
            @if let Some(deed) = &line.deed {
                @if let Some(why) = &deed.why { p { "“" (visible(why)) "”" } }
                @if let Some(job) = &deed.job { p.fine { a href={ "/jobs/" (job) } { "in a " (deed.verb.as_str()) " of several" } } }
            }
            @if let (None, Some(cause)) = (&line.deed, &line.cause) { p { span.code { (cause.code) } " " (visible(&cause.detail)) } }
            @if let (Some(before), Some(after)) = (&line.before, after) { (diff::table(before, after)) }
            p.fine { (time(line.at)) " · " (ago(line.at, frame.now)) }
        }
    }
}

const fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Replay => "replayed",
        Verb::Release => "released",
        Verb::Edit => "edited",
        Verb::Discard => "discarded",
        Verb::Undo => "discard undone",
    }
}

const fn tone(line: &Line) -> &'static str {
    match (&line.deed, line.state) {
        (Some(_), _) => "busy",
        (None, State::Stored) => "good",
        (None, State::Failed) => "bad",
        (None, State::Held) => "warn",
        (None, State::Discarded | State::Erased | State::Expired) => "quiet",
    }
}
