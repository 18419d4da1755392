//! Polls: what a ticket's holder sees, and that nobody else sees anything.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::testing::{
    Answer, BROWSER, CONTACT, FakePolls, NOW, TestStatus, form, keys, request, status,
};
use counterfoil_core::ports::Seen;
use counterfoil_core::{
    ContentHash, FormId, Head, State, SubmissionId, SubmissionRef, Ticket, Timestamp,
};

fn reference() -> SubmissionRef {
    SubmissionRef {
        form: FormId::parse("contact").unwrap(),
        id: SubmissionId::from_bytes([7; 16]),
    }
}

fn ticket() -> String {
    Ticket::mint(
        &keys(),
        &reference(),
        Timestamp::from_millis(NOW),
        &ContentHash::digest(b"x"),
    )
    .to_string()
}

fn head(state: State) -> FakePolls {
    let now = Timestamp::from_millis(NOW);
    let head = Head {
        of: reference(),
        state,
        seq: 3,
        run: 0,
        verdict_run: 0,
        content: Some(ContentHash::digest(b"x")),
        payload_hash: None,
        schema: String::new(),
        received_at: now,
        updated_at: now,
        attempts: 1,
        cause: None,
        hold: None,
        expires_at: None,
    };
    FakePolls {
        head: Some(head),
        ..FakePolls::default()
    }
}

fn poll(status: &TestStatus, ticket: &str, headers: &[(&str, &str)]) -> Answer {
    let answer = status.ask(request("GET", &format!("/tickets/{ticket}"), headers, ""));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    answer
}

#[test]
fn a_ticket_without_an_entry_is_queued_and_says_when_to_ask_again() {
    let answer = poll(&status(FakePolls::default()), &ticket(), &[]);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json")
    );
    let body = answer.json();
    assert_eq!(
        (&body["state"], &body["seq"], &body["final"]),
        (&"queued".into(), &0.into(), &false.into())
    );
    assert_eq!(body["ticket"], ticket());
    assert_eq!(
        body["retry_after"].to_string(),
        answer.header("retry-after")
    );
    assert_eq!(answer.header("cache-control"), "private, no-cache");
}

#[test]
fn a_final_ticket_says_nothing_of_asking_again() {
    for state in [State::Stored, State::Failed, State::Held] {
        let answer = poll(&status(head(state)), &ticket(), &[]);
        assert_eq!(
            (answer.status, answer.json()["state"].as_str()),
            (200, Some(state.as_str()))
        );
        assert_eq!(answer.header("retry-after"), "");
        assert_eq!(answer.header("etag"), format!("W/\"3-{state}-json\""));
    }
}

