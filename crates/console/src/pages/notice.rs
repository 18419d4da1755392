//! What is said when there is no page: refused, not there, not understood.

use maud::html;

use super::frame::{Frame, Here, Sheet, document};

/// A sentence, and the way back.
#[must_use]
pub fn message_page(frame: &Frame<'_>, title: &str, detail: &str) -> String {
    let body = html! {
        h1 { (title) }
        p { (detail) }
        p { a href="/" { "To the inbox" } }
    };
    frame.render(Sheet::new(Here::Elsewhere, title, body))
}

/// Said to whom the console does not know. `asks`: for the token, which may be typed here.
#[must_use]
pub fn refused_page(title: &str, detail: &str, asks: bool) -> String {
    let body = html! {
        div.door {
            p.brand { "Counterfoil" span { " console" } }
            h1 { (title) }
            p { (detail) }
            @if asks {
                form.start method="get" action="/" {
                    label { "Token" input type="password" name="token" autocomplete="off" required; }
                    button.main { "Open the console" }
                }
                p.fine { "Opened it in this browser before? " a href="/" { "Go on" } "." }
            }
        }
    };
    document(&Sheet::new(Here::Elsewhere, title, body), &html! {})
}
