//! One delivery with its attempts; and, beside an entry's history, who was told of it.

use counterfoil_telling::courier::Attempt;
use counterfoil_telling::delivery::DeliveryState;
use counterfoil_telling::news::News;
use counterfoil_telling::orders::DeliveryVerb;
use counterfoil_telling::ports::Told;
use maud::{Markup, html};

use super::bits::{age, ago, entry_link, number, time, visible};
use super::deliveries::{delivery_state, says};
use super::frame::{Frame, Here, Sheet};
use super::owed::Done;

/// What the page shows.
pub struct DeliveryPage<'a> {
    /// The delivery, with all that is known of it.
    pub told: &'a Told,
    /// What was just done.
    pub done: Option<Done>,
}

/// The page.
#[must_use]
pub fn delivery_page(frame: &Frame<'_>, page: &DeliveryPage<'_>) -> String {
    let delivery = &page.told.delivery;
    let title = format!("Delivery to {}", delivery.id.receiver);
    let body = html! {
        @if let Some(done) = page.done { p.said role="status" { (done.words()) } }
        nav.way aria-label="List" { a rel="up" href="/deliveries" { "← Deliveries" } }
        div.title { h1 { (title) } p { (delivery_state(delivery.state)) } }
        form.row.actions method="post" action={ "/deliveries/" (delivery.id) } {
            (frame.proof())
            @for verb in DeliveryVerb::ALL.into_iter().filter(|verb| verb.fits(delivery.state)) {
                button name="do" value=(verb.as_str()) { (says(verb)) }
            }
            label { "Why " span.fine { "(optional, for the history) " } input type="text" name="why" maxlength="200" size="30"; }
        }
        section { h2 { "What is known" } (facts(frame, page.told)) }
        section {
            h2 { "Attempts" }
            @if page.told.attempts.is_empty() { p.empty { strong { "None yet." } } }
            @else { (attempts(page.told)) }
        }
    };
    frame.render(Sheet::new(Here::Deliveries, &title, body))
}

fn facts(frame: &Frame<'_>, told: &Told) -> Markup {
    let delivery = &told.delivery;
    html! {
        dl.facts {
            @match &delivery.news {
                News::Change(change) => {
                    dt { "Submission" } dd { (entry_link(&delivery.id.of)) }
                    dt { "Change" } dd { (change.state) ", change " (delivery.id.seq) ", " (time(change.at)) }
                }
                News::Alarm(alarm) => {
                    dt { "Alarm" } dd { (visible(&alarm.heading())) }
                    @for (name, said) in alarm.lines() { dt { (name) } dd { (visible(&said)) } }
                }
            }
            dt { "Id" } dd { span.of { (delivery.id) } br; span.fine { "the same for each attempt" } }
            dt { "Owed since" } dd { (time(delivery.born_at)) " " span.fine { (ago(delivery.born_at, frame.now)) } }
            @if delivery.state == DeliveryState::Waiting { dt { "Next attempt" } dd { (time(delivery.due_at)) } }
            @if let Some(order) = &told.order {
                dt { "Last order" }
                dd {
                    (order.verb.as_str()) " by " (visible(order.signed.by.as_str())) ", " (time(order.signed.at))
                    @if let Some(why) = &order.signed.why { br; "“" (visible(why)) "”" }
                }
            }
        }
    }
}

fn attempts(told: &Told) -> Markup {
    html! {
        table.entries {
            thead {
                tr {
                    th.num scope="col" { "Attempt" }
                    th scope="col" { "Began" }
                    th scope="col" { "What came of it" }
                    th.num scope="col" { "Took" }
                }
            }
            tbody { @for attempt in told.attempts.iter().rev() { (tried(attempt)) } }
        }
    }
}

fn tried(attempt: &Attempt) -> Markup {
    let took = u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX);
    html! {
        tr {
            td.num data-label="Attempt" { (attempt.n) }
            td.when data-label="Began" { (time(attempt.at)) }
            td.cause data-label="What came of it" {
                @match &attempt.cause {
                    Some(cause) => { span.code { (cause.code) } " " span { (visible(&cause.detail)) } },
                    None => "delivered",
                }
                @if let Some(code) = attempt.reply.code { " " span.fine { (code) } }
                @if let Some(said) = &attempt.reply.said { br; span.fine { (visible(said)) } }
            }
            td.num data-label="Took" { (number(took)) " ms" }
        }
    }
}

/// Who was told of a submission; nothing where nobody is.
pub(super) fn told_of(frame: &Frame<'_>, told: &[Told]) -> Markup {
    html! {
        @if !told.is_empty() {
            section {
                h2 { "Who was told" }
                ul.plain {
                    @for one in told {
                        @let delivery = &one.delivery;
                        li {
                            (delivery_state(delivery.state)) " "
                            a href={ "/deliveries/" (delivery.id) } { (delivery.id.receiver) }
                            ", of " (delivery.news.state()) " " span.fine { (age(delivery.born_at, frame.now)) }
                            @if let Some(cause) = &delivery.cause { " " span.code { (cause.code) } }
                        }
                    }
                }
            }
        }
    }
}
