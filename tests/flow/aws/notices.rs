//! Notices that were set aside on AWS, listed and published by the same verbs.

use serde_json::Value;
use std::process::Stdio;

use super::Aws;
use crate::client::{fields, post_json, settled};
use crate::server::program;
use crate::wait::until;

/// A verb over what was set aside of notices.
fn notices(aws: &Aws, arguments: &[&str]) -> (Value, i32) {
    let mut command = program();
    command.arg("notices").args(arguments).arg("--json");
    for (option, place) in [
        ("--table", "table"),
        ("--topic", "topic_arn"),
        ("--notice-failures", "notice_failures_url"),
        ("--stage", "stage"),
    ] {
        command.arg(option).arg(aws.place(place));
    }
    command
        .env("AWS_ENDPOINT_URL", aws.place("endpoint"))
        .env("AWS_REGION", "us-east-1");
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_slice(&output.stdout);
    (
        value.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}")),
        output.status.code().unwrap(),
    )
}

fn is_parked(aws: &Aws, name: &str) -> bool {
    let (parked, code) = notices(aws, &["parked", "--limit", "0"]);
    assert_eq!(code, 0);
    parked
        .as_array()
        .unwrap()
        .iter()
        .any(|row| row["notice"] == name)
}

#[test]
fn on_aws_what_was_set_aside_is_listed_and_published_by_the_same_verbs() {
    let Some(aws) = Aws::given() else { return };
    let answer = post_json(&aws, &fields("a notice that did not get out"), &[]).unwrap();
    let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
    assert_eq!(settled(&aws, &ticket), "stored");
    let (rebuilt, code) = notices(
        &aws,
        &["resend", "--since", "5m", "--form", "contact", "--yes"],
    );
    assert!(
        code == 0 && rebuilt["rebuilt"].as_u64() >= Some(1),
        "{rebuilt:#}"
    );

    // As the notifier leaves it of a record that it could not read.
    let (listed, _) = aws.json(&["dead-letters", "list", "--limit", "1"]);
    let of = listed[0]["submission"]
        .as_str()
        .map_or_else(|| aws.conflict("notice", "set-aside"), str::to_owned);
    aws.set_aside(&of);
    until("it is listed", || is_parked(&aws, &of));
    assert!(is_parked(&aws, &of), "looking takes nothing away");
    let (told, code) = notices(&aws, &["resend", &of, "--yes"]);
    assert_eq!((code, told["resent"].as_u64()), (0, Some(1)), "{told:#}");
    assert!(!is_parked(&aws, &of));
}