#[test]
fn a_person_gets_a_page() {
    let answer = poll(
        &status(head(State::Stored)),
        &ticket(),
        &[("accept", BROWSER)],
    );
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    assert_eq!(answer.header("etag"), "W/\"3-stored-html\"");
    assert!(
        answer
            .header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    let lost = poll(
        &status(FakePolls::default()),
        "contact.nonsense",
        &[("accept", BROWSER)],
    );
    assert_eq!(
        (lost.status, lost.header("content-type")),
        (404, "text/html; charset=utf-8")
    );
    assert!(!lost.body.contains("nonsense"));
}

#[test]
fn what_is_known_already_is_not_sent_again() {
    let cases = [
        ("W/\"3-stored-json\"", 304),
        ("\"3-stored-json\"", 304),
        ("\"a\", W/\"3-stored-json\"", 304),
        ("*", 304),
        ("W/\"2-stored-json\"", 200),
        ("W/\"3-stored-html\"", 200),
        ("", 200),
    ];
    for (known, expected) in cases {
        let answer = poll(
            &status(head(State::Stored)),
            &ticket(),
            &[("if-none-match", known)],
        );
        assert_eq!(
            (answer.status, answer.body.is_empty()),
            (expected, expected == 304),
            "{known}"
        );
        assert_eq!(answer.header("etag"), "W/\"3-stored-json\"");
    }
}

#[test]
fn what_is_gone_is_410_and_says_why() {
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let mut late = status(FakePolls::default());
    late.clock.0 = late.clock.0.plus(6 * day);
    for (status, state) in [
        (status(head(State::Erased)), "erased"),
        (late, "unresolved"),
    ] {
        let answer = poll(&status, &ticket(), &[]);
        answer.assert_problem("gone", state);
        assert_eq!(answer.json()["state"], state);
        assert_eq!(answer.header("etag"), "");
        let page = poll(&status, &ticket(), &[("accept", BROWSER)]);
        assert_eq!(
            (page.status, page.header("content-type")),
            (410, "text/html; charset=utf-8")
        );
    }
}

/// Every one-character change, and the other ways to be wrong.
fn forgeries() -> Vec<String> {
    let good = ticket();
    let swap = |at: usize| {
        let other = if good.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        format!("{}{other}{}", &good[..at], &good[at + 1..])
    };
    let mut forged: Vec<String> = (0..good.len()).map(swap).collect();
    forged.extend((0..good.len()).map(|end| good[..end].to_owned()));
    let proof = good.strip_prefix("contact.").unwrap();
    let others = [
        format!("{good}A"),
        format!("{good}="),
        format!("{good}/"),
        format!("/{good}"),
        format!("listed.{proof}"),
        format!("Contact.{proof}"),
        format!("..%2f{good}"),
        format!("{good}%00"),
        proof.to_owned(),
        "a".repeat(60_000),
        format!("contact.{}", "A".repeat(60)),
        good.replace('.', "%2e"),
    ];
    forged.extend(others);
    forged
}

#[test]
fn forged_malformed_and_unknown_look_alike_and_nothing_is_read() {
    let status = status(head(State::Stored));
    let first = poll(&status, "x", &[]);
    first.assert_problem("unknown-ticket", "x");
    for forged in forgeries() {
        let answer = poll(&status, &forged, &[]);
        assert_eq!(
            (answer.status, &answer.body),
            (404, &first.body),
            "{forged:.80}"
        );
        assert_eq!(answer.headers, first.headers, "{forged:.80}");
    }
    assert_eq!(status.polls.reads.load(Ordering::Relaxed), 0);
}

#[test]
fn another_stages_key_forges_nothing() {
    let other =
        counterfoil_core::Keyring::parse("1:prod:0123456789abcdefghijklmnopqrstuv").unwrap();
    let forged = Ticket::mint(
        &other,
        &reference(),
        Timestamp::from_millis(NOW),
        &ContentHash::digest(b"x"),
    )
    .to_string();
    let status = status(head(State::Stored));
    assert_eq!(poll(&status, &forged, &[]).status, 404);
    assert_eq!(status.polls.reads.load(Ordering::Relaxed), 0);
}

#[test]
fn a_ledger_that_does_not_answer_is_503() {
    let status = status(FakePolls {
        fails: true,
        ..FakePolls::default()
    });
    let answer = poll(&status, &ticket(), &[]);
    answer.assert_problem("unavailable", "busy");
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(
        poll(&status, &ticket(), &[("accept", BROWSER)]).header("retry-after"),
        "2"
    );
}

#[test]
fn head_is_get_without_its_body_and_other_methods_are_refused() {
    let path = format!("/tickets/{}", ticket());
    let status = status(head(State::Stored));
    let get = status.ask(request("GET", &path, &[], ""));
    let head = status.ask(request("HEAD", &path, &[], ""));
    assert_eq!(
        (head.status, head.body.as_str(), head.header("etag")),
        (200, "", get.header("etag"))
    );
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
        let answer = status.ask(request(method, &path, &[], ""));
        answer.assert_problem("method-not-allowed", method);
        assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS");
    }
    let preflight = status.ask(request(
        "OPTIONS",
        &path,
        &[("origin", "https://x.example")],
        "",
    ));
    assert_eq!(
        (
            preflight.status,
            preflight.header("access-control-allow-origin")
        ),
        (204, "*")
    );
    status
        .ask(request("GET", "/forms/contact", &[], ""))
        .assert_problem("not-found", "a form");
}

/// Stored, of a form that shows when it was seen, and marked so; `None`: the marks cannot be read.
fn shown(seen: Option<[Option<i64>; 2]>) -> TestStatus {
    let at = |at: Option<i64>| at.map(|after| Timestamp::from_millis(NOW + after));
    let seen = seen.map(|[seen, answered]| Seen {
        seen_at: at(seen),
        answered_at: at(answered),
    });
    let text = format!("show_seen = true\n{CONTACT}");
    TestStatus {
        forms: Arc::new([form("contact", &text)].into_iter().collect()),
        ..status(FakePolls {
            seen,
            ..head(State::Stored)
        })
    }
}

#[test]
fn what_is_known_is_sent_again_when_a_mark_comes_or_goes() {
    let marks = [
        [None, None],
        [Some(1), None],
        [Some(2), None],
        [None, Some(1)],
        [Some(1), Some(2)],
    ];
    let tags = marks.map(|marks| {
        let status = shown(Some(marks));
        let answer = poll(&status, &ticket(), &[]);
        let body = answer.json();
        assert_eq!(
            ["seen_at", "answered_at"].map(|name| body.get(name).is_some()),
            marks.map(|mark| mark.is_some())
        );
        let tag = answer.header("etag").to_owned();
        let again = poll(&status, &ticket(), &[("if-none-match", &tag)]);
        assert_eq!((again.status, again.header("etag")), (304, tag.as_str()));
        tag
    });
    assert_eq!(tags[0], "W/\"3-stored-json\"");
    for (at, tag) in tags.iter().enumerate() {
        assert!(!tags[..at].contains(tag), "{tags:?}");
    }
}

#[test]
fn marks_are_an_extra_and_their_page_says_them_in_words() {
    let page = |status: &TestStatus| poll(status, &ticket(), &[("accept", BROWSER)]);
    let marked = page(&shown(Some([Some(0), Some(0)])));
    assert!(
        marked.body.contains("Seen on <time") && marked.body.contains("Answered on <time"),
        "{}",
        marked.body
    );
    let unread = shown(None);
    let answer = page(&unread);
    assert_eq!(
        (answer.status, answer.body.contains("Seen on")),
        (200, false)
    );
    assert_eq!(poll(&unread, &ticket(), &[]).json()["state"], "stored");
    let plain = status(head(State::Stored));
    poll(&plain, &ticket(), &[]);
    let reads = plain.polls.reads.load(Ordering::Relaxed);
    assert_eq!(reads, 1, "its form does not show them");
}
