//! `counterfoil doctor`: what it says of a good form, and of each thing that is wrong.

mod secure;
mod stranger;

use std::net::TcpListener;

use crate::server::{Machine, Server, program};
use secure::{Authority, Secure, self_signed};
use stranger::Stranger;

/// Exit code and all that was said.
fn ask(origin: &str, url: &str) -> (Option<i32>, String) {
    ask_trusting(None, origin, url)
}

/// As above, on a machine that trusts this authority and no other.
fn ask_trusting(authority: Option<&Authority>, origin: &str, url: &str) -> (Option<i32>, String) {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program();
    if let Some(authority) = authority {
        let file = directory.path().join("authority.pem");
        authority.write(&file);
        command
            .env("SSL_CERT_FILE", file)
            .env_remove("SSL_CERT_DIR");
    }
    let output = command
        .args(["doctor", "--origin", origin, "--url", url])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn assert_wrong(origin: &str, url: &str, part: &str) {
    let (code, said) = ask(origin, url);
    assert!(
        code == Some(1) && said.contains("WRONG") && said.contains(part),
        "{origin} {url}: {said}"
    );
}

#[test]
fn a_good_form_is_found_good_and_nothing_is_submitted() {
    let home = Machine::new();
    home.write_form("members", include_str!("../http/forms/closed.toml"));
    let server = home.start();
    for (form, origin) in [
        ("contact", "https://any.example"),
        ("members", "https://example.org/"),
    ] {
        let (code, said) = ask(
            origin,
            &format!("http://{}/forms/{form}", server.authority()),
        );
        assert!(
            code == Some(0) && !said.contains("WRONG") && said.contains("can post to"),
            "{said}"
        );
    }
    assert_eq!(home.verb(&["submissions", "list"]), "");
}

#[test]
fn each_thing_that_is_wrong_is_named_with_its_mend() {
    let home = Machine::new();
    home.write_form("members", include_str!("../http/forms/closed.toml"));
    home.write_form("shut", include_str!("../http/forms/shut.toml"));
    let server = home.start();
    let url = |form: &str| format!("http://{}/forms/{form}", server.authority());
    assert_wrong(
        "https://www.example.org",
        &url("members"),
        "add \"https://www.example.org\" to `origins`",
    );
    assert_wrong(
        "https://example.org",
        &url("nowhere"),
        "the name of the form's file",
    );
    assert_wrong("https://example.org", &url("shut"), "`enabled = true`");
    assert_wrong(
        "https://example.org",
        &format!("http://{}/healthz", server.authority()),
        "no form's address",
    );
    assert_wrong(
        "https://example.org",
        &format!("https://{}/forms/contact", server.authority()),
        "speaks no TLS",
    );
    assert_wrong(
        "https://example.org",
        &format!("http://{}/below/forms/contact", server.authority()),
        "below a path, /below",
    );
    let slash = format!(
        "take the slash off the address's end, here and in the page: {}",
        url("contact")
    );
    assert_wrong(
        "https://example.org",
        &format!("{}/", url("contact")),
        &slash,
    );
    let gone = url("contact");
    assert!(server.stop().success());
    assert_wrong("https://example.org", &gone, "is the server running");
}

#[test]
fn what_is_no_origin_and_no_address_is_a_mistake_of_usage() {
    let url = "http://127.0.0.1:1/forms/contact";
    for (origin, url) in [
        ("example.org", url),
        ("https://example.org/page", url),
        ("https://example.org", "forms/contact"),
    ] {
        assert_eq!(ask(origin, url).0, Some(2), "{origin} {url}");
    }
}

/// A home whose contact form has a captcha, and its server.
fn guarded(provider: &str) -> (Machine, Server) {
    let home = Machine::new();
    let captcha = format!(
        "[captcha]\nprovider = \"{provider}\"\nsite_key = \"0x4\"\nsecret_env = \"TEST_SECRET\"\n"
    );
    let form = include_str!("../../forms/contact.toml");
    home.write_form(
        "contact",
        &form.replacen("[schema]", &format!("{captcha}\n[schema]"), 1),
    );
    let server = home.start_told(&[("TEST_SECRET", "s3cret")], &[]);
    (home, server)
}

#[test]
fn a_captcha_is_told_with_what_becomes_of_a_post_without_it_and_what_cannot_be_known() {
    for provider in ["turnstile", "hcaptcha", "recaptcha"] {
        let (home, server) = guarded(provider);
        let url = format!("http://{}/forms/contact", server.authority());
        let (code, said) = ask("https://www.example.org:8443", &url);
        assert!(code == Some(0) && said.contains("can post to"), "{said}");
        for part in [
            format!("note   the form has a captcha ({provider})"),
            "held as captcha-missing".into(),
            "it submits nothing".into(),
            "note   not checked: whether www.example.org is among the form's `captcha.hosts`"
                .into(),
        ] {
            assert!(said.contains(&part), "{part}: {said}");
        }
        assert_eq!(home.verb(&["submissions", "list"]), "");
    }
}

#[test]
fn behind_tls_with_a_good_certificate_all_is_good() {
    let (home, authority) = (Machine::new(), Authority::new("trusted"));
    let server = home.start();
    let secure = Secure::before(
        server.authority(),
        authority.issue("localhost", (2020, 2120)),
    );
    let url = format!("https://localhost:{}/forms/contact", secure.port());
    let (code, said) = ask_trusting(Some(&authority), "https://example.org", &url);
    assert!(
        code == Some(0) && !said.contains("note") && said.contains("can post to"),
        "{said}"
    );
}

#[test]
fn each_certificate_that_is_refused_is_told_from_the_others_with_its_mend() {
    let (trusted, other) = (Authority::new("trusted"), Authority::new("other"));
    for (config, parts) in [
        (
            trusted.issue("localhost", (2020, 2021)),
            ["of localhost has expired on 2021-12-31", "renew it"],
        ),
        (
            trusted.issue("localhost", (2110, 2120)),
            ["is not valid before 2110-01-01", "clock"],
        ),
        (
            trusted.issue("forms.example.org", (2020, 2120)),
            ["is for forms.example.org and not for localhost", "names"],
        ),
        (
            other.issue("localhost", (2020, 2120)),
            ["nobody whom this machine trusts", "the full chain"],
        ),
        (self_signed("localhost"), ["self-signed", "SSL_CERT_FILE"]),
    ] {
        let secure = Secure::before("127.0.0.1:1", config);
        let url = format!("https://localhost:{}/forms/contact", secure.port());
        let (code, said) = ask_trusting(Some(&trusted), "https://example.org", &url);
        assert!(
            code == Some(1) && parts.iter().all(|part| said.contains(part)),
            "{parts:?}: {said}"
        );
        assert!(
            !said.contains("is the server running") && said.contains("one thing is wrong"),
            "{said}"
        );
    }
}

#[test]
fn tls_at_an_http_address_is_named_and_so_is_an_address_where_nobody_speaks_it() {
    let (home, authority) = (Machine::new(), Authority::new("trusted"));
    let server = home.start();
    let secure = Secure::before(
        server.authority(),
        authority.issue("localhost", (2020, 2120)),
    );
    let url = format!("http://localhost:{}/forms/contact", secure.port());
    let https = url.replacen("http", "https", 1);
    for trusted in [authority, Authority::new("other")] {
        let (code, said) = ask_trusting(Some(&trusted), "https://example.org", &url);
        assert!(
            code == Some(1)
                && said.contains("at this http address speaks TLS")
                && said.contains(&https),
            "{said}"
        );
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/forms/contact", free.local_addr().unwrap());
    drop(free);
    assert_wrong("https://example.org", &url, "is the server running");
}

#[test]
fn a_proxy_that_asks_for_another_host_and_keeps_the_tickets_back_is_found_out() {
    let home = Machine::new();
    home.write_form("members", include_str!("../http/forms/closed.toml"));
    let server = home.start();
    let proxy = Stranger::renaming(server.authority());
    let own = proxy.form("members").replace("/forms/members", "");
    let (code, said) = ask("https://example.org", &proxy.form("members"));
    assert!(
        code == Some(1) && said.contains("2 things are wrong"),
        "{said}"
    );
    for part in [
        format!("own page, at {own}, are refused"),
        "`Host`".into(),
        "pass /tickets/ on".into(),
    ] {
        assert!(said.contains(&part), "{part}: {said}");
    }
    // Pages of other sites are none the worse for it.
    assert!(
        said.contains("good   a page of https://example.org may read the answer to a post"),
        "{said}"
    );
}

#[test]
fn what_answers_everything_alike_is_not_taken_for_a_form() {
    for (answer, status) in [
        (
            "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 7\r\n\r\nBlocked",
            403,
        ),
        (
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 7\r\n\r\nWelcome",
            200,
        ),
    ] {
        let stranger = Stranger::saying(answer);
        let (code, said) = ask("https://example.org", &stranger.form("contact"));
        let first = said.lines().find(|line| line.starts_with("WRONG")).unwrap();
        assert!(
            code == Some(1)
                && first.contains(&format!("answers {status}, and what is there is no form")),
            "{said}"
        );
        assert!(
            said.contains("not Counterfoil") && !said.contains("closed"),
            "{said}"
        );
        assert!(
            !said.contains("own page is there") && !said.contains("tickets are answered"),
            "{said}"
        );
    }
}

#[test]
fn an_origin_is_asked_for_as_browsers_send_it_and_that_is_said() {
    let home = Machine::new();
    home.write_form("members", include_str!("../http/forms/closed.toml"));
    let server = home.start();
    let url = |form: &str| format!("http://{}/forms/{form}", server.authority());
    let (code, said) = ask("https://Example.org:443", &url("members"));
    assert!(
        code == Some(0) && said.contains("note   browsers leave their scheme's own port out"),
        "{said}"
    );
    assert!(
        said.contains("A page of https://example.org can post"),
        "{said}"
    );
    assert_wrong(
        "https://www.example.org:443",
        &url("members"),
        "add \"https://www.example.org\" to `origins`",
    );
}
