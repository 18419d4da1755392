//! The process ends while it tells: at every step, and at any moment. Everything is told, with the id it had.

use std::time::Duration;

use rustix::process::Signal;

use super::{delivered, deliveries, home_that_tells, ids, start};
use crate::client::{accepted, fields, post_json, settled};
use crate::hook::{Asked, Hook, SECRET, Says};
use crate::wait::{pass, until};

#[test]
fn who_was_being_told_when_the_server_was_killed_is_told_again() {
    let hook = Hook::start(|count| match count {
        1 => Says::Nothing,
        _ => Says::Status(200),
    });
    let home = home_that_tells(&hook.receiver("crm"), &["to = \"crm\""]);
    let server = start(&home);
    settled(&server, &accepted(&server, "killed"));
    until("it is being told", || hook.asked().len() == 1);
    server.signal(Signal::KILL);
    drop(server);
    let _server = start(&home);
    until("it is told again", || delivered(&home) == 1);
    let asked = hook.asked();
    assert_eq!((asked.len(), ids(&asked).len()), (2, 1), "{asked:?}");
}

#[test]
fn a_process_that_ends_before_or_after_it_tells_tells_again_with_the_id_it_had() {
    for (ends, times) in [("tell:1:abort", 1), ("answer:1:abort", 2)] {
        let hook = Hook::start(|_| Says::Status(200));
        let home = home_that_tells(&hook.receiver("crm"), &["to = \"crm\""]);
        let secrets = [("CRM_SECRET", SECRET)];
        let mut server = home.start_told(&secrets, &["--fail", ends]);
        // It may end before it answers.
        let _ = post_json(&server, &fields("the first"), &[]);
        until("it has ended", || server.ended().is_some());
        assert_eq!(hook.asked().len(), times - 1, "{ends}");
        let server = start(&home);
        until("it is told again", || delivered(&home) == 1);
        // What is written down as told is told no more.
        server.signal(Signal::KILL);
        drop(server);
        let server = start(&home);
        accepted(&server, "the second");
        until("the next is told", || delivered(&home) == 2);
        let asked = hook.asked();
        let of: Vec<_> = asked.iter().map(Asked::id).collect();
        assert_eq!((of.len(), ids(&asked).len()), (times + 1, 2), "{of:?}");
        assert!(of[..times].iter().all(|id| *id == of[0]), "{of:?}");
    }
}

#[test]
fn whoever_fails_on_purpose_is_told_again_and_what_never_arrives_has_failed() {
    let hook = Hook::start(|_| Says::Status(200));
    let home = home_that_tells(&hook.receiver("crm"), &["to = \"crm\""]);
    let server = start(&home);
    home.verb(&["fail", "tell:1:permanent"]);
    settled(&server, &accepted(&server, "never told"));
    until("it has failed", || {
        let failed = deliveries(&home, &["--state", "failed", "--cause", "injected"]);
        failed.len() == 1
    });
    assert_eq!(hook.asked().len(), 0);
    home.verb(&["fail", "answer:1"]);
    settled(&server, &accepted(&server, "told twice"));
    until("it is told twice", || delivered(&home) == 1);
    let asked = hook.asked();
    assert_eq!((asked.len(), ids(&asked).len()), (2, 1), "{asked:?}");
}

#[test]
fn whenever_it_is_killed_every_submission_is_told() {
    let hook = Hook::start(|_| Says::Status(200));
    let home = home_that_tells(&hook.receiver("crm"), &["to = \"crm\""]);
    let mut tickets = Vec::new();
    for round in 0..6_u64 {
        let server = start(&home);
        for number in 0..5 {
            tickets.push(accepted(&server, &format!("{round} {number}")));
        }
        // From before anything is settled until after some are told.
        pass(Duration::from_millis(round * 12));
        server.signal(Signal::KILL);
    }
    let server = start(&home);
    for ticket in &tickets {
        assert_eq!(settled(&server, ticket), "stored");
    }
    until("all are told", || delivered(&home) == tickets.len());
    assert_eq!(ids(&hook.asked()).len(), tickets.len());
    assert!(hook.asked().iter().all(|asked| !asked.body.is_empty()));
}
