//! The verbs of whoever is on call, over the real program: with a server beside them and without.

mod edits;
mod told;

use counterfoil_core::{Cause, Retryable};
use serde_json::{Value, json};

use crate::client::{fields, poll, post_json, settled};
use crate::replays::{json, run};
use crate::seed::{self, reference};
use crate::server::{Machine, Server};
use crate::wait::until;

/// A second form with the same fields.
fn home_with_two_forms() -> Machine {
    let home = Machine::new();
    home.write_form("old", include_str!("../../forms/contact.toml"));
    home
}

fn said(home: &Machine, arguments: &[&str]) -> (i32, String, String) {
    let output = run(home, arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn post_to(server: &Server, form: &str, message: &str) -> String {
    let headers = [("content-type", "application/json")];
    let body = fields(message).to_string();
    let answer = crate::client::send(
        server,
        "POST",
        &format!("/forms/{form}"),
        &headers,
        body.as_bytes(),
    )
    .unwrap();
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

/// The README's tour: two kinds of failure, of which each is mended in its own way.
#[test]
fn thirty_failures_of_two_kinds_are_mended_one_kind_after_the_other() {
    let home = home_with_two_forms();
    let server = home.start_with(&["--fail", "settle:20:permanent"]);
    let injected: Vec<String> = (0..20)
        .map(|n| post_to(&server, "contact", &format!("m{n}")))
        .collect();
    injected
        .iter()
        .for_each(|ticket| assert_eq!(settled(&server, ticket), "failed"));
    assert!(server.stop().success());
    // The second kind: accepted, and its form is gone before it is settled.
    let server = home.start_with(&["--fail", "settle:10", "--retry-base", "60"]);
    let old: Vec<String> = (0..10)
        .map(|n| post_to(&server, "old", &format!("o{n}")))
        .collect();
    until("each was tried once", || {
        home.log().matches("it stays queued").count() >= 10
    });
    assert!(server.stop().success());
    std::fs::rename(home.forms().join("old.toml"), home.data().join("old.off")).unwrap();
    let server = home.start_with(&[
        "--retry-base",
        "0.05",
        "--retry-cap",
        "0.05",
        "--max-receives",
        "3",
    ]);
    old.iter()
        .for_each(|ticket| assert_eq!(settled(&server, ticket), "failed"));

    both_causes_are_told(&home);
    one_cause_is_replayed(&home);
    injected
        .iter()
        .for_each(|ticket| assert_eq!(poll(&server, ticket)["state"], "stored"));

    assert!(server.stop().success());
    std::fs::rename(home.data().join("old.off"), home.forms().join("old.toml")).unwrap();
    let server = home.start();
    let (listed, _) = json(&home, &["dead-letters", "list"]);
    let one = listed[0]["submission"].as_str().unwrap();
    let last = listed[9]["submission"].as_str().unwrap();
    edit_discard_and_undo(&home, one, last);
    assert!(
        old.iter()
            .any(|ticket| poll(&server, ticket)["state"] == "stored")
    );
}

/// By `causes`, and by a replay that only says what would come of it.
fn both_causes_are_told(home: &Machine) {
    let (causes, code) = json(home, &["dead-letters", "causes"]);
    let told = |cause: &Value| {
        (
            cause["code"].clone(),
            cause["count"].clone(),
            cause["state"].clone(),
        )
    };
    let both: Vec<_> = causes.as_array().unwrap().iter().map(told).collect();
    let row = |code: &str, count: u64, state: &str| (json!(code), json!(count), json!(state));
    assert_eq!(
        (code, both),
        (
            0,
            vec![row("injected", 20, "open"), row("unknown-form", 10, "open")]
        )
    );
    let (forecast, code) = json(home, &["dead-letters", "replay", "--dry-run"]);
    assert_eq!(
        (code, &forecast["pass"], &forecast["fail"]),
        (0, &json!(20), &json!(10)),
        "{forecast:#}"
    );
    assert_eq!(forecast["rules"][0]["rule"], "unknown-form");
    assert_eq!(forecast["entries"].as_array().unwrap().len(), 30);
}

/// The cause that is mended: all of its letters are stored, and it is resolved.
fn one_cause_is_replayed(home: &Machine) {
    let (job, code) = json(
        home,
        &[
            "dead-letters",
            "replay",
            "--cause",
            "injected",
            "--yes",
            "--why",
            "mended",
        ],
    );
    assert_eq!((code, &job["stored"]), (0, &json!(20)), "{job:#}");
    let (causes, _) = json(home, &["dead-letters", "causes"]);
    let resolved = causes
        .as_array()
        .unwrap()
        .iter()
        .find(|cause| cause["code"] == "injected")
        .unwrap();
    assert_eq!(
        (&resolved["state"], &resolved["total"]),
        (&json!("resolved"), &json!(20))
    );
}

fn edit_discard_and_undo(home: &Machine, one: &str, last: &str) {
    let patch = home.data().join("patch.json");
    std::fs::write(
        &patch,
        r#"[{"op": "replace", "path": "/message", "value": "mended"}]"#,
    )
    .unwrap();
    let patch = patch.to_str().unwrap();
    let (edited, code) = json(
        home,
        &[
            "dead-letters",
            "edit",
            one,
            "--patch",
            patch,
            "--replay",
            "--as",
            "ada",
        ],
    );
    assert_eq!(
        (code, &edited["edited"], &edited["replays"][0]["stored"]),
        (0, &json!(1), &json!(1)),
        "{edited:#}"
    );
    let (shown, _) = json(home, &["dead-letters", "show", one, "--payload"]);
    assert_eq!(
        (&shown["state"], &shown["fields"]["message"]),
        (&json!("stored"), &json!("mended"))
    );
    let lines = shown["history"].as_array().unwrap();
    let verbs: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["deed"]["verb"].as_str())
        .collect();
    assert_eq!(verbs, ["edit", "replay"]);
    let edit = lines
        .iter()
        .find(|line| line["deed"]["verb"] == "edit")
        .unwrap();
    assert_eq!(
        (&edit["deed"]["who"], &edit["patch"][0]["value"]),
        (&json!("ada"), &json!("mended"))
    );

    let (told, code) = json(
        home,
        &["dead-letters", "discard", last, "--yes", "--why", "spam"],
    );
    assert_eq!((code, &told["discarded"]), (0, &json!(1)));
    let (listed, _) = json(home, &["dead-letters", "list", "--discarded"]);
    assert_eq!(listed[0]["submission"], last);
    assert_eq!(
        said(home, &["dead-letters", "undo", last, "--yes"]).1,
        "1 undone\n"
    );
    assert_eq!(
        json(home, &["dead-letters", "list", "--discarded"]).0,
        json!([])
    );
}

#[test]
fn filters_take_what_they_say_and_the_order_is_stable() {
    let home = Machine::new();
    let causes = [Retryable::Yes, Retryable::AfterFix, Retryable::No];
    let cause = |n: u32| {
        Cause::written(
            format!("kind-{}", n % 3),
            causes[n as usize % 3],
            format!("it failed at {n}"),
        )
    };
    let form = |n: u32| if n < 20 { "contact" } else { "old" };
    seed::put(
        &home,
        (0..30)
            .map(|n| (reference(form(n), n), n.to_string(), cause(n)))
            .collect(),
    );
    let count = |arguments: &[&str]| {
        let all = [&["dead-letters", "list", "--limit", "0"], arguments].concat();
        json(&home, &all).0.as_array().unwrap().len()
    };
    let at = |n| seed::accepted_at(n).to_string();
    let kind = &cause(1).fingerprint()[..6];
    for (arguments, taken) in [
        (&[][..], 30),
        (&["--form", "old"], 10),
        (&["--cause", "kind-2"], 10),
        (&["--cause", kind], 10),
        (&["--retryable", "no"], 10),
        (&["--since", &at(25)], 5),
        (&["--until", &at(25)], 25),
        (
            &["--since", &at(5), "--until", &at(10), "--cause", "kind-0"],
            2,
        ),
        (&["--since", "1s"], 0),
        (&["--attempts", "1"], 30),
        (&["--attempts", "2.."], 0),
        (&["--replayed"], 0),
        (&["--not-replayed"], 30),
        (&["--discarded"], 0),
    ] {
        assert_eq!(count(arguments), taken, "{arguments:?}");
    }
    let order = |arguments: &[&str]| -> Vec<String> {
        let listed = json(&home, arguments).0;
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["submission"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut oldest: Vec<String> = (0..30).map(|n| reference(form(n), n).to_string()).collect();
    assert_eq!(order(&["dead-letters", "list", "--oldest-first"]), oldest);
    oldest.reverse();
    assert_eq!(
        order(&["dead-letters", "list", "--limit", "7"]),
        oldest[..7]
    );
}

#[test]
fn a_cause_is_acknowledged_resolved_and_reopened() {
    let home = Machine::new();
    seed::dead_letters(&home, 3);
    let state = |verb: &str| {
        json(
            &home,
            &["dead-letters", verb, "schema-changed", "--as", "ada"],
        )
        .0
    };
    for (verb, stands) in [
        ("acknowledge", "acknowledged"),
        ("resolve", "resolved"),
        ("reopen", "open"),
    ] {
        let group = state(verb);
        assert_eq!(
            (&group["state"], &group["note"]["who"]),
            (&json!(stands), &json!("ada"))
        );
    }
    let (code, _, error) = said(&home, &["dead-letters", "acknowledge", "nothing"]);
    assert!(code == 1 && error.contains("no cause nothing"), "{error}");
}

#[test]
fn a_replay_that_fails_again_stops_at_its_canary_and_says_how_to_go_on() {
    let home = Machine::new();
    seed::dead_letters(&home, 40);
    let server = home.start_with(&["--fail", "settle:1000:permanent"]);
    let (code, out, error) = said(&home, &["dead-letters", "replay", "--yes"]);
    assert!(code == 1 && out.contains("1 failed again"), "{out} {error}");
    assert!(
        error.contains("replays resume") && error.contains("40 dead letters to replay"),
        "{error}"
    );
    let (job, code) = json(
        &home,
        &[
            "dead-letters",
            "replay",
            "--yes",
            "--no-canary",
            "--stop-at",
            "10",
        ],
    );
    assert_eq!((code, &job["state"]), (1, &json!("stopped")), "{job:#}");
    assert_eq!(
        post_json(&server, &fields("fresh"), &[]).unwrap().status,
        202
    );
}
