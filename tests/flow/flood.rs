//! A flood is refused in our own words, and nothing that a person typed is lost by it.

use crate::client::{accepted, fields, get, post_json, send, settled};
use crate::server::Machine;

#[test]
fn a_flood_from_one_address_is_refused_and_polls_go_on() {
    let home = Machine::new();
    let server = home.start_with(&["--flood-per-address", "1"]);
    let ticket = accepted(&server, "the first");
    let refused = (0..).find_map(|n| {
        let answer = post_json(
            &server,
            &fields(&format!("n {n}")),
            &[("origin", "https://a.example")],
        )
        .unwrap();
        (answer.status != 202).then_some(answer)
    });
    let refused = refused.unwrap();
    refused.assert_problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some("*"),
        "a page's script can read it"
    );
    assert_eq!(
        get(&server, &format!("/tickets/{ticket}"), "application/json").status,
        200
    );
}

#[test]
fn a_person_in_a_flood_gets_back_what_they_typed() {
    let home = Machine::new();
    let server = home.start_with(&["--flood-per-form", "1"]);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
    ];
    let pairs = b"name=Ada&email=ada%40example.org&message=typed+with+care&website=";
    let post = || send(&server, "POST", "/forms/contact", &headers, pairs).unwrap();
    let refused = (0..)
        .map(|_| post())
        .find(|answer| answer.status != 303)
        .unwrap();
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("1"))
    );
    assert!(
        refused.body.contains("typed with care") && refused.body.contains("</form>"),
        "{}",
        refused.body
    );
}

#[test]
fn without_a_limit_of_ones_own_nobody_notices_any() {
    let home = Machine::new();
    let server = home.start();
    for n in 0..300 {
        accepted(&server, &format!("message {n}"));
    }
    assert_eq!(settled(&server, &accepted(&server, "the last")), "stored");
}
