//! What a visitor of the form's own hosted page meets: whether it may post, and whether the ticket that a post leads to
//! is answered. Behind a proxy either can be wrong although pages of other sites can post. Pure: an answer in, findings
//! out.

use http::Uri;

use super::finding::{Finding, good, wrong};
use super::judge::{MEND_PROXY, Reply, may_read};

/// A post from the form's own page, which is at `own`.
pub(super) fn post(reply: &Reply, own: &str) -> Vec<Finding> {
    match reply.problem().as_deref() {
        Some("malformed") => vec![good("the form's own page can post")],
        Some("origin-not-allowed") => vec![wrong(
            format!("posts of the form's own page, at {own}, are refused"),
            "what stands in front asks the server for another host: let it pass `Host` on as the browser sent it, or say it \
             in `X-Forwarded-Host` and be named by --trusted-proxy (docs/one-machine.md, \"Behind a proxy\")",
        )],
        // The post of another site's page was told about it.
        Some(_) | None => Vec::new(),
    }
}

/// Are tickets answered at another host, which cannot be known from outside? A function URL of AWS answers forms alone.
pub(super) fn tickets_elsewhere(url: &Uri) -> Option<Finding> {
    let is_function = url
        .host()
        .is_some_and(|host| host.to_ascii_lowercase().ends_with(".on.aws"));
    let what = "whether tickets are answered: a function URL answers none, and where they are only a real post is told";
    is_function.then(|| Finding::Unchecked(what.into()))
}

/// A poll of a ticket that is nobody's.
pub(super) fn ticket(reply: &Reply, origin: &str) -> Vec<Finding> {
    vec![match reply.problem().as_deref() {
        Some("unknown-ticket") if may_read(reply, origin, "a ticket").is_wrong() => {
            wrong("no page of another site may read a ticket", MEND_PROXY)
        }
        Some("unknown-ticket") => good("tickets are answered"),
        Some(_) | None => wrong(
            format!("no ticket is answered: {} for /tickets/x", reply.status),
            "what stands in front does not pass /tickets/ on: let it, as it does /forms/, or people are led from their post \
             to an error (docs/one-machine.md, \"Behind a proxy\")",
        ),
    }]
}

#[cfg(test)]
mod tests {
    use super::super::judge::tests::{FINE, ORIGIN, problem, reply, said};
    use super::*;

    const OWN: &str = "https://forms.example.org";

    #[test]
    fn a_page_that_may_not_post_where_it_stands_is_a_proxys_doing() {
        assert_eq!(
            said(&post(&reply(400, &FINE, &problem("malformed")), OWN)),
            ""
        );
        let refused = said(&post(&reply(403, &[], &problem("origin-not-allowed")), OWN));
        assert!(
            refused.contains(OWN) && refused.contains("`Host`"),
            "{refused}"
        );
        assert!(
            post(&reply(403, &[], "<html>"), OWN).is_empty(),
            "said already"
        );
    }

    #[test]
    fn a_function_url_is_not_asked_for_tickets() {
        let is_elsewhere = |url: &'static str| tickets_elsewhere(&Uri::from_static(url)).is_some();
        assert!(is_elsewhere(
            "https://x.lambda-url.eu-central-1.on.aws/forms/contact"
        ));
        assert!(!is_elsewhere(
            "https://x.execute-api.eu-central-1.amazonaws.com/forms/contact"
        ));
        assert!(!is_elsewhere("https://forms.example.org/forms/contact"));
    }

    #[test]
    fn a_ticket_is_answered_in_the_servers_words_and_every_page_may_read_it() {
        let unknown = problem("unknown-ticket");
        assert_eq!(said(&ticket(&reply(404, &FINE, &unknown), ORIGIN)), "");
        assert!(said(&ticket(&reply(404, &[], &unknown), ORIGIN)).contains("may read a ticket"));
        for (status, body) in [
            (404, "<html>".to_owned()),
            (200, "<html>".into()),
            (404, problem("not-found")),
        ] {
            assert!(
                said(&ticket(&reply(status, &FINE, &body), ORIGIN)).contains("pass /tickets/ on"),
                "{body}"
            );
        }
    }
}
