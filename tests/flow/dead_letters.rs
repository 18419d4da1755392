//! The verbs of whoever is on call, over the real program: with a server beside them and without.

use counterfoil_core::{Cause, Retryable};
use serde_json::{Value, json};

use crate::client::{fields, poll, post_json, settled};
use crate::replays::{in_state, json, run, verb};
use crate::seed::{self, reference};
use crate::server::{Machine, Server, program};
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

    let (causes, code) = json(&home, &["dead-letters", "causes"]);
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
    let (forecast, code) = json(&home, &["dead-letters", "replay", "--dry-run"]);
    assert_eq!(
        (code, &forecast["pass"], &forecast["fail"]),
        (0, &json!(20), &json!(10)),
        "{forecast:#}"
    );
    assert_eq!(forecast["rules"][0]["rule"], "unknown-form");
    assert_eq!(forecast["entries"].as_array().unwrap().len(), 30);

    let (job, code) = json(
        &home,
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
    injected
        .iter()
        .for_each(|ticket| assert_eq!(poll(&server, ticket)["state"], "stored"));
    let (causes, _) = json(&home, &["dead-letters", "causes"]);
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
fn a_patch_over_a_filter_leaves_what_it_does_not_fit_and_says_so() {
    let home = Machine::new();
    seed::dead_letters(&home, 12);
    let patch = home.data().join("patch.json");
    let text = r#"[{"op": "test", "path": "/message", "value": "7"}, {"op": "replace", "path": "/message", "value": "x"}]"#;
    std::fs::write(&patch, text).unwrap();
    let arguments = [
        "dead-letters",
        "edit",
        "--all",
        "--patch",
        patch.to_str().unwrap(),
    ];
    let (foreseen, code) = json(&home, &[&arguments[..], &["--dry-run"]].concat());
    assert_eq!(
        (code, &foreseen["would_be_edited"], &foreseen["refused"]),
        (1, &json!(1), &json!(11))
    );
    let (told, code) = json(&home, &[&arguments[..], &["--yes"]].concat());
    assert_eq!(
        (code, &told["edited"], &told["refused"]),
        (1, &json!(1), &json!(11)),
        "{told:#}"
    );
    std::fs::write(&patch, r#"[{"op": "remove", "path": "/email"}]"#).unwrap();
    let (code, _, error) = said(&home, &[&arguments[..], &["--yes"]].concat());
    assert!(
        code == 1 && error.contains("/email: This field is required."),
        "{error}"
    );
    assert_eq!(in_state(&home, "failed"), 12);
}

#[test]
fn an_editor_edits_one_and_nothing_is_written_that_the_form_refuses() {
    let home = Machine::new();
    seed::dead_letters(&home, 1);
    let of = reference("contact", 0).to_string();
    let edit = |script: &str| {
        let mut command = verb(&home, &["dead-letters", "edit", &of]);
        let output = command
            .env("EDITOR", script)
            .env_remove("VISUAL")
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for (script, words) in [
        ("true", "nothing was changed"),
        ("sh -c ': > \"$0\"'", "nothing was changed"),
        ("sh -c 'echo {oops > \"$0\"'", "nothing was changed"),
        (
            "sed -i s/ada@example.org/nobody/",
            "/email: Give an e-mail address",
        ),
        (
            "sed -i 's/\"name\"/\"nom\"/'",
            "/name: This field is required",
        ),
        ("false", "the editor ended"),
    ] {
        let (code, error) = edit(script);
        assert!(
            code == 1 && error.contains(words),
            "{script}: {code} {error}"
        );
    }
    assert_eq!(
        json(&home, &["dead-letters", "show", &of]).0["history"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(edit("sed -i s/Ada/Grace/").0, 0);
    let shown = said(&home, &["dead-letters", "show", &of, "--payload"]).1;
    assert!(
        shown.contains("name: Grace") && shown.contains("/name"),
        "{shown}"
    );
    let hidden = said(&home, &["dead-letters", "show", &of]).1;
    assert!(
        !hidden.contains("Grace") && hidden.contains("1 change"),
        "{hidden}"
    );
}

#[test]
fn an_edit_does_not_write_over_what_somebody_else_wrote_meanwhile() {
    let home = Machine::new();
    seed::dead_letters(&home, 1);
    let of = reference("contact", 0).to_string();
    let patch = home.data().with_file_name("theirs.json");
    std::fs::write(
        &patch,
        r#"[{"op": "replace", "path": "/message", "value": "theirs"}]"#,
    )
    .unwrap();
    let theirs = verb(
        &home,
        &[
            "dead-letters",
            "edit",
            &of,
            "--as",
            "bob",
            "--patch",
            patch.to_str().unwrap(),
        ],
    );
    let words: Vec<_> = std::iter::once(theirs.get_program())
        .chain(theirs.get_args())
        .collect();
    let words: Vec<_> = words
        .iter()
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let script = format!(
        "f() {{ {} >&2 && sed -i s/Ada/Grace/ \"$1\"; }}; f",
        words.join(" ")
    );
    let mut mine = verb(
        &home,
        &[
            "dead-letters",
            "edit",
            &of,
            "--as",
            "ada",
            "--replay",
            "--json",
        ],
    );
    let output = mine
        .env("EDITOR", script)
        .env_remove("VISUAL")
        .output()
        .unwrap();
    let (told, error) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!(output.status.code(), Some(1), "{told} {error}");
    assert!(
        error.contains("edit by bob"),
        "it says who and what: {error}"
    );
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["edited"], &told["refused"]),
        (&json!(0), &json!(1)),
        "{told:#}"
    );
    let change = &told["refusals"][0]["changes"][0];
    assert_eq!(
        (&change["deed"]["who"], &change["deed"]["verb"]),
        (&json!("bob"), &json!("edit")),
        "{told:#}"
    );
    let shown = said(&home, &["dead-letters", "show", &of, "--payload"]).1;
    assert!(
        shown.contains("theirs") && shown.contains("name: Ada") && !shown.contains("Grace"),
        "{shown}"
    );
    assert!(
        !shown.contains("replay"),
        "what was not edited is not replayed: {shown}"
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
fn hostile_text_steers_no_terminal_wherever_it_stands() {
    let home = Machine::new();
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}x\u{7f}\r\n";
    let of = reference("contact", 1);
    seed::put(
        &home,
        vec![(
            of.clone(),
            evil.into(),
            Cause::written(format!("e{evil}"), Retryable::Yes, evil),
        )],
    );
    let of = of.to_string();
    let why = ["--why", "w\u{202e}\u{1b}[1m", "--yes"];
    assert_eq!(
        run(
            &home,
            &[&["dead-letters", "discard", &of], &why[..]].concat()
        )
        .status
        .code(),
        Some(0)
    );
    assert_eq!(
        run(&home, &[&["dead-letters", "undo", &of], &why[..]].concat())
            .status
            .code(),
        Some(0)
    );
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["causes"],
        &["causes", "--json"],
        &["show", &of, "--payload"],
        &["show", &of, "--payload", "--json"],
        &["replay", "--dry-run"],
        &["replay", "--yes"],
        &["replay", "--yes", "--json"],
    ] {
        let (_, out, error) = said(&home, &[&["dead-letters"], arguments].concat());
        let steers = |text: &str| {
            text.chars().any(|c| {
                (c.is_control() && !matches!(c, '\n' | '\t'))
                    || matches!(c, '\u{202a}'..='\u{202e}')
            })
        };
        assert!(
            !steers(&out) && !steers(&error),
            "{arguments:?}: {out:?} {error:?}"
        );
    }
}

#[test]
fn what_cannot_be_done_is_said_and_has_its_exit_code() {
    let home = Machine::new();
    let (code, _, error) = said(&home, &["dead-letters", "list"]);
    assert!(
        code == 2 && error.contains("no Counterfoil data"),
        "{error}"
    );
    seed::dead_letters(&home, 2);
    let of = reference("contact", 0).to_string();
    let nowhere = reference("contact", 99).to_string();
    for (arguments, wanted, words) in [
        (&["replay"][..], 2, "--yes"),
        (&["discard", "--yes"], 2, "say which"),
        (&["discard", &of], 2, "--yes"),
        (&["replay", &of, "--cause", "x"], 2, "not both"),
        (&["replay", &nowhere, "--yes"], 1, "no entry"),
        (&["show", &nowhere], 1, "no entry"),
        (&["show", "contact"], 2, "form/id"),
        (&["edit", "--all"], 2, "--patch"),
        (
            &["edit", "--all", "--patch", "/dev/null", "--yes"],
            2,
            "JSON Patch",
        ),
        (&["list", "--since", "yesterdayish"], 2, "span ago"),
        (&["replay", "--as", "", "--yes"], 2, "--as"),
        (&["undo", &of, "--yes"], 0, ""),
        (&["replay", "--cause", "nothing"], 0, "nothing to replay"),
    ] {
        let (code, _, error) = said(&home, &[&["dead-letters"], arguments].concat());
        assert!(
            code == wanted && error.contains(words),
            "{arguments:?}: {code} {error}"
        );
    }
    let (code, _, error) = said(
        &home,
        &["replays", "show", "01930000-0000-7abc-8def-0123456789ab"],
    );
    assert!(code == 1 && error.contains("no replay job"), "{error}");
}

#[test]
fn without_aws_built_in_a_stack_is_refused_with_the_mend() {
    if cfg!(feature = "aws") {
        println!("skipped: AWS is built in");
        return;
    }
    for arguments in [
        &["list", "--stack", "mine"][..],
        &["list", "--table", "t", "--queue", "https://q.example/1"],
        &["redrive", "--stack", "mine"],
    ] {
        let output = program()
            .arg("dead-letters")
            .args(arguments)
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && error.contains("built without AWS"),
            "{error}"
        );
    }
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
