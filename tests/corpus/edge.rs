//! Behind an edge, as `template.yaml` may put one in front of the functions: whose address counts, whose page may post,
//! and what is said to whoever comes past it.

use counterfoil_lambda::edge::Edge;
use serde_json::json;

use crate::ask::event_of;
use crate::in_process::{Answer, Homes};

const SECRET: &str = "EdgeSecretEdgeSecretEdgeSecret01";
const FORM: &str = r#"
    title = "Guarded"
    origins = ["https://example.org"]
    schema = { type = "object", properties = { name = { type = "string" } } }
    [budget]
    per_address = { count = 5, per = "day" }
"#;

fn homes(only: bool) -> Homes {
    Homes::new(&[("guarded", FORM)]).behind(Edge::knowing(SECRET, only).unwrap())
}

/// A post as API Gateway says it, with these headers beside its own.
fn post(homes: &Homes, headers: &[(&str, &str)]) -> Answer {
    let mut all = json!({"host": "abc123.execute-api.eu-central-1.amazonaws.com", "content-type": "application/json"});
    for (name, value) in headers {
        all[*name] = json!(value);
    }
    homes
        .aws(&event_of(
            "POST",
            "/forms/guarded",
            &all,
            &json!("{\"name\":\"Ada\"}"),
            false,
        ))
        .unwrap()
}

/// The hash that a post from there counts for.
fn counted(homes: &Homes, headers: &[(&str, &str)]) -> Option<String> {
    let answer = post(homes, headers);
    assert_eq!(answer.status, 202, "{headers:?}: {}", answer.body);
    homes.envelopes()[0].checks.address.clone()
}

fn from(viewer: &'static str) -> [(&'static str, &'static str); 3] {
    [
        ("counterfoil-edge", SECRET),
        ("counterfoil-edge-viewer", viewer),
        ("counterfoil-edge-host", "forms.example.net"),
    ]
}

#[test]
fn behind_an_edge_a_budget_counts_its_callers_and_not_its_own_addresses() {
    let homes = homes(true);
    let [one, again, other] =
        ["198.51.100.7", "198.51.100.7", "203.0.113.9"].map(|ip| counted(&homes, &from(ip)));
    assert!(
        one.is_some() && one == again && one != other,
        "{one:?} {again:?} {other:?}"
    );
}

#[test]
fn what_a_caller_says_of_itself_counts_for_its_connection() {
    let homes = homes(false);
    let direct = counted(&homes, &[]);
    let wrong = counted(
        &homes,
        &[
            ("counterfoil-edge", "guessed"),
            ("counterfoil-edge-viewer", "198.51.100.7"),
        ],
    );
    assert!(direct.is_some() && direct == wrong);
    assert_ne!(direct, counted(&homes, &from("198.51.100.7")));
}

#[test]
fn the_hosted_page_behind_an_edge_may_post_and_a_forged_host_opens_nothing() {
    let own = ("origin", "https://forms.example.net");
    let through = [&from("198.51.100.7")[..], &[own]].concat();
    assert_eq!(post(&homes(true), &through).status, 202);
    let forged = [("counterfoil-edge-host", "forms.example.net"), own];
    assert_eq!(post(&homes(false), &forged).status, 403);
}

#[test]
fn whoever_comes_past_the_edge_is_told_so_and_nothing_is_accepted() {
    let homes = homes(true);
    for headers in [&[][..], &[("counterfoil-edge", "guessed")]] {
        let answer = post(&homes, headers);
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (421, "application/problem+json")
        );
        assert!(
            answer
                .body
                .contains("urn:counterfoil:problem:wrong-address"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("guessed") && homes.queued().is_empty());
    }
    let headers = json!({"accept": "text/html"});
    let page = homes
        .aws(&event_of("GET", "/tickets/x", &headers, &json!(""), false))
        .unwrap();
    assert_eq!(
        (page.status, page.header("content-type")),
        (421, "text/html; charset=utf-8")
    );
    assert!(
        page.body.contains("public address") && homes.status.polls.reads() == 0,
        "{}",
        page.body
    );
}
