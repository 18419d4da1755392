//! What an answer means for a page of another site. Pure: an answer in, findings out.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http::Uri;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, HeaderMap, HeaderName, LOCATION, VARY,
};
use serde_json::Value;

use super::finding::{Finding, good, wrong};
use super::tls;

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
    if let Some(below) = below(url.path()) {
        findings.push(wrong(
            format!("the server stands below a path, {below}, which its pages and tickets do not know"),
            "give it a host name of its own; or let the proxy pass /forms/ and /tickets/ on as they are, and leave the path out \
             of the address (docs/one-machine.md, \"Behind a proxy\")",
        ));
    } else if !url.path().starts_with("/forms/") {
        let mend = format!(
            "a form's address is https://HOST/forms/ID, and this one's path is {}",
            url.path()
        );
        findings.push(wrong("this is no form's address", mend));
    }
    findings
}

/// The path below which a form's address puts its server; `None`: none, or it is no form's address.
fn below(path: &str) -> Option<&str> {
    let (below, _) = path.split_once("/forms/")?;
    (!below.is_empty()).then_some(below)
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

/// A post of a page that hides where it is from. The page itself cannot be asked whether it does.
pub(super) fn hidden(reply: &Reply, origin: &str) -> Vec<Finding> {
    let is_refused = reply.problem().as_deref() == Some("origin-not-allowed");
    let said = || {
        format!(
            "whether the page says where it is from: under the referrer policy no-referrer, or in a sandbox, its browser \
             sends \"Origin: {origin}\", which this form refuses (strict-origin-when-cross-origin works)"
        )
    };
    is_refused
        .then(|| Finding::Unchecked(said()))
        .into_iter()
        .collect()
}

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
#[path = "judge_tests.rs"]
pub(super) mod tests;
