//! The console over HTTP: who gets in and who does not, that looking changes nothing, and what can be done.

mod deeds;
mod export;
mod held;
mod inbox;
mod telling;
mod visitor;

use crate::client::{accepted, get, raw_to, send, settled};
use crate::planted::{letters, plant};
use crate::server::{Machine, Server};
use visitor::Visitor;

/// Pairs of a form, or headers.
type Texts<'a> = &'a [(&'a str, &'a str)];

/// A server with this many dead letters, and somebody in its console.
fn opened(home: &Machine, count: u64) -> (Server, Visitor) {
    plant(home, &letters(count));
    let server = home.start_with(&["--as", "ada", "--retry-base", "0.05"]);
    let visitor = Visitor::with_key(&server.console());
    (server, visitor)
}

#[test]
fn without_the_token_there_is_nothing_to_see() {
    let home = Machine::new();
    plant(&home, &letters(1));
    let server = home.start();
    let stranger = Visitor::stranger(&server.console());
    for path in [
        "/",
        "/new",
        "/failures",
        "/entries",
        "/jobs",
        "/replay?all=1",
        "/nowhere",
        "/?token=wrong",
        "/?token=",
    ] {
        let answer = stranger.get(path);
        assert_eq!(answer.status, 401, "{path}: {answer:?}");
        assert!(
            answer.body.contains("printed") || answer.body.contains("as old as"),
            "{path}: {answer:?}"
        );
        assert!(
            !answer.body.contains("ledger-busy") && answer.header("set-cookie").is_none(),
            "{path}"
        );
    }
    assert_eq!(
        stranger.post_as_is("/discard", &[("all", "1")], &[]).status,
        401
    );
    assert_eq!(
        home.verb(&["submissions", "list", "--state", "failed"])
            .lines()
            .count(),
        1
    );
}

#[test]
fn the_token_is_left_at_once_and_is_no_longer_needed() {
    let home = Machine::new();
    let server = home.start();
    let key = server.console();
    let (_, query) = key.split_once('?').unwrap();
    let stranger = Visitor::stranger(&key);
    let answer = stranger.get(&format!("/?{query}"));
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    let token = query.strip_prefix("token=").unwrap();
    assert!(
        token.len() == 43 && !cookie.contains(token),
        "the cookie is no copy of the token"
    );
    let page = Visitor::with_key(&key).get("/");
    assert_eq!(page.status, 200);
    assert!(!page.body.contains(token), "{}", page.body);
}

#[test]
fn every_answer_is_kept_by_nobody_and_loads_nothing_from_elsewhere() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 1);
    for path in [
        "/",
        "/failures",
        "/new",
        "/entries",
        "/replay?all=1",
        "/jobs",
        "/nowhere",
        "/console.css",
        "/console.js",
    ] {
        let answer = ada.get(path);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        for never in [" style=", "<style", " onclick=", "https://", "//cdn"] {
            assert!(!answer.body.contains(never), "{path}: {never}");
        }
    }
}

#[test]
fn only_its_own_name_is_answered_to_and_nobody_may_stand_between() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 1);
    let port = ada.authority.rsplit(':').next().unwrap().to_owned();
    let ask = |head: &str| {
        let cookie = &ada.cookie;
        let request =
            format!("GET / HTTP/1.1\r\n{head}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n");
        raw_to(&ada.authority, request.as_bytes()).unwrap().status
    };
    for name in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        assert_eq!(ask(&format!("host: {name}:{port}")), 200, "{name}");
    }
    for host in [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
    ] {
        assert_eq!(ask(&format!("host: {host}")), 403, "{host}");
        assert_eq!(
            ask(&format!("host: {host}:{port}")),
            if host == "127.0.0.1" { 200 } else { 403 },
            "{host}"
        );
    }
    let own = format!("host: 127.0.0.1:{port}");
    for header in [
        "forwarded: for=10.0.0.1",
        "x-forwarded-for: 10.0.0.1",
        "x-forwarded-proto: https",
    ] {
        assert_eq!(ask(&format!("{own}\r\n{header}")), 403, "{header}");
    }
}

