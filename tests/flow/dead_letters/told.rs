//! What the verbs say: hostile text steers no terminal, and what cannot be done has its words and its exit code.

use counterfoil_core::{Cause, Retryable};

use super::said;
use crate::replays::run;
use crate::seed::{self, reference};
use crate::server::{Machine, program};

#[test]
fn hostile_text_steers_no_terminal_wherever_it_stands() {
    let home = Machine::new();
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}x\u{7f}\r\n";
    let of = reference("contact", 1);
    seed::put(
        &home,
        vec![(
            of.clone(),
            evil.into(),
            Cause::written(format!("e{evil}"), Retryable::Yes, evil),
        )],
    );
    let of = of.to_string();
    let why = ["--why", "w\u{202e}\u{1b}[1m", "--yes"];
    assert_eq!(
        run(
            &home,
            &[&["dead-letters", "discard", &of], &why[..]].concat()
        )
        .status
        .code(),
        Some(0)
    );
    assert_eq!(
        run(&home, &[&["dead-letters", "undo", &of], &why[..]].concat())
            .status
            .code(),
        Some(0)
    );
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["causes"],
        &["causes", "--json"],
        &["show", &of, "--payload"],
        &["show", &of, "--payload", "--json"],
        &["replay", "--dry-run"],
        &["replay", "--yes"],
        &["replay", "--yes", "--json"],
    ] {
        let (_, out, error) = said(&home, &[&["dead-letters"], arguments].concat());
        let steers = |text: &str| {
            text.chars().any(|c| {
                (c.is_control() && !matches!(c, '\n' | '\t'))
                    || matches!(c, '\u{202a}'..='\u{202e}')
            })
        };
        assert!(
            !steers(&out) && !steers(&error),
            "{arguments:?}: {out:?} {error:?}"
        );
    }
}

#[test]
fn what_cannot_be_done_is_said_and_has_its_exit_code() {
    let home = Machine::new();
    let (code, _, error) = said(&home, &["dead-letters", "list"]);
    assert!(
        code == 2 && error.contains("no Counterfoil data"),
        "{error}"
    );
    seed::dead_letters(&home, 2);
    let of = reference("contact", 0).to_string();
    let nowhere = reference("contact", 99).to_string();
    for (arguments, wanted, words) in [
        (&["replay"][..], 2, "--yes"),
        (&["discard", "--yes"], 2, "say which"),
        (&["discard", &of], 2, "--yes"),
        (&["replay", &of, "--cause", "x"], 2, "not both"),
        (&["replay", &nowhere, "--yes"], 1, "no entry"),
        (&["show", &nowhere], 1, "no entry"),
        (&["show", "contact"], 2, "form/id"),
        (&["edit", "--all"], 2, "--patch"),
        (
            &["edit", "--all", "--patch", "/dev/null", "--yes"],
            2,
            "JSON Patch",
        ),
        (&["list", "--since", "yesterdayish"], 2, "span ago"),
        (&["replay", "--as", "", "--yes"], 2, "--as"),
        (&["undo", &of, "--yes"], 0, ""),
        (&["replay", "--cause", "nothing"], 0, "nothing to replay"),
    ] {
        let (code, _, error) = said(&home, &[&["dead-letters"], arguments].concat());
        assert!(
            code == wanted && error.contains(words),
            "{arguments:?}: {code} {error}"
        );
    }
    let (code, _, error) = said(
        &home,
        &["replays", "show", "01930000-0000-7abc-8def-0123456789ab"],
    );
    assert!(code == 1 && error.contains("no replay job"), "{error}");
}

#[test]
fn without_aws_built_in_a_stack_is_refused_with_the_mend() {
    if cfg!(feature = "aws") {
        println!("skipped: AWS is built in");
        return;
    }
    for arguments in [
        &["list", "--stack", "mine"][..],
        &["list", "--table", "t", "--queue", "https://q.example/1"],
        &["redrive", "--stack", "mine"],
    ] {
        let output = program()
            .arg("dead-letters")
            .args(arguments)
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && error.contains("built without AWS"),
            "{error}"
        );
    }
}
