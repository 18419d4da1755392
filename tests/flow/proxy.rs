//! Behind a proxy of ours: the hosted page of a form that lists origins can post, whatever name the proxy asks us by.

use crate::client::send;
use crate::server::{Machine, Server};

const PUBLIC: &str = "https://forms.example";

/// Posts to the form as a proxy would that a page at `origin` has called, with these headers; the status.
fn post(server: &Server, origin: &str, said: &[(&str, &str)]) -> u16 {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "text/html"),
        ("origin", origin),
    ];
    let answer = send(
        server,
        "POST",
        "/forms/members",
        &[&headers, said].concat(),
        b"name=Ada",
    )
    .unwrap();
    let readable = answer.header("access-control-allow-origin");
    // A refusal says nothing of the form, and every page may read why it is refused.
    let expected = if answer.status == 303 { origin } else { "*" };
    assert_eq!(readable, Some(expected), "{answer:?}");
    answer.status
}

fn home() -> Machine {
    let home = Machine::new();
    home.write_form("members", include_str!("../http/forms/closed.toml"));
    home
}

#[test]
fn a_trusted_proxy_says_which_host_its_caller_asked_for() {
    let home = home();
    let server = home.start_with(&["--trusted-proxy", "127.0.0.0/8"]);
    assert_eq!(
        post(&server, PUBLIC, &[("x-forwarded-host", "forms.example")]),
        303
    );
    assert_eq!(
        post(
            &server,
            PUBLIC,
            &[("x-forwarded-host", "evil.example, forms.example")]
        ),
        303
    );
    assert_eq!(
        post(
            &server,
            "https://evil.example",
            &[("x-forwarded-host", "evil.example, forms.example")]
        ),
        403
    );
    assert_eq!(post(&server, PUBLIC, &[]), 403);
    let own = format!("http://{}", server.authority());
    assert_eq!(
        post(&server, &own, &[]),
        303,
        "`Host` counts where nothing else is said"
    );
    assert_eq!(
        post(&server, &own, &[("x-forwarded-host", "forms.example")]),
        403
    );
}

#[test]
fn nobody_else_is_believed_about_the_host() {
    let home = home();
    let server = home.start_with(&["--trusted-proxy", "10.0.0.0/8"]);
    assert_eq!(
        post(&server, PUBLIC, &[("x-forwarded-host", "forms.example")]),
        403
    );
    let own = format!("http://{}", server.authority());
    assert_eq!(
        post(&server, &own, &[("x-forwarded-host", "forms.example")]),
        303
    );
}
