//! The verbs on the data of a running server, and of a stopped one.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::client::{accepted, fields, post_json, settled};
use crate::server::{Machine, program};
use crate::wait::until;

#[test]
fn list_show_and_export_work_while_the_server_runs_and_after() {
    let home = Machine::new();
    let server = home.start();
    for n in 0..3 {
        settled(&server, &accepted(&server, &format!("message {n}")));
    }
    let running = views(&home);
    assert!(server.stop().success());
    assert_eq!(views(&home), running);
}

fn views(home: &Machine) -> (String, String, String, String) {
    let json = home.verb(&["submissions", "list", "--json"]);
    let listed: Value = serde_json::from_str(&json).unwrap();
    let newest = listed[0]["submission"].as_str().unwrap().to_owned();
    let lines = home.verb(&[
        "submissions",
        "list",
        "--forms",
        home.forms().to_str().unwrap(),
    ]);
    assert_eq!(lines.lines().count(), 3);
    let first = lines.lines().next().unwrap();
    assert!(
        first.contains(&newest) && first.ends_with("• Ada · ada@example.org · message 2"),
        "{lines}"
    );
    let shown = home.verb(&["submissions", "show", &newest]);
    assert!(shown.contains("message: message 2"), "{shown}");
    let csv = csv(home);
    let head = "form,id,state,received_at,Your name,E-mail,Message,other".replace(',', "\",\"");
    assert_eq!(
        csv.lines().next(),
        Some(format!("\u{feff}\"{head}\"").as_str())
    );
    assert_eq!(csv.lines().count(), 4);
    assert_eq!(
        home.verb(&["submissions", "list", "--limit", "1"])
            .lines()
            .count(),
        1
    );
    assert_eq!(home.verb(&["submissions", "list", "--state", "failed"]), "");
    (json, lines, shown, csv)
}

fn csv(home: &Machine) -> String {
    home.verb(&[
        "submissions",
        "export",
        "--format",
        "csv",
        "--forms",
        home.forms().to_str().unwrap(),
    ])
}

#[test]
fn what_people_sent_cannot_steer_a_spreadsheet_or_a_terminal() {
    let home = Machine::new();
    let server = home.start();
    let mut evil = fields("a\u{1b}[2Jb\u{202e}c\u{9b}\u{200b}");
    evil["name"] = "=HYPERLINK(\"http://evil.example\")".into();
    let ticket = post_json(&server, &evil, &[]).unwrap().json()["ticket"]
        .as_str()
        .unwrap()
        .to_owned();
    settled(&server, &ticket);
    let csv = csv(&home);
    assert!(csv.contains("\"'=HYPERLINK("), "{csv}");
    let listed: Value =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json"])).unwrap();
    let shown = home.verb(&[
        "submissions",
        "show",
        listed[0]["submission"].as_str().unwrap(),
    ]);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}') && shown.contains("\\u{1b}[2Jb"),
        "{shown}"
    );
    let shown = home.verb(&[
        "submissions",
        "show",
        "--json",
        listed[0]["submission"].as_str().unwrap(),
    ]);
    let exported = home.verb(&["submissions", "export", "--format", "jsonl"]);
    for exact in [shown, exported] {
        assert!(
            !exact.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{200b}']),
            "{exact}"
        );
        let entry: Value = serde_json::from_str(exact.trim()).unwrap();
        assert_eq!(entry["fields"], evil, "a program gets it exactly");
    }
}

#[test]
fn csv_is_not_written_to_a_terminal_which_it_could_steer() {
    let home = Machine::new();
    assert!(home.start().stop().success());
    let export = |format: &str| {
        let (mut terminal, screen) = terminal();
        let mut command = program();
        command
            .args(["submissions", "export", "--format", format, "--data"])
            .arg(home.data());
        let output = command
            .stdout(screen)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        drop(command);
        // Linux says that nobody is left on the other side by an error.
        let mut written = Vec::new();
        let _ = terminal.read_to_end(&mut written);
        assert!(written.is_empty(), "{written:?}");
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said) = export("csv");
    assert!(code == Some(2) && said.contains("--output FILE"), "{said}");
    assert_eq!(export("jsonl"), (Some(0), String::new()));
}

/// Both sides of one.
fn terminal() -> (File, File) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    (
        ours.into(),
        File::options().read(true).write(true).open(name).unwrap(),
    )
}

