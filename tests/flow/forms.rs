//! `counterfoil forms`: from nothing to a form, and what is wrong with one.

use crate::server::{Home, program};

/// Exit code, what it said, what it complained of.
fn run(arguments: &[&str], home: &Home) -> (Option<i32>, String, String) {
    let output = program().arg("forms").args(arguments).arg("--forms").arg(home.forms()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_new_form_is_written_once_and_is_good_shown_and_served() {
    let home = Home::new();
    let (code, said, _) = run(&["new", "sign-up"], &home);
    assert!(code == Some(0) && said.contains("sign-up.toml"), "{said}");
    let (code, _, complaint) = run(&["new", "sign-up"], &home);
    assert!(code == Some(2) && complaint.contains("there already"), "{complaint}");
    assert_eq!(run(&["new", "Sign Up"], &home).0, Some(2));
    let (code, said, _) = run(&["check"], &home);
    assert!(code == Some(0) && said.contains("sign-up: good (name, email, message)"), "{said}");
    let (code, shown, _) = run(&["show", "sign-up", "--url", "https://forms.example.org/"], &home);
    assert_eq!(code, Some(0));
    assert!(shown.contains("action=\"https://forms.example.org/forms/sign-up\""), "{shown}");
    assert_eq!(run(&["show", "sign-up", "--url", "forms.example.org"], &home).0, Some(2));
    let (code, _, complaint) = run(&["show", "other"], &home);
    assert!(code == Some(1) && complaint.contains("sign-up"), "{complaint}");
    let server = home.start();
    let page = crate::client::get(&server, "/forms/sign-up", "text/html").body;
    assert!(page.contains("<h1>Sign up</h1>"), "{page}");
}

#[test]
fn a_check_names_every_files_fault_with_line_column_and_mend() {
    let home = Home::new();
    home.write_form("one", "titel = \"x\"\n");
    home.write_form("two", "title = \"x\"\n\n[schema]\ntype = \"object\"\nproperties.a = { type = \"text\" }\n");
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
    let home = Home::new();
    home.write_form("odd", "title = \"x\"\nenabled = false\n[schema]\ntype = \"object\"\n");
    let (code, said, _) = run(&["check"], &home);
    assert!(code == Some(0) && said.contains("odd.toml: line 2, column 1: the form is closed"), "{said}");
}
