//! A server that starts while a command works on its directory gets it, and the command goes on beside it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{accepted, settled};
use crate::replays::{in_state, json, verb};
use crate::seed;
use crate::server::Machine;
use crate::wait::until;

/// A server that starts has the directory, and answers, within this; here on a loaded machine.
const SOON: Duration = Duration::from_secs(10);

fn begun(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_for_done(home: &Machine, least: u64) {
    until("the job has come so far", || {
        let job = json(home, &["replays", "list"])
            .0
            .as_array()
            .unwrap()
            .first()
            .cloned()
            .unwrap_or_default();
        job["stored"].as_u64().unwrap_or(0) >= least
    });
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "how long a start takes is measured in real time"
)]
fn a_server_gets_the_directory_from_a_slow_replay_which_goes_on_to_its_end() {
    let home = Machine::new();
    seed::dead_letters(&home, 200);
    let replay = begun(verb(
        &home,
        &["dead-letters", "replay", "--yes", "--json", "--rate", "40"],
    ));
    wait_for_done(&home, 5);
    let start = Instant::now();
    let server = home.start();
    let ticket = accepted(&server, "while a replay goes on");
    println!("answered a post after {:?}", start.elapsed());
    assert!(start.elapsed() < SOON);
    assert!(in_state(&home, "failed") > 0, "the replay is not over");
    assert_eq!(settled(&server, &ticket), "stored");
    let output = replay.wait_with_output().unwrap();
    let job: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &job["state"]),
        (Some(0), &"done".into()),
        "{job:#}"
    );
    assert_eq!(
        (&job["stored"], &job["total"]),
        (&200.into(), &200.into()),
        "{job:#}"
    );
    assert_eq!(
        (in_state(&home, "failed"), in_state(&home, "stored")),
        (0, 201)
    );
    assert!(server.stop().success());
}

#[test]
fn a_server_refuses_soon_where_another_serves_and_leaves_it_alone() {
    let home = Machine::new();
    let server = home.start();
    let output = home.serve(&[]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2) && said.contains("another counterfoil serves"),
        "{said}"
    );
    assert_eq!(settled(&server, &accepted(&server, "goes on")), "stored");
}

#[test]
fn whoever_stands_in_tries_as_often_as_the_server_would() {
    let home = Machine::new();
    let policy = [
        "--max-receives",
        "3",
        "--retry-base",
        "0.01",
        "--retry-cap",
        "0.02",
    ];
    assert!(home.start_with(&policy).stop().success());
    seed::dead_letters(&home, 60);
    seed::queued(
        &home,
        [("nowhere", "no form has this name".to_owned())].into_iter(),
    );
    let (job, code) = json(&home, &["dead-letters", "replay", "--yes", "--rate", "30"]);
    assert_eq!(code, 0, "{job:#}");
    // By itself it would have hidden the one that fails for half a minute.
    let failed = home.verb(&["submissions", "list", "--state", "failed", "--json"]);
    let failed: Vec<Value> = serde_json::from_str(&failed).unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(
        (&failed[0]["cause"]["code"], &failed[0]["attempts"]),
        (&"unknown-form".into(), &3.into())
    );
}
