//! Replays from the console: a canary, calling off, and where nobody serves.

use serde_json::{Value, json};

use super::super::opened;
use super::super::visitor::{Visitor, value};
use super::{states, until_job};
use crate::planted::{Letter, letters, plant};
use crate::server::{Machine, program};

#[test]
fn an_edit_that_is_saved_and_replayed_is_stored() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 1);
    let of = ada.first_entry();
    let good = r#"{"name":"Ada Lovelace","email":"ada@example.org","message":"mended"}"#;
    let replayed = ada.post(
        &format!("/entries/{of}/edit"),
        &[("step", "replay"), ("text", good), ("seq", "1")],
    );
    until_job(&ada, replayed.header("location").unwrap(), "done");
    let lines = home.verb(&["submissions", "export", "--format", "jsonl"]);
    assert!(lines.contains("\"message\":\"mended\""), "{lines}");
}

#[test]
fn a_canary_that_fails_stops_the_replay_and_resume_goes_on() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 25);
    home.verb(&["fail", "settle:1:permanent"]);
    let job = value(&ada.get("/replay?all=1").body, "job");
    let pairs = [
        ("all", "1"),
        ("job", job.as_str()),
        ("canary", "auto"),
        ("stop_at", "50"),
    ];
    let ordered = ada.post("/replay", &pairs);
    let at = ordered.header("location").unwrap().to_owned();
    assert_eq!(at, format!("/jobs/{job}"));
    let page = until_job(&ada, &at, "stopped");
    assert!(
        page.contains("1 of the first 1 failed again") && page.contains(">Resume<"),
        "{page}"
    );
    // The button, pressed twice, is one replay.
    assert_eq!(
        ada.post("/replay", &pairs).header("location"),
        Some(at.as_str())
    );
    assert_eq!(
        states(&home)
            .iter()
            .filter(|state| *state == "failed")
            .count(),
        25
    );
    assert_eq!(ada.post(&format!("{at}/resume"), &[]).status, 303);
    let page = until_job(&ada, &at, "done");
    assert!(page.contains("Every one of 25 has its verdict"), "{page}");
    assert!(
        page.contains("<dd id=\"stored\">24</dd>")
            && page.contains("<dd id=\"failed-again\">1</dd>"),
        "{page}"
    );
    let live: Value = ada.get(&format!("{at}/live")).json();
    assert_eq!(
        (&live["state"], &live["moves"]),
        (&json!("done"), &json!(false))
    );
    assert!(ada.get("/jobs").body.contains(&at));
}

#[test]
fn a_replay_is_called_off_and_stays_so() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 25);
    let job = value(&ada.get("/replay?all=1").body, "job");
    ada.post(
        "/replay",
        &[
            ("all", "1"),
            ("job", &job),
            ("canary", "no"),
            ("rate", "0.1"),
        ],
    );
    let at = format!("/jobs/{job}");
    until_job(&ada, &at, "running");
    assert_eq!(ada.post(&format!("{at}/cancel"), &[]).status, 303);
    until_job(&ada, &at, "cancelled");
    let again = ada.post(&format!("{at}/resume"), &[]);
    assert!(
        again.status == 400 && again.body.contains("cancelled already"),
        "{again:?}"
    );
}

#[test]
fn the_dry_run_names_the_rule_that_breaks_with_an_example() {
    let home = Machine::new();
    let mut all = letters(3);
    all.push(Letter {
        form: "removed",
        ..Letter::new("of a form that is gone")
    });
    let names = plant(&home, &all);
    let server = home.start();
    let page = Visitor::with_key(&server.console())
        .get("/replay?all=1")
        .body;
    for part in [
        "id=\"passes\">3</strong>",
        "id=\"fails\">1</strong>",
        "unknown-form",
        &names[3],
        "Looked at all 4.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn a_console_by_itself_replays_where_nobody_serves() {
    let home = Machine::new();
    plant(&home, &letters(3));
    let mut command = program();
    command
        .args(["console", "--port", "0", "--as", "bob", "--data"])
        .arg(home.data());
    command.arg("--forms").arg(home.forms());
    let console = home.run_other(command);
    let bob = Visitor::with_key(&console.console());
    let job = value(&bob.get("/replay?all=1").body, "job");
    bob.post(
        "/replay",
        &[("all", "1"), ("job", &job), ("canary", "auto")],
    );
    let page = until_job(&bob, &format!("/jobs/{job}"), "done");
    assert!(
        page.contains("<dd id=\"stored\">3</dd>") && page.contains("by <strong>bob</strong>"),
        "{page}"
    );
    assert!(console.stop().success());
    assert_eq!(states(&home), ["stored"; 3]);
}
