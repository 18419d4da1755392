//! `counterfoil doctor`: what it says of a good form, and of each thing that is wrong.

use crate::server::{Home, program};

/// Exit code and all that was said.
fn ask(origin: &str, url: &str) -> (Option<i32>, String) {
    let output = program().args(["doctor", "--origin", origin, "--url", url]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn assert_wrong(origin: &str, url: &str, part: &str) {
    let (code, said) = ask(origin, url);
    assert!(code == Some(1) && said.contains("WRONG") && said.contains(part), "{origin} {url}: {said}");
}

#[test]
fn a_good_form_is_found_good_and_nothing_is_submitted() {
    let home = Home::new();
    home.write_form("members", include_str!("../http/forms/closed.toml"));
    let server = home.start();
    for (form, origin) in [("contact", "https://any.example"), ("members", "https://example.org/")] {
        let (code, said) = ask(origin, &format!("http://{}/forms/{form}", server.authority()));
        assert!(code == Some(0) && !said.contains("WRONG") && said.contains("can post to"), "{said}");
    }
    assert_eq!(home.verb(&["submissions", "list"]), "");
}

#[test]
fn each_thing_that_is_wrong_is_named_with_its_mend() {
    let home = Home::new();
    home.write_form("members", include_str!("../http/forms/closed.toml"));
    home.write_form("shut", include_str!("../http/forms/shut.toml"));
    let server = home.start();
    let url = |form: &str| format!("http://{}/forms/{form}", server.authority());
    assert_wrong("https://www.example.org", &url("members"), "add \"https://www.example.org\" to `origins`");
    assert_wrong("https://example.org", &url("nowhere"), "the name of the form's file");
    assert_wrong("https://example.org", &url("shut"), "`enabled = true`");
    assert_wrong("https://example.org", &format!("http://{}/healthz", server.authority()), "no form's address");
    assert_wrong("https://example.org", &format!("https://{}/forms/contact", server.authority()), "no answer");
    let gone = url("contact");
    assert!(server.stop().success());
    assert_wrong("https://example.org", &gone, "is the server running");
}

#[test]
fn what_is_no_origin_and_no_address_is_a_mistake_of_usage() {
    let url = "http://127.0.0.1:1/forms/contact";
    for (origin, url) in
        [("example.org", url), ("https://example.org/page", url), ("https://example.org", "forms/contact")]
    {
        assert_eq!(ask(origin, url).0, Some(2), "{origin} {url}");
    }
}
