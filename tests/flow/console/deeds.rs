//! What the console does, seen again by the verbs of the command.

mod replays;

use serde_json::{Value, json};

use super::opened;
use super::visitor::Visitor;
use crate::planted::{Letter, letters, plant};
use crate::server::Machine;
use crate::wait::until;

fn states(home: &Machine) -> Vec<String> {
    let listed: Value =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json", "--limit", "1000"]))
            .unwrap();
    listed
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["state"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits until a job's page says this.
pub(super) fn until_job(visitor: &Visitor, at: &str, state: &str) -> String {
    let mut page = String::new();
    until(&format!("the job is {state}"), || {
        page = visitor.get(at).body;
        page.contains(&format!("data-state=\"{state}\""))
    });
    page
}

#[test]
fn what_somebody_wrote_is_shown_where_it_is_read_and_cannot_steer_the_page() {
    let home = Machine::new();
    let mut evil = Letter::new("a\u{202e}b <script>alert(1)</script>");
    evil.fields["name"] = json!("\u{7}bell");
    let of = plant(&home, &[evil]).remove(0);
    let server = home.start();
    let ada = Visitor::with_key(&server.console());
    for path in ["/failures", "/replay?all=1"] {
        let page = ada.get(path).body;
        assert!(
            !page.contains("alert(1)") && !page.contains("ada@example.org"),
            "{path}: {page}"
        );
    }
    for path in [
        "/".to_owned(),
        "/entries".to_owned(),
        format!("/entries/{of}"),
    ] {
        let page = ada.get(&path).body;
        assert!(
            page.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
                && page.contains("ada@example.org"),
            "{page}"
        );
        assert!(
            page.contains(">\\u{202e}</span>b") && page.contains(">\\u{7}</span>bell"),
            "{page}"
        );
        assert!(
            !page.contains('\u{202e}') && !page.contains('\u{7}'),
            "{page}"
        );
    }
    let edit = ada.get(&format!("/entries/{of}/edit")).body;
    assert!(
        edit.contains("\\u202eb") && !edit.contains('\u{202e}'),
        "{edit}"
    );
}

#[test]
fn a_discard_is_taken_back_and_both_are_told_with_who_did_it() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 1);
    let of = ada.first_entry();
    let done = ada.post(&format!("/entries/{of}/discard"), &[]);
    assert_eq!(
        done.header("location"),
        Some(format!("/entries/{of}?done=discarded").as_str())
    );
    assert_eq!(states(&home), ["discarded"]);
    let page = ada.get(done.header("location").unwrap()).body;
    assert!(
        page.contains("Undo the discard") && page.contains("It is discarded."),
        "{page}"
    );
    assert_eq!(ada.post(&format!("/entries/{of}/undo"), &[]).status, 303);
    assert_eq!(states(&home), ["failed"]);
    let page = ada.get(&format!("/entries/{of}")).body;
    for part in [
        "<strong>discarded</strong> by ada",
        "<strong>discard undone</strong> by ada",
        "after 20 attempts",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn many_are_discarded_by_their_filter_and_taken_back() {
    let home = Machine::new();
    let mut some = letters(60);
    some.push(Letter {
        cause: counterfoil_core::Cause::gave_up(20),
        ..Letter::new("another")
    });
    plant(&home, &some);
    let server = home.start();
    let ada = Visitor::with_key(&server.console());
    let filter = [
        ("all", "1"),
        ("cause", "ledger-busy"),
        ("why", "spam & more"),
    ];
    let page = ada.get("/discard?all=1&cause=ledger-busy").body;
    assert!(page.contains("Discard 60 entries"), "{page}");
    let page = ada.post("/discard", &filter).body;
    assert!(page.contains("Discarded 60 entries"), "{page}");
    assert_eq!(
        states(&home)
            .iter()
            .filter(|state| *state == "discarded")
            .count(),
        60
    );
    let page = ada
        .post("/undo", &[("all", "1"), ("waiting", "discarded")])
        .body;
    assert!(page.contains("Taken back 60 entries"), "{page}");
    let nothing = ada.post("/discard", &[("why", "nothing was ticked")]);
    assert!(
        nothing.status == 400 && nothing.body.contains("nothing is chosen"),
        "{nothing:?}"
    );
    assert!(states(&home).iter().all(|state| state == "failed"));
}

#[test]
fn the_list_is_turned_by_pages_and_gives_each_once() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 120);
    let (mut path, mut seen) = ("/entries".to_owned(), Vec::new());
    loop {
        let page = ada.get(&path).body;
        seen.extend(
            page.split("name=\"of\" value=\"")
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap().to_owned()),
        );
        let Some(next) = page.split("rel=\"next\" href=\"").nth(1) else {
            break;
        };
        path = next.split('"').next().unwrap().replace("&amp;", "&");
    }
    assert_eq!(seen.len(), 120);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 120);
}

