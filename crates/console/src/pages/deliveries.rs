//! Receivers with their health, and what they were told or are owed.

use counterfoil_core::Forms;
use counterfoil_telling::delivery::{Delivery, DeliveryState};
use counterfoil_telling::health::ReceiverState;
use counterfoil_telling::news::News;
use counterfoil_telling::orders::DeliveryVerb;
use counterfoil_telling::ports::Standing;
use maud::{Markup, html};

use super::bits::{age, ago, entry_href, number, pill, time, visible};
use super::frame::{Frame, Here, Sheet};
use super::owed::{ANY, Done, Owed, Which};
use super::query::href;

/// A page of the list.
pub struct DeliveriesPage<'a> {
    /// What is in it.
    pub owed: &'a Owed,
    /// In the order of their receivers, and of each the oldest first.
    pub rows: &'a [Delivery],
    /// Are there more behind them?
    pub has_more: bool,
    /// Is this the first page?
    pub is_first: bool,
    /// How the receivers are.
    pub standings: &'a [Standing],
    /// The forms of this deployment.
    pub forms: &'a Forms,
    /// What was just done.
    pub done: Option<Done>,
    /// What was wrong with what was asked for.
    pub problem: Option<&'a str>,
}

/// The page.
#[must_use]
pub fn deliveries_page(frame: &Frame<'_>, page: &DeliveriesPage<'_>) -> String {
    let body = html! {
        @if let Some(done) = page.done { p.said role="status" { (done.words()) } }
        h1 { "Deliveries" }
        @if let Some(problem) = page.problem { p.problem role="alert" { (problem) } }
        @if page.standings.is_empty() {
            p.empty { strong { "Nobody is told of anything yet." } " Receivers stand here once they are owed something." }
        } @else {
            (receivers(frame, page.standings))
            section {
                h2 { (heading(page.owed)) }
                (filters(page))
                @if page.rows.is_empty() { p.empty { strong { "There are none." } } }
                @else { (list(frame, page)) }
                (turn(page))
            }
        }
    };
    frame.render(Sheet::new(Here::Deliveries, "Deliveries", body))
}

fn heading(owed: &Owed) -> &'static str {
    match owed.which {
        Which::Failed => "What has failed",
        Which::Any => "All of them",
        Which::In(DeliveryState::Waiting) => "What waits",
        Which::In(DeliveryState::Delivered) => "What was delivered",
        Which::In(DeliveryState::Failed) => "What has failed",
        Which::In(DeliveryState::Discarded) => "What was given up",
    }
}

fn receivers(frame: &Frame<'_>, standings: &[Standing]) -> Markup {
    html! {
        section {
            h2 { "Receivers" }
            table.entries {
                thead {
                    tr {
                        th scope="col" { "Receiver" }
                        th scope="col" { "Health" }
                        th.num scope="col" { "Waiting" }
                        th.num scope="col" { "Failed" }
                        th scope="col" { span.away { "Enable" } }
                    }
                }
                tbody { @for standing in standings { (receiver(frame, standing)) } }
            }
        }
    }
}

fn receiver(frame: &Frame<'_>, standing: &Standing) -> Markup {
    let health = &standing.health;
    let of = |which| Owed {
        which,
        receiver: Some(standing.receiver.clone()),
        ..Owed::default()
    };
    let all = |which| href("/deliveries", &of(which).pairs());
    html! {
        tr {
            td.what { a href=(all(Which::Any)) { (standing.receiver) } }
            td.cause data-label="Health" {
                (receiver_state(health.state)) " "
                @if let Some(since) = health.since { span.fine { "fails since " (time(since)) ", " (ago(since, frame.now)) } " " }
                @if let Some(cause) = &health.cause { span.code { (cause.code) } " " span { (visible(&cause.detail)) } }
                @if let (None, Some(signed)) = (health.since, &standing.enabled) {
                    span.fine { "enabled by " (visible(signed.by.as_str())) " " (ago(signed.at, frame.now)) }
                }
            }
            td.num data-label="Waiting" { a href=(all(Which::In(DeliveryState::Waiting))) { (number(standing.waiting)) } }
            td.num data-label="Failed" { a href=(all(Which::Failed)) { (number(standing.failed)) } }
            td {
                @if health.since.is_some() {
                    form method="post" action={ "/receivers/" (standing.receiver) "/enable" } {
                        (frame.proof())
                        button.small aria-label={ "Enable " (standing.receiver) } { "Enable" }
                    }
                }
            }
        }
    }
}

