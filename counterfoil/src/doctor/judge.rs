//! What an answer means for a page of another site. Pure: an answer in, findings out.

use std::fmt;
use std::net::Ipv4Addr;

use bytes::Bytes;
use http::Uri;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, HeaderMap, HeaderName, LOCATION, VARY,
};
use serde_json::Value;

use super::tls;

/// One line of the report.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Good(String),
    /// Worth knowing; neither good nor wrong.
    Note(String),
    /// What cannot be known from outside.
    Unchecked(String),
    Wrong {
        what: String,
        mend: String,
    },
}

impl Finding {
    pub(super) const fn is_wrong(&self) -> bool {
        matches!(self, Self::Wrong { .. })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(what) => write!(f, "good   {what}"),
            Self::Note(what) => write!(f, "note   {what}"),
            Self::Unchecked(what) => write!(f, "note   not checked: {what}"),
            Self::Wrong { what, mend } => write!(f, "WRONG  {what}\n       -> {mend}"),
        }
    }
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Reply {
    fn header(&self, name: &HeaderName) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Does a list in this header, of whatever lines, have `word` or `*`?
    fn lists(&self, name: &HeaderName, word: &str) -> bool {
        let lines = self
            .headers
            .get_all(name)
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        lines
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .any(|one| one == "*" || one.eq_ignore_ascii_case(word))
    }

    /// The name of the problem type, if the answer is a refusal of Counterfoil's.
    pub(super) fn problem(&self) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        Some(
            body["type"]
                .as_str()?
                .strip_prefix("urn:counterfoil:problem:")?
                .to_owned(),
        )
    }
}

pub(super) fn good(what: impl Into<String>) -> Finding {
    Finding::Good(what.into())
}

pub(super) fn wrong(what: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding::Wrong {
        what: what.into(),
        mend: mend.into(),
    }
}

