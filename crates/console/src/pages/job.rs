//! A replay or release job while it goes on and afterwards, and the list of them.

use counterfoil_core::Timestamp;
use counterfoil_operations::job::{Job, JobState, LOST, Selection, Tally};
use counterfoil_operations::worklist::{Filter, Waiting};
use maud::{Markup, html};

use super::bits::{ago, job_state, number, span, time, visible};
use super::frame::{Frame, Here, Sheet};
use super::query::{href, of_filter};
use super::replay::{Sending, what};

/// Who runs a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runner {
    /// This console.
    Here,
    /// Another process, as its beat says.
    Elsewhere,
    /// Nobody.
    Nobody,
}

/// What the page shows.
pub struct JobPage<'a> {
    /// The job, as far as is known.
    pub job: &'a Job,
    /// Who runs it.
    pub runner: Runner,
}

impl JobPage<'_> {
    /// Running by its own words, and nobody runs it.
    const fn is_lost(&self) -> bool {
        let under_way = matches!(self.job.state, JobState::Preparing | JobState::Running);
        under_way && matches!(self.runner, Runner::Nobody)
    }

    fn sending(&self) -> Sending {
        Sending::from_verb(self.job.verb)
    }

    /// Is there more to come without anybody doing anything?
    const fn moves(&self) -> bool {
        !matches!(self.runner, Runner::Nobody)
    }
}

/// Seconds after which the page asks again without a script.
const REFRESH: u32 = 2;

/// The page.
#[must_use]
pub fn job_page(frame: &Frame<'_>, page: &JobPage<'_>) -> String {
    let job = page.job;
    let at = format!("/jobs/{}", job.id);
    let name = page.sending().name();
    let live = page.moves().then(|| format!("{at}/live"));
    let body = html! {
        div.title { h1 { (name) " of " (what(&job.what)) } p { (job_state(job.state, page.is_lost())) } }
        div #live data-live=[live] data-state=(job.state.as_str()) { (fragment(page)) }
        (buttons(frame, page, &at))
        h2 { "How" }
        (how(frame, page))
    };
    let mut sheet = Sheet::new(Here::Jobs, name, body);
    sheet.refresh = page.moves().then_some(REFRESH);
    frame.render(sheet)
}

/// The part that changes while it goes on: as the page has it, for the script.
#[must_use]
pub fn job_fragment(page: &JobPage<'_>) -> String {
    fragment(page).into_string()
}

