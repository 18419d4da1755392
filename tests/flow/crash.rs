//! `kill -9` at random moments under load: what was answered 202 is there, once, exactly, and published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::client::{fields, poll, post_json, settled};
use crate::server::{Machine, Server};
use crate::wait::{pass, until};

/// Clients at once.
const CLIENTS: u64 = 6;

/// What a client was promised: the ticket for each message, and the messages it does not know about.
#[derive(Default)]
struct Promises {
    tickets: BTreeMap<String, String>,
    /// Sent with a key, and no answer came: to be sent again with the same key.
    unknown: BTreeMap<String, String>,
}

/// Kills in plain `cargo test`; `cargo xtask test` asks for more.
#[allow(
    clippy::disallowed_methods,
    reason = "how long a test runs is set from outside"
)]
fn kills() -> u64 {
    std::env::var("COUNTERFOIL_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4)
}

#[test]
fn whatever_moment_it_is_killed_every_202_is_there_once_and_published() {
    let home = Machine::new();
    let promises = Mutex::new(Promises::default());
    let number = AtomicU64::new(0);
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut random = seed;
    for round in 0..kills() {
        let server = home.start();
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| post_until(&server, &stop, &number, &promises));
            }
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            pass(Duration::from_millis(5 + (random >> 33) % 250));
            server.signal(rustix::process::Signal::KILL);
            stop.store(true, Ordering::SeqCst);
        });
        assert!(
            round < 3 || !promises.lock().unwrap().tickets.is_empty(),
            "nothing was accepted: {}",
            home.log()
        );
    }
    check(&home, promises.into_inner().unwrap());
}

/// Posts one message after the other; every second one has a key, and is sent again with it until answered.
fn post_until(server: &Server, stop: &AtomicBool, number: &AtomicU64, promises: &Mutex<Promises>) {
    while !stop.load(Ordering::SeqCst) {
        let again = promises.lock().unwrap().unknown.pop_first();
        let n = number.fetch_add(1, Ordering::SeqCst);
        let (message, key) = again.unwrap_or_else(|| {
            (
                format!("message {n} é😀"),
                if n.is_multiple_of(2) {
                    format!("key-{n}")
                } else {
                    String::new()
                },
            )
        });
        let headers: Vec<_> = if key.is_empty() {
            vec![]
        } else {
            vec![("idempotency-key", key.as_str())]
        };
        let answer = post_json(server, &fields(&message), &headers);
        let mut promises = promises.lock().unwrap();
        match answer {
            Ok(answer) if answer.status == 202 => {
                let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
                assert_eq!(promises.tickets.insert(message, ticket), None);
            }
            Ok(answer) => panic!("only a ticket or no answer is expected: {answer:?}"),
            Err(_) if !key.is_empty() => drop(promises.unknown.insert(message, key)),
            // Without a key nobody may send it again: it may be kept or not.
            Err(_) => {}
        }
    }
}

fn check(home: &Machine, promises: Promises) {
    let server = home.start();
    for ticket in promises.tickets.values() {
        assert_eq!(settled(&server, ticket), "stored");
        assert_eq!(poll(&server, ticket)["seq"], 1);
    }
    let kept = kept(home);
    let mut ids = BTreeSet::new();
    for (message, entries) in &kept {
        assert_eq!(
            entries.len(),
            1,
            "{message} is there {} times",
            entries.len()
        );
        assert_eq!(entries[0]["fields"], fields(message));
        assert!(ids.insert(entries[0]["submission"].as_str().unwrap().to_owned()));
    }
    let missing: Vec<_> = promises
        .tickets
        .keys()
        .filter(|message| !kept.contains_key(*message))
        .collect();
    assert!(missing.is_empty(), "lost: {missing:?}");
    println!("{} promised, {} kept", promises.tickets.len(), kept.len());
    until("every change is published", || {
        let log = home.log();
        ids.iter().all(|id| log.contains(&format!("{id}:1")))
    });
    assert!(server.stop().success());
}

/// Every stored entry by its message.
fn kept(home: &Machine) -> BTreeMap<String, Vec<Value>> {
    let mut kept: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in home
        .verb(&["submissions", "export", "--format", "jsonl"])
        .lines()
    {
        let entry: Value = serde_json::from_str(line).unwrap();
        kept.entry(entry["fields"]["message"].as_str().unwrap().to_owned())
            .or_default()
            .push(entry);
    }
    kept
}
