//! What the tests of the pages share: a form with a field of every kind, and what holds for every page.

use counterfoil_core::{Form, FormId};

/// A form with a field of every kind.
pub(crate) fn form() -> Form {
    Form::parse(
        FormId::parse("event").unwrap(),
        include_str!("../examples/event.toml"),
    )
    .unwrap()
}

/// That form in another language.
pub(crate) fn form_in(language: &str) -> Form {
    Form {
        language: language.into(),
        ..form()
    }
}

/// Every value of an attribute, in order.
pub(crate) fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    page.split(opening.as_str())
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect()
}

/// Holds for every page: no script but its own, at its end; ids are unique, and whatever names an id names one that exists.
pub(crate) fn sound(page: &str) {
    let own = "<script type=\"module\">";
    let page = page.split_once(own).map_or(page, |(before, script)| {
        assert!(script.ends_with("</script></body></html>"), "{script}");
        before
    });
    assert!(page.starts_with("<!DOCTYPE html><html lang=\""), "{page}");
    for never in [
        "<script",
        "javascript:",
        " style=",
        " onclick=",
        "http://fonts",
    ] {
        assert!(!page.to_lowercase().contains(never), "{never}");
    }
    let ids = values(page, "id");
    for (at, id) in ids.iter().enumerate() {
        assert!(
            !ids[..at].contains(id) && !id.contains(' '),
            "{id} in {ids:?}"
        );
    }
    let links = values(page, "href")
        .into_iter()
        .filter_map(|href| href.strip_prefix('#'));
    let named = ["for", "aria-describedby", "aria-labelledby"]
        .map(|name| values(page, name))
        .concat();
    for id in named.iter().flat_map(|ids| ids.split(' ')).chain(links) {
        assert!(ids.contains(&id), "{id} is named and is not there: {ids:?}");
    }
}
