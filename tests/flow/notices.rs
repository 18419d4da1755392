//! Notices that did not get out, over the real program: set aside, listed, and published again with the ids they had, beside
//! a server and before it starts.

use serde_json::{Value, json};

use crate::client::{accepted, settled};
use crate::replays::{json, run};
use crate::server::{Machine, Server};
use crate::wait::until;

/// Settles so many, and gives them as `form/id`.
fn stored(home: &Machine, server: &Server, count: usize) -> Vec<String> {
    let known = submissions(home).len();
    let tickets: Vec<String> = (0..count)
        .map(|n| accepted(server, &format!("message {n}")))
        .collect();
    tickets
        .iter()
        .for_each(|ticket| assert_eq!(settled(server, ticket), "stored"));
    let all = submissions(home);
    all[known..].to_vec()
}

/// Every submission, in the order of settling.
fn submissions(home: &Machine) -> Vec<String> {
    let listed: Vec<Value> =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json"])).unwrap();
    listed
        .iter()
        .rev()
        .map(|row| row["submission"].as_str().unwrap().to_owned())
        .collect()
}

fn published(home: &Machine, of: &str) -> usize {
    home.log().matches(&format!("published id={of}:1 ")).count()
}

fn parked(home: &Machine) -> Vec<String> {
    let (listed, code) = json(home, &["notices", "parked"]);
    assert_eq!(code, 0);
    let mut names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["notice"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn ids(of: &[String]) -> Vec<String> {
    let mut ids: Vec<_> = of.iter().map(|of| format!("{of}:1")).collect();
    ids.sort();
    ids
}

fn said(home: &Machine, arguments: &[&str]) -> (i32, String, String) {
    let output = run(home, arguments);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A home in which these were set aside by a server that is gone.
fn with_parked(count: usize) -> (Machine, Vec<String>) {
    let home = Machine::new();
    let server = home.start_with(&["--fail", &format!("publish:{count}:permanent")]);
    let of = stored(&home, &server, count);
    until("all are set aside", || parked(&home).len() == count);
    assert!(server.stop().success());
    (home, of)
}

#[test]
fn what_was_set_aside_is_published_by_a_server_with_the_id_it_had() {
    let (home, of) = with_parked(3);
    assert_eq!(parked(&home), ids(&of));
    assert!(of.iter().all(|of| published(&home, of) == 0));
    let server = home.start();
    let (code, out, _) = said(&home, &["notices", "parked"]);
    assert_eq!((code, out.lines().count()), (0, 4), "{out}");
    assert!(
        out.contains("injected") && out.contains("stored") && !out.contains("ada@example.org"),
        "{out}"
    );
    let (told, code) = json(
        &home,
        &[
            "notices",
            "resend",
            &format!("{}:1", of[0]),
            &of[1],
            "--yes",
        ],
    );
    assert_eq!(
        (code, &told["resent"], &told["waits_for_a_server"]),
        (0, &json!(2), &json!(false)),
        "{told:#}"
    );
    assert_eq!(
        [0, 1, 2].map(|n| published(&home, &of[n])),
        [1, 1, 0],
        "it waited until they were out"
    );
    let (code, out, _) = said(&home, &["notices", "resend", "--all", "--yes"]);
    assert_eq!((code, out.as_str()), (0, "1 notice resent\n"));
    assert_eq!((published(&home, &of[2]), parked(&home).len()), (1, 0));
    let (code, out, err) = said(&home, &["notices", "resend", &of[0], "--yes"]);
    assert_eq!((code, out.as_str()), (1, "0 notices resent\n"), "{err}");
    assert!(
        err.contains("nothing that is set aside is called so"),
        "{err}"
    );
    drop(server);
}

#[test]
fn without_a_server_what_is_resent_waits_for_the_next_one() {
    let (home, of) = with_parked(2);
    let (code, out, err) = said(&home, &["notices", "resend", "--all", "--yes"]);
    assert_eq!((code, out.as_str()), (0, "2 notices resent\n"));
    assert!(err.contains("the next one that is started there"), "{err}");
    assert!(parked(&home).is_empty());
    let _server = home.start();
    until("they are published", || {
        of.iter().all(|of| published(&home, of) == 1)
    });
}

#[test]
fn one_that_is_refused_again_is_set_aside_again() {
    let (home, of) = with_parked(1);
    let _server = home.start_with(&["--fail", "publish:1:permanent"]);
    let (_, code) = json(&home, &["notices", "resend", "--all", "--yes"]);
    assert_eq!(code, 0);
    until("it is set aside again", || parked(&home) == ids(&of));
    json(&home, &["notices", "resend", "--all", "--yes"]);
    until("it is published", || published(&home, &of[0]) == 1);
}

#[test]
fn one_that_is_dropped_is_published_by_nobody_and_the_others_are() {
    let (home, of) = with_parked(3);
    let drop = |more: &[&str]| said(&home, &[&["notices", "drop"], more].concat());
    for refused in [
        &[&of[0] as &str, "--yes"] as &[&str],
        &[&of[0], "--why", " ", "--yes"],
        &[&of[0], "--why", "x"],
    ] {
        let (code, out, err) = drop(refused);
        assert_eq!((code, out.as_str()), (2, ""), "{refused:?} {err}");
    }
    let (code, out, err) = drop(&[&of[0], "--why", "a test", "--as", "ada", "--yes"]);
    assert_eq!(
        (code, out),
        (0, format!("{}:1 dropped by ada: a test\n", of[0])),
        "{err}"
    );
    assert!(
        err.contains("injected"),
        "it says what is given up, and why it was there: {err}"
    );
    let (told, code) = json(
        &home,
        &[
            "notices",
            "drop",
            &format!("{}:1", of[1]),
            &of[0],
            "--why",
            "b",
            "--as",
            "ada",
            "--yes",
        ],
    );
    assert_eq!(
        (code, &told["by"], &told["why"], &told["refused"]),
        (1, &json!("ada"), &json!("b"), &json!(1)),
        "{told:#}"
    );
    assert_eq!(told["dropped"][0]["notice"], json!(format!("{}:1", of[1])));
    let _server = home.start();
    let (code, ..) = said(&home, &["notices", "resend", "--all", "--yes"]);
    assert_eq!(code, 0);
    until("the other is published", || published(&home, &of[2]) == 1);
    assert_eq!(
        (
            parked(&home).len(),
            published(&home, &of[0]),
            published(&home, &of[1])
        ),
        (0, 0, 0)
    );
}

#[test]
fn the_notices_of_a_time_are_made_again_and_those_of_another_are_not() {
    let home = Machine::new();
    let server = home.start();
    let of = stored(&home, &server, 3);
    until("they are published", || {
        of.iter().all(|of| published(&home, of) == 1)
    });
    let (told, code) = json(
        &home,
        &[
            "notices",
            "resend",
            "--since",
            "2000-01-01",
            "--until",
            "2001-01-01",
            "--yes",
        ],
    );
    assert_eq!((code, &told["rebuilt"]), (0, &json!(0)), "{told:#}");
    let (told, code) = json(
        &home,
        &[
            "notices", "resend", "--since", "1h", "--form", "other", "--yes",
        ],
    );
    assert_eq!((code, &told["rebuilt"]), (0, &json!(0)), "{told:#}");
    let (code, out, _) = said(
        &home,
        &[
            "notices", "resend", "--since", "1h", "--form", "contact", "--yes",
        ],
    );
    assert_eq!(
        (code, out.as_str()),
        (0, "3 notices made again from entries\n")
    );
    assert!(
        of.iter().all(|of| published(&home, of) == 2),
        "with the same ids"
    );
    // What it was replayed to and what it failed of before are two notices.
    home.verb(&["fail", "settle:1:permanent"]);
    let dead = accepted(&server, "dead, then stored");
    assert_eq!(settled(&server, &dead), "failed");
    let (_, code) = json(&home, &["dead-letters", "replay", "--yes"]);
    assert_eq!(code, 0);
    let (told, code) = json(&home, &["notices", "resend", "--since", "1h", "--yes"]);
    assert_eq!((code, &told["rebuilt"]), (0, &json!(5)), "{told:#}");
    let replayed = submissions(&home)[3].clone();
    let of_seq = |seq: u32| {
        home.log()
            .matches(&format!("published id={replayed}:{seq} "))
            .count()
    };
    assert_eq!(
        [1, 2, 3].map(of_seq),
        [2, 0, 2],
        "an order was never announced"
    );
}

#[test]
fn it_is_asked_what_it_can_do() {
    let home = Machine::new();
    drop(home.start());
    for arguments in [
        &["notices", "resend", "--yes"] as &[&str],
        &["notices", "resend", "--all", "--since", "1h", "--yes"],
        &["notices", "resend", "contact/x:1", "--all", "--yes"],
        &["notices", "resend", "--all", "--until", "1h", "--yes"],
        &[
            "notices", "resend", "--since", "1h", "--until", "2h", "--yes",
        ],
        &["notices", "resend", "--all"],
        &["notices", "parked", "--topic", "arn"],
    ] {
        let (code, out, err) = said(&home, arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?} {err}");
    }
    let (code, out, err) = said(&home, &["notices", "parked"]);
    assert_eq!(
        (code, out.as_str(), err.trim()),
        (0, "", "no notice is set aside")
    );
    assert_eq!(json(&home, &["notices", "parked"]), (json!([]), 0));
}