/// Each of them has a name of its own for a field.
#[test]
fn strangers_add_no_columns_to_csv() {
    let home = Machine::new();
    let contact = include_str!("../../forms/contact.toml");
    home.write_form(
        "contact",
        &contact.replacen("[schema]", "mode = \"observe\"\n[schema]", 1),
    );
    let server = home.start();
    let tickets: Vec<String> = (0..100)
        .map(|n| {
            let mut sent = fields("m");
            sent[format!("name {n}")] = n.into();
            post_json(&server, &sent, &[]).unwrap().json()["ticket"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    tickets
        .iter()
        .for_each(|ticket| assert_eq!(settled(&server, ticket), "stored"));
    let csv = csv(&home);
    assert_eq!(
        (
            csv.lines().count(),
            csv.lines().next().unwrap().split(',').count()
        ),
        (101, 8),
        "{csv}"
    );
    assert!(csv.contains(r#","{""name 99"":99}""#), "{csv}");
}

#[test]
fn csv_says_what_it_needs_where_there_are_no_forms() {
    let home = Machine::new();
    assert!(home.start().stop().success());
    let mut command = program();
    command
        .args([
            "submissions",
            "export",
            "--format",
            "csv",
            "--forms",
            "nowhere",
            "--data",
        ])
        .arg(home.data());
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && said.contains("--forms") && said.contains("jsonl"),
        "{said}"
    );
}

#[test]
fn an_export_in_a_pipe_has_no_progress_in_it() {
    let home = Machine::new();
    let server = home.start();
    settled(&server, &accepted(&server, "m"));
    let output = program()
        .args(["submissions", "export", "--format", "jsonl", "--data"])
        .arg(home.data())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn what_is_not_there_or_not_understood_is_said_and_has_its_exit_code() {
    let home = Machine::new();
    let run = |arguments: &[&str]| {
        let output = program()
            .args(arguments)
            .arg("--data")
            .arg(home.data())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said) = run(&["submissions", "list"]);
    assert!(
        code == Some(2) && said.contains("no Counterfoil data"),
        "{said}"
    );
    assert!(home.start().stop().success());
    let (code, said) = run(&[
        "submissions",
        "show",
        "contact/01930000-0000-7abc-8def-0123456789ab",
    ]);
    assert!(code == Some(1) && said.contains("no entry"), "{said}");
    let (code, said) = run(&["submissions", "show", "contact"]);
    assert!(code == Some(2) && said.contains("form/id"), "{said}");
    assert_eq!(
        run(&["submissions", "list", "--json"]),
        (Some(0), String::new())
    );
}

/// Does it in the database by hand, in Python, whose SQLite every machine has that builds this.
fn by_hand(home: &Machine, sql: &str) {
    let execute =
        "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=60).executescript(sys.argv[2])";
    let mut python = std::process::Command::new("python3");
    let done = python
        .args(["-c", execute])
        .arg(home.data().join("counterfoil.db"))
        .arg(sql)
        .status()
        .unwrap();
    assert!(done.success(), "{sql}");
}

#[test]
fn what_vanished_from_the_database_is_said_until_somebody_knows_of_it() {
    let home = Machine::new();
    let server = home.start();
    for n in 0..3 {
        settled(&server, &accepted(&server, &format!("message {n}")));
    }
    assert_eq!(home.verb(&["submissions", "lost"]), "nothing is lost\n");
    assert!(server.stop().success());
    by_hand(
        &home,
        "DELETE FROM entries WHERE entry <= 2; DELETE FROM queue",
    );
    let server = home.start();
    until("the log says that submissions are lost", || {
        home.log().contains("are lost")
    });
    let lost = |flags: &[&str]| {
        let mut asked = program();
        asked
            .args(["submissions", "lost", "--data"])
            .arg(home.data())
            .args(flags);
        let output = asked.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, said) = lost(&[]);
    assert_eq!(
        (code, said.trim()),
        (Some(1), "2  settled, of the form contact")
    );
    let verified = || {
        let output = program()
            .args(["submissions", "verify", "--data"])
            .arg(home.data())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, said) = verified();
    assert!(
        code == Some(1) && said.contains("without an entry: 2 of contact"),
        "{code:?} {said}"
    );
    assert_eq!(lost(&["--acknowledge"]).0, Some(0), "beside the server");
    assert_eq!(verified().0, Some(0));
    let (code, said) = lost(&["--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, Some(0));
    let counts = serde_json::json!({"unsettled": 0, "settled": {"contact": 2}, "known": 2, "news": 0, "accepted_losses": []});
    assert_eq!(said, counts);
    assert!(server.stop().success());
}
