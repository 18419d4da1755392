//! A post that is accepted: what a program and a person get.

use serde_json::json;

use super::home::{Home, submission_of};
use super::{
    BROWSER, GOOD_PAIRS, Headers, JSON, MULTIPART, PAGE, URLENCODED, browse, multipart, post,
    ticket, with,
};
use crate::client::{get, poll, post_json, settled};

#[test]
fn a_json_post_gets_a_ticket_and_the_ticket_turns_stored() {
    let Some(home) = crate::home() else { return };
    let answer = post_json(&home, &with(json!({})), &[]).unwrap();
    let body = answer.json();
    let ticket = ticket(&answer);
    let (form, proof) = ticket.split_once('.').unwrap();
    assert_eq!((form, proof.len()), ("contact", 60));
    let submitted_at = body["submitted_at"].as_str().unwrap();
    assert!(
        submitted_at.len() == 24 && submitted_at.ends_with(".000Z"),
        "{submitted_at}"
    );
    let retry_after = body["retry_after"].as_u64().unwrap();
    assert!((1..=60).contains(&retry_after));
    let status_url = format!("/tickets/{ticket}");
    let expected = json!({"ticket": ticket, "state": "queued", "status_url": status_url, "retry_after": retry_after,
        "submitted_at": submitted_at});
    assert_eq!(body, expected);
    let headers = [
        ("location", status_url),
        ("retry-after", retry_after.to_string()),
        ("cache-control", "no-store".into()),
        ("content-type", JSON.into()),
        ("x-content-type-options", "nosniff".into()),
    ];
    for (name, value) in headers {
        assert_eq!(answer.header(name), Some(value.as_str()), "{name}");
    }
    assert_eq!(settled(&home, &ticket), "stored");
    let view = poll(&home, &ticket);
    let updated_at = view["updated_at"].as_str().unwrap();
    assert!(
        updated_at.len() == 24 && updated_at >= submitted_at,
        "{view}"
    );
    let expected = json!({"ticket": ticket, "form": "contact", "state": "stored", "seq": 1,
        "submitted_at": submitted_at, "updated_at": updated_at, "final": true});
    assert_eq!(view, expected);
}

#[test]
fn a_program_gets_the_same_for_every_content_type_and_the_same_is_kept() {
    let Some(home) = crate::home() else { return };
    let parts = multipart(&[
        ("name", "Ada"),
        ("email", "ada@example.org"),
        ("message", "two words"),
    ]);
    let json = with(json!({})).to_string();
    let posts: [(&str, Headers, &str); 5] = [
        ("application/json; charset=UTF-8", &[], &json),
        // Who sends JSON reads JSON.
        (JSON, &[("accept", BROWSER)], &json),
        (URLENCODED, &[], GOOD_PAIRS),
        (MULTIPART, &[("accept", "*/*")], &parts),
        (
            URLENCODED,
            &[("accept", "application/json, text/html;q=0.9")],
            GOOD_PAIRS,
        ),
    ];
    let tickets = posts.map(|(content_type, more, body)| {
        let headers = [&[("content-type", content_type)], more].concat();
        ticket(&post(&home, "contact", &headers, body))
    });
    for ticket in tickets {
        assert_eq!(settled(&home, &ticket), "stored");
        assert_eq!(home.kept(&submission_of(&ticket)), Some(with(json!({}))));
    }
}

#[test]
fn a_person_is_sent_to_a_ticket_page_that_refreshes_until_it_is_final() {
    let Some(home) = crate::home() else { return };
    let parts = multipart(&[
        ("name", "Ada"),
        ("email", "ada@example.org"),
        ("message", "two words"),
    ]);
    for (content_type, body) in [(URLENCODED, GOOD_PAIRS), (MULTIPART, &parts)] {
        let answer = post(
            &home,
            "contact",
            &[("content-type", content_type), ("accept", BROWSER)],
            body,
        );
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (303, ""),
            "{answer:?}"
        );
        let place = answer.header("location").unwrap().to_owned();
        let ticket = place.strip_prefix("/tickets/").unwrap();
        let page = get(&home, &place, BROWSER);
        let refreshes = page.body.contains("http-equiv=\"refresh\"");
        assert!(
            page.header("retry-after").is_some() == refreshes,
            "only while it is not final: {page:?}"
        );
        assert_eq!(settled(&home, ticket), "stored");
        let last = get(&home, &place, BROWSER);
        assert_eq!(
            (last.status, last.header("content-type")),
            (200, Some(PAGE))
        );
        let has = |text: &str| last.body.contains(text);
        assert!(
            !has("http-equiv=\"refresh\"") && !has("Ada") && !has("two words"),
            "{}",
            last.body
        );
    }
}

#[test]
fn a_form_with_a_redirect_sends_there_and_nothing_in_the_request_can_change_it() {
    let Some(home) = crate::home() else { return };
    let elsewhere = "https%3A%2F%2Fevil.example";
    let path = format!("closed?redirect={elsewhere}&_redirect={elsewhere}");
    let headers = [
        ("content-type", URLENCODED),
        ("accept", BROWSER),
        ("referer", "https://evil.example/"),
        ("x-forwarded-host", "evil.example"),
    ];
    let answer = post(
        &home,
        &path,
        &headers,
        format!("name=Ada&_redirect={elsewhere}&_next={elsewhere}"),
    );
    assert_eq!(answer.status, 303, "{answer:?}");
    let place = answer.header("location").unwrap();
    let ticket = place
        .strip_prefix("https://example.org/thanks?ticket=")
        .unwrap_or_else(|| panic!("{place}"));
    assert_eq!(settled(&home, ticket), "stored");
    assert_eq!(
        home.kept(&submission_of(ticket)),
        Some(json!({"name": "Ada"}))
    );
}

#[test]
fn a_filled_honeypot_looks_accepted_and_is_held_without_a_reason() {
    let Some(home) = crate::home() else { return };
    let answer = post_json(&home, &with(json!({"website": "http://spam.example"})), &[]).unwrap();
    let ticket = ticket(&answer);
    assert_eq!(settled(&home, &ticket), "held");
    assert_eq!(poll(&home, &ticket).get("reason"), None);
    let page = browse(&home, format!("{GOOD_PAIRS}&website=x"));
    assert_eq!(
        (page.status, page.header("location").is_some()),
        (303, true),
        "{page:?}"
    );
}
