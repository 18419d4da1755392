//! What nobody wants is answered as ever and held with its reason; nothing of it is lost, and no address is kept.

use std::net::TcpListener;
use std::path::Path;

use serde_json::{Value, json};

use crate::captcha::Provider;
use crate::client::{Answer, Doors, fields, poll, post_json, send, settled};
use crate::server::{Machine, Server, program};
use crate::wait::until;

const CAPTCHA: &str = "[captcha]\nprovider = \"turnstile\"\nsite_key = \"0x4\"\nsecret_env = \"TEST_CAPTCHA_SECRET\"\n\
    hosts = [\"example.org\"]\naction = \"contact\"\n";
const TOKEN: &str = "cf-turnstile-response";
const SECRET: (&str, &str) = ("TEST_CAPTCHA_SECRET", "s3cret-canary");

/// A home whose contact form has these keys too.
fn guarded(keys: &str) -> Machine {
    let home = Machine::new();
    let text = include_str!("../../forms/contact.toml");
    home.write_form(
        "contact",
        &text.replacen("[schema]", &format!("{keys}\n[schema]"), 1),
    );
    home
}

/// A server that asks this provider, and tries again soon.
fn asking(home: &Machine, url: &str) -> Server {
    let variables = [SECRET, ("COUNTERFOIL_CAPTCHA_URL", url)];
    home.start_told(&variables, &["--retry-base", "0.05", "--max-receives", "3"])
}

/// Posts; the ticket's final state, after an answer like any other.
fn ends(to: &impl Doors, body: &Value, headers: &[(&str, &str)]) -> String {
    let answer = post_json(to, body, headers).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    let receipt = answer.json();
    assert_eq!(
        (&receipt["state"], answer.header("retry-after").is_some()),
        (&json!("queued"), true),
        "{answer:?}"
    );
    let ticket = receipt["ticket"].as_str().unwrap();
    let state = settled(to, ticket);
    assert_eq!(
        poll(to, ticket)["reason"],
        Value::Null,
        "why it is held is not for who sent it"
    );
    state
}

fn with(message: &str, member: &str, value: &str) -> Value {
    let mut body = fields(message);
    body[member] = value.into();
    body
}

/// Every entry, oldest first.
fn entries(home: &Machine) -> Vec<Value> {
    let listed: Vec<Value> =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json"])).unwrap();
    listed.into_iter().rev().collect()
}

/// Why each entry is held, oldest first; null where it is not.
fn holds(home: &Machine) -> Vec<Value> {
    entries(home)
        .into_iter()
        .map(|entry| entry["hold"].clone())
        .collect()
}

#[test]
fn what_a_captcha_says_decides_and_a_visitor_without_one_gets_through_to_a_person() {
    let (home, provider) = (guarded(CAPTCHA), Provider::start());
    let server = asking(&home, &provider.url());
    assert_eq!(ends(&server, &with("m1", TOKEN, "good"), &[]), "stored");
    for token in ["made-up", "old", "foreign", &"x".repeat(5000)] {
        assert_eq!(ends(&server, &with(token, TOKEN, token), &[]), "held");
    }
    assert_eq!(ends(&server, &fields("blocked"), &[]), "held");
    assert_eq!(ends(&server, &with("trap", "website", "spam"), &[]), "held");
    let reasons = [
        "captcha-failed",
        "captcha-expired",
        "captcha-foreign",
        "captcha-failed",
        "captcha-missing",
        "honeypot",
    ];
    let expected: Vec<_> = [Value::Null]
        .into_iter()
        .chain(reasons.map(Value::from))
        .collect();
    assert_eq!(holds(&home), expected);
    let asked = provider.questions();
    assert_eq!(
        asked.len(),
        4,
        "nobody is asked about what is no token, or in a trap: {asked:?}"
    );
    assert!(
        asked
            .iter()
            .all(|question| question.contains("&idempotency_key=")),
        "{asked:?}"
    );
    let log = home.log();
    assert!(!log.contains(SECRET.1) && !log.contains("made-up"), "{log}");
}

