//! What becomes of a good post, and what a person sees of a bad one.

#[path = "intake_page_tests.rs"]
mod page;

use serde_json::json;

use crate::testing::{
    Answer, BROWSER, CANARY, CONTACT, FakeQueue, GOOD_PAIRS, JSON, TestIngest, URLENCODED, form,
    good_json, ingest, keys, request,
};
use counterfoil_core::Ticket;
use counterfoil_core::rejection::{FieldError, FieldProblem};
use page::check_page;

const MULTIPART: &str = "multipart/form-data; boundary=b";

fn multipart(pairs: &[(&str, &str)]) -> String {
    let part = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    pairs.iter().map(part).collect::<String>() + "--b--\r\n"
}

fn good_multipart() -> String {
    multipart(&[
        ("name", "Ada"),
        ("email", "ada@example.org"),
        ("message", "Hello"),
        ("website", ""),
    ])
}

#[test]
fn a_post_of_any_kind_is_queued_and_answered_with_its_ticket() {
    for (media_type, body) in [
        (JSON, good_json()),
        (URLENCODED, GOOD_PAIRS.into()),
        (MULTIPART, good_multipart()),
    ] {
        for accept in [None, Some("*/*"), Some("application/json")] {
            let ingest = ingest();
            let answer = ingest.submit(media_type, accept, body.clone());
            let (sent, receipt) = (ingest.sent(), answer.json());
            assert_eq!((answer.status, sent.len()), (202, 1), "{media_type}");
            assert_eq!(
                json!(sent[0].payload.fields()),
                serde_json::from_str::<serde_json::Value>(&good_json()).unwrap()
            );
            let ticket = receipt["ticket"].as_str().unwrap();
            assert_eq!(
                Ticket::verify(&keys(), ticket).unwrap().submission(),
                sent[0].of
            );
            assert_eq!(receipt["status_url"], format!("/tickets/{ticket}"));
            assert_eq!(answer.header("location"), format!("/tickets/{ticket}"));
            assert_eq!(
                receipt["retry_after"].to_string(),
                answer.header("retry-after")
            );
            assert_eq!(
                (&receipt["state"], &receipt["submitted_at"]),
                (&json!("queued"), &json!("2026-11-22T22:14:11.000Z"))
            );
            assert_eq!(
                (
                    answer.header("content-type"),
                    answer.header("cache-control")
                ),
                (JSON, "no-store")
            );
            assert_eq!(receipt.as_object().unwrap().len(), 5);
        }
    }
}

#[test]
fn a_person_is_sent_onward_and_a_json_post_never_is() {
    let mut ingest = ingest();
    for (media_type, body) in [
        (URLENCODED, GOOD_PAIRS.to_owned()),
        (MULTIPART, good_multipart()),
    ] {
        let answer = ingest.submit(media_type, Some(BROWSER), body);
        assert_eq!(answer.status, 303);
        assert!(
            answer.header("location").starts_with("/tickets/contact."),
            "{}",
            answer.header("location")
        );
    }
    assert_eq!(ingest.submit(JSON, Some(BROWSER), good_json()).status, 202);
    let headers = [
        ("content-type", URLENCODED),
        ("accept", BROWSER),
        ("origin", "https://a.example"),
    ];
    let answer = ingest.ask(request("POST", "/forms/listed", &headers, GOOD_PAIRS));
    let ticket = answer
        .header("location")
        .strip_prefix("https://a.example/thanks?t=")
        .unwrap();
    assert!(Ticket::verify(&keys(), ticket).is_some());
    ingest.status_base_url = Some("https://status.example".into());
    let answer = ingest.submit(URLENCODED, Some(BROWSER), GOOD_PAIRS);
    assert!(
        answer
            .header("location")
            .starts_with("https://status.example/tickets/contact.")
    );
    let answer = ingest.submit(JSON, None, good_json());
    assert!(
        answer.json()["status_url"]
            .as_str()
            .unwrap()
            .starts_with("https://status.example/tickets/contact.")
    );
}

