//! A refusal that has no form to show again: unknown, gone, unavailable.

use maud::html;

use crate::layout::Page;

/// The page: what went wrong, and a sentence on what to do.
#[must_use]
pub fn problem_page(language: &str, title: &str, detail: &str) -> String {
    let body = html! {
        h1 { (title) }
        p { (detail) }
    };
    Page {
        language,
        title,
        refresh: None,
        body,
    }
    .render()
}

#[cfg(test)]
mod tests {
    use crate::testing::sound;

    #[test]
    fn it_says_what_it_was_given_escaped() {
        let page = super::problem_page("zh-CN", "<script>", "a & b");
        sound(&page);
        assert!(page.contains("<html lang=\"zh-CN\">"), "{page}");
        assert!(
            page.contains("<h1>&lt;script&gt;</h1><p>a &amp; b</p>"),
            "{page}"
        );
    }
}
