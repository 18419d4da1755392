//! Before a replay or a release: what today's worker would say of each, and how to go about it.

use std::collections::BTreeMap;

use counterfoil_operations::grammar::{Rate, Share};
use counterfoil_operations::history::Verb;
use counterfoil_operations::job::{CANARY_ABOVE, Selection};
use counterfoil_operations::rehearse::{Broken, Forecast};
use counterfoil_operations::worklist::Waiting;
use maud::{Markup, html};

use super::bits::{entries, entry_link, hidden, number, pairs, visible};
use super::frame::{Frame, Here, Sheet};
use super::query::{href, of_filter, of_selection, words};

/// What is sent to the queue again, each by a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Dead letters.
    Replay,
    /// What is held: it is let through.
    Release,
}

impl Sending {
    /// The deed.
    #[must_use]
    pub const fn verb(self) -> Verb {
        match self {
            Self::Replay => Verb::Replay,
            Self::Release => Verb::Release,
        }
    }

    /// Those it is for.
    #[must_use]
    pub const fn waiting(self) -> Waiting {
        match self {
            Self::Replay => Waiting::Failed,
            Self::Release => Waiting::Held,
        }
    }

    /// A job's: only these two verbs have one.
    pub(super) fn from_verb(verb: Verb) -> Self {
        match verb {
            Verb::Release => Self::Release,
            Verb::Replay | Verb::Edit | Verb::Discard | Verb::Undo => Self::Replay,
        }
    }

    /// Where it begins.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Replay => "/replay",
            Self::Release => "/release",
        }
    }

    /// On a button, and before what is chosen.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Replay => "Replay",
            Self::Release => "Release",
        }
    }

    /// Of those that do not end well.
    pub(super) const fn failing(self) -> &'static str {
        match self {
            Self::Replay => "fail again",
            Self::Release => "fail",
        }
    }

    /// Of those that did not.
    pub(super) const fn failed(self) -> &'static str {
        match self {
            Self::Replay => "failed again",
            Self::Release => "failed",
        }
    }

    const fn here(self) -> Here {
        match self {
            Self::Replay => Here::Failures,
            Self::Release => Here::Held,
        }
    }
}

/// Of fewer nobody wants to hear of canaries and rates: they would be done before one is read.
const FEW: u64 = 20;

/// How much a dry run has looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// So many were judged, the longest waiting first.
    pub judged: u64,
    /// So many match.
    pub found: u64,
    /// Were all of them counted? Else there are more.
    pub counted_all: bool,
}

/// What the page shows.
pub struct ReplayPage<'a> {
    /// Replay or release.
    pub sending: Sending,
    /// What is to be replayed or released.
    pub what: &'a Selection,
    /// What those that were judged are held for, with how many each.
    pub holds: &'a BTreeMap<String, u64>,
    /// What would come of it.
    pub forecast: &'a Forecast,
    /// Of how many.
    pub looked: Looked,
    /// The name the job will have: the same one however often the button is pressed.
    pub job: &'a str,
}

/// The page.
#[must_use]
pub fn replay_page(frame: &Frame<'_>, page: &ReplayPage<'_>) -> String {
    let name = page.sending.name();
    let body = html! {
        h1 { (name) " " (what(page.what)) }
        @if page.looked.found == 0 {
            p.empty { strong { "There are none." } " Nothing would be sent." }
        } @else {
            div.halves {
                section { h2 { "Dry run" } (dry_run(page)) }
                section { h2 { (name) " them" } (start(frame, page)) }
            }
        }
    };
    frame.render(Sheet::new(page.sending.here(), name, body))
}

/// What is chosen, in words that lead there.
pub(super) fn what(what: &Selection) -> Markup {
    match what {
        Selection::Some(all) if all.len() == 1 => {
            html! { a.of href={ "/entries/" (all[0]) } { (all[0]) } }
        }
        Selection::Some(all) => html! { (entries(u64::try_from(all.len()).unwrap_or(u64::MAX))) },
        Selection::All(filter) => {
            let words = words(filter);
            let lower = words[..1].to_lowercase() + &words[1..];
            html! { a href=(href("/entries", &of_filter(filter))) { (lower) } }
        }
    }
}

