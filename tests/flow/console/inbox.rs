//! The inbox over HTTP: what people wrote, newest first, found, turned, marked and answered.

use serde_json::json;

use super::visitor::{Visitor, value};
use crate::client::{accepted, settled};
use crate::planted::{Letter, held, letters, plant};
use crate::server::{Machine, Server};
use crate::wait::until;

fn opened(home: &Machine) -> (Server, Visitor) {
    let server = home.start_with(&["--as", "ada", "--retry-base", "0.05"]);
    let visitor = Visitor::with_key(&server.console());
    (server, visitor)
}

/// The names of the rows, in their order.
fn rows(page: &str) -> Vec<String> {
    page.split("name=\"of\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

/// The address that a link of this relation leads to.
fn link(page: &str, rel: &str) -> Option<String> {
    let rest = page.split(&format!("rel=\"{rel}\" href=\"")).nth(1)?;
    Some(rest.split('"').next().unwrap().replace("&amp;", "&"))
}

#[test]
fn an_empty_inbox_says_what_to_do_next() {
    let home = Machine::new();
    let (server, ada) = opened(&home);
    let page = ada.get("/").body;
    let form = format!("http://{}/forms/contact", server.authority());
    for part in [
        "Nothing here yet.",
        &format!("href=\"{form}\""),
        "&lt;form id=&quot;form-contact&quot;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(ada.get("/?state=held").body.contains("Nothing is held."));
    // The index is fed behind everything else.
    until("a search answers", || {
        ada.get("/?q=zebra").body.contains("Nothing fits.")
    });
}

#[test]
fn who_wrote_and_what_stands_in_the_inbox_and_is_found_by_a_word() {
    let home = Machine::new();
    let (server, ada) = opened(&home);
    for text in [
        "Do you ship abroad?",
        "When does the library open?",
        "图书馆几点开门？",
    ] {
        settled(&server, &accepted(&server, text));
    }
    let page = ada.get("/").body;
    assert_eq!(rows(&page).len(), 3);
    for part in [
        "Do you ship abroad?",
        "图书馆几点开门？",
        "li class=\"unread\"",
        "Inbox <span class=\"count\">3",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for (words, found) in [
        ("library", 1),
        ("LIBRARY open", 1),
        ("图书", 1),
        ("ship abroad", 1),
        ("zebra", 0),
    ] {
        let query: String = words.bytes().map(|byte| format!("%{byte:02X}")).collect();
        until(words, || {
            rows(&ada.get(&format!("/?q={query}")).body).len() == found
        });
    }
    assert_eq!(rows(&ada.get("/?until=2020-01-01").body).len(), 0);
    assert_eq!(rows(&ada.get("/?since=1h&form=contact").body).len(), 3);
    assert!(
        ada.get("/?since=nonsense")
            .body
            .contains("&quot;nonsense&quot; is not understood")
    );
    assert_eq!(ada.get("/?from=nonsense").status, 400);
}

#[test]
fn pages_are_turned_to_the_end_and_back() {
    let home = Machine::new();
    plant(&home, &letters(120));
    let (_server, ada) = opened(&home);
    let first = ada.get("/").body;
    let (mut page, mut seen) = (first.clone(), rows(&first));
    while let Some(next) = link(&page, "next") {
        page = ada.get(&next).body;
        seen.extend(rows(&page));
    }
    assert_eq!(
        (
            seen.len(),
            seen.iter().collect::<std::collections::BTreeSet<_>>().len()
        ),
        (120, 120)
    );
    let back = ada.get(&link(&page, "prev").unwrap()).body;
    assert_eq!(rows(&back), seen[50..100]);
    // Fewer than a page are newer: then it is the first page.
    assert_eq!(
        rows(&ada.get(&link(&back, "prev").unwrap()).body),
        seen[..50]
    );
}

#[test]
fn one_submission_has_the_forms_fields_a_reply_and_its_neighbours() {
    let home = Machine::new();
    let mut letter = Letter::new("See https://example.org/a?b=1.\nAnd write to grace@example.org");
    letter.fields["extra"] = json!(true);
    let names = plant(
        &home,
        &letters(3).into_iter().chain([letter]).collect::<Vec<_>>(),
    );
    let (_server, ada) = opened(&home);
    let page = ada.get(&format!("/entries/{}?list=1", names[3])).body;
    for part in [
        ">Your name</dt>",
        ">E-mail</dt>",
        ">extra</dt>",
        "href=\"mailto:ada@example.org?subject=Re%3A%20Contact%20us&amp;body=%0D%0A%0D%0A%3E%20See",
        "href=\"https://example.org/a?b=1\" rel=\"noreferrer noopener\"",
        "href=\"mailto:grace@example.org\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (name, email) = (
        page.find(">Your name<").unwrap(),
        page.find(">E-mail<").unwrap(),
    );
    assert!(
        name < email && email < page.find(">Message<").unwrap(),
        "the form's order"
    );
    let ordered = rows(&ada.get("/").body);
    let middle = ada.get(&format!("/entries/{}?list=1", ordered[1])).body;
    assert!(
        link(&middle, "prev").unwrap().contains(&ordered[0]),
        "{middle}"
    );
    assert!(
        link(&middle, "next").unwrap().contains(&ordered[2]),
        "{middle}"
    );
}

#[test]
fn marks_are_put_and_taken_back_and_looking_puts_none() {
    let home = Machine::new();
    let names = plant(&home, &letters(3));
    let (_server, ada) = opened(&home);
    let unread = || ada.get("/").body.matches("class=\"unread\"").count();
    let at = format!("/entries/{}", names[0]);
    assert!(ada.get(&at).body.contains("Mark as seen"));
    assert_eq!(unread(), 3, "looking changes nothing");
    let marked = ada.post(&format!("{at}/mark"), &[("as", "seen")]);
    assert_eq!(
        marked.header("location"),
        Some(format!("{at}?done=marked").as_str()),
        "{marked:?}"
    );
    assert_eq!(unread(), 2);
    ada.post(
        "/mark",
        &[
            ("as", "answered"),
            ("of", &names[0]),
            ("of", &names[1]),
            ("back", "/"),
        ],
    );
    assert_eq!(ada.get("/").body.matches(">answered</span>").count(), 2);
    assert!(ada.get(&at).body.contains("by ada"), "who marked it");
    ada.post(&format!("{at}/mark"), &[("as", "not-answered")]);
    ada.post(&format!("{at}/mark"), &[("as", "not-seen")]);
    assert_eq!(unread(), 3);
    let upto = ada.get("/?form=contact").body;
    let upto = upto
        .split("name=\"upto\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    ada.post("/seen", &[("upto", &upto), ("back", "/")]);
    assert_eq!(unread(), 0);
    assert_eq!(
        ada.post(&format!("{at}/mark"), &[("as", "loved")]).status,
        400
    );
    assert_eq!(ada.post("/mark", &[("as", "seen")]).status, 400);
}

#[test]
fn what_is_new_is_told_once_and_without_a_page() {
    let home = Machine::new();
    let (server, ada) = opened(&home);
    settled(&server, &accepted(&server, "the first"));
    let page = ada.get("/").body;
    let fresh = page
        .split("data-fresh=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let nothing = ada.get(&fresh);
    assert_eq!((nothing.status, nothing.body.as_str()), (200, ""));
    let tag = nothing.header("etag").unwrap().to_owned();
    assert_eq!(ada.get_if_changed(&fresh, &tag).status, 304);
    settled(&server, &accepted(&server, "the second"));
    let told = ada.get_if_changed(&fresh, &tag);
    assert!(
        told.status == 200 && told.body.contains(">1 new</a>"),
        "{told:?}"
    );
}

#[test]
fn trays_keep_apart_what_is_held_and_what_failed() {
    let home = Machine::new();
    plant(
        &home,
        &held(&["honeypot"])
            .into_iter()
            .chain(letters(2))
            .collect::<Vec<_>>(),
    );
    let (_server, ada) = opened(&home);
    for (path, count) in [
        ("/", 2),
        ("/?state=held", 1),
        ("/?state=failed", 2),
        ("/?state=discarded", 0),
    ] {
        assert_eq!(rows(&ada.get(path).body).len(), count, "{path}");
    }
    let page = ada.get("/?state=held").body;
    assert!(
        page.contains(">Release</button>") && page.contains("Held <span class=\"count\">1"),
        "{page}"
    );
    assert_eq!(value(&page, "back"), "/?state=held");
}

#[test]
fn dead_letters_are_listed_by_who_wrote_and_what() {
    let home = Machine::new();
    let names = plant(&home, &letters(2));
    let (_server, ada) = opened(&home);
    let page = ada.get("/entries").body;
    for part in ["Ada Lovelace", "message 0", names[0].as_str()] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn as_long_as_no_index_can_be_had_a_search_reads_the_newest_and_says_how_many() {
    let home = Machine::new();
    plant(&home, &letters(3));
    // Something of somebody else's is in the index's place.
    std::fs::create_dir_all(home.data().join("search.db/of-somebody")).unwrap();
    let (_server, ada) = opened(&home);
    let page = ada.get("/?q=message");
    assert_eq!((page.status, rows(&page.body).len()), (200, 3), "{page:?}");
    assert!(page.body.contains("Read 3 entries"), "{}", page.body);
}
