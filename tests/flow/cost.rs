//! `counterfoil cost`, as people call it: without an account, without settings, and with bad ones.

use std::path::Path;

use serde_json::Value;

use crate::server::{Machine, program};

/// Exit code, what it said, what it complained of.
fn run(arguments: &str, directory: &Path) -> (Option<i32>, String, String) {
    let mut cost = program();
    let output = cost
        .arg("cost")
        .args(arguments.split_whitespace())
        .current_dir(directory)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[test]
fn the_guide_shows_what_it_says() {
    let (code, said, complaint) = run("--submissions 100000", root());
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    let guide = std::fs::read_to_string(root().join("docs/deploy-aws.md")).unwrap();
    assert!(
        guide.contains(&format!("```\n{said}```\n")),
        "the guide shows another bill than this:\n{said}"
    );
    assert!(
        said.lines()
            .all(|line| line.chars().count() <= 125 && line.trim_end() == line),
        "{said}"
    );
}

#[test]
fn the_forms_here_are_read_and_their_faults_told() {
    let home = Machine::new();
    let here = home.forms().parent().unwrap().to_owned();
    let burst = "burst = { count = 5, per = \"hour\" }\n[schema]";
    home.write_form(
        "guarded",
        &include_str!("../http/forms/closed.toml").replacen("[schema]", burst, 1),
    );
    let (code, said, _) = run("--submissions 7 --json", &here);
    let value: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, said.lines().count(), &value["submissions"]),
        (Some(0), 1, &Value::from(7))
    );
    let guarded = value["forms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|form| form["form"] == "guarded")
        .unwrap();
    assert_eq!(
        (&guarded["has"], &guarded["per_million_more"]),
        (&serde_json::json!(["burst"]), &Value::from(0.625))
    );
    home.write_form("broken", "titel = \"x\"\n");
    let (code, said, complaint) = run("", &here);
    assert!(
        code == Some(2) && said.is_empty() && complaint.contains("broken.toml"),
        "{complaint}"
    );
}

#[test]
fn bad_input_is_refused_in_words() {
    let home = Machine::new();
    let here = home.forms().parent().unwrap().to_owned();
    let prices = include_str!("../../counterfoil/src/cost/prices.toml");
    std::fs::write(
        here.join("cheap.toml"),
        prices.replacen("dollars = 0.40", "dollars = 0.04", 1),
    )
    .unwrap();
    std::fs::write(
        here.join("slip.toml"),
        prices.replacen("[sqs.request]", "[sqs.reqest]", 1),
    )
    .unwrap();
    std::fs::write(
        here.join("few.toml"),
        "as_of = \"2026-11-23\"\nregion = \"x\"\n",
    )
    .unwrap();
    for (arguments, wanted) in [
        ("--submissions -1", "unexpected argument"),
        ("--submissions 1000000000001", "1000000000000"),
        ("--submissions 99999999999999999999999", "too large"),
        ("--submissions many", "invalid digit"),
        ("--size 1", "is not in 2..=130000"),
        ("--size 130001", "is not in 2..=130000"),
        ("--polls 1001", "is not in 0..=1000"),
        ("--per-second 0", "is not in 1..=100000"),
        ("--front-door rest-api", "http-api, function-url"),
        ("--architecture arm", "arm64"),
        ("--forms nowhere", "nowhere"),
        ("--prices nowhere.toml", "nowhere.toml: "),
        ("--prices slip.toml", "did you mean \"request\"?"),
        (
            "--prices few.toml",
            "there is no [http_api.request]; every price is needed",
        ),
        (
            "--measured cheap.toml",
            "not what `cargo xtask bench functions --json FILE` writes",
        ),
    ] {
        let (code, said, complaint) = run(arguments, &here);
        assert!(
            code == Some(2) && said.is_empty() && complaint.contains(wanted),
            "{arguments}: {complaint}"
        );
    }
    let (code, said, _) = run("--prices cheap.toml", &here);
    assert!(
        code == Some(0) && said.contains("0.04 for 1000000"),
        "{said}"
    );
}
