//! What receivers were told, in the console: seen with their health, and mended.

use super::visitor::{Visitor, value};
use crate::client::{accepted, settled};
use crate::deliveries::machine_with_deliveries;
use crate::server::Machine;
use crate::wait::until;

fn opened(home: &Machine) -> (crate::server::Server, Visitor) {
    let server = home.start_with(&["--as", "ada"]);
    let visitor = Visitor::with_key(&server.console());
    (server, visitor)
}

/// How many rows a list has.
fn rows(ada: &Visitor, query: &str) -> usize {
    let page = ada.get(&format!("/deliveries{query}")).body;
    page.matches("name=\"of\"").count()
}

#[test]
fn what_has_failed_is_found_shown_and_retried() {
    let home = machine_with_deliveries();
    let (_server, ada) = opened(&home);
    let page = ada.get("/deliveries").body;
    for part in [
        ">crm<",
        "disabled",
        "410 Gone",
        "Retry the ticked",
        "aria-current=\"page\">Deliveries",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("Send again"), "{page}");
    for (query, count) in [
        ("", 2),
        ("?state=any", 4),
        ("?state=delivered", 1),
        ("?state=waiting&receiver=crm", 1),
        ("?state=any&receiver=other", 0),
        ("?cause=refused", 2),
        ("?cause=gave-up", 0),
    ] {
        assert_eq!(rows(&ada, query), count, "{query}");
    }
    let wrong = ada.get("/deliveries?state=x");
    assert!(wrong.status == 200 && wrong.body.contains("is not understood"));

    let id = value(&page, "of");
    let one = ada.get(&format!("/deliveries/{id}")).body;
    for part in ["410", "refused", " [31mno", "Retry", "Discard"] {
        assert!(one.contains(part), "{part}: {one}");
    }
    let pairs = [
        ("of", id.as_str()),
        ("do", "retry"),
        ("why", "mended"),
        ("cause", "refused"),
    ];
    let done = ada.post("/deliveries", &pairs);
    let location = done.header("location").unwrap();
    assert_eq!(
        location,
        "/deliveries?cause=refused&done=retry&count=1&left=0"
    );
    let page = ada.get(location).body;
    assert!(page.contains("1 delivery is due now"), "{page}");
    assert_eq!((rows(&ada, ""), rows(&ada, "?state=waiting")), (1, 2));
    let shown = home.verb(&["deliveries", "show", &id]);
    assert!(
        shown.contains("retry by ada") && shown.contains("mended"),
        "{shown}"
    );
}

#[test]
fn one_is_sent_again_given_up_and_left_where_a_verb_is_not_for_it() {
    let home = machine_with_deliveries();
    let (_server, ada) = opened(&home);
    let delivered = value(&ada.get("/deliveries?state=delivered").body, "of");
    let path = format!("/deliveries/{delivered}");
    let left = ada.post(&path, &[("do", "discard")]);
    let page = ada.get(left.header("location").unwrap()).body;
    assert!(
        page.contains("Nothing was done. 1 left as before"),
        "{page}"
    );
    ada.post(&path, &[("do", "resend")]);
    assert_eq!(rows(&ada, "?state=delivered"), 0);
    ada.post(&path, &[("do", "discard")]);
    assert_eq!(rows(&ada, "?state=discarded"), 1);
    assert_eq!(ada.post(&path, &[("do", "x")]).status, 400);
    assert_eq!(ada.post("/deliveries", &[("do", "retry")]).status, 400);
    assert_eq!(ada.get("/deliveries/contact/x:1/crm").status, 404);
    let stranger = Visitor::stranger(&ada.key);
    assert_eq!(stranger.get("/deliveries").status, 401);
    assert_eq!(ada.post_as_is(&path, &[("do", "retry")], &[]).status, 403);
    assert_eq!(rows(&ada, "?state=discarded"), 1);
}

#[test]
fn a_disabled_receiver_is_enabled_with_one_press() {
    let home = machine_with_deliveries();
    let (_server, ada) = opened(&home);
    assert!(
        ada.get("/deliveries")
            .body
            .contains("/receivers/crm/enable")
    );
    assert_eq!(ada.get("/receivers/crm/enable").status, 405);
    let done = ada.post("/receivers/crm/enable", &[]);
    assert_eq!(done.header("location"), Some("/deliveries"));
    let page = ada.get("/deliveries").body;
    assert!(
        page.contains("enabled by ada") && !page.contains("/receivers/crm/enable"),
        "{page}"
    );
}

#[test]
fn beside_its_history_stands_who_was_told_of_a_submission() {
    let home = Machine::new();
    let contact = include_str!("../../../forms/contact.toml");
    home.write_form("contact", &format!("{contact}\n[[notify]]\nto = \"crm\"\n"));
    let (server, ada) = opened(&home);
    assert!(
        ada.get("/deliveries")
            .body
            .contains("Nobody is told of anything yet.")
    );
    settled(&server, &accepted(&server, "told"));
    until("it is owed", || rows(&ada, "?state=waiting") == 1);
    let id = value(&ada.get("/deliveries?state=waiting").body, "of");
    let (of, _) = id.split_once(':').unwrap();
    let page = ada.get(&format!("/entries/{of}")).body;
    assert!(
        page.contains("Who was told") && page.contains(&format!("/deliveries/{id}")),
        "{page}"
    );
}
