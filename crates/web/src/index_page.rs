//! The list of forms at `/`.

use counterfoil_core::{Form, Forms};
use maud::{Markup, html};

use crate::direction::direction;
use crate::layout::Page;
use crate::texts::Texts;

/// The page, in English: it belongs to no form, so no form's language is its own. A closed form is not on it.
#[must_use]
pub fn index_page(forms: &Forms) -> String {
    let texts = Texts::in_language("en");
    let forms: Vec<&Form> = forms.iter().filter(|form| form.enabled).collect();
    let body = html! {
        h1 { (texts.forms) }
        @if forms.is_empty() { p { (texts.no_forms) } }
        ul.forms { @for form in forms { li lang=(form.language) dir=[direction(&form.language)] { (entry(form)) } } }
    };
    Page {
        language: "en",
        title: texts.forms,
        refresh: None,
        body,
        script: None,
    }
    .render()
}

fn entry(form: &Form) -> Markup {
    html! {
        a href={ "/forms/" (form.id) } { (form.title) }
        @if let Some(intro) = &form.intro { p.hint { (intro) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{form, sound};

    #[test]
    fn every_form_is_linked_and_its_words_are_escaped() {
        let mut form = form();
        form.title = "<b>\"Us\"</b>".into();
        let page = index_page(&Forms::from_iter([form]));
        sound(&page);
        assert!(
            page.contains("href=\"/forms/event\">&lt;b&gt;&quot;Us&quot;"),
            "{page}"
        );
    }

    #[test]
    fn a_closed_form_is_not_offered() {
        let page = index_page(&Forms::from_iter([Form {
            enabled: false,
            ..form()
        }]));
        assert!(!page.contains("/forms/event"), "{page}");
    }

    #[test]
    fn no_forms_is_said_in_words() {
        assert!(index_page(&Forms::default()).contains("forms/"));
    }
}
