//! What came, as its owner reads it by the command: who wrote what, looked for, marked, and taken along as a table.

use std::process::Command;

use serde_json::{Value, json};

use crate::client::{accepted, fields, get, poll, post_json, send, settled};
use crate::server::{Machine, program};

/// A home with three messages, and the ticket of the second.
fn three() -> (Machine, String) {
    let home = Machine::new();
    let server = home.start();
    settled(&server, &accepted(&server, "Where do you ship to?"));
    let mut other = fields("我想订一张桌子。\n=1+1");
    (other["name"], other["email"]) = ("王小明".into(), "wang@example.cn".into());
    let ticket = post_json(&server, &other, &[]).unwrap().json()["ticket"]
        .as_str()
        .unwrap()
        .to_owned();
    settled(&server, &ticket);
    settled(&server, &accepted(&server, "And the price, please"));
    assert!(server.stop().success());
    (home, ticket)
}

fn listed(home: &Machine, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["inbox", "--json", "--fields"], arguments].concat();
    serde_json::from_str(&home.verb(&arguments)).unwrap()
}

#[test]
fn the_list_shows_who_wrote_what_and_finds_it() {
    let (home, _) = three();
    let lines = home.verb(&["inbox", "--forms", home.forms().to_str().unwrap()]);
    let lines: Vec<&str> = lines.lines().collect();
    assert!(
        lines.len() == 3
            && lines[1].ends_with("• 王小明 · wang@example.cn · 我想订一张桌子。 =1+1"),
        "{lines:?}"
    );
    for (arguments, found) in [
        (&["--search", "桌子"][..], 1),
        (&["--search", "ship where"], 1),
        (&["--search", "wang"], 1),
        (&["--search", "wang", "--field", "message"], 0),
        (&["--search", "nobody"], 0),
        (&["--since", "1h"], 3),
        (&["--until", "1h"], 0),
        (
            &[
                "--since", "today", "--form", "contact", "--state", "stored", "--state", "failed",
            ],
            3,
        ),
        (&["--state", "failed,held"], 0),
        (&["--limit", "2"], 2),
        (&["--limit", "0"], 3),
    ] {
        let rows = listed(&home, arguments);
        assert_eq!(rows.len(), found, "{arguments:?}");
        assert!(
            rows.iter()
                .all(|row| row["fields"]["message"].is_string() && row["marks"]["seen"].is_null())
        );
    }
}

#[test]
fn a_visitors_ticket_finds_the_submission_and_marks_stay() {
    let (home, ticket) = three();
    let address = format!("http://127.0.0.1:8080/tickets/{ticket}");
    for meant in [&ticket, &address] {
        let shown = home.verb(&["submissions", "show", meant]);
        assert!(
            shown.contains("王小明") && !shown.contains("  seen "),
            "{shown}"
        );
    }
    assert_eq!(
        home.verb(&["submissions", "mark", "seen", &ticket, "--as", "ada"]),
        "1 submission: marked as seen\n"
    );
    home.verb(&["submissions", "mark", "answered", &address, "--as", "bob"]);
    let shown: Value =
        serde_json::from_str(&home.verb(&["submissions", "show", &ticket, "--json"])).unwrap();
    let by = |mark: &str| shown["marks"][mark]["by"].clone();
    assert_eq!((by("seen"), by("answered")), (json!("ada"), json!("bob")));
    let lines = home.verb(&["submissions", "list"]);
    assert_eq!(
        lines.lines().filter(|line| line.contains('•')).count(),
        2,
        "{lines}"
    );
    home.verb(&["submissions", "mark", "--undo", "seen", &ticket]);
    assert!(
        !home
            .verb(&["submissions", "show", &ticket])
            .contains("  seen ")
    );
    let nowhere = "contact/01930000-0000-7abc-8def-0123456789ab";
    let mut mark = program();
    mark.args(["submissions", "mark", "seen", nowhere, "--data"])
        .arg(home.data());
    assert_eq!(mark.output().unwrap().status.code(), Some(1));
}

const READ: &str = "import json, sys, zipfile, xml.etree.ElementTree as tree
file = zipfile.ZipFile(sys.argv[1])
assert file.testzip() is None
for name in file.namelist():
    if name.endswith('.xml') or name.endswith('.rels'): tree.fromstring(file.read(name))
space = '{http://schemas.openxmlformats.org/spreadsheetml/2006/main}'
sheet = tree.fromstring(file.read('xl/worksheets/sheet1.xml'))
assert not list(sheet.iter(space + 'f')), 'a formula'
rows = [[''.join(cell.itertext()) for cell in row] for row in sheet.iter(space + 'row')]
print(json.dumps(rows))";

#[test]
fn a_spreadsheet_and_csv_are_filtered_as_the_list_is_and_open_cleanly() {
    let (home, _) = three();
    let forms = home.forms().display().to_string();
    let folder = home.data().with_file_name("exports");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("all.xlsx").display().to_string();
    home.verb(&[
        "submissions",
        "export",
        "--format",
        "xlsx",
        "--forms",
        &forms,
        "--output",
        &file,
    ]);
    let read = Command::new("python3")
        .args(["-c", READ, &file])
        .output()
        .unwrap();
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    let rows: Vec<Vec<String>> = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(
        (rows.len(), &rows[0][4..]),
        (
            4,
            &["Your name", "E-mail", "Message", "other"].map(str::to_owned)[..]
        )
    );
    assert_eq!(
        rows[2][4..7],
        ["王小明", "wang@example.cn", "我想订一张桌子。\n=1+1"].map(str::to_owned)
    );
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        1,
        "no temporary file is left"
    );

    let csv = home.verb(&[
        "submissions",
        "export",
        "--format",
        "csv",
        "--forms",
        &forms,
        "--search",
        "桌子",
    ]);
    assert!(
        csv.starts_with('\u{feff}') && csv.contains("桌子。\n'=1+1") && !csv.contains("ship"),
        "{csv}"
    );
    let lines = home.verb(&[
        "submissions",
        "export",
        "--format",
        "jsonl",
        "--until",
        "1h",
    ]);
    assert_eq!(lines, "");
}