#[test]
fn no_field_header_or_query_chooses_where_a_person_goes() {
    let targets = [
        "https://evil.example",
        "//evil.example",
        "https:evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "%0d%0aLocation:%20https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/%2fevil.example",
        "https://a.example@evil.example",
        "https://a.example.evil.example",
        "\thttps://evil.example",
    ];
    for target in targets {
        let escaped =
            percent_encoding::utf8_percent_encode(target, percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        for name in ["_next", "_redirect", "_after", "_cc"] {
            let ingest = ingest();
            let headers = [
                ("content-type", URLENCODED),
                ("accept", BROWSER),
                ("referer", "https://evil.example"),
                ("x-forwarded-host", "evil.example"),
                ("x-forwarded-for", "203.0.113.9"),
                ("host", "evil.example"),
            ];
            let path = format!("/forms/contact?{name}={escaped}&redirect={escaped}");
            let answer = ingest.ask(request(
                "POST",
                &path,
                &headers,
                format!("{GOOD_PAIRS}&{name}={escaped}"),
            ));
            assert_eq!(answer.status, 303, "{target}");
            assert!(
                answer.header("location").starts_with("/tickets/contact."),
                "{target}"
            );
            assert!(!ingest.sent()[0].encode().contains("evil"), "{target}");
        }
    }
}

/// Posts to `contact` with this header key and this hidden field.
fn keyed(ingest: &TestIngest, header: Option<&str>, field: Option<&str>, name: &str) -> Answer {
    let mut body = json!({"name": name, "email": "ada@example.org", "message": "Hello"});
    if let Some(field) = field {
        body["_idempotency"] = field.into();
    }
    let key = header.map(|key| ("idempotency-key", key));
    let headers: Vec<_> = [("content-type", JSON)].into_iter().chain(key).collect();
    ingest.ask(request(
        "POST",
        "/forms/contact",
        &headers,
        body.to_string(),
    ))
}

#[test]
fn the_same_key_and_content_is_the_same_submission() {
    let same = |posts: [(Option<&str>, Option<&str>, &str); 2]| {
        let ingest = ingest();
        posts.iter().for_each(|(header, field, name)| {
            assert_eq!(keyed(&ingest, *header, *field, name).status, 202)
        });
        let sent = ingest.sent();
        sent[0].of == sent[1].of
    };
    assert!(same([(Some("k"), None, "Ada"), (Some("k"), None, "Ada")]));
    assert!(same([
        (Some("k"), None, "Ada"),
        (Some("k"), Some("k"), "Ada")
    ]));
    assert!(same([(None, Some("k"), "Ada"), (None, Some("k"), "Ada")]));
    assert!(
        same([(Some("k"), None, "Ada"), (Some("k"), None, "Bob")]),
        "a conflict, for the worker to tell"
    );
    assert!(
        !same([(None, Some("k"), "Ada"), (None, Some("k"), "Bob")]),
        "an edited resend"
    );
    assert!(!same([(None, None, "Ada"), (None, None, "Ada")]));
}

#[test]
fn a_key_that_is_none_is_refused() {
    let long = "k".repeat(256);
    for key in ["", " ", "a b", "é", "\t", &long] {
        let ingest = ingest();
        keyed(&ingest, Some(key), None, CANARY).assert_problem("bad-idempotency-key", key);
        assert!(ingest.sent().is_empty());
    }
    let ingest = ingest();
    keyed(&ingest, Some("k"), Some("l"), CANARY)
        .assert_problem("bad-idempotency-key", "they differ");
    let twice = [
        ("content-type", JSON),
        ("idempotency-key", "k"),
        ("idempotency-key", "k"),
    ];
    let answer = ingest.ask(request("POST", "/forms/contact", &twice, good_json()));
    answer.assert_problem("bad-idempotency-key", "sent twice");
    assert!(ingest.sent().is_empty());
    assert_eq!(
        keyed(&ingest, Some(&"k".repeat(255)), None, "Ada").status,
        202
    );
}

#[test]
fn a_queue_that_does_not_take_it_is_503_and_a_person_keeps_their_text() {
    let ingest = TestIngest {
        queue: FakeQueue {
            fails: true,
            ..FakeQueue::default()
        },
        ..ingest()
    };
    let answer = ingest.submit(JSON, None, good_json());
    answer.assert_problem("unavailable", "disk full");
    assert_eq!(answer.header("retry-after"), "2");
    let page = ingest.submit(
        URLENCODED,
        Some(BROWSER),
        format!("{GOOD_PAIRS}&_idempotency=key-1"),
    );
    check_page(&page, 503, &["ada@example.org", "key-1", "send it again"]);
    assert_eq!(page.header("retry-after"), "2");
}

#[test]
fn a_filled_honeypot_is_accepted_like_any_other() {
    let ingest = ingest();
    assert_eq!(
        ingest
            .submit(URLENCODED, None, format!("{GOOD_PAIRS}x"))
            .status,
        202
    );
    assert!(ingest.sent()[0].checks.honeypot);
}

#[test]
fn what_an_observed_form_would_refuse_is_told_by_rule_however_much_of_it_there_is() {
    let form = form("contact", CONTACT);
    let error = |pointer: &str, problem| FieldError {
        pointer: pointer.into(),
        problem,
    };
    let strange = (0..200).map(|n| error(&format!("/{CANARY}{n}"), FieldProblem::Unexpected));
    let items = (0..9_000).map(|n| {
        error(
            &format!("/message/{n}/{CANARY}"),
            FieldProblem::NulCharacter,
        )
    });
    let errors: Vec<_> = [error("/name", FieldProblem::Required)]
        .into_iter()
        .chain(strange)
        .chain(items)
        .collect();
    let told = crate::observed::tally(&form, &errors);
    assert_eq!(
        told,
        "/message nul-character x9000, /name required, … unexpected x200"
    );
    assert_eq!(
        crate::observed::tally(&form, &errors[..2]),
        "/name required, … unexpected"
    );
}
