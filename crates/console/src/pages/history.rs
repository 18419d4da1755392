//! An entry's history as a time-line: every verdict, and who did what and why.

use counterfoil_core::{Body, Entry, Payload, State};
use counterfoil_operations::history::{Line, Verb};
use maud::{Markup, html};

use super::bits::{ago, time, visible};
use super::diff;
use super::frame::Frame;

/// The line.
pub(super) fn time_line(frame: &Frame<'_>, entry: &Entry, history: &[Line]) -> Markup {
    let current = match &entry.body {
        Body::Payload(payload) => Some(payload),
        Body::Raw(_) | Body::Erased => None,
    };
    html! {
        ol.line {
            li.quiet { p { strong { "accepted" } } p.fine { (time(entry.head.received_at)) } }
            @for (at, line) in history.iter().enumerate() {
                // What an edit made of it is what stood before the next one.
                @let after = history[at + 1..].iter().find_map(|line| line.before.as_ref()).or(current);
                @let sent = history[..at].iter().rev().find_map(|line| line.deed.as_ref()?.verb.sends());
                (step(frame, (line, sent), after))
            }
            @if history.is_empty() && entry.head.state == State::Stored {
                li.good { p { strong { "stored" } " at the first verdict" } p.fine { (time(entry.head.updated_at)) } }
            }
        }
    }
}

/// `sent`: what it was when it was last sent again before.
fn step(
    frame: &Frame<'_>,
    (line, sent): (&Line, Option<State>),
    after: Option<&Payload>,
) -> Markup {
    let run = if sent == Some(State::Held) {
        "the release, run"
    } else {
        "replay"
    };
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
