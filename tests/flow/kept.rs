//! Data directories that former versions have written: today's program serves them, settles what waits there, and loses
//! and changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::client::{get, poll, settled};
use crate::server::{Machine, Server};

/// A folder of `tests/kept`.
fn kept(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/kept")
        .join(version)
}

/// A home with a copy of what a version has left.
fn home_of(version: &str) -> Machine {
    let home = Machine::new();
    std::fs::create_dir(home.data()).unwrap();
    copy_files(&kept(version), &home.data());
    copy_files(&kept(version).join("forms"), &home.forms());
    home
}

fn copy_files(from: &Path, to: &Path) {
    let files = std::fs::read_dir(from)
        .unwrap()
        .map(|file| file.unwrap().path());
    for file in files.filter(|file| file.is_file()) {
        std::fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// What has become of each ticket, with what was submitted.
fn expected(version: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(kept(version).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap()
}

/// `message` → what was submitted, of everything in a state.
fn exported(home: &Machine, state: &str) -> BTreeMap<String, Value> {
    let lines = home.verb(&[
        "submissions",
        "export",
        "--format",
        "jsonl",
        "--state",
        state,
    ]);
    let rows = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| {
        (
            text(&row["fields"], "message").to_owned(),
            row["fields"].clone(),
        )
    })
    .collect()
}

fn every_ticket_says(server: &Server, expected: &[Value]) {
    for row in expected {
        assert_eq!(
            settled(server, text(row, "ticket")),
            text(row, "state"),
            "{row}"
        );
    }
}

#[test]
fn a_directory_of_version_0_1_0_is_served_with_all_that_is_in_it() {
    let (home, expected) = (home_of("0.1.0"), expected("0.1.0"));
    let server = home.start();
    every_ticket_says(&server, &expected);
    let stored: BTreeMap<String, Value> = expected
        .iter()
        .filter(|row| row["state"] == "stored")
        .map(|row| text(row, "message").to_owned())
        .map(|message| {
            let fields =
                json!({"name": "Ada Lovelace", "email": "ada@example.org", "message": message});
            (message, fields)
        })
        .collect();
    assert_eq!(exported(&home, "stored"), stored);
    assert!(server.stop().success());
    // A second start finds what the first has made of it.
    let server = home.start();
    every_ticket_says(&server, &expected);
    assert_eq!(exported(&home, "stored"), stored);
}

#[test]
fn what_people_did_in_version_0_1_0_is_still_told() {
    let home = home_of("0.1.0");
    let server = home.start();
    every_ticket_says(&server, &expected("0.1.0"));
    let dead: Value =
        serde_json::from_str(&home.verb(&["dead-letters", "list", "--json"])).unwrap();
    let mut codes: Vec<&str> = dead
        .as_array()
        .unwrap()
        .iter()
        .map(|row| text(&row["cause"], "code"))
        .collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        ["gave-up", "injected", "key-conflict", "undecodable"]
    );
    let jobs: Value = serde_json::from_str(&home.verb(&["replays", "list", "--json"])).unwrap();
    assert_eq!(jobs.as_array().unwrap().len(), 3, "{jobs:#}");
    let all = home.verb(&["submissions", "list", "--json", "--state", "stored"]);
    let all: Value = serde_json::from_str(&all).unwrap();
    let edited = all
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["seq"] == 4)
        .unwrap();
    let shown = home.verb(&["dead-letters", "show", text(edited, "submission"), "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let verbs: Vec<&Value> = shown["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["deed"]["verb"])
        .collect();
    assert!(
        verbs.contains(&&json!("edit")) && verbs.contains(&&json!("replay")),
        "{shown:#}"
    );
}

#[test]
fn a_dead_letter_of_version_0_1_0_is_replayed() {
    let home = home_of("0.1.0");
    let server = home.start();
    let expected = expected("0.1.0");
    every_ticket_says(&server, &expected);
    home.verb(&[
        "dead-letters",
        "replay",
        "--cause",
        "injected",
        "--yes",
        "--why",
        "mended",
    ]);
    let failed = expected
        .iter()
        .find(|row| row["message"] == "failed 3")
        .unwrap();
    assert_eq!(poll(&server, text(failed, "ticket"))["state"], "stored");
    assert_eq!(get(&server, "/healthz", "*/*").status, 200);
}

#[test]
fn a_directory_without_an_order_of_listing_is_served_with_all_that_is_in_it() {
    is_served_with_all_that_is_in_it("schema-4");
}

#[test]
fn a_directory_without_deliveries_is_served_with_all_that_is_in_it() {
    let home = is_served_with_all_that_is_in_it("schema-6");
    // What it held before is owed to nobody.
    assert_eq!(home.verb(&["deliveries", "list", "--json"]).trim(), "[]");
}

#[test]
fn a_directory_without_alarms_is_served_and_what_was_owed_is_still_owed() {
    let home = is_served_with_all_that_is_in_it("schema-7");
    let all = home.verb(&["deliveries", "list", "--json"]);
    let all: Value = serde_json::from_str(&all).unwrap();
    let all = all.as_array().unwrap();
    let of = |receiver: &str| {
        let rows = all.iter().filter(|row| row["receiver"] == receiver);
        rows.map(|row| text(row, "state")).collect::<Vec<_>>()
    };
    for (receiver, state) in [
        ("crm", "delivered"),
        ("owner", "failed"),
        ("down", "waiting"),
        ("gone", "discarded"),
    ] {
        assert_eq!(of(receiver), [state; 3], "{all:#?}");
    }
    let failed = all.iter().find(|row| row["receiver"] == "owner").unwrap();
    let shown = home.verb(&["deliveries", "show", text(failed, "delivery"), "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["attempt_history"][0]["code"], 550, "{shown:#}");
}

fn is_served_with_all_that_is_in_it(version: &str) -> Machine {
    let (home, expected) = (home_of(version), expected(version));
    let messages =
        |home: &Machine, state: &str| exported(home, state).into_keys().collect::<Vec<_>>();
    let wanted = |state: &str| {
        let rows = expected.iter().filter(|row| row["state"] == state);
        let mut messages: Vec<_> = rows.map(|row| text(row, "message").to_owned()).collect();
        messages.sort();
        messages
    };
    // Before a server has brought it up, and after.
    assert_eq!(messages(&home, "stored"), wanted("stored"));
    let server = home.start();
    every_ticket_says(&server, &expected);
    assert_eq!(messages(&home, "stored"), wanted("stored"));
    assert_eq!(messages(&home, "held"), wanted("held"));
    assert!(server.stop().success());
    home.verb(&["submissions", "verify"]);
    home
}
