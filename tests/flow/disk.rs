//! A full disk refuses with 503 and loses nothing; with room again, the server goes on by itself. A log that nobody
//! can write or reads harms nothing; a database that is taken away ends the server at once.

use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::process::{Resource, Rlimit, prlimit};

use crate::client::{accepted, fields, get, post_json, settled};
use crate::server::{Machine, Server};

/// Sets the largest file the server may write: a quota, as far as it can tell.
fn limit_files(server: &Server, bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(Some(server.pid()), Resource::Fsize, limit).unwrap();
}

#[test]
fn a_full_disk_refuses_new_submissions_and_recovers_by_itself() {
    let home = Machine::new();
    // What could not be settled meanwhile comes back soon.
    let server = home.start_with(&["--retry-base", "0.05", "--retry-cap", "0.2"]);
    let mut tickets: Vec<String> = (0..20)
        .map(|n| accepted(&server, &format!("before {n}")))
        .collect();
    let log = std::fs::metadata(home.data().join("counterfoil.db-wal"))
        .unwrap()
        .len();
    limit_files(&server, Some(log + 60_000));
    let mut posted = |n: usize| {
        let body = fields(&format!("during {n} {}", "x".repeat(2000)));
        let answer = post_json(&server, &body, &[]).unwrap();
        if answer.status == 202 {
            tickets.push(answer.json()["ticket"].as_str().unwrap().to_owned());
        }
        answer
    };
    let mut answers = (0..500).map(&mut posted);
    let refused = answers.find(|answer| answer.status == 503);
    let refused = refused.expect("the disk is full at some point");
    refused.assert_problem(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        get(&server, "/healthz", "*/*").status,
        200,
        "it still serves"
    );
    let mut unready = None;
    crate::wait::until("it says that it is not ready", || {
        // A smaller write may have found room since.
        posted(500);
        let answer = get(&server, "/readyz", "*/*");
        unready = Some(answer).filter(|answer| answer.status != 200);
        unready.is_some()
    });
    let unready = unready.unwrap();
    unready.assert_problem(503, "unavailable");
    assert!(
        unready.json()["detail"].as_str().unwrap().contains("disk"),
        "{unready:?}"
    );
    limit_files(&server, None);
    crate::wait::until("it is ready, though nobody posts", || {
        get(&server, "/readyz", "*/*").status == 200
    });
    crate::wait::until("it accepts again", || {
        post_json(&server, &fields("after"), &[("idempotency-key", "after")])
            .is_ok_and(|answer| answer.status == 202)
    });
    for ticket in &tickets {
        assert_eq!(settled(&server, ticket), "stored");
    }
    assert!(server.stop().success());
    let kept = home.verb(&["submissions", "export", "--format", "jsonl"]);
    assert_eq!(
        kept.lines().count(),
        tickets.len() + 1,
        "what was answered 202, and nothing that was answered 503"
    );
}

/// Posts what makes the worker and the notifier log, and sees everything settled.
fn works(server: &Server) {
    for round in ["one", "two", "three"] {
        let key = [("idempotency-key", "same")];
        let answer = post_json(server, &fields(round), &key).unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        let state = settled(server, answer.json()["ticket"].as_str().unwrap());
        assert_eq!(state, if round == "one" { "stored" } else { "conflict" });
    }
    assert_eq!(settled(server, &accepted(server, "after")), "stored");
}

#[test]
fn a_log_that_cannot_be_written_harms_nobody() {
    let home = Machine::new();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let server = home.start_logging_to(full.into(), &["--log", "debug"]);
    works(&server);
    assert!(server.stop().success());
    let server = home.start();
    crate::wait::until(
        "what could not be published before is published now",
        || {
            home.log().matches("state=stored").count() == 2
                && home.log().matches("state=failed").count() == 2
        },
    );
    assert!(server.stop().success());
}

