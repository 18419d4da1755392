//! Many submissions, many of them delivered more than once: nothing is lost, nothing is there twice, and every change is
//! announced.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_core::ports::{Entries, Queue};
use counterfoil_core::{Body, Entry, State, SubmissionRef};
use counterfoil_testkit::build::envelope;

use crate::client::{fields, post_json};
use crate::home::Deployed;
use crate::suite::home::submission_of;
use crate::wait::until;

const SUBMISSIONS: usize = 200;
/// Every so many is posted twice with the same key. MiniStack drains six or seven messages a second: a third of all is
/// delivered twice, and not each, so that this takes a minute.
const POSTED_TWICE: usize = 8;
/// Every so many lies in the queue once more: delivery is at least once.
const QUEUED_TWICE: usize = 5;

/// What was answered with 202, and what was in it.
type Accepted = BTreeMap<SubmissionRef, String>;

/// Posts all of them, some twice, and puts some onto the queue once more.
fn send_all(home: &Deployed) -> Accepted {
    let run = home.fresh();
    let mut accepted = Accepted::new();
    for number in 0..SUBMISSIONS {
        let message = format!("{run}, number {number}: é 😀");
        let key = format!("{run}-{number}");
        let posts = if number % POSTED_TWICE == 0 { 2 } else { 1 };
        let references: BTreeSet<_> = (0..posts).map(|_| post(home, &message, &key)).collect();
        assert_eq!(
            references.len(),
            1,
            "one key and one content, so one submission"
        );
        for of in references {
            if number % QUEUED_TWICE == 0 {
                queue_again(home, &of, &message);
            }
            accepted.insert(of, message.clone());
        }
    }
    accepted
}

fn post(home: &Deployed, message: &str, key: &str) -> SubmissionRef {
    let answer = post_json(home, &fields(message), &[("idempotency-key", key)]).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    submission_of(answer.json()["ticket"].as_str().unwrap())
}

/// What `ingest` has sent, but for the moment of its acceptance.
fn queue_again(home: &Deployed, of: &SubmissionRef, message: &str) {
    let mut again = envelope(1, message);
    again.of = of.clone();
    home.block_on(home.queue().send(of, again.encode()))
        .unwrap();
}

fn entry(home: &Deployed, of: &SubmissionRef) -> Option<Entry> {
    home.block_on(home.ledger().entry(of)).unwrap()
}

#[test]
fn of_many_submissions_each_is_kept_once_and_announced_however_often_it_is_delivered() {
    let Some(home) = Deployed::given() else {
        return;
    };
    let subscriber = home.subscribe();
    let accepted = send_all(&home);
    assert_eq!(accepted.len(), SUBMISSIONS);
    for of in accepted.keys() {
        until(&format!("{of} has an entry"), || entry(&home, of).is_some());
    }
    let mut announced = BTreeSet::new();
    until("every change is announced", || {
        announced.extend(home.notices(&subscriber));
        accepted
            .keys()
            .all(|of| announced.contains(&format!("{of}:1")))
    });
    // What was delivered twice has come twice only now.
    until("nothing waits and nothing is a dead letter", || {
        home.waiting("queue_url") + home.waiting("dlq_url") == 0
    });
    let rest =
        std::iter::repeat_with(|| home.notices(&subscriber)).take_while(|some| !some.is_empty());
    announced.extend(rest.flatten());
    for (of, message) in &accepted {
        let Entry { head, body } = entry(&home, of).unwrap();
        assert_eq!(
            (head.state, head.seq, head.cause),
            (State::Stored, 1, None),
            "{of}"
        );
        assert_eq!(body, Body::Payload(envelope(1, message).payload), "{of}");
        let changes: Vec<_> = announced
            .iter()
            .filter(|event| event.starts_with(&format!("{of}:")))
            .collect();
        assert_eq!(changes, [&format!("{of}:1")]);
    }
}
