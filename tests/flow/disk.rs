//! A full disk refuses with 503 and loses nothing; with room again, the server goes on by itself.

use rustix::process::{Resource, Rlimit, prlimit};

use crate::client::{accepted, fields, get, post_json, settled};
use crate::server::{Home, Server};

/// Sets the largest file the server may write: a quota, as far as it can tell.
fn limit_files(server: &Server, bytes: Option<u64>) {
    let limit = Rlimit { current: bytes, maximum: None };
    prlimit(Some(server.pid()), Resource::Fsize, limit).unwrap();
}

#[test]
fn a_full_disk_refuses_new_submissions_and_recovers_by_itself() {
    let home = Home::new();
    let server = home.start();
    let mut tickets: Vec<String> = (0..20).map(|n| accepted(&server, &format!("before {n}"))).collect();
    let log = std::fs::metadata(home.data().join("counterfoil.db-wal")).unwrap().len();
    limit_files(&server, Some(log + 60_000));
    let mut refused = None;
    for n in 0..500 {
        let answer = post_json(&server, &fields(&format!("during {n} {}", "x".repeat(2000))), &[]).unwrap();
        if answer.status == 503 {
            refused = Some(answer);
            break;
        }
        tickets.push(answer.json()["ticket"].as_str().unwrap().to_owned());
    }
    let refused = refused.expect("the disk is full at some point");
    refused.assert_problem(503, "unavailable");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(get(&server, "/healthz", "*/*").status, 200, "it still serves");
    limit_files(&server, None);
    crate::wait::until("it accepts again", || {
        post_json(&server, &fields("after"), &[("idempotency-key", "after")]).is_ok_and(|answer| answer.status == 202)
    });
    for ticket in &tickets {
        assert_eq!(settled(&server, ticket), "stored");
    }
    assert!(server.stop().success());
    let kept = home.verb(&["submissions", "export", "--format", "jsonl"]);
    assert_eq!(kept.lines().count(), tickets.len() + 1, "what was answered 202, and nothing that was answered 503");
}