#[test]
fn a_log_that_nobody_reads_harms_nobody() {
    let home = Machine::new();
    let (unread, log) = std::io::pipe().unwrap();
    let server = home.start_logging_to(log.into(), &["--log", "trace"]);
    for n in 0..300 {
        accepted(&server, &format!("fills the pipe {n}"));
    }
    works(&server);
    drop(unread);
    assert_eq!(
        settled(&server, &accepted(&server, "its reader is gone")),
        "stored"
    );
}

/// Bytes of a page.
const PAGE: usize = 4096;

/// Writes over every page but the first of a database that lies in its file alone.
fn overwrite(path: &Path, bytes: &[u8]) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&bytes[PAGE..], PAGE as u64).unwrap();
}

#[test]
fn a_fault_of_the_disk_that_passes_refuses_posts_only_as_long_as_it_lasts() {
    let home = Machine::new();
    let server = home.start();
    let ticket = accepted(&server, "before");
    assert_eq!(settled(&server, &ticket), "stored");
    assert!(server.stop().success());
    let path = home.data().join("counterfoil.db");
    let whole = std::fs::read(&path).unwrap();
    let server = home.start();
    assert_eq!(get(&server, "/readyz", "*/*").json()["status"], "ok");
    overwrite(&path, &vec![0xAA; whole.len()]);
    crate::wait::until("it is in doubt", || {
        // A poll reads what is in nobody's memory yet.
        get(&server, &format!("/tickets/{ticket}"), "*/*");
        get(&server, "/readyz", "*/*").status == 503
    });
    get(&server, "/readyz", "*/*").assert_problem(503, "unavailable");
    assert_eq!(get(&server, "/healthz", "*/*").status, 200, "it lives");
    post_json(&server, &fields("during"), &[])
        .unwrap()
        .assert_problem(503, "unavailable");
    overwrite(&path, &whole);
    crate::wait::until("it is ready by itself", || {
        get(&server, "/readyz", "*/*").status == 200
    });
    assert_eq!(settled(&server, &ticket), "stored");
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
    assert!(server.stop().success());
    let kept = home.verb(&["submissions", "export", "--format", "jsonl"]);
    assert_eq!(kept.lines().count(), 2);
}

#[test]
fn damage_that_stays_is_said_once_with_a_restart_first() {
    let home = Machine::new();
    let server = home.start();
    let ticket = accepted(&server, "before");
    assert_eq!(settled(&server, &ticket), "stored");
    assert!(server.stop().success());
    let path = home.data().join("counterfoil.db");
    let length = std::fs::metadata(&path).unwrap().len();
    let server = home.start();
    overwrite(&path, &vec![0xAA; usize::try_from(length).unwrap()]);
    crate::wait::until("it is found damaged", || {
        get(&server, &format!("/tickets/{ticket}"), "*/*");
        home.log().contains("the database is damaged")
    });
    assert!(
        home.log().contains("Restart the server first"),
        "{}",
        home.log()
    );
    let detail = get(&server, "/readyz", "*/*").json()["detail"].clone();
    assert_eq!(detail, "The database is damaged.");
}

#[test]
fn a_database_that_is_taken_away_ends_the_server_before_it_promises_anything() {
    let home = Machine::new();
    let mut server = home.start();
    accepted(&server, "before");
    for name in ["counterfoil.db", "counterfoil.db-wal", "counterfoil.db-shm"] {
        let _ = std::fs::rename(
            home.data().join(name),
            home.data().join(format!("{name}.away")),
        );
    }
    // The loops write nothing by themselves, but the post does.
    let answer = post_json(&server, &fields("after"), &[]);
    assert!(
        answer.as_ref().map_or(true, |answer| answer.status != 202),
        "{answer:?}"
    );
    crate::wait::until("it ends", || server.ended().is_some());
    assert!(home.log().contains("removed or replaced"), "{}", home.log());
    for name in ["counterfoil.db", "counterfoil.db-wal", "counterfoil.db-shm"] {
        let _ = std::fs::rename(
            home.data().join(format!("{name}.away")),
            home.data().join(name),
        );
    }
    let again = home.start();
    assert_eq!(settled(&again, &accepted(&again, "restored")), "stored");
}