fn filters(page: &DeliveriesPage<'_>) -> Markup {
    let owed = page.owed;
    let states = [
        DeliveryState::Failed,
        DeliveryState::Waiting,
        DeliveryState::Delivered,
        DeliveryState::Discarded,
    ];
    let since = owed.since.map(|at| at.to_string());
    html! {
        form.filters method="get" action="/deliveries" role="search" {
            label { "State"
                select name="state" {
                    @for state in states {
                        option selected[owed.filter().state == Some(state)] { (state.as_str()) }
                    }
                    option selected[owed.which == Which::Any] { (ANY) }
                }
            }
            label { "Receiver"
                select name="receiver" {
                    option value="" { "any" }
                    @for standing in page.standings {
                        option selected[owed.receiver.as_ref() == Some(&standing.receiver)] { (standing.receiver) }
                    }
                }
            }
            label { "Form"
                select name="form" {
                    option value="" { "any" }
                    @for form in page.forms.iter() {
                        option selected[owed.form.as_ref() == Some(&form.id)] { (form.id) }
                    }
                }
            }
            label { "Cause" input type="text" name="cause" size="18" placeholder="code or fingerprint" value=[owed.cause.as_deref()]; }
            label { "Since" input type="text" name="since" size="14" placeholder="24h or a time" value=[since]; }
            button.small { "Show" }
            @if *owed != Owed::default() { a href="/deliveries" { "Clear" } }
        }
    }
}

fn list(frame: &Frame<'_>, page: &DeliveriesPage<'_>) -> Markup {
    let fits = |verb: DeliveryVerb| page.rows.iter().any(|row| verb.fits(row.state));
    html! {
        form.list method="post" action="/deliveries" {
            (frame.proof())
            (super::bits::pairs(&page.owed.pairs()))
            table.entries {
                thead {
                    tr {
                        th scope="col" { span.away { "Tick" } }
                        th scope="col" { "Receiver and submission" }
                        th scope="col" { "State" }
                        th scope="col" { "Owed since" }
                        th scope="col" { "Last failure" }
                        th.num scope="col" { "Attempts" }
                    }
                }
                tbody { @for row in page.rows { (line(frame, row)) } }
            }
            p.row {
                @for verb in DeliveryVerb::ALL.into_iter().filter(|verb| fits(*verb)) {
                    button.small name="do" value=(verb.as_str()) { (says(verb)) " the ticked" }
                }
            }
        }
    }
}

/// What a button says.
pub(super) const fn says(verb: DeliveryVerb) -> &'static str {
    match verb {
        DeliveryVerb::Retry => "Retry",
        DeliveryVerb::Resend => "Send again",
        DeliveryVerb::Discard => "Discard",
    }
}

fn line(frame: &Frame<'_>, row: &Delivery) -> Markup {
    html! {
        tr {
            td.tick { label { input type="checkbox" name="of" value=(row.id); span.away { (row.id) } } }
            td.what {
                a href={ "/deliveries/" (row.id) } { (row.id.receiver) } ", " @if row.news.change().is_none() { "alarm " } (row.news.state()) " "
                @match &row.news {
                    News::Change(_) => { a.fine.id href=(entry_href(&row.id.of)) { (row.id.of) } }
                    News::Alarm(alarm) => { span.fine { (visible(&alarm.heading())) } }
                }
            }
            td data-label="State" { (delivery_state(row.state)) }
            td.when data-label="Owed since" { (age(row.born_at, frame.now)) }
            td.cause data-label="Last failure" {
                @if let Some(cause) = &row.cause {
                    a.code href=(href("/deliveries", &[("state".to_owned(), ANY.to_owned()), ("cause".to_owned(), cause.fingerprint())])) { (cause.code) }
                    " " span { (visible(&cause.detail)) }
                }
            }
            td.num data-label="Attempts" { (row.attempts) }
        }
    }
}

fn turn(page: &DeliveriesPage<'_>) -> Markup {
    let first = page.owed.pairs();
    let last = page.rows.last().filter(|_| page.has_more);
    html! {
        nav.turn aria-label="Pages" {
            @if !page.is_first { a href=(href("/deliveries", &first)) { "Back to the first" } }
            @if let Some(last) = last {
                @let next = first.iter().cloned().chain([("from".to_owned(), last.id.to_string())]).collect::<Vec<_>>();
                a.button rel="next" href=(href("/deliveries", &next)) { "More" }
            }
        }
    }
}

/// A delivery's state as a pill.
pub(super) fn delivery_state(state: DeliveryState) -> Markup {
    let tone = match state {
        DeliveryState::Waiting => "busy",
        DeliveryState::Delivered => "good",
        DeliveryState::Failed => "bad",
        DeliveryState::Discarded => "quiet",
    };
    pill(state.as_str(), tone)
}

fn receiver_state(state: ReceiverState) -> Markup {
    let tone = match state {
        ReceiverState::Up => "good",
        ReceiverState::Failing => "warn",
        ReceiverState::Disabled => "bad",
    };
    pill(state.as_str(), tone)
}
