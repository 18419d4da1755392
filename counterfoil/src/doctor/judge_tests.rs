//! What is right is not complained of, and what a proxy, a firewall or somebody else answers is told from us.

use super::*;

pub(in crate::doctor) const ORIGIN: &str = "https://example.org";

pub(in crate::doctor) fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
    let pairs = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
    Reply {
        status,
        headers: pairs.collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

pub(in crate::doctor) fn said(findings: &[Finding]) -> String {
    findings
        .iter()
        .filter(|finding| finding.is_wrong())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

pub(in crate::doctor) fn problem(name: &str) -> String {
    format!(r#"{{"type":"urn:counterfoil:problem:{name}"}}"#)
}

pub(in crate::doctor) const FINE: [(&str, &str); 5] = [
    ("access-control-allow-origin", "https://example.org"),
    ("access-control-allow-methods", "GET, HEAD, POST, OPTIONS"),
    (
        "access-control-allow-headers",
        "content-type, Idempotency-Key",
    ),
    (
        "access-control-expose-headers",
        "Location, Retry-After, ETag",
    ),
    ("vary", "Origin, Accept"),
];
const MALFORMED: &str = r#"{"type":"urn:counterfoil:problem:malformed"}"#;

#[test]
fn what_is_right_is_not_complained_of() {
    assert_eq!(said(&preflight(&reply(204, &FINE, ""), ORIGIN)), "");
    assert_eq!(said(&post(&reply(400, &FINE, MALFORMED), ORIGIN)), "");
    assert_eq!(
        said(&addresses(
            "https://example.org",
            &Uri::from_static("http://127.0.0.1:8080/forms/x")
        )),
        ""
    );
}

#[test]
fn what_a_proxy_takes_away_is_missed() {
    for (at, word) in [(0, "may read"), (1, "POST"), (2, "Idempotency-Key")] {
        let mut headers = FINE.to_vec();
        headers.remove(at);
        assert!(
            said(&preflight(&reply(204, &headers, ""), ORIGIN)).contains(word),
            "{word}"
        );
    }
    for (at, word) in [(0, "may read"), (3, "Retry-After"), (4, "Vary")] {
        let mut headers = FINE.to_vec();
        headers.remove(at);
        assert!(
            said(&post(&reply(400, &headers, MALFORMED), ORIGIN)).contains(word),
            "{word}"
        );
    }
    let mut twice = FINE.to_vec();
    twice.push(FINE[0]);
    assert!(said(&post(&reply(400, &twice, MALFORMED), ORIGIN)).contains("twice"));
    assert!(
        said(&post(
            &reply(400, &FINE, MALFORMED),
            "https://www.example.org"
        ))
        .contains("only")
    );
}

#[test]
fn a_page_is_the_forms_own_or_it_is_said_what_it_is() {
    let ask = |status, body: &str, url: &'static str| {
        said(&[page(&reply(status, &[], body), &Uri::from_static(url))])
    };
    let url = "https://forms.example.org/forms/x";
    let form = r#"<form method="post" action="/forms/x">"#;
    assert_eq!(ask(200, form, url), "");
    for (status, body) in [
        (200, "<h1>Welcome</h1>"),
        (403, "<h1>Blocked</h1>"),
        (404, ""),
        (502, "<html>"),
    ] {
        let said = ask(status, body, url);
        assert!(
            said.contains(&format!("answers {status}, ")) && said.contains("firewall"),
            "{said}"
        );
    }
    assert!(ask(200, form, "https://forms.example.org/forms/other").contains("no form of ours"));
    assert!(ask(403, &problem("form-closed"), url).contains("`enabled = true`"));
    assert!(ask(503, &problem("unavailable"), url).contains("docs/problems/unavailable.md"));
    assert!(ask(404, &problem("unknown-form"), url).contains("the name of the form's file"));
    let slash = ask(
        404,
        &problem("unknown-form"),
        "https://forms.example.org/forms/x/",
    );
    assert!(
        slash.ends_with("in the page: https://forms.example.org/forms/x"),
        "{slash}"
    );
    let moved = page(
        &reply(301, &[("location", "https://x.example/")], ""),
        &Uri::from_static(url),
    );
    assert!(said(&[moved]).contains("https://x.example/"));
}

#[test]
fn who_answers_instead_is_told_from_us() {
    let refused = r#"{"type":"urn:counterfoil:problem:origin-not-allowed"}"#;
    assert!(said(&post(&reply(403, &[], refused), ORIGIN)).contains("`origins`"));
    assert!(said(&preflight(&reply(403, &[], refused), ORIGIN)).contains("`origins`"));
    assert!(said(&preflight(&reply(405, &[], "<html>"), ORIGIN)).contains("OPTIONS"));
    assert!(said(&post(&reply(502, &[], "<html>"), ORIGIN)).contains("not Counterfoil"));
    let mixed = |origin: &str, url: &'static str| said(&addresses(origin, &Uri::from_static(url)));
    for url in [
        "http://forms.example.org/forms/x",
        "http://10.0.0.1/forms/x",
        "http://127.example.org/forms/x",
    ] {
        assert!(
            mixed(ORIGIN, url).contains("the browser will block"),
            "{url}"
        );
        assert_eq!(mixed("http://example.org", url), "", "{url}");
    }
    for here in [
        "http://127.0.0.2:8080/forms/x",
        "http://[::1]/forms/x",
        "http://forms.localhost/forms/x",
    ] {
        assert_eq!(mixed(ORIGIN, here), "", "{here}");
    }
    assert!(
        said(&addresses(
            ORIGIN,
            &Uri::from_static("https://forms.example.org/contact")
        ))
        .contains("/contact")
    );
}
