//! What browsers and password managers fill in, and what they must leave empty.

use super::*;

#[test]
fn the_trap_is_out_of_sight_and_out_of_reach() {
    let trap = "id=\"field-website\" name=\"website\" tabindex=\"-1\" autocomplete=\"off\" data-1p-ignore \
                data-bwignore data-lpignore=\"true\" data-form-type=\"other\"";
    check(&[], &["<div class=\"away\" aria-hidden=\"true\">", trap]);
    let page = render(
        &Form {
            honeypot: None,
            ..form()
        },
        &[("website", "x")],
        &[],
    );
    assert!(!page.contains(trap));
}

#[test]
fn the_owner_may_say_what_a_browser_fills_in() {
    let form = form_of(serde_json::json!({
        "who": {"type": "string", "x-autocomplete": "section-a family-name"}, "name": {"type": "string", "x-autocomplete": "Off\""},
    }));
    let page = render(&form, &[], &[]);
    assert!(
        page.contains("autocomplete=\"section-a family-name\"")
            && page.contains("autocomplete=\"name\""),
        "{page}"
    );
}