#[test]
fn a_key_that_is_repeated_leads_round_no_check() {
    let home = Machine::new();
    let server = home.start();
    let key = [("idempotency-key", "the-same-key")];
    let states: Vec<_> = (0..3)
        .map(|n| ends(&server, &with(&format!("m{n}"), "website", "spam"), &key))
        .collect();
    // All but the first belong to no ticket's submission.
    assert_eq!(states, ["held", "conflict", "conflict"]);
    until("all are kept", || entries(&home).len() == 3);
    assert_eq!(holds(&home), ["honeypot", "honeypot", "honeypot"]);
    let dead: Value =
        serde_json::from_str(&home.verb(&["dead-letters", "list", "--json"])).unwrap();
    assert_eq!(dead, json!([]), "nothing of it wakes anybody");
    home.verb(&["held", "release", "--all", "--yes", "--json"]);
    assert!(
        entries(&home)
            .iter()
            .all(|entry| entry["state"] == "stored"),
        "a person may let them through"
    );
}

#[test]
fn a_browsers_post_is_judged_alike_and_its_token_is_no_field() {
    let (home, provider) = (guarded(CAPTCHA), Provider::start());
    let server = asking(&home, &provider.url());
    let post = |pairs: &str| -> Answer {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
        ];
        send(
            &server,
            "POST",
            "/forms/contact",
            &headers,
            pairs.as_bytes(),
        )
        .unwrap()
    };
    let answer =
        post("name=Ada&email=ada%40example.org&message=Hello&website=&cf-turnstile-response=good");
    assert_eq!(answer.status, 303, "{answer:?}");
    let ticket = answer
        .header("location")
        .unwrap()
        .trim_start_matches("/tickets/")
        .to_owned();
    assert_eq!(settled(&server, &ticket), "stored");
    let refused =
        post("name=Ada&email=none&message=Hello&website=&cf-turnstile-response=canary-token");
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Hello") && !refused.body.contains("canary-token"),
        "{}",
        refused.body
    );
}

#[test]
fn a_provider_that_is_away_is_tried_again_and_in_the_end_it_is_held() {
    let home = guarded(CAPTCHA);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let server = asking(&home, &url);
    assert_eq!(ends(&server, &with("m", TOKEN, "good"), &[]), "held");
    assert_eq!(holds(&home), ["captcha-unverified"]);
    let log = home.log();
    assert_eq!(log.matches("cause=captcha-unreachable").count(), 2, "{log}");
}

#[test]
fn a_verdict_under_a_status_that_is_no_answer_is_none() {
    let (home, provider) = (guarded(CAPTCHA), Provider::start());
    let server = asking(&home, &provider.url());
    for token in ["forbidden", "moved"] {
        assert_eq!(
            ends(&server, &with(token, TOKEN, token), &[]),
            "held",
            "{token}"
        );
    }
    assert_eq!(holds(&home), ["captcha-unverified", "captcha-unverified"]);
    assert!(
        home.log().contains("cause=captcha-unreachable"),
        "{}",
        home.log()
    );
}

#[test]
fn more_than_a_form_takes_is_held_and_so_is_a_burst() {
    let home = guarded(
        "burst = { count = 2, per = \"day\" }\nbudget.per_form = { count = 3, per = \"day\" }\n",
    );
    let server = home.start();
    let states: Vec<_> = ["buy", "buy", "buy", "hello", "too many"]
        .map(|m| ends(&server, &fields(m), &[]))
        .into();
    assert_eq!(states, ["stored", "stored", "held", "stored", "held"]);
    assert_eq!(
        holds(&home),
        [
            Value::Null,
            Value::Null,
            json!("burst"),
            Value::Null,
            json!("budget")
        ]
    );
}

