//! The first page: how much needs somebody, since when, and why.

use counterfoil_core::Timestamp;
use counterfoil_operations::causes::{Group, Standing};
use maud::{Markup, html};

use super::bits::{ago, helps, number, standing, time};
use super::chart::{self, Scale};
use super::frame::{Frame, Here, Sheet};
use super::query::href;

/// How many entries are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Dead letters.
    pub failed: u64,
    /// Suspected spam.
    pub held: u64,
    /// Given up.
    pub discarded: u64,
    /// Replayed or released, without a verdict yet.
    pub under_way: u64,
}

/// What the first page shows.
pub struct Overview<'a> {
    /// How many entries are where.
    pub counts: Counts,
    /// Why they failed, those with most dead letters first.
    pub groups: &'a [Group],
    /// When both were read.
    pub as_of: Timestamp,
}

/// The page.
#[must_use]
pub fn overview_page(frame: &Frame<'_>, overview: &Overview<'_>) -> String {
    let (over, open): (Vec<&Group>, Vec<&Group>) = overview
        .groups
        .iter()
        .partition(|group| group.standing == Standing::Resolved);
    let scale = Scale::new(overview.groups, frame.now);
    let body = html! {
        h1.away { "Failures" }
        (tiles(overview.counts))
        @if overview.groups.is_empty() {
            (nothing(overview.counts))
        } @else {
            (chart::large(&scale, overview.groups))
            section {
                h2 { "Causes" }
                @if open.is_empty() { p.empty { strong { "Nothing is open." } " Every cause below is resolved." } }
                @else { (table(frame, &scale, &open)) }
            }
            @if !over.is_empty() {
                details {
                    summary { "Resolved causes (" (over.len()) ")" }
                    (table(frame, &scale, &over))
                }
            }
        }
        p.fine { "As of " (time(overview.as_of)) "." }
    };
    frame.render(Sheet::new(Here::Failures, "Failures", body))
}

/// No dead letter has a cause; others may wait all the same.
fn nothing(counts: Counts) -> Markup {
    html! {
        div.empty {
            strong { "Nothing has failed." }
            @if counts.held > 0 {
                p { (number(counts.held)) (if counts.held == 1 { " submission is" } else { " submissions are" })
                    " held as suspected spam. " a href="/entries?waiting=held" { "Judge what is held" } }
            } @else { p { "When something does, its cause stands here." } }
        }
    }
}

fn tiles(counts: Counts) -> Markup {
    let tiles = [
        (counts.failed, "/entries", "dead letters", "bad"),
        (counts.under_way, "/jobs", "under way", "busy"),
        (counts.held, "/entries?waiting=held", "held", "warn"),
        (
            counts.discarded,
            "/entries?waiting=discarded",
            "discarded",
            "quiet",
        ),
    ];
    html! {
        ul.tiles {
            @for (count, href, name, tone) in tiles {
                li { a class=(if count == 0 { "none" } else { tone }) href=(href) { strong { (number(count)) } " " span { (name) } } }
            }
        }
    }
}

fn table(frame: &Frame<'_>, scale: &Scale, groups: &[&Group]) -> Markup {
    html! {
        table.causes {
            thead {
                tr {
                    th scope="col" { "Cause" }
                    th.num scope="col" { "Dead now" }
                    th.num scope="col" { "Ever" }
                    th scope="col" { (if scale.title().contains("24") { "24 hours" } else { "14 days" }) }
                    th scope="col" { "First" }
                    th scope="col" { "Last" }
                    th scope="col" { "Standing" }
                }
            }
            tbody { @for group in groups { (row(frame, scale, group)) } }
        }
    }
}

fn row(frame: &Frame<'_>, scale: &Scale, group: &Group) -> Markup {
    let cause = vec![("cause".to_owned(), group.fingerprint.clone())];
    let all: Vec<_> = [("all".to_owned(), "1".to_owned())]
        .into_iter()
        .chain(cause.clone())
        .collect();
    let forms: Vec<&str> = group
        .forms
        .iter()
        .map(counterfoil_core::FormId::as_str)
        .collect();
    html! {
        tr {
            td.what {
                a.code href=(href("/entries", &cause)) { (group.code) }
                p { (group.detail) }
                p.fine { (forms.join(", ")) " · " (helps(group.retryable)) }
            }
            td.num data-label="Dead now" { strong { (number(group.count)) } }
            td.num data-label="Ever" { (number(group.total)) }
            td.spark data-label="Over time" { (chart::spark(scale, group)) }
            td.when data-label="First" { (ago(group.first_seen, frame.now)) br; span.fine { (time(group.first_seen)) } }
            td.when data-label="Last" { (ago(group.last_seen, frame.now)) br; span.fine { (time(group.last_seen)) } }
            td.standing data-label="Standing" {
                p { (standing(group.standing)) }
                @if let Some(note) = &group.note { p.fine { (note.who.as_str()) ", " (ago(note.at, frame.now)) } }
                div.row {
                    (marks(frame, group))
                    @if group.count > 0 { a.button href=(href("/replay", &all)) { "Replay…" } }
                }
            }
        }
    }
}

/// What may be said of a cause where it stands.
fn marks(frame: &Frame<'_>, group: &Group) -> Markup {
    let choices: &[(&str, &str)] = match group.standing {
        Standing::Open | Standing::Reopened => {
            &[("acknowledged", "Acknowledge"), ("resolved", "Resolve")]
        }
        Standing::Acknowledged => &[("resolved", "Resolve"), ("open", "Take back")],
        // Nothing of it is dead: there is nothing to take back to.
        Standing::Resolved if group.count == 0 => &[],
        Standing::Resolved => &[("open", "Reopen")],
    };
    html! {
        @if !choices.is_empty() {
            form method="post" action={ "/causes/" (group.fingerprint) } {
                (frame.proof())
                @for (mark, name) in choices {
                    button.small name="mark" value=(mark) aria-label={ (name) " " (group.code) } { (name) }
                }
            }
        }
    }
}
