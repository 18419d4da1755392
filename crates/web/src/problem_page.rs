//! A refusal that has no form to show again: unknown, gone, unavailable.

use maud::html;

use crate::layout::Page;

/// Where a refusal leads.
#[derive(Clone, Copy, Debug)]
pub struct Onward<'a> {
    /// The address.
    pub href: &'a str,
    /// The text of the link.
    pub text: &'a str,
}

/// The page: what went wrong, a sentence on what to do, and where there is a way on, the way.
#[must_use]
pub fn problem_page(
    language: &str,
    title: &str,
    detail: &str,
    onward: Option<Onward<'_>>,
) -> String {
    let body = html! {
        h1 { (title) }
        p { (detail) }
        @if let Some(onward) = onward { p { a href=(onward.href) { (onward.text) } } }
    };
    Page {
        language,
        title,
        refresh: None,
        body,
        script: None,
    }
    .render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sound;

    #[test]
    fn it_says_what_it_was_given_escaped_and_leads_on_where_there_is_a_way() {
        let page = problem_page("zh-CN", "<script>", "a & b", None);
        sound(&page);
        assert!(page.contains("<html lang=\"zh-CN\">"), "{page}");
        assert!(
            page.contains("<h1>&lt;script&gt;</h1><p>a &amp; b</p></main>"),
            "{page}"
        );
        let onward = Onward {
            href: "/",
            text: "Forms",
        };
        let page = problem_page("he", "x", "y", Some(onward));
        assert!(page.contains("<html lang=\"he\" dir=\"rtl\">"), "{page}");
        assert!(page.contains("<p><a href=\"/\">Forms</a></p>"), "{page}");
    }
}
