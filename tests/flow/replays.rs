//! Replay jobs over the real program: killed, stopped, two at once, and at a rate.

use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use counterfoil_core::{Body, Timestamp};
use counterfoil_testkit::build::{entry, envelope};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::seed;
use crate::server::{Machine, is_full_run, program};
use crate::wait::{pass, until};

/// A verb on a home.
pub(crate) fn verb(home: &Machine, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .args(arguments)
        .arg("--data")
        .arg(home.data())
        .stdin(Stdio::null());
    if !matches!(
        arguments[..2],
        ["replays", "list" | "show" | "cancel"] | ["notices", _]
    ) {
        command.arg("--forms").arg(home.forms());
    }
    command
}

pub(crate) fn run(home: &Machine, arguments: &[&str]) -> Output {
    verb(home, arguments).output().unwrap()
}

/// What a verb prints with `--json`, and how it ended.
pub(crate) fn json(home: &Machine, arguments: &[&str]) -> (Value, i32) {
    let output = verb(home, arguments).arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_slice(&output.stdout);
    (
        value.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}")),
        output.status.code().unwrap(),
    )
}

/// How many are in a state.
pub(crate) fn in_state(home: &Machine, state: &str) -> usize {
    home.verb(&[
        "submissions",
        "export",
        "--format",
        "jsonl",
        "--state",
        state,
    ])
    .lines()
    .count()
}

fn jobs(home: &Machine) -> Vec<Value> {
    json(home, &["replays", "list"])
        .0
        .as_array()
        .unwrap()
        .clone()
}

pub(crate) fn pid(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

/// A replay of everything, begun and not waited for.
fn begun(home: &Machine, arguments: &[&str]) -> Child {
    let mut command = verb(home, &["dead-letters", "replay", "--yes", "--json"]);
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until so many of the first job are done.
fn wait_for_done(home: &Machine, least: u64) {
    until("the job has come so far", || {
        let job = jobs(home).first().cloned().unwrap_or_default();
        let count = |name: &str| job[name].as_u64().unwrap_or(0);
        count("stored") + count("under_way") >= least
    });
}

/// Nothing is lost and nothing was stored twice: each has one verdict more, of its first replay.
fn all_stored_once(home: &Machine, count: u32) {
    assert_eq!(
        (in_state(home, "failed"), in_state(home, "stored")),
        (0, count as usize)
    );
    for number in [0, count / 2, count - 1] {
        let of = seed::reference("contact", number).to_string();
        let (shown, _) = json(home, &["dead-letters", "show", &of]);
        let deeds: Vec<&Value> = shown["history"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|l| !l["deed"].is_null())
            .collect();
        assert_eq!(deeds.len(), 1, "ordered once: {shown:#}");
        assert_eq!(
            (&shown["run"], &shown["seq"]),
            (&1.into(), &3.into()),
            "{shown:#}"
        );
    }
}

#[test]
fn a_replay_killed_at_any_moment_goes_on_with_nothing_lost_and_nothing_twice() {
    // Milliseconds after it was written down; at its rate it takes 2000.
    let kills: &[u64] = if is_full_run() {
        &[0, 5, 20, 50, 100, 200, 500, 900, 1300, 1700]
    } else {
        &[0, 40, 900]
    };
    for &moment in kills {
        for served in [false, true] {
            let home = Machine::new();
            seed::dead_letters(&home, 1000);
            let server = served.then(|| home.start());
            let mut replay = begun(&home, &["--rate", "500"]);
            until("the job is written down", || !jobs(&home).is_empty());
            pass(Duration::from_millis(moment));
            kill_process(pid(&replay), Signal::KILL).unwrap();
            replay.wait().unwrap();
            let id = jobs(&home)[0]["id"].as_str().unwrap().to_owned();
            let (job, code) = json(&home, &["replays", "resume", &id]);
            assert_eq!((code, &job["state"]), (0, &"done".into()), "{job:#}");
            assert_eq!(
                (&job["stored"], &job["total"]),
                (&1000.into(), &1000.into()),
                "{job:#}"
            );
            all_stored_once(&home, 1000);
            drop(server);
        }
    }
}

#[test]
fn two_replays_of_the_same_at_once_both_end_and_each_is_stored_once() {
    for served in [false, true] {
        let home = Machine::new();
        seed::dead_letters(&home, 600);
        let server = served.then(|| home.start());
        let both = [
            begun(&home, &["--no-canary"]),
            begun(&home, &["--no-canary"]),
        ];
        for replay in both {
            let output = replay.wait_with_output().unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            );
            let job: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(job["state"], "done", "{job:#}");
        }
        all_stored_once(&home, 600);
        drop(server);
    }
}

#[test]
fn ctrl_c_stops_a_replay_cleanly_and_resume_goes_on() {
    let home = Machine::new();
    seed::dead_letters(&home, 300);
    let replay = begun(&home, &["--rate", "50"]);
    wait_for_done(&home, 20);
    kill_process(pid(&replay), Signal::INT).unwrap();
    let output = replay.wait_with_output().unwrap();
    let job: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &job["state"]),
        (Some(1), &"stopped".into()),
        "{job:#}"
    );
    assert!(job["remaining"].as_u64().unwrap() > 0, "{job:#}");
    let id = job["id"].as_str().unwrap().to_owned();
    let shown = String::from_utf8(run(&home, &["replays", "show", &id]).stdout).unwrap();
    assert!(
        shown.contains("stopped") && shown.contains("told to stop"),
        "{shown}"
    );
    assert_eq!(
        run(&home, &["replays", "resume", &id]).status.code(),
        Some(0),
        "at its rate, and at once"
    );
    all_stored_once(&home, 300);
    let again = run(&home, &["replays", "resume", &id]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("done already"));
}