fn dry_run(page: &ReplayPage<'_>) -> Markup {
    let (forecast, looked) = (page.forecast, page.looked);
    let more = if looked.counted_all { "" } else { "more than " };
    html! {
        p {
            "Judged as today's worker would, on the same bytes. Nothing was sent or written. "
            @if looked.judged < looked.found || !looked.counted_all {
                strong { "Looked at the first " (number(looked.judged)) " of " (more) (number(looked.found)) ", the longest waiting." }
            } @else { "Looked at all " (number(looked.found)) "." }
        }
        @if page.sending == Sending::Release { (held_for(page.holds)) }
        ul.forecast {
            li class=(if forecast.pass > 0 { "good" } else { "quiet" }) { strong #passes { (number(forecast.pass)) } " would be stored" }
            li class=(if forecast.failing() > 0 { "bad" } else { "quiet" }) { strong #fails { (number(forecast.failing())) } " would " (page.sending.failing()) }
            @if forecast.skipped > 0 {
                li.quiet {
                    strong { (number(forecast.skipped)) }
                    @match page.sending {
                        Sending::Replay => " are no dead letters any more",
                        Sending::Release => " are not held any more",
                    }
                }
            }
        }
        @for (rule, broken) in &forecast.fail { (broken_rule(rule, broken)) }
    }
}

/// Whoever releases sees what is let through.
fn held_for(holds: &BTreeMap<String, u64>) -> Markup {
    let mut holds: Vec<_> = holds.iter().collect();
    holds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    html! {
        @if !holds.is_empty() {
            p {
                "They are held for: "
                @for (at, (hold, count)) in holds.into_iter().enumerate() {
                    @if at > 0 { ", " }
                    span.code { (visible(hold)) } " " (number(*count))
                }
                ". The worker does not suspect them again, and they are announced as any other."
            }
        }
    }
}

fn broken_rule(rule: &str, broken: &Broken) -> Markup {
    html! {
        h3 { span.code { (rule) } " " (number(broken.count)) }
        p { (visible(&broken.detail)) }
        ul.examples { @for of in &broken.examples { li { (entry_link(of)) } } }
    }
}

fn start(frame: &Frame<'_>, page: &ReplayPage<'_>) -> Markup {
    let most = page.looked.found;
    html! {
        form.start method="post" action=(page.sending.path()) {
            (frame.proof())
            (hidden("job", page.job))
            (pairs(&of_selection(page.what)))
            @if page.looked.found < FEW && page.looked.counted_all {
                details { summary { "How fast, and when to stop" } (care()) }
            } @else { (care()) }
            label { "Why " span.fine { "(optional, for the history)" } input type="text" name="why" maxlength="200"; }
            button.main { (page.sending.name()) " " (if page.looked.counted_all { entries(most) } else { format!("more than {}", entries(most)) }) }
        }
    }
}

/// How carefully it goes: worth a thought when there are many.
fn care() -> Markup {
    html! {
        label { "Canary"
            select name="canary" {
                option value="auto" { "when there are more than " (CANARY_ABOVE) }
                option value="yes" { "yes" }
                option value="no" { "no" }
            }
            span.fine { "First one, then ten, and the rest only when none of these failed." }
        }
        label { "At most this many a second"
            input type="number" name="rate" min=(Rate::BOUNDS.start()) max=(Rate::BOUNDS.end()) step="any" placeholder="as fast as they are settled";
        }
        label { "Stop when more than this share fails, in percent"
            input type="number" name="stop_at" min="0" max="100" step="any" value=(Share::HALF) required;
            span.fine { "Counted once there are 20 verdicts." }
        }
    }
}
