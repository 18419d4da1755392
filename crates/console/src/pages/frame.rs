//! What every page of the console shares: who acts, where, and the way around.

use counterfoil_core::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::bits::hidden;
use counterfoil_web::ICON;

/// What stands on every page.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// Which home this is: a directory or a stack.
    pub place: &'a str,
    /// Who acts.
    pub who: &'a str,
    /// Proves that a form came from a page of this session.
    pub csrf: &'a str,
    /// Does this home keep what receivers were told?
    pub has_deliveries: bool,
    /// Now.
    pub now: Timestamp,
}

/// Which of the places in the menu this is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Inbox,
    Held,
    Failures,
    Jobs,
    Deliveries,
    Elsewhere,
}

const MENU: [(Here, &str, &str); 5] = [
    (Here::Inbox, "/", "Inbox"),
    (Here::Held, "/entries?waiting=held", "Held"),
    (Here::Failures, "/failures", "Failures"),
    (Here::Jobs, "/jobs", "Replays"),
    (Here::Deliveries, "/deliveries", "Deliveries"),
];

/// One page.
pub(super) struct Sheet<'a> {
    pub here: Here,
    pub title: &'a str,
    /// Without a script the page asks for itself again after so many seconds.
    pub refresh: Option<u32>,
    pub body: Markup,
}

impl<'a> Sheet<'a> {
    pub(super) const fn new(here: Here, title: &'a str, body: Markup) -> Self {
        Self {
            here,
            title,
            refresh: None,
            body,
        }
    }
}

impl Frame<'_> {
    /// The page as text.
    pub(super) fn render(&self, sheet: Sheet<'_>) -> String {
        let top = html! {
            a.skip href="#main" { "Skip to the content" }
            header.top {
                a.brand href="/" { "Counterfoil" span { " console" } }
                nav aria-label="Console" {
                    @for (here, href, name) in MENU.into_iter().filter(|(here, ..)| self.has_deliveries || *here != Here::Deliveries) {
                        a href=(href) aria-current=[(here == sheet.here).then_some("page")] { (name) }
                    }
                }
                p.who { span.place { (self.place) } " as " strong { (self.who) } }
            }
        };
        document(&sheet, &top)
    }

    /// The hidden fields of every form that changes something.
    pub(super) fn proof(&self) -> Markup {
        hidden("csrf", self.csrf)
    }
}

/// A page around its content. Without a session there is no `top`.
pub(super) fn document(sheet: &Sheet<'_>, top: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(seconds) = sheet.refresh {
                    noscript { meta http-equiv="refresh" content=(seconds); }
                }
                title { (sheet.title) " · Counterfoil console" }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href="/console.css";
                script src="/console.js" defer {}
            }
            body {
                (top)
                main #main tabindex="-1" { (sheet.body) }
            }
        }
    };
    document.into_string()
}
