//! A record that ends the process, and a backlog that is larger than memory: the server gets out of both by itself.

use serde_json::Value;

use crate::client::{accepted, settled};
use crate::seed;
use crate::server::Machine;
use crate::wait::until;

/// A home with a form beside the one that every home has.
fn with_form(form: &str) -> Machine {
    let home = Machine::new();
    home.write_form(form, include_str!("../../forms/contact.toml"));
    home
}

fn in_state(home: &Machine, state: &str) -> Vec<Value> {
    let lines = home.verb(&[
        "submissions",
        "export",
        "--format",
        "jsonl",
        "--state",
        state,
    ]);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_record_that_ends_the_process_becomes_a_dead_letter_and_its_neighbours_are_stored() {
    let home = with_form("deadly");
    let count = 300;
    seed::queued(
        &home,
        (0..count).map(|n| (if n == 100 { "deadly" } else { "contact" }, n.to_string())),
    );
    let mut starts = 0;
    loop {
        starts += 1;
        assert!(starts <= 6, "it does not get out: {}", home.log());
        let mut server = home.start_with(&["--fail", "settle/deadly:1000000:abort"]);
        let done =
            || in_state(&home, "stored").len() == count - 1 && in_state(&home, "failed").len() == 1;
        let mut ended = false;
        until("it has ended, or everything is settled", || {
            ended = server.ended().is_some();
            ended || done()
        });
        if !ended {
            // It goes on as ever.
            assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
            break;
        }
    }
    assert_eq!(starts, 5, "in its batch, three times alone, and through");
    let listed: Vec<Value> =
        serde_json::from_str(&home.verb(&["submissions", "list", "--limit", "1000", "--json"]))
            .unwrap();
    let others: Vec<_> = listed
        .iter()
        .filter(|entry| entry["state"] == "stored")
        .collect();
    assert_eq!(others.len(), count);
    assert!(
        others.iter().all(|entry| entry["attempts"] == 1),
        "nobody else was counted"
    );
    let of = listed
        .iter()
        .find(|entry| entry["state"] == "failed")
        .unwrap()["submission"]
        .as_str()
        .unwrap();
    let shown: Value =
        serde_json::from_str(&home.verb(&["dead-letters", "show", of, "--json"])).unwrap();
    assert_eq!(
        (&shown["cause"]["code"], &shown["attempts"]),
        (&"ended-the-process".into(), &3.into()),
        "{shown:#}"
    );
    assert_eq!(in_state(&home, "failed")[0]["fields"]["message"], "100");
    // Once nothing ends the process any more, a person replays it.
    let server = home.start();
    let forms = home.forms();
    home.verb(&[
        "dead-letters",
        "replay",
        of,
        "--yes",
        "--forms",
        forms.to_str().unwrap(),
    ]);
    assert_eq!(in_state(&home, "stored").len(), count + 1);
    drop(server);
}

#[test]
fn several_records_that_end_the_process_become_dead_letters_each_once() {
    let home = with_form("deadly");
    let (count, deadly) = (60, 8);
    seed::queued(
        &home,
        (0..count).map(|n| (if n < deadly { "deadly" } else { "contact" }, n.to_string())),
    );
    let mut starts = 0;
    loop {
        starts += 1;
        assert!(
            starts <= 2 + 3 * deadly,
            "it does not get out: {}",
            home.log()
        );
        let mut server = home.start_with(&["--fail", "settle/deadly:1000000:abort"]);
        let mut ended = false;
        until("it has ended, or everything is settled", || {
            ended = server.ended().is_some();
            ended || in_state(&home, "stored").len() + in_state(&home, "failed").len() >= count
        });
        if !ended {
            break;
        }
    }
    let failed = in_state(&home, "failed");
    assert_eq!(
        (in_state(&home, "stored").len(), failed.len()),
        (count - deadly, deadly)
    );
    assert!(
        failed.iter().all(|entry| entry["form"] == "deadly"),
        "{failed:#?}"
    );
}

#[test]
fn a_backlog_larger_than_memory_gets_through_at_the_first_start() {
    let home = Machine::new();
    let count = 800;
    seed::queued(
        &home,
        (0..count).map(|n| ("contact", format!("{n} {}", "x".repeat(120_000)))),
    );
    let server = home.start();
    until("everything is settled", || {
        let listed = home.verb(&["submissions", "list", "--limit", "1000", "--json"]);
        serde_json::from_str::<Vec<Value>>(&listed).unwrap().len() == count
    });
    let peak = server.peak().unwrap_or(0);
    println!("{count} of 120 KB: {peak} KiB");
    assert!(peak < 128 * 1024, "{peak} KiB");
    assert!(server.stop().success());
}
