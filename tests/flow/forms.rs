//! `counterfoil forms`: from nothing to a form, and what is wrong with one.

use serde_json::Value;

use crate::client::{fields, post_json, settled};
use crate::server::{Machine, program};

/// Exit code, what it said, what it complained of.
fn run(arguments: &[&str], home: &Machine) -> (Option<i32>, String, String) {
    let output = program()
        .arg("forms")
        .args(arguments)
        .arg("--forms")
        .arg(home.forms())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_new_form_is_written_once_and_is_good_and_served() {
    let home = Machine::new();
    let (code, said, _) = run(&["new", "sign-up"], &home);
    assert!(code == Some(0) && said.contains("sign-up.toml"), "{said}");
    let (code, _, complaint) = run(&["new", "sign-up"], &home);
    assert!(
        code == Some(2) && complaint.contains("there already"),
        "{complaint}"
    );
    assert_eq!(run(&["new", "Sign Up"], &home).0, Some(2));
    let (code, said, _) = run(&["check"], &home);
    assert!(
        code == Some(0) && said.contains("sign-up: good (name, email, message)"),
        "{said}"
    );
    let server = home.start();
    let page = crate::client::get(&server, "/forms/sign-up", "text/html").body;
    assert!(page.contains("<h1>Sign up</h1>"), "{page}");
}

#[test]
fn a_form_is_shown_with_the_address_it_is_to_have() {
    let home = Machine::new();
    assert_eq!(run(&["new", "sign-up"], &home).0, Some(0));
    let (code, shown, _) = run(
        &["show", "sign-up", "--url", "https://forms.example.org/"],
        &home,
    );
    assert_eq!(code, Some(0));
    assert!(
        shown.contains("action=\"https://forms.example.org/forms/sign-up\""),
        "{shown}"
    );
    // The address that the doctor wants says the same.
    assert_eq!(
        run(
            &[
                "show",
                "sign-up",
                "--url",
                "https://forms.example.org/forms/sign-up"
            ],
            &home
        )
        .1,
        shown
    );
    let (code, _, complaint) = run(
        &[
            "show",
            "sign-up",
            "--url",
            "https://forms.example.org/forms/contact",
        ],
        &home,
    );
    assert!(
        code == Some(2) && complaint.contains("--url https://forms.example.org"),
        "{complaint}"
    );
    let (_, below, note) = run(
        &["show", "sign-up", "--url", "https://example.org/forms/api"],
        &home,
    );
    assert!(note.contains("has a path, /forms/api"), "{note}");
    assert!(
        below.contains("action=\"https://example.org/forms/api/forms/sign-up\""),
        "{below}"
    );
    assert_eq!(
        run(&["show", "sign-up", "--url", "forms.example.org"], &home).0,
        Some(2)
    );
    let (code, _, complaint) = run(&["show", "other"], &home);
    assert!(
        code == Some(1) && complaint.contains("sign-up"),
        "{complaint}"
    );
}

#[test]
fn a_check_names_every_files_fault_with_line_column_and_mend() {
    let home = Machine::new();
    home.write_form("one", "titel = \"x\"\n");
    home.write_form(
        "two",
        "title = \"x\"\n\n[schema]\ntype = \"object\"\nproperties.a = { type = \"text\" }\n",
    );
    let (code, said, complaint) = run(&["check"], &home);
    assert_eq!((code, said.as_str()), (Some(2), ""));
    for part in [
        "one.toml: line 1, column 1: unknown key \"titel\"; did you mean \"title\"?",
        "two.toml: line 5, column 18: schema.properties.a.type: no type is called \"text\"; did you mean \"string\"?",
    ] {
        assert!(complaint.contains(part), "{part}\n{complaint}");
    }
}

#[test]
fn a_check_says_what_may_not_be_meant_and_is_content() {
    let home = Machine::new();
    home.write_form(
        "odd",
        "title = \"x\"\nenabled = false\n[schema]\ntype = \"object\"\n",
    );
    let (code, said, _) = run(&["check"], &home);
    assert!(
        code == Some(0) && said.contains("odd.toml: line 2, column 1: the form is closed"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_no_form_by_its_name_is_named() {
    let home = Machine::new();
    let path = home.forms().join("my-form.yaml");
    std::fs::write(&path, "title: x").unwrap();
    let (code, said, _) = run(&["check"], &home);
    assert!(
        code == Some(0) && said.contains("my-form.yaml: passed over: a form's file is TOML"),
        "{said}"
    );
    std::fs::rename(
        home.forms().join("contact.toml"),
        home.forms().join("contact.TOML"),
    )
    .unwrap();
    let (code, _, complaint) = run(&["check"], &home);
    assert_eq!(code, Some(2));
    assert!(
        complaint.contains("there is no form") && complaint.contains("contact.TOML, my-form.yaml"),
        "{complaint}"
    );
}

/// A schema that people break, and what becomes of their posts while it is tried out.
#[test]
fn an_observed_form_keeps_what_it_would_refuse_and_reports_it() {
    let home = Machine::new();
    let contact = include_str!("../../forms/contact.toml");
    home.write_form(
        "contact",
        &contact.replacen("[schema]", "mode = \"observe\"\n[schema]", 1),
    );
    let server = home.start();
    let mut wrong = fields("first");
    wrong["email"] = "nobody".into();
    wrong["canary"] = "canary".into();
    for posted in [wrong.clone(), fields("second")] {
        let ticket = post_json(&server, &posted, &[]).unwrap().json()["ticket"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(settled(&server, &ticket), "stored");
    }
    let kept = home.verb(&["submissions", "export", "--format", "jsonl"]);
    let first: Value = serde_json::from_str(kept.lines().next().unwrap()).unwrap();
    assert_eq!(first["fields"], wrong, "kept as it came");
    let report = |more: &[&str]| {
        let data = home.data();
        let arguments = [
            &["observed", "contact", "--data", data.to_str().unwrap()],
            more,
        ]
        .concat();
        let (code, said, complaint) = run(&arguments, &home);
        assert_eq!(code, Some(0), "{complaint}");
        said
    };
    let said = report(&[]);
    assert!(
        said.contains("contact: 1 of 2 stored would be refused"),
        "{said}"
    );
    assert!(
        said.contains("1  /email  format  such as contact/")
            && said.contains("/canary  unexpected"),
        "{said}"
    );
    let json: Value = serde_json::from_str(&report(&["--json"])).unwrap();
    assert_eq!(
        (&json["refused"], json["problems"].as_array().unwrap().len()),
        (&1.into(), 2)
    );
    assert!(server.stop().success());
    // The log says which rules, and nothing of what was sent, names of fields included.
    let log = home.log();
    assert!(
        log.contains("accepted what enforce would refuse") && log.contains("/email format"),
        "{log}"
    );
    assert!(!log.contains("canary") && !log.contains("nobody"), "{log}");
    // Enforced, the same is refused; what was accepted stays.
    home.write_form("contact", contact);
    let server = home.start();
    assert_eq!(post_json(&server, &wrong, &[]).unwrap().status, 422);
    assert_eq!(home.verb(&["submissions", "list"]).lines().count(), 2);
}
