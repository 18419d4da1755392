//! The verb `edit`: by patch, in an editor, and where somebody else wrote meanwhile.

use serde_json::json;

use super::said;
use crate::replays::{in_state, json, verb};
use crate::seed::{self, reference};
use crate::server::Machine;

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

/// An editor in which Ada becomes Grace, and which while it is open lets Bob edit the message.
fn edits_while_bob_does(home: &Machine, of: &str) -> String {
    let patch = home.data().with_file_name("theirs.json");
    std::fs::write(
        &patch,
        r#"[{"op": "replace", "path": "/message", "value": "theirs"}]"#,
    )
    .unwrap();
    let theirs = verb(
        home,
        &[
            "dead-letters",
            "edit",
            of,
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
    format!(
        "f() {{ {} >&2 && sed -i s/Ada/Grace/ \"$1\"; }}; f",
        words.join(" ")
    )
}

#[test]
fn an_edit_does_not_write_over_what_somebody_else_wrote_meanwhile() {
    let home = Machine::new();
    seed::dead_letters(&home, 1);
    let of = reference("contact", 0).to_string();
    let script = edits_while_bob_does(&home, &of);
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