/// Is this text anywhere in the data directory?
fn is_kept(directory: &Path, text: &str) -> bool {
    let files = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

const PER_ADDRESS: &str = "budget.per_address = { count = 1, per = \"day\" }\n";

#[test]
fn callers_behind_a_trusted_proxy_are_counted_apart_and_no_address_is_kept() {
    let home = guarded(PER_ADDRESS);
    let server = home.start_with(&["--trusted-proxy", "127.0.0.0/8", "--log", "debug"]);
    let from = |address: &str| {
        ends(
            &server,
            &fields("from somewhere"),
            &[("x-forwarded-for", address)],
        )
    };
    assert_eq!(from("198.51.100.231"), "stored");
    assert_eq!(from("198.51.100.232"), "stored");
    assert_eq!(from("198.51.100.231"), "held");
    assert_eq!(
        from("203.0.113.9, 198.51.100.231"),
        "held",
        "what the caller itself says is not believed"
    );
    assert!(
        is_kept(&home.data(), "from somewhere"),
        "the search finds what is there"
    );
    assert!(!is_kept(&home.data(), "198.51.100.23"));
    server.stop();
    assert!(!is_kept(&home.data(), "198.51.100.23"));
    assert!(!home.log().contains("198.51.100.23"));
}

#[test]
fn nobody_else_is_believed_about_where_they_come_from() {
    let home = guarded(PER_ADDRESS);
    let server = home.start();
    let from = |address: &str| ends(&server, &fields("m"), &[("x-forwarded-for", address)]);
    assert_eq!(from("198.51.100.231"), "stored");
    assert_eq!(from("198.51.100.232"), "held");
    assert_eq!(holds(&home)[1], "budget");
}

#[test]
fn a_server_whose_form_names_a_secret_that_is_not_there_does_not_start() {
    let home = guarded(CAPTCHA);
    let output = home.serve(&[]).env_remove(SECRET.0).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in ["form contact", SECRET.0, "captcha.secret_env", "is not set"] {
        assert!(said.contains(part), "{part:?} is missing: {said}");
    }
}

/// Runs a verb that may fail: its exit code, and all that it says.
fn verb(home: &Machine, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program()
        .args(arguments)
        .arg("--data")
        .arg(home.data())
        .arg("--forms")
        .arg(home.forms())
        .output();
    let output = output.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn held(home: &Machine) -> Vec<Value> {
    serde_json::from_str(&home.verb(&["held", "list", "--oldest-first", "--json"])).unwrap()
}

#[test]
fn a_person_lets_held_ones_through_or_gives_them_up() {
    let home = guarded("burst = { count = 1, per = \"day\" }\n");
    let server = home.start();
    assert_eq!(ends(&server, &with("spam", "website", "x"), &[]), "held");
    let tickets: Vec<_> = (0..3)
        .map(|_| crate::client::accepted(&server, "twice"))
        .collect();
    let states: Vec<_> = tickets
        .iter()
        .map(|ticket| settled(&server, ticket))
        .collect();
    assert_eq!(states, ["stored", "held", "held"]);
    let reasons: Vec<_> = held(&home).iter().map(|row| row["hold"].clone()).collect();
    assert_eq!(reasons, ["honeypot", "burst", "burst"]);
    let (code, said) = verb(&home, &["held", "list", "--reason", "burst"]);
    assert!(
        code == Some(0) && said.matches("burst").count() == 2 && !said.contains("honeypot"),
        "{said}"
    );

    assert_eq!(
        verb(&home, &["held", "release", "--yes"]).0,
        Some(2),
        "nothing is let through that is not named"
    );
    let (code, said) = verb(
        &home,
        &[
            "held", "release", "--reason", "burst", "--yes", "--as", "Ada",
        ],
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("held for: burst") && said.contains("2 of 2 stored"),
        "{said}"
    );
    assert_eq!(poll(&server, &tickets[2])["state"], "stored");
    let of = entries(&home)[3]["submission"].as_str().unwrap().to_owned();
    until("the release is announced", || {
        home.log().contains(&format!("id={of}:3 state=stored"))
    });
    let (_, shown) = verb(&home, &["held", "show", &of]);
    assert!(
        shown.contains("release by Ada") && shown.contains("held at attempt 1: burst"),
        "{shown}"
    );

    let (code, said) = verb(&home, &["held", "discard", "--all", "--yes"]);
    assert!(
        code == Some(0) && said.contains("1 held submission to discard"),
        "{said}"
    );
    assert_eq!(held(&home), Vec::<Value>::new());
    let (code, said) = verb(&home, &["dead-letters", "undo", "--all", "--yes"]);
    assert_eq!((code, held(&home).len()), (Some(0), 1), "{said}");
}