/// What the two addresses say by themselves.
pub(super) fn addresses(origin: &str, url: &Uri) -> Vec<Finding> {
    let mut findings = Vec::new();
    let host = url.host().unwrap_or_default();
    let is_loopback = host
        .parse::<Ipv4Addr>()
        .is_ok_and(|address| address.is_loopback());
    let is_here =
        is_loopback || ["localhost", "[::1]"].contains(&host) || host.ends_with(".localhost");
    if origin.starts_with("https://") && url.scheme_str() == Some("http") && !is_here {
        let mend = "put TLS in front of the server, and give the page its https:// address";
        findings.push(wrong(
            "mixed content: the browser will block a post from an https page to an http address",
            mend,
        ));
    }
    if !url.path().starts_with("/forms/") {
        let mend = format!(
            "a form's address is https://HOST/forms/ID, and this one's path is {}",
            url.path()
        );
        findings.push(wrong("this is no form's address", mend));
    }
    findings
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Silence {
    /// The handshake failed.
    Tls(Box<rustls::Error>),
    /// Anything else, in one line.
    Other(String),
}

pub(super) fn unreachable(why: &Silence, url: &Uri) -> Finding {
    let why = match why {
        Silence::Tls(error) => return tls::handshake(error, url.host().unwrap_or_default()),
        Silence::Other(why) => why,
    };
    wrong(
        format!("no answer: {why}"),
        "is the server running, and does the address lead to it from here?",
    )
}

/// An http address at which a TLS server listens.
pub(super) fn is_tls(url: &Uri) -> Finding {
    let authority = url.authority().map_or("", http::uri::Authority::as_str);
    let mend = format!("give its https address: https://{authority}{}", url.path());
    wrong("what answers at this http address speaks TLS", mend)
}

pub(super) fn page(reply: &Reply, url: &Uri) -> Finding {
    match (reply.status, reply.problem().as_deref()) {
        (200, _) if shows_form(reply, url) => good("the form's own page is there"),
        (_, Some("form-closed")) => wrong(
            "the form is closed",
            "set `enabled = true` in its definition, or take the line out",
        ),
        (_, Some("unknown-form")) => wrong("there is no such form", right_address(url)),
        (status, Some(other)) => wrong(
            format!("the form's page answers {status}: {other}"),
            format!("see docs/problems/{other}.md"),
        ),
        (status @ 300..=399, None) => wrong(
            format!(
                "the address answers {status} and leads to {}",
                reply.header(&LOCATION)
            ),
            "give the page the address it leads to: a browser follows no redirect of a preflight",
        ),
        (status, None) => wrong(
            format!("the form's page answers {status}, and what is there is no form of ours"),
            NOT_US,
        ),
    }
}

/// A page that posts to this form, as the form's own does. A host that answers everything has none.
fn shows_form(reply: &Reply, url: &Uri) -> bool {
    let id = url.path().rsplit('/').next().unwrap_or_default();
    String::from_utf8_lossy(&reply.body).contains(&format!("action=\"/forms/{id}\""))
}

fn right_address(url: &Uri) -> String {
    match url.to_string().strip_suffix('/') {
        Some(bare) => format!("take the slash off the address's end, here and in the page: {bare}"),
        None => "check the id in the address: it is the name of the form's file".into(),
    }
}

const NOT_US: &str =
    "what answers is not Counterfoil: look at the proxy, firewall or host in front of it";

pub(super) fn preflight(reply: &Reply, origin: &str) -> Vec<Finding> {
    if !(200..300).contains(&reply.status) {
        let mend = match reply.problem().as_deref() {
            Some("origin-not-allowed") => list_it(origin),
            _ => "let OPTIONS through to the server: what answers in front of it does not".into(),
        };
        return vec![wrong(
            format!("the preflight (OPTIONS) answers {}", reply.status),
            mend,
        )];
    }
    let mut findings = vec![may_read(reply, origin, "the preflight")];
    if !reply.lists(&ACCESS_CONTROL_ALLOW_METHODS, "POST") {
        findings.push(wrong(
            "the preflight does not allow POST",
            "let the server's own answer through",
        ));
    }
    for name in ["Content-Type", "Idempotency-Key"] {
        if !reply.lists(&ACCESS_CONTROL_ALLOW_HEADERS, name) {
            findings.push(wrong(
                format!("the preflight does not allow the header {name}"),
                MEND_PROXY,
            ));
        }
    }
    findings
}

pub(super) fn post(reply: &Reply, origin: &str) -> Vec<Finding> {
    let mut findings = match reply.problem().as_deref() {
        Some("malformed") => vec![good(
            "a post arrives, and is refused for what it is: no JSON",
        )],
        Some("origin-not-allowed") => {
            return vec![wrong(
                format!("posts from {origin} are refused"),
                list_it(origin),
            )];
        }
        Some("unknown-form") => {
            return vec![wrong(
                "there is no such form",
                "check the end of the address: the id, and no slash",
            )];
        }
        Some(other) => vec![wrong(
            format!("a post is refused: {other}"),
            format!("see docs/problems/{other}.md"),
        )],
        None => {
            return vec![wrong(
                format!("a post answers {}, not in the server's words", reply.status),
                NOT_US,
            )];
        }
    };
    findings.push(may_read(reply, origin, "the answer to a post"));
    for name in ["Location", "Retry-After"] {
        if !reply.lists(&ACCESS_CONTROL_EXPOSE_HEADERS, name) {
            findings.push(wrong(
                format!("a script may not read the header {name}"),
                MEND_PROXY,
            ));
        }
    }
    if reply.header(&ACCESS_CONTROL_ALLOW_ORIGIN) != "*" && !reply.lists(&VARY, "Origin") {
        findings.push(wrong(
            "the answer has no `Vary: Origin`, so a cache may give it to another site",
            MEND_PROXY,
        ));
    }
    findings
}

pub(super) const MEND_PROXY: &str =
    "something in front of the server changes its headers: let the Access-Control-* and Vary pass";

fn list_it(origin: &str) -> String {
    format!(
        "add \"{origin}\" to `origins` in the form's definition, exactly so, and start the server again"
    )
}

pub(super) fn may_read(reply: &Reply, origin: &str, what: &str) -> Finding {
    let mut allowed = reply
        .headers
        .get_all(ACCESS_CONTROL_ALLOW_ORIGIN)
        .into_iter();
    match (
        allowed.next().and_then(|value| value.to_str().ok()),
        allowed.next(),
    ) {
        (Some(one), None) if one == "*" || one == origin => {
            good(format!("a page of {origin} may read {what}"))
        }
        (None, _) => wrong(
            format!("no page of another site may read {what}"),
            list_it(origin),
        ),
        (Some(_), Some(_)) => wrong(
            format!("{what} allows origins twice, which no browser takes"),
            "let only one of server and proxy say it",
        ),
        (Some(other), None) => wrong(
            format!("{what} may be read by {other} only"),
            list_it(origin),
        ),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::doctor) const ORIGIN: &str = "https://example.org";

    pub(in crate::doctor) fn reply(
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Reply {
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
        assert!(
            ask(200, form, "https://forms.example.org/forms/other").contains("no form of ours")
        );
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
        let mixed =
            |origin: &str, url: &'static str| said(&addresses(origin, &Uri::from_static(url)));
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
}
