//! Before a replay: what today's worker would say of each, and how to go about it.

use counterfoil_core::operations::job::{CANARY_ABOVE, Selection};
use counterfoil_core::operations::rehearse::{Broken, Forecast};
use maud::{Markup, html};

use super::bits::{entries, entry_link, hidden, number, pairs, visible};
use super::frame::{Frame, Here, Sheet};
use super::query::{href, of_filter, of_selection, words};

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
    /// What is to be replayed.
    pub what: &'a Selection,
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
    let body = html! {
        h1 { "Replay " (what(page.what)) }
        @if page.looked.found == 0 {
            p.empty { strong { "There are none." } " Nothing would be sent." }
        } @else {
            div.halves {
                section { h2 { "Dry run" } (dry_run(page)) }
                section { h2 { "Replay them" } (start(frame, page)) }
            }
        }
    };
    frame.render(Sheet::new(Here::Failed, "Replay", body))
}

/// What is chosen, in words that lead there.
pub(super) fn what(what: &Selection) -> Markup {
    match what {
        Selection::Some(all) if all.len() == 1 => html! { a.of href={ "/entries/" (all[0]) } { (all[0]) } },
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
        ul.forecast {
            li.good { strong #passes { (number(forecast.pass)) } " would be stored" }
            li.bad { strong #fails { (number(forecast.failing())) } " would fail again" }
            @if forecast.skipped > 0 { li.quiet { strong { (number(forecast.skipped)) } " are no dead letters any more" } }
        }
        @for (rule, broken) in &forecast.fail { (broken_rule(rule, broken)) }
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
        form.start method="post" action="/replay" {
            (frame.proof())
            (hidden("job", page.job))
            (pairs(&of_selection(page.what)))
            label { "Canary"
                select name="canary" {
                    option value="auto" { "when there are more than " (CANARY_ABOVE) }
                    option value="yes" { "yes" }
                    option value="no" { "no" }
                }
                span.fine { "First one, then ten, and the rest only when none of these has failed again." }
            }
            label { "At most this many a second"
                input type="number" name="rate" min="0.1" max="10000" step="any" placeholder="as fast as they are settled";
            }
            label { "Stop when more than this share fails again, in percent"
                input type="number" name="stop_at" min="0" max="100" value="50" required;
                span.fine { "Counted once there are 20 verdicts." }
            }
            label { "Why " span.fine { "(optional, for the history)" } input type="text" name="why" maxlength="200"; }
            button.main { "Replay " (if page.looked.counted_all { entries(most) } else { format!("more than {}", entries(most)) }) }
        }
    }
}
