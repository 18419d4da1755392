//! Changing what a dead letter holds: the text, what it changes, and only then the deed.

use counterfoil_core::{Head, Payload};
use maud::{Markup, html};

use super::bits::{entry_href, entry_link, hidden, visible};
use super::diff;
use super::frame::{Frame, Here, Sheet};

/// The text to change.
pub struct EditPage<'a> {
    /// Of which entry.
    pub head: &'a Head,
    /// JSON, as it is or as it was typed.
    pub text: &'a str,
    /// What is wrong with it.
    pub problems: &'a [String],
}

/// The page with the text.
#[must_use]
pub fn edit_page(frame: &Frame<'_>, page: &EditPage<'_>) -> String {
    let wrong = !page.problems.is_empty();
    let body = html! {
        h1 { "Edit " (entry_link(&page.head.of)) }
        @if wrong { (problems(page)) }
        form.edit method="post" action={ (entry_href(&page.head.of)) "/edit" } {
            (frame.proof())
            (hidden("seq", &page.head.seq.to_string()))
            label for="text" { "What was submitted, as JSON" }
            textarea #text name="text" rows="18" spellcheck="false" autocomplete="off" aria-invalid=[wrong.then_some("true")] {
                // A browser drops the first line break of a text area.
                "\n" (page.text)
            }
            p.row {
                button.main name="step" value="preview" { "See what changes" }
                a href=(entry_href(&page.head.of)) { "Leave it as it is" }
            }
        }
        p.fine { "Nothing is written yet. What it was before stays in its history, and the ticket stays good." }
    };
    frame.render(Sheet::new(Here::Failures, "Edit", body))
}

fn problems(page: &EditPage<'_>) -> Markup {
    html! {
        div.problem role="alert" {
            p { "Nothing was written:" }
            ul { @for problem in page.problems { li { (visible(problem)) } } }
        }
    }
}

/// What an edit would change.
pub struct PreviewPage<'a> {
    /// Of which entry.
    pub head: &'a Head,
    /// What it holds.
    pub before: &'a Payload,
    /// What it would hold.
    pub after: &'a Payload,
    /// The JSON as it was typed.
    pub text: &'a str,
    /// The name of the replay that saving may start: the same one however often the button is pressed.
    pub job: &'a str,
}

/// The page with the difference.
#[must_use]
pub fn preview_page(frame: &Frame<'_>, page: &PreviewPage<'_>) -> String {
    let body = html! {
        h1 { "What changes in " (entry_link(&page.head.of)) }
        (diff::table(page.before, page.after))
        p { "The form takes it as it would be." }
        form.edit method="post" action={ (entry_href(&page.head.of)) "/edit" } {
            (frame.proof())
            (hidden("seq", &page.head.seq.to_string()))
            (hidden("text", page.text))
            (hidden("job", page.job))
            label { "Why " span.fine { "(optional, for the history)" } input type="text" name="why" maxlength="200"; }
            p.row {
                button.main name="step" value="replay" { "Save and replay" }
                button name="step" value="save" { "Save" }
                button name="step" value="again" { "Change more" }
                a href=(entry_href(&page.head.of)) { "Leave it as it is" }
            }
        }
    };
    frame.render(Sheet::new(Here::Failures, "What changes", body))
}
