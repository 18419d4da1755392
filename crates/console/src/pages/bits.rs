//! Small parts that many pages of the console share.

use std::time::Duration;

use counterfoil_core::{Retryable, State, SubmissionRef, Timestamp};
use counterfoil_operations::causes::Standing;
use counterfoil_operations::job::JobState;
use maud::{Markup, html};

use counterfoil_core::visible::steers;

/// To the second, in UTC; a script makes it the reader's own time, and the title keeps this.
pub(super) fn time(at: Timestamp) -> Markup {
    let utc = utc(at);
    html! { time datetime=(at) title=(utc) { (utc) } }
}

/// How long ago, short enough for a row; the time itself in the title.
pub(super) fn age(at: Timestamp, now: Timestamp) -> Markup {
    let utc = utc(at);
    html! { time.age datetime=(at) title=(utc) { (span(now.since(at))) span.away { " ago, " (utc) } } }
}

fn utc(at: Timestamp) -> String {
    let full = at.to_string();
    let (day, clock) = (
        full.get(..10).unwrap_or_default(),
        full.get(11..19).unwrap_or_default(),
    );
    format!("{day} {clock} UTC")
}

/// How long ago, in one word and a number.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", span(now.since(at)))
}

/// A length of time, to its largest unit.
pub(super) fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let lead = digits.len() % 3;
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == lead {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 entry`, `2 entries`.
pub(super) fn entries(count: u64) -> String {
    if count == 1 {
        "1 entry".into()
    } else {
        format!("{} entries", number(count))
    }
}

/// What joins or parts letters within a word: Persian, Hindi and many faces are not written without them, and they move
/// nothing.
const fn joins(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Text that people sent: what would steer or hide is written out, and line breaks stay.
pub(super) fn visible(text: &str) -> Markup {
    let mut rest = text;
    let mut parts: Vec<(&str, Option<char>)> = Vec::new();
    while let Some((at, character)) = rest
        .char_indices()
        .find(|(_, c)| steers(*c) && !joins(*c) && !matches!(c, '\n' | '\t'))
    {
        parts.push((&rest[..at], Some(character)));
        rest = &rest[at + character.len_utf8()..];
    }
    parts.push((rest, None));
    html! {
        @for (text, steering) in parts {
            (text)
            @if let Some(character) = steering {
                span.steers title="a character that cannot be seen" { (format!("\\u{{{:x}}}", u32::from(character))) }
            }
        }
    }
}

/// Where an entry's page is.
pub(super) fn entry_href(of: &SubmissionRef) -> String {
    format!("/entries/{of}")
}

pub(super) fn entry_link(of: &SubmissionRef) -> Markup {
    html! { a.of href=(entry_href(of)) { (of) } }
}

/// What is posted without being typed.
pub(super) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

pub(super) fn pairs(pairs: &[(String, String)]) -> Markup {
    html! { @for (name, value) in pairs { (hidden(name, value)) } }
}

/// A word with a colour; the word alone says it.
pub(super) fn pill(word: &str, tone: &str) -> Markup {
    html! { span class={ "pill " (tone) } { (word) } }
}

pub(super) fn state(state: State, is_awaiting: bool) -> Markup {
    let tone = match state {
        State::Stored => "good",
        State::Failed => "bad",
        State::Held => "warn",
        State::Discarded | State::Erased | State::Expired => "quiet",
    };
    html! { (pill(state.as_str(), tone)) @if is_awaiting { " " (pill("under way", "busy")) } }
}

pub(super) fn standing(standing: Standing) -> Markup {
    let tone = match standing {
        Standing::Open | Standing::Reopened => "bad",
        Standing::Acknowledged => "warn",
        Standing::Resolved => "good",
    };
    pill(standing.as_str(), tone)
}

pub(super) fn job_state(state: JobState, is_lost: bool) -> Markup {
    let tone = match state {
        JobState::Preparing | JobState::Running => "busy",
        JobState::Stopped => "warn",
        JobState::Cancelled => "quiet",
        JobState::Done => "good",
    };
    if is_lost {
        pill("left alone", "warn")
    } else {
        pill(state.as_str(), tone)
    }
}

/// Whether replaying helps, in words.
pub(super) const fn helps(retryable: Retryable) -> &'static str {
    match retryable {
        Retryable::Yes => "a replay helps",
        Retryable::AfterFix => "a replay helps after a fix",
        Retryable::No => "a replay does not help",
    }
}
