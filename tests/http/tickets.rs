//! What a ticket's holder is told, and what others are.

use super::home::{Home, Oddity};
use super::{BROWSER, JSON, PAGE};
use crate::client::{Answer, Doors, accepted, get, send, settled};

fn stored(home: &impl Doors) -> String {
    let ticket = accepted(home, "hello");
    assert_eq!(settled(home, &ticket), "stored");
    format!("/tickets/{ticket}")
}

#[test]
fn a_ticket_is_revalidated_with_its_etag() {
    let Some(home) = crate::home() else { return };
    let path = stored(&home);
    let ask = |accept: &str, known: &str| {
        send(
            &home,
            "GET",
            &path,
            &[("accept", accept), ("if-none-match", known)],
            b"",
        )
        .unwrap()
    };
    let (json, page) = (get(&home, &path, JSON), get(&home, &path, BROWSER));
    let tag = |answer: &Answer| answer.header("etag").unwrap().to_owned();
    assert_ne!(tag(&json), tag(&page), "another representation");
    for known in [
        tag(&json),
        format!("\"other\", {}", tag(&json)),
        tag(&json).replace("W/", ""),
        "*".into(),
    ] {
        let again = ask(JSON, &known);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{known}");
        assert_eq!(tag(&again), tag(&json));
        assert_eq!(again.header("cache-control"), Some("private, no-cache"));
    }
    assert_eq!(ask(BROWSER, &tag(&page)).status, 304);
    for (accept, known) in [
        (BROWSER, tag(&json)),
        (JSON, tag(&page)),
        (JSON, "\"0-queued-json\"".into()),
    ] {
        assert_eq!(ask(accept, &known).status, 200, "{accept} {known}");
    }
}

#[test]
fn a_ticket_is_json_unless_a_page_is_asked_for_and_head_is_get_without_the_body() {
    let Some(home) = crate::home() else { return };
    let path = stored(&home);
    for (accept, content_type) in [
        ("*/*", JSON),
        (JSON, JSON),
        ("text/*", JSON),
        (BROWSER, PAGE),
        ("text/html", PAGE),
    ] {
        let answer = get(&home, &path, accept);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some(content_type)),
            "{accept}"
        );
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        let head = send(&home, "HEAD", &path, &[("accept", accept)], b"").unwrap();
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        for name in [
            "content-type",
            "content-length",
            "etag",
            "referrer-policy",
            "vary",
        ] {
            assert_eq!(head.header(name), answer.header(name), "{accept} {name}");
        }
    }
}

#[test]
fn forged_malformed_and_unknown_tickets_get_the_same_bytes() {
    let Some(home) = crate::home() else { return };
    let ticket = stored(&home).trim_start_matches("/tickets/").to_owned();
    let (_, proof) = ticket.split_once('.').unwrap();
    let altered = |at: usize| {
        let mut bytes = ticket.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let last = ticket.len() - 1;
    let tickets = [
        // Of another form, of one that is not here, of none.
        format!("closed.{proof}"),
        format!("nowhere.{proof}"),
        proof.to_owned(),
        format!("_unknown.{proof}"),
        // Another key, id, time, tag and proof.
        altered(8),
        altered(12),
        altered(31),
        altered(38),
        altered(last),
        // No ticket at all, or not the one way to write it.
        "x".into(),
        "contact.".into(),
        ticket[..last].to_owned(),
        format!("{ticket}="),
        format!("{ticket}A"),
        ticket.to_uppercase(),
        "contact.".to_owned() + &"A".repeat(4000),
    ];
    for accept in [JSON, BROWSER] {
        let first = get(&home, "/tickets/contact.forged", accept);
        assert_eq!(first.status, 404);
        assert_eq!(first.header("referrer-policy"), Some("no-referrer"));
        for ticket in &tickets {
            assert_eq!(
                get(&home, &format!("/tickets/{ticket}"), accept).said(),
                first.said(),
                "{ticket}"
            );
        }
        if accept == JSON {
            first.assert_problem(404, "unknown-ticket");
        }
        for odd in ["", "a/b", &format!("{ticket}/")] {
            let answer = get(&home, &format!("/tickets/{odd}"), accept);
            let expected = if home.has(Oddity::TicketIsOneSegment) {
                get(&home, "/nowhere", accept)
            } else {
                first.clone()
            };
            assert_eq!(
                (answer.status, answer.said()),
                (404, expected.said()),
                "{odd}"
            );
        }
    }
}

#[test]
fn a_ticket_tells_its_state_to_whoever_has_it_and_nothing_of_what_was_submitted() {
    let Some(home) = crate::home() else { return };
    let ticket = accepted(&home, "canary-in-the-message");
    settled(&home, &ticket);
    for accept in [JSON, BROWSER] {
        let headers = [("accept", accept), ("origin", "https://anyone.example")];
        let answer = send(&home, "GET", &format!("/tickets/{ticket}"), &headers, b"").unwrap();
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert!(
            !answer.body.contains("canary") && !answer.body.contains("ada@example.org"),
            "{}",
            answer.body
        );
    }
}
