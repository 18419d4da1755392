//! `submissions back-fill`, on the AWS home that `cargo xtask test` deploys to an emulator.

use std::process::Output;

use serde_json::Value;

use crate::aws::Aws;
use crate::server::program;

fn back_fill(aws: &Aws, more: &[&str]) -> Output {
    let table = aws.place("table");
    let mut command = program();
    command.args(["submissions", "back-fill", "--table", &table]);
    aws.as_operator(command.args(more)).output().unwrap()
}

#[test]
fn the_whole_table_is_read_and_a_second_time_there_is_nothing_to_give() {
    let Some(aws) = Aws::given() else { return };
    back_fill(&aws, &[]);
    let again = back_fill(&aws, &["--json"]);
    assert!(again.status.success(), "{again:?}");
    let told: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(
        (&told["placed"], &told["next"]),
        (&Value::from(0), &Value::Null),
        "{told}"
    );
}

#[test]
fn a_place_that_nobody_has_said_is_refused() {
    let Some(aws) = Aws::given() else { return };
    let refused = back_fill(&aws, &["--from", "somewhere"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("--from"), "{said}");
}

#[test]
fn without_a_stack_it_is_a_mistake_of_usage() {
    let output = program()
        .args(["submissions", "back-fill"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
