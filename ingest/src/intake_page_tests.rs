//! What a person sees: the form again with what they typed, and a notice that says what is wrong.

use super::{MULTIPART, good_multipart, multipart};
use crate::testing::{
    Answer, BROWSER, CANARY, GOOD_PAIRS, JSON, URLENCODED, good_json, ingest, request,
};

/// Is it the form's page, and does it hold these?
pub(super) fn check_page(answer: &Answer, status: u16, holds: &[&str]) {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, "text/html; charset=utf-8"),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    assert!(
        answer
            .header("content-security-policy")
            .contains("form-action 'self'")
    );
    assert!(answer.body.contains("action=\"/forms/contact\""));
    holds
        .iter()
        .for_each(|text| assert!(answer.body.contains(text), "{text}: {}", answer.body));
}

/// Posts it, and looks whether the page that comes back has all that was typed, and `holds`.
fn comes_back(status: u16, media_type: &str, body: String, holds: &[&str]) {
    let ingest = ingest();
    let answer = ingest.submit(media_type, Some(BROWSER), body);
    check_page(&answer, status, holds);
    assert!(answer.body.contains(CANARY), "{}", answer.body);
    assert!(!answer.body.contains("a b"), "a refused key is not kept");
    assert!(ingest.sent().is_empty());
}

#[test]
fn a_refused_person_gets_the_form_again_with_all_they_typed() {
    let typed = format!("name={CANARY}&message=Hello");
    let cases: [(u16, String, &[&str]); 5] = [
        (400, "&f=1".repeat(200), &["more than 200 fields", "Hello"]),
        (
            422,
            "&email=x&_idempotency=key-1".into(),
            &["key-1", "#field-email"],
        ),
        (
            422,
            "&name=twice".into(),
            &["#field-name", "several were sent"],
        ),
        (400, "&email=%ff".into(), &["not UTF-8"]),
        (400, "&_idempotency=a%20b".into(), &["visible"]),
    ];
    for (status, more, holds) in cases {
        comes_back(status, URLENCODED, format!("{typed}{more}"), holds);
    }
    let big = "x".repeat(70_000);
    comes_back(
        413,
        URLENCODED,
        format!("name={CANARY}&message={big}"),
        &["65536", &big],
    );
}

#[test]
fn a_refused_person_gets_the_form_again_from_parts_too() {
    let keyed = multipart(&[("name", CANARY), ("_idempotency", "key-1")]);
    let file = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nx\r\n";
    let with_file = format!("{file}{keyed}");
    let many = [&[("name", CANARY)][..], &[("f", "1"); 200]].concat();
    let big = "x".repeat(70_000);
    let large = multipart(&[("name", CANARY), ("message", &big)]);
    let cases: [(u16, String, &[&str]); 4] = [
        (400, multipart(&many), &["more than 200 fields"]),
        (422, keyed, &["key-1", "#field-email"]),
        (413, large, &["65536", &big]),
        (415, with_file, &["Files are not accepted", "key-1"]),
    ];
    for (status, body, holds) in cases {
        comes_back(status, MULTIPART, body, holds);
    }
}

#[test]
fn a_person_whose_page_may_not_post_keeps_their_text_and_a_program_gets_the_problem() {
    let ask = |media_type, accept, body: String| {
        let headers = [
            ("content-type", media_type),
            ("accept", accept),
            ("origin", "https://evil.example"),
        ];
        let ingest = ingest();
        let answer = ingest.ask(request("POST", "/forms/listed", &headers, body));
        assert!(ingest.sent().is_empty());
        // A script learns why, and nothing else.
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        answer
    };
    for (media_type, body) in [
        (URLENCODED, GOOD_PAIRS.to_owned()),
        (MULTIPART, good_multipart()),
    ] {
        let page = ask(media_type, BROWSER, body.clone());
        assert_eq!(
            (page.status, page.header("content-type")),
            (403, "text/html; charset=utf-8")
        );
        for part in [
            "action=\"/forms/listed\"",
            "ada@example.org",
            "certain websites only",
        ] {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
        ask(media_type, "*/*", body).assert_problem("origin-not-allowed", media_type);
    }
    ask(JSON, BROWSER, good_json()).assert_problem("origin-not-allowed", "JSON");
}

#[test]
fn a_body_that_cannot_be_read_leaves_an_empty_form_and_a_notice() {
    let cases = [
        (415, "text/plain", "Content-Type"),
        (400, MULTIPART, "boundary"),
        (413, URLENCODED, "524288"),
    ];
    for (status, media_type, notice) in cases {
        let body = if status == 413 {
            "a".repeat(crate::MAX_BODY + 1)
        } else {
            "x".into()
        };
        check_page(
            &ingest().submit(media_type, Some(BROWSER), body),
            status,
            &[notice, "7000-8000-000000000000"],
        );
    }
}

#[test]
fn the_hosted_page_carries_a_fresh_key_each_time() {
    let mut ingest = ingest();
    let key = |page: &Answer| page.body.split_once("value=\"").unwrap().1[..36].to_owned();
    let [first, second] = [0, 1].map(|_| ingest.ask(request("GET", "/forms/contact?x=y", &[], "")));
    check_page(&first, 200, &[]);
    assert!(
        key(&first) != key(&second) && key(&first).as_bytes()[14] == b'7',
        "{}",
        key(&first)
    );
    let head = ingest.ask(request("HEAD", "/forms/contact", &[], ""));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), first.body.len().to_string());
    ingest.status_base_url = Some("https://status.example".into());
    let elsewhere = ingest.ask(request("GET", "/forms/contact", &[], ""));
    assert!(
        elsewhere
            .header("content-security-policy")
            .contains("form-action 'self' https://status.example;")
    );
}

#[test]
fn a_closed_form_says_so_and_keeps_what_was_typed() {
    let ask = |method, headers: &[(&str, &str)], body: &str| {
        let ingest = ingest();
        let answer = ingest.ask(request(method, "/forms/shut", headers, body.to_owned()));
        assert!(ingest.sent().is_empty());
        answer
    };
    ask("POST", &[("content-type", JSON)], &good_json()).assert_problem("form-closed", "JSON");
    ask("GET", &[], "").assert_problem("form-closed", "a program's GET");
    let problem = ask("POST", &[("content-type", JSON)], "{}").json();
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("目前不接受提交"),
        "{problem}"
    );
    let page = ask("GET", &[("accept", BROWSER)], "");
    assert!(
        page.status == 403 && page.body.contains("此表单已关闭") && !page.body.contains("<form"),
        "{}",
        page.body
    );
    let page = ask(
        "POST",
        &[("content-type", URLENCODED), ("accept", BROWSER)],
        GOOD_PAIRS,
    );
    assert!(
        page.status == 403
            && page.body.contains("ada@example.org")
            && page.body.contains("目前不接受提交")
    );
}

#[test]
fn every_refusal_that_a_forms_page_can_show_is_said_in_chinese() {
    let unseen = [
        "unknown-ticket",
        "not-found",
        "method-not-allowed",
        "headers-too-large",
        "wrong-address",
        "gone",
    ];
    for kind in crate::problem::ALL
        .iter()
        .filter(|kind| !unseen.contains(&kind.name))
    {
        assert!(
            counterfoil_web::refusal("zh-CN", kind.name).is_some(),
            "{}",
            kind.name
        );
        assert_eq!(
            counterfoil_web::refusal("en", kind.name),
            None,
            "English is ingest's own"
        );
    }
}
