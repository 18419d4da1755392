//! A stack behind its edge, on the emulator that `cargo xtask test` deploys to: CloudFront as `template.yaml` makes it,
//! with its function and its secret, and both functions behind it. The emulator's WAF lets everything through.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::aws::Aws;
use crate::client::{Answer, Door, fields, send};
use crate::wait::until;

/// Without it CloudFront redirects.
const HTTPS: (&str, &str) = ("x-forwarded-proto", "https");
const JSON: (&str, &str) = ("content-type", "application/json");

/// The edge of the stack, or what is past it.
fn door(aws: &Aws, name: &str) -> Door {
    Door {
        authority: aws.place("url").trim_start_matches("http://").to_owned(),
        host: aws.place(name),
    }
}

fn post(to: &Door, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send(
        to,
        "POST",
        path,
        &[&[HTTPS, JSON], headers].concat(),
        body.as_bytes(),
    )
    .unwrap()
}

fn get(to: &Door, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(to, "GET", path, &[&[HTTPS], headers].concat(), b"").unwrap()
}

#[test]
fn past_the_edge_nothing_is_answered_by_either_function() {
    let Some(aws) = Aws::given() else { return };
    let past = door(&aws, "past_edge_host");
    let body = fields("past the edge").to_string();
    let forged = [
        ("counterfoil-edge", "none"),
        ("counterfoil-edge-viewer", "198.51.100.7"),
    ];
    for headers in [&[][..], &forged] {
        post(&past, "/forms/contact", headers, &body).assert_problem(421, "wrong-address");
        get(&past, "/tickets/contact.x", headers).assert_problem(421, "wrong-address");
    }
}

#[test]
fn through_the_edge_a_submission_is_accepted_and_its_ticket_answered() {
    let Some(aws) = Aws::given() else { return };
    let edge = door(&aws, "edge_host");
    let answer = post(
        &edge,
        "/forms/contact",
        &[],
        &fields("through the edge").to_string(),
    );
    assert_eq!(answer.status, 202, "{answer:?}");
    let ticket = answer.json()["status_url"].as_str().unwrap().to_owned();
    assert!(
        ticket.starts_with("/tickets/"),
        "on the edge's own host: {ticket}"
    );
    until("its ticket says stored", || {
        get(&edge, &ticket, &[]).json()["state"] == "stored"
    });
    // The ledger of this stack is a restored table, and no other.
    let (shown, code) = aws.json_of(
        "edge_table",
        &["dead-letters", "show", &submission(&ticket)],
    );
    assert_eq!(
        (code, shown["state"].as_str()),
        (0, Some("stored")),
        "{shown:#}"
    );
    assert_eq!(aws.place("edge_table"), "counterfoil-restored");
}

/// The submission that a ticket is for, as verbs name it: the id lies in it, behind the number of its key.
fn submission(status_url: &str) -> String {
    let (form, rest) = status_url
        .trim_start_matches("/tickets/")
        .split_once('.')
        .unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(rest).unwrap();
    let id: String = bytes[1..17]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "{form}/{}-{}-{}-{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..]
    )
}

#[test]
fn through_the_edge_a_form_knows_its_own_page_and_no_caller_can_name_another() {
    let Some(aws) = Aws::given() else { return };
    let edge = door(&aws, "edge_host");
    let from = |origin: &str, headers: &[(&str, &str)]| {
        let headers = [&[("origin", origin)], headers].concat();
        post(&edge, "/forms/closed", &headers, "{\"name\":\"Ada\"}")
    };
    let own = format!("https://{}", edge.host);
    assert_eq!(from(&own, &[]).status, 202);
    // A caller's own headers are gone, both of them, and so is its secret: with it, none of this would be answered.
    let host = ("counterfoil-edge-host", "elsewhere.example");
    let forged = [host, host, ("counterfoil-edge", "guessed")];
    from("https://elsewhere.example", &forged).assert_problem(403, "origin-not-allowed");
    assert_eq!(from(&own, &forged).status, 202);
}
