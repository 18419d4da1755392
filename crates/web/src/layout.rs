//! What every page shares: the head, the one stylesheet, the frame. No page has a style of its own.

use crate::direction::direction;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The whole look. Its hash is in the Content-Security-Policy.
pub(crate) const STYLE: &str = include_str!("style.css");

/// A ticket with its perforation, as a `data:` URI so that no page asks for a second file.
pub const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Cpath fill='%2314594a' d='M1 3h14v3.5a1.5 1.5 0 0 0 0 3V13H1V9.5a1.5 1.5 0 0 0 0-3z'/%3E\
    %3Cpath stroke='%23fff' stroke-dasharray='1.5 1' d='M10.5 4v8'/%3E%3C/svg%3E";

/// One page.
pub(crate) struct Page<'a> {
    /// BCP 47 tag for `<html lang>`.
    pub language: &'a str,
    /// The window's title.
    pub title: &'a str,
    /// Seconds after which the page asks for itself again.
    pub refresh: Option<u32>,
    /// What stands in `<main>`.
    pub body: Markup,
    /// What the page can do where scripts run, once it is whole.
    pub script: Option<&'a str>,
}

impl Page<'_> {
    /// The page as text.
    pub fn render(self) -> String {
        let document = html! {
            (DOCTYPE)
            html lang=(self.language) dir=[direction(self.language)] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(seconds) = self.refresh { meta http-equiv="refresh" content=(seconds); }
                    title { (self.title) }
                    link rel="icon" href=(ICON);
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main { (self.body) }
                    @if let Some(script) = self.script { script type="module" { (PreEscaped(script)) } }
                }
            }
        };
        document.into_string()
    }
}