fn fragment(page: &JobPage<'_>) -> Markup {
    let (job, tally) = (page.job, page.job.tally());
    html! {
        (bar(job, tally))
        p #progress role="status" { (sentence(page, tally)) }
        dl.tally {
            div.good { dt { "stored" } dd #stored { (number(tally.stored)) } }
            div.bad { dt { (page.sending().failed()) } dd #failed-again { (number(tally.failed_again)) } }
            div.quiet { dt { "skipped" } dd { (number(tally.skipped)) } }
            div.busy { dt { "under way" } dd { (number(tally.under_way)) } }
            div { dt { "not sent yet" } dd { (number(job.total.saturating_sub(tally.done() + tally.under_way))) } }
            div { dt { "in all" } dd #total { (number(job.total)) } }
        }
    }
}

fn sentence(page: &JobPage<'_>, tally: Tally) -> Markup {
    let job = page.job;
    let percent = (tally.done() * 100).checked_div(job.total).unwrap_or(100);
    html! {
        @match job.state {
            JobState::Preparing if page.is_lost() => "Whoever picked its candidates is gone; nothing was sent.",
            JobState::Running if page.is_lost() => { "Whoever ran it is gone since " (time(job.beat_at)) ". Resume goes on where it was." },
            JobState::Preparing => "Its candidates are being written down; nothing is sent yet.",
            JobState::Running => { (percent) " % have their verdict" (canary(job, tally)) "." },
            JobState::Stopped => {
                "Stopped" @if let Some(reason) = &job.reason { ": " (visible(reason)) } ". Resume goes on with the rest."
            },
            JobState::Cancelled => "Called off. What was sent stays sent.",
            JobState::Done => { "Every one of " (number(job.total)) " has its verdict." },
        }
    }
}

/// Which step of the canary it is at.
fn canary(job: &Job, tally: Tally) -> &'static str {
    match tally.stored + tally.failed_again + tally.under_way {
        _ if !job.manner.has_canary() => "",
        0..=1 => "; the canary: the first one",
        2..=11 => "; the canary: the next ten",
        _ => "; the canary went well",
    }
}

fn bar(job: &Job, tally: Tally) -> Markup {
    let total = job.total.max(1);
    let parts = [
        ("good", tally.stored),
        ("bad", tally.failed_again),
        ("quiet", tally.skipped),
        ("busy", tally.under_way),
    ];
    let width = |count: u64| count * 1000 / total;
    let starts = parts.iter().scan(0, |start, (_, count)| {
        Some(std::mem::replace(start, *start + width(*count)))
    });
    html! {
        svg.progress viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true" {
            rect.rest x="0" y="0" width="1000" height="12" {}
            @for ((tone, count), x) in parts.iter().zip(starts) {
                @if *count > 0 { rect class=(tone) x=(x) y="0" width=(width(*count)) height="12" {} }
            }
        }
    }
}

fn buttons(frame: &Frame<'_>, page: &JobPage<'_>, at: &str) -> Markup {
    let (resumes, stops) = match page.job.state {
        JobState::Preparing | JobState::Running => (page.is_lost(), page.runner == Runner::Here),
        JobState::Stopped => (true, false),
        JobState::Cancelled | JobState::Done => (false, false),
    };
    let one = |verb: &str, name: &str, main: bool| {
        html! {
            form method="post" action={ (at) "/" (verb) } {
                (frame.proof())
                button class=[main.then_some("main")] { (name) }
            }
        }
    };
    html! {
        div.row {
            @if stops { (one("stop", "Stop", true)) }
            @if resumes { (one("resume", "Resume", true)) }
            @if !page.job.state.is_over() { (one("cancel", "Call off", false)) }
            @if let (true, Selection::All(filter)) = (page.job.tally().failed_again > 0, &page.job.what) {
                @let again = failed(page.sending(), filter);
                a href=(href("/entries", &of_filter(&again))) { "See what " (page.sending().failed()) }
            }
        }
    }
}

/// Those that a job left as dead letters. What they were held for is theirs no more.
fn failed(sending: Sending, filter: &Filter) -> Filter {
    let cause = filter.cause.clone().filter(|_| sending == Sending::Replay);
    Filter {
        waiting: Waiting::Failed,
        cause,
        replayed: Some(true),
        until: None,
        ..filter.clone()
    }
}

fn how(frame: &Frame<'_>, page: &JobPage<'_>) -> Markup {
    let job = page.job;
    let percent = job.manner.stop_at * 100.0;
    html! {
        dl.facts {
            dt { "Ordered" } dd { (time(job.started_at)) " by " strong { (visible(job.who.as_str())) } " " span.fine { (ago(job.started_at, frame.now)) } }
            @if let Some(why) = &job.why { dt { "Why" } dd { (visible(why)) } }
            dt { "Canary" } dd { @if job.manner.has_canary() { "first one, then ten, then the rest" } @else { "none" } }
            dt { "Rate" } dd { @if let Some(rate) = job.manner.rate { "at most " (rate) " a second" } @else { "as fast as they are settled" } }
            dt { "Stops" } dd { "when more than " (percent.round()) " % " (page.sending().failing()) }
            dt { "Last written" } dd { (time(job.beat_at)) " " span.fine { "alive means: within " (span(LOST)) } }
        }
    }
}

/// The list of jobs, the newest first, each with who runs it.
#[must_use]
pub fn jobs_page(frame: &Frame<'_>, jobs: &[JobPage<'_>]) -> String {
    let body = html! {
        h1 { "Replays" }
        @if jobs.is_empty() { p.empty { strong { "There are none yet." } " Choose dead letters, look at the dry run, and replay them; or release what is held." } }
        @else {
            table.jobs {
                thead {
                    tr {
                        th scope="col" { "Ordered (UTC)" } th scope="col" { "What" } th scope="col" { "By" } th scope="col" { "State" }
                        th.num scope="col" { "Stored" } th.num scope="col" { "Failed" } th.num scope="col" { "Of" }
                    }
                }
                tbody { @for page in jobs { (job_row(page, frame.now)) } }
            }
        }
    };
    frame.render(Sheet::new(Here::Jobs, "Replays", body))
}

fn job_row(page: &JobPage<'_>, now: Timestamp) -> Markup {
    let (job, tally) = (page.job, page.job.tally());
    html! {
        tr {
            td.what { a href={ "/jobs/" (job.id) } { (time(job.started_at)) } " " span.fine { (ago(job.started_at, now)) } }
            td data-label="What" { (page.sending().name()) " of " (what(&job.what)) }
            td data-label="By" { (visible(job.who.as_str())) }
            td data-label="State" { (job_state(job.state, page.is_lost())) }
            td.num data-label="Stored" { (number(tally.stored)) }
            td.num data-label="Failed" { (number(tally.failed_again)) }
            td.num data-label="Of" { (number(job.total)) }
        }
    }
}