#[test]
fn an_export_goes_on_where_it_is_told_to() {
    let (home, ticket) = three();
    let whole = home.verb(&["submissions", "export", "--format", "jsonl"]);
    let second: Value = serde_json::from_str(whole.lines().nth(1).unwrap()).unwrap();
    let shown: Value =
        serde_json::from_str(&home.verb(&["submissions", "show", &ticket, "--json"])).unwrap();
    assert_eq!(
        shown["submission"], second["submission"],
        "the longest there first"
    );
    // The time of an id is in its first twelve digits.
    let id = second["id"].as_str().unwrap().replace('-', "");
    let millis = u64::from_str_radix(&id[..12], 16).unwrap();
    let place = format!("{millis}.{}", second["submission"].as_str().unwrap());
    let rest = home.verb(&[
        "submissions",
        "export",
        "--format",
        "jsonl",
        "--from",
        &place,
    ]);
    assert_eq!(Some(rest.trim_end()), whole.lines().nth(2));

    let file = home.data().with_file_name("all.jsonl");
    let part = home.data().with_file_name("all.jsonl.part");
    let begun: String = whole
        .lines()
        .take(2)
        .map(|line| format!("{line}\n"))
        .collect();
    let arguments = [
        "submissions",
        "export",
        "--format",
        "jsonl",
        "--from",
        &place,
        "--output",
        file.to_str().unwrap(),
    ];
    let mut without = program();
    without.args(arguments).arg("--data").arg(home.data());
    assert_eq!(
        without.output().unwrap().status.code(),
        Some(2),
        "nothing is there to go on with"
    );
    std::fs::write(&part, begun).unwrap();
    home.verb(&arguments);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), whole);
    assert!(!part.exists());
}

#[test]
fn everything_of_a_form_is_marked_as_seen_at_once() {
    let (home, _) = three();
    let unread = || {
        let rows = listed(&home, &[]);
        rows.iter()
            .filter(|row| row["marks"]["seen"].is_null())
            .count()
    };
    assert_eq!(unread(), 3);
    let said = home.verb(&["submissions", "mark", "seen", "--all", "--form", "contact"]);
    assert!(said.contains("contact: all marked as seen"), "{said}");
    assert_eq!(unread(), 0);
    let server = home.start();
    settled(&server, &accepted(&server, "One more"));
    assert!(server.stop().success());
    assert_eq!(unread(), 1, "what comes later is unread");
    let none = home.verb(&["submissions", "mark", "seen", "--all", "--form", "nobody"]);
    assert!(none.contains("there is nothing to mark"), "{none}");
    for wrong in [
        &["seen", "--all"][..],
        &["seen", "--form", "contact"],
        &["answered", "--all", "--form", "contact"],
    ] {
        let mut refused = program();
        refused.args(["submissions", "mark"]).args(wrong);
        refused.arg("--data").arg(home.data());
        assert_eq!(
            refused.output().unwrap().status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
}

#[test]
fn a_ticket_says_when_it_was_seen_where_its_form_shows_it() {
    let home = Machine::new();
    let contact = include_str!("../../forms/contact.toml");
    home.write_form("told", &format!("show_seen = true\n{contact}"));
    home.write_form("quiet", contact);
    let server = home.start();
    let [told, quiet] = ["told", "quiet"].map(|form| {
        let path = format!("/forms/{form}");
        let answer = send(
            &server,
            "POST",
            &path,
            &[("content-type", "application/json")],
            fields("hello").to_string().as_bytes(),
        )
        .unwrap();
        let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
        assert_eq!(settled(&server, &ticket), "stored");
        ticket
    });
    let times = |ticket: &str| {
        let answer = poll(&server, ticket);
        ["seen_at", "answered_at"].map(|name| answer.get(name).is_some())
    };
    let page = |ticket: &str| get(&server, &format!("/tickets/{ticket}"), "text/html").body;
    let mark = |arguments: &[&str]| {
        home.verb(&[&["submissions", "mark"], arguments].concat());
    };
    assert_eq!(times(&told), [false, false]);
    mark(&["seen", &told, &quiet, "--as", "ada"]);
    mark(&["answered", &told, &quiet, "--as", "ada"]);
    assert_eq!((times(&told), times(&quiet)), ([true; 2], [false; 2]));
    let shown = page(&told);
    assert!(
        shown.contains("Seen on <time") && shown.contains("Answered on <time"),
        "{shown}"
    );
    assert!(!shown.contains("ada") && !poll(&server, &told).to_string().contains("ada"));
    assert!(!page(&quiet).contains("Seen on"));
    mark(&["--undo", "seen", &told]);
    assert_eq!(times(&told), [false, true]);
    mark(&["seen", "--all", "--form", "told"]);
    assert_eq!(times(&told), [true, true], "all of its form was seen");
    assert!(server.stop().success());
}