#[test]
fn a_cancelled_job_sends_nothing_more_and_its_runner_finds_out() {
    let home = Machine::new();
    seed::dead_letters(&home, 300);
    let replay = begun(&home, &["--rate", "20"]);
    wait_for_done(&home, 5);
    let id = jobs(&home)[0]["id"].as_str().unwrap().to_owned();
    let (job, code) = json(&home, &["replays", "cancel", &id]);
    assert_eq!((code, &job["state"]), (0, &"cancelled".into()), "{job:#}");
    let output = replay.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(in_state(&home, "failed") > 200);
    assert_eq!(
        json(&home, &["replays", "show", &id]).0["state"],
        "cancelled"
    );
    assert_eq!(
        run(&home, &["replays", "resume", &id]).status.code(),
        Some(1),
        "it is over"
    );
}

#[test]
fn a_rate_is_never_exceeded() {
    let (count, rate) = if is_full_run() {
        (1500, 150)
    } else {
        (400, 100)
    };
    let home = Machine::new();
    seed::dead_letters(&home, count);
    let _server = home.start();
    let (job, code) = json(
        &home,
        &[
            "dead-letters",
            "replay",
            "--yes",
            "--no-canary",
            "--rate",
            &rate.to_string(),
        ],
    );
    assert_eq!(code, 0, "{job:#}");
    let at = |name: &str| Timestamp::parse(job[name].as_str().unwrap()).unwrap();
    let took = at("beat_at").since(at("started_at")).as_secs_f64();
    let (wanted, seen) = (f64::from(rate), f64::from(count) / took);
    println!("{seen:.1}/s for a rate of {wanted}/s");
    // How far below it stays says how busy the machine is; `core`'s tests have a clock of their own.
    assert!(seen <= wanted * 1.1, "{seen}/s for a rate of {wanted}/s");
}

#[test]
fn when_the_server_ends_in_the_middle_of_a_replay_the_command_plays_the_worker() {
    let home = Machine::new();
    seed::dead_letters(&home, 400);
    let server = home.start();
    let replay = begun(&home, &["--rate", "100"]);
    wait_for_done(&home, 30);
    assert!(server.stop().success());
    let output = replay.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    all_stored_once(&home, 400);
}

#[test]
fn a_replay_that_skips_everything_says_why_and_fails() {
    let home = Machine::new();
    let mut row = entry(&envelope(1, "hello"), Some(seed::mended()));
    (row.head.content, row.head.payload_hash) = (None, None);
    row.body = Body::Raw(b"no envelope".to_vec());
    let of = row.head.of.to_string();
    seed::put_rows(&home, std::iter::once(row));
    let output = run(&home, &["dead-letters", "replay", &of, "--yes"]);
    let (told, why) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert_eq!(
        (told.trim(), output.status.code()),
        ("0 of 1 stored, 1 skipped", Some(1)),
        "{why}"
    );
    assert!(why.contains("no submission can be read in it"), "{why}");
    let dry = run(&home, &["dead-letters", "replay", &of, "--dry-run"]);
    let dry = String::from_utf8(dry.stdout).unwrap();
    assert!(dry.contains("undecodable"), "{dry}");
}
