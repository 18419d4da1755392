//! Where forms are: one rule for the server and every verb, and a word when forms that were served are not any more.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::client::{accepted, settled};
use crate::server::{Machine, Server, program};

/// Where somebody stands who has nothing yet.
fn empty() -> Machine {
    let home = Machine::new();
    std::fs::remove_dir_all(home.forms()).unwrap();
    home
}

fn here(home: &Machine) -> PathBuf {
    home.forms().parent().unwrap().to_owned()
}

/// The program, started where somebody stands, told nothing that these words do not say.
fn command(home: &Machine, words: &[&str]) -> Command {
    let mut command = program();
    command.args(words).current_dir(here(home));
    command
}

fn serve(home: &Machine) -> Server {
    home.run_other(command(home, &["serve", "--port", "0"]))
}

/// A verb that does its work; what it wrote.
fn good(home: &Machine, words: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command(home, words).output().unwrap();
    let complaint = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{words:?}: {complaint}");
    String::from_utf8(stdout).unwrap()
}

#[test]
fn a_form_written_after_the_first_start_is_served_beside_the_first_one() {
    let home = empty();
    let server = serve(&home);
    settled(&server, &accepted(&server, "first"));
    assert!(server.stop().success());
    let said = good(&home, &["forms", "new", "sign-up"]);
    assert!(
        said.contains("counterfoil-data/forms/sign-up.toml"),
        "{said}"
    );
    assert!(!home.forms().exists(), "no second directory of forms");
    let said = good(&home, &["forms", "check"]);
    assert!(
        said.contains("contact: good") && said.contains("sign-up: good"),
        "{said}"
    );
    assert!(good(&home, &["forms", "show", "contact"]).contains("<form"));
    let rows = good(
        &home,
        &["submissions", "export", "--format", "csv", "-o", "-"],
    );
    assert!(rows.contains("Message") && rows.contains("first"), "{rows}");
    assert!(!here(&home).join("-").exists(), "`-` is no file");
    let server = serve(&home);
    for form in ["contact", "sign-up"] {
        let page = crate::client::get(&server, &format!("/forms/{form}"), "text/html");
        assert_eq!(page.status, 200, "{form}");
    }
    assert!(!home.log().contains("NOT SERVED"), "{}", home.log());
}

#[test]
fn a_form_written_before_the_first_start_is_where_the_server_looks() {
    let home = empty();
    good(&home, &["forms", "new", "sign-up"]);
    assert!(home.forms().join("sign-up.toml").exists());
    let server = serve(&home);
    let page = crate::client::get(&server, "/forms/sign-up", "text/html");
    assert_eq!(page.status, 200);
    assert!(!here(&home).join("counterfoil-data/forms").exists());
}

#[test]
fn forms_that_are_not_served_any_more_are_named_once_and_their_submissions_are_kept() {
    let home = empty();
    let server = serve(&home);
    let ticket = settled(&server, &accepted(&server, "kept"));
    assert!(server.stop().success());
    std::fs::create_dir(home.forms()).unwrap();
    home.write_form("other", include_str!("../../forms/contact.toml"));
    assert!(serve(&home).stop().success());
    let log = home.log();
    for part in [
        "NOT SERVED ANY MORE: contact.",
        "counterfoil-data/forms",
        "--forms DIR",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert_eq!(ticket, "stored");
    assert!(good(&home, &["submissions", "list"]).contains("kept"));
    assert!(serve(&home).stop().success());
    assert_eq!(home.log().matches("NOT SERVED ANY MORE").count(), 1);
}

#[test]
fn a_verb_reads_the_forms_that_were_served_last_wherever_it_is_started() {
    let home = Machine::new();
    let server = home.start();
    settled(&server, &accepted(&server, "from afar"));
    let data = home.data().display().to_string();
    let elsewhere = empty();
    for name in ["--data", "--local"] {
        let verb = ["submissions", "export", "--format", "csv", name, &data];
        let rows = good(&elsewhere, &verb);
        assert!(rows.contains("from afar"), "{rows}");
    }
    drop(server);
    std::fs::remove_dir_all(home.forms()).unwrap();
    let output = command(&elsewhere, &["forms", "check", "--data", &data]).output();
    let output = output.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    for part in ["there are no forms", "forms new NAME", "--forms DIR"] {
        assert!(complaint.contains(part), "{complaint}");
    }
}