#[test]
fn an_edit_is_checked_shown_and_saved_and_what_was_there_stays() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 1);
    let of = ada.first_entry();
    let at = format!("/entries/{of}/edit");
    let step =
        |step: &str, text: &str| ada.post(&at, &[("step", step), ("text", text), ("seq", "1")]);
    let broken = step("preview", r#"{"name":"Ada","email":"nobody","extra":1}"#).body;
    for part in [
        "/email: Give an e-mail address",
        "/message: This field is required",
        "/extra:",
        "&quot;nobody&quot;",
    ] {
        assert!(broken.contains(part), "{part}: {broken}");
    }
    assert!(step("save", "{").body.contains("Nothing was written"));
    let good = r#"{"name":"Ada Lovelace","email":"ada@example.org","message":"message 1"}"#;
    let preview = step("preview", good).body;
    assert!(
        preview.contains("<del>0</del>") && preview.contains("<ins>1</ins>"),
        "{preview}"
    );
    assert_eq!(states(&home), ["failed"]);
    let late = ada
        .post(&at, &[("step", "save"), ("text", good), ("seq", "7")])
        .body;
    assert!(
        late.contains("changed the entry while you typed") && late.contains("message 1"),
        "{late}"
    );
    let saved = ada.post(
        &at,
        &[
            ("step", "save"),
            ("text", good),
            ("seq", "1"),
            ("why", "a typing mistake"),
        ],
    );
    assert_eq!(
        saved.header("location"),
        Some(format!("/entries/{of}?done=edited").as_str())
    );
    let page = ada.get(&format!("/entries/{of}")).body;
    for part in [
        "<strong>edited</strong> by ada",
        "a typing mistake",
        "<del>0</del>",
        "It is not what was submitted",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn an_edit_of_what_somebody_changed_meanwhile_says_who() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 1);
    let of = ada.first_entry();
    let patch = home.data().with_file_name("theirs.json");
    std::fs::write(
        &patch,
        r#"[{"op": "replace", "path": "/message", "value": "theirs"}]"#,
    )
    .unwrap();
    home.verb(&[
        "dead-letters",
        "edit",
        &of,
        "--patch",
        patch.to_str().unwrap(),
        "--as",
        "bob",
    ]);
    let mine = r#"{"name":"Ada Lovelace","email":"ada@example.org","message":"mine"}"#;
    for step in ["preview", "save", "replay"] {
        let late = ada
            .post(
                &format!("/entries/{of}/edit"),
                &[("step", step), ("text", mine), ("seq", "1")],
            )
            .body;
        assert!(
            late.contains("edit by bob") && late.contains("mine"),
            "{step}: {late}"
        );
    }
    let page = ada.get(&format!("/entries/{of}")).body;
    assert!(page.contains("theirs") && !page.contains("mine"), "{page}");
}

#[test]
fn a_cause_is_acknowledged_and_resolved_and_says_who_did() {
    let home = Machine::new();
    let (_server, ada) = opened(&home, 2);
    let page = ada.get("/failures").body;
    let at = page
        .split("action=\"/causes/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let marked = ada.post(&format!("/causes/{at}"), &[("mark", "acknowledged")]);
    assert_eq!(marked.header("location"), Some("/failures"));
    let page = ada.get("/failures").body;
    assert!(
        page.contains(">acknowledged</span>") && page.contains("ada, 0 s ago"),
        "{page}"
    );
    ada.post(&format!("/causes/{at}"), &[("mark", "resolved")]);
    assert!(ada.get("/failures").body.contains("Resolved causes (1)"));
    assert_eq!(
        ada.post(&format!("/causes/{at}"), &[("mark", "gone")])
            .status,
        400
    );
}
