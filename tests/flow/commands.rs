//! The verbs on the data of a running server, and of a stopped one.

use serde_json::Value;

use crate::client::{accepted, fields, post_json, settled};
use crate::server::{Home, program};

#[test]
fn list_show_and_export_work_while_the_server_runs_and_after() {
    let home = Home::new();
    let server = home.start();
    for n in 0..3 {
        settled(&server, &accepted(&server, &format!("message {n}")));
    }
    let running = views(&home);
    assert!(server.stop().success());
    assert_eq!(views(&home), running);
}

fn views(home: &Home) -> (String, String, String, String) {
    let json = home.verb(&["submissions", "list", "--json"]);
    let listed: Value = serde_json::from_str(&json).unwrap();
    let newest = listed[0]["submission"].as_str().unwrap().to_owned();
    let lines = home.verb(&["submissions", "list"]);
    assert_eq!(lines.lines().count(), 3);
    assert!(!lines.contains("message") && lines.lines().next().unwrap().contains(&newest), "{lines}");
    let shown = home.verb(&["submissions", "show", &newest]);
    assert!(shown.contains("message: message 2"), "{shown}");
    let csv = home.verb(&["submissions", "export", "--format", "csv"]);
    assert_eq!(csv.lines().next(), Some("form,id,state,received_at,field.email,field.message,field.name"));
    assert_eq!(csv.lines().count(), 4);
    assert_eq!(home.verb(&["submissions", "list", "--limit", "1"]).lines().count(), 1);
    assert_eq!(home.verb(&["submissions", "list", "--state", "failed"]), "");
    (json, lines, shown, csv)
}

#[test]
fn what_people_sent_cannot_steer_a_spreadsheet_or_a_terminal() {
    let home = Home::new();
    let server = home.start();
    let mut evil = fields("a\u{1b}[2Jb\u{202e}c");
    evil["name"] = "=HYPERLINK(\"http://evil.example\")".into();
    let ticket = post_json(&server, &evil, &[]).unwrap().json()["ticket"].as_str().unwrap().to_owned();
    settled(&server, &ticket);
    let csv = home.verb(&["submissions", "export", "--format", "csv"]);
    assert!(csv.contains("\"'=HYPERLINK("), "{csv}");
    let listed: Value = serde_json::from_str(&home.verb(&["submissions", "list", "--json"])).unwrap();
    let shown = home.verb(&["submissions", "show", listed[0]["submission"].as_str().unwrap()]);
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}') && shown.contains("\\u{1b}[2Jb"), "{shown}");
    let exact = home.verb(&["submissions", "export", "--format", "jsonl"]);
    let entry: Value = serde_json::from_str(exact.trim()).unwrap();
    assert_eq!(entry["fields"], evil, "a program gets it exactly");
}

#[test]
fn an_export_in_a_pipe_has_no_progress_in_it() {
    let home = Home::new();
    let server = home.start();
    settled(&server, &accepted(&server, "m"));
    let output =
        program().args(["submissions", "export", "--format", "jsonl", "--local"]).arg(home.data()).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn what_is_not_there_or_not_understood_is_said_and_has_its_exit_code() {
    let home = Home::new();
    let run = |arguments: &[&str]| {
        let output = program().args(arguments).arg("--local").arg(home.data()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run(&["submissions", "list"]);
    assert!(code == Some(2) && said.contains("no Counterfoil data"), "{said}");
    assert!(home.start().stop().success());
    let (code, said) = run(&["submissions", "show", "contact/01930000-0000-7abc-8def-0123456789ab"]);
    assert!(code == Some(1) && said.contains("no entry"), "{said}");
    let (code, said) = run(&["submissions", "show", "contact"]);
    assert!(code == Some(2) && said.contains("form/id"), "{said}");
    assert_eq!(run(&["submissions", "list", "--json"]), (Some(0), String::new()));
}