#[test]
fn nothing_is_done_for_another_origin_or_without_the_pages_proof() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 2);
    let proof = ada.proof();
    let own = format!("http://{}", ada.authority);
    let all = [("all", "1"), ("csrf", proof.as_str())];
    let refused: [(Texts<'_>, Texts<'_>); 8] = [
        (&all, &[]),
        (&all, &[("origin", "http://evil.example")]),
        (&all, &[("origin", "null")]),
        (&all, &[("origin", "http://127.0.0.1:1")]),
        (&all, &[("origin", &own), ("sec-fetch-site", "cross-site")]),
        (&all, &[("sec-fetch-site", "same-site")]),
        (&all[..1], &[("origin", &own)]),
        (&[("all", "1"), ("csrf", "wrong")], &[("origin", &own)]),
    ];
    for (pairs, headers) in refused {
        let answer = ada.post_as_is("/discard", pairs, headers);
        assert_eq!(answer.status, 403, "{headers:?}: {answer:?}");
    }
    let other = Visitor::with_key(&ada.key);
    let borrowed = [("all", "1"), ("csrf", proof.as_str())];
    assert_eq!(
        other
            .post_as_is("/discard", &borrowed, &[("origin", &own)])
            .status,
        403,
        "another session's proof"
    );
    assert_eq!(
        home.verb(&["submissions", "list", "--state", "failed"])
            .lines()
            .count(),
        2
    );
    assert_eq!(
        ada.post_as_is("/discard", &all, &[("sec-fetch-site", "same-origin")])
            .status,
        200
    );
    assert_eq!(home.verb(&["submissions", "list", "--state", "failed"]), "");
}

#[test]
fn looking_at_every_page_changes_nothing() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 3);
    let before = home.verb(&["submissions", "list", "--json"]);
    let of = ada.first_entry();
    let held = [
        "/entries?waiting=held",
        "/release?all=1&waiting=held",
        "/discard?all=1&waiting=held",
    ];
    assert!(held.iter().all(|path| ada.get(path).status == 200));
    let pages = [
        "/",
        "/failures",
        "/new",
        "/?state=held",
        "/entries",
        "/replay?all=1",
        "/discard?all=1",
        "/jobs",
    ]
    .map(str::to_owned);
    for path in pages
        .into_iter()
        .chain([format!("/entries/{of}"), format!("/entries/{of}/edit")])
    {
        assert_eq!(ada.get(&path).status, 200, "{path}");
    }
    // What changes something is no page.
    for verb in ["discard", "undo", "release", "mark"] {
        let answer = ada.get(&format!("/entries/{of}/{verb}"));
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("POST")),
            "{verb}"
        );
    }
    assert_eq!(ada.get("/causes/0123456789abcdef").status, 405);
    assert_eq!(home.verb(&["submissions", "list", "--json"]), before);
    assert_eq!(home.verb(&["replays", "list"]), "");
}

#[test]
fn the_public_door_leads_there_from_this_machine_alone_and_gives_nothing_away() {
    let home = Machine::new();
    let server = home.start();
    let key = server.console();
    let address = key.split('?').next().unwrap();
    for path in ["/console", "/console/"] {
        let answer = get(&server, path, "text/html");
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some(address))
        );
        assert_eq!(answer.body, "");
    }
    let unknown = get(&server, "/consoles", "text/html").status;
    for header in ["forwarded", "x-forwarded-for", "x-forwarded-host"] {
        let answer = send(&server, "GET", "/console", &[(header, "x")], b"").unwrap();
        assert_eq!(answer.status, unknown, "{header}");
        assert!(answer.header("location").is_none());
    }
    assert_eq!(
        send(&server, "POST", "/console", &[], b"").unwrap().status,
        unknown
    );
    assert_eq!(unknown, 404);
    drop(server);
    let server = home.start_with(&["--no-console"]);
    assert_eq!(get(&server, "/console", "text/html").status, 404);
}

#[test]
fn nothing_of_the_console_and_of_what_it_showed_is_ever_logged() {
    let home = Machine::new();
    plant(&home, &letters(1));
    let server = home.start_with(&["--log", "trace"]);
    let key = server.console();
    let ada = Visitor::with_key(&key);
    let of = ada.first_entry();
    assert!(
        ada.get(&format!("/entries/{of}"))
            .body
            .contains("ada@example.org")
    );
    let edited = r#"{"name":"canary-7f3a","email":"ada@example.org","message":"m"}"#;
    ada.post(
        &format!("/entries/{of}/edit"),
        &[("step", "preview"), ("text", edited), ("seq", "1")],
    );
    ada.post(
        &format!("/entries/{of}/edit"),
        &[("step", "preview"), ("text", "{canary-7f3a"), ("seq", "1")],
    );
    settled(&server, &accepted(&server, "so that something is logged"));
    assert!(server.stop().success());
    let log = home.log();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log is at its loudest"
    );
    let token = key.split("token=").nth(1).unwrap();
    let session = ada.cookie.split('=').nth(1).unwrap();
    for secret in [
        "canary-7f3a",
        "message 0",
        "ada@example.org",
        token,
        session,
    ] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn a_port_that_is_taken_is_said_and_two_consoles_live_side_by_side() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 1);
    let port = ada.authority.rsplit(':').next().unwrap();
    let other = Machine::new();
    let output = other.serve(&["--console-port", port]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains(port) && said.contains("--console-port"),
        "{said}"
    );
    let (_second, bob) = opened(&other, 2);
    assert_ne!(ada.cookie.split('=').next(), bob.cookie.split('=').next());
    assert_eq!((ada.get("/").status, bob.get("/").status), (200, 200));
}
