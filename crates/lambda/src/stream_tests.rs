//! Records of the stream as Lambda gives them: which are changes, and where publishing goes on after a failure.

use std::future::{Ready, ready};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;

const INSERT: &str = include_str!("../fixtures/stream-insert.json");
const MODIFY: &str = include_str!("../fixtures/stream-modify.json");
const REMOVE: &str = include_str!("../fixtures/stream-remove-ttl.json");
const UNREADABLE: &str = include_str!("../fixtures/stream-unreadable.json");

fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}

/// What is answered when publishing stops after `done` changes, and the changes it was given as `seq state run cause`.
fn check(text: &str, done: usize) -> (Value, Vec<String>) {
    let seen = Mutex::new(Vec::new());
    let publish = |changes: Vec<Change>| -> Ready<Published> {
        let cause = |change: &Change| change.cause.clone().unwrap_or_default();
        let words = changes.iter().map(|c| format!("{} {} {} {}", c.seq, c.state, c.run, cause(c)));
        seen.lock().unwrap().extend(words);
        let stopped = (done < changes.len()).then(|| Cause::transient("busy", "try again"));
        ready(Published { done: done.min(changes.len()), parked: vec![], stopped })
    };
    let answer = now(handle(serde_json::from_str(text).unwrap(), &publish)).unwrap();
    (serde_json::to_value(answer).unwrap(), seen.into_inner().unwrap())
}

fn from(number: Option<&str>) -> Value {
    let name = |number| json!({"itemIdentifier": number});
    json!({"batchItemFailures": number.into_iter().map(name).collect::<Vec<_>>()})
}

#[test]
fn an_insert_is_a_change() {
    assert_eq!(check(INSERT, 9), (from(None), vec!["1 failed 0 gave-up".into()]));
    let feed = decode(&serde_json::from_str(INSERT).unwrap()).unwrap();
    assert_eq!(feed.changes[0].of.to_string(), "contact/01a20552-ef38-7101-8101-010101010101");
    assert_eq!(feed.changes[0].at.to_string(), "2026-11-22T22:14:12.000Z");
}

#[test]
fn an_order_of_a_run_and_a_line_of_history_are_no_changes_and_a_verdict_is() {
    let changes = vec!["3 failed 1 busy".to_owned(), "4 stored 2 ".into()];
    assert_eq!(check(MODIFY, 9), (from(None), changes));
}

#[test]
fn a_good_copy_of_what_could_not_be_read_is_a_change_though_it_failed_too() {
    let mut event: Event = serde_json::from_str(MODIFY).unwrap();
    for record in &mut event.records {
        let mut image = record.change.old_image.inner().clone();
        image.remove("content");
        record.change.old_image = image.into();
    }
    let seqs: Vec<_> = decode(&event).unwrap().changes.iter().map(|change| change.seq).collect();
    assert_eq!(seqs, [2, 3, 4]);
}

#[test]
fn a_removal_by_time_to_live_publishes_nothing() {
    assert_eq!(check(REMOVE, 9), (from(None), vec![]));
}

#[test]
fn what_is_not_published_comes_again_from_the_first_on() {
    assert_eq!(check(MODIFY, 0).0, from(Some("100000000000000000004")));
    assert_eq!(check(MODIFY, 1).0, from(Some("100000000000000000005")));
    assert_eq!(check(INSERT, 0).0, from(Some("100000000000000000001")));
}

#[test]
fn a_record_that_cannot_be_read_holds_back_itself_and_what_follows() {
    assert_eq!(check(UNREADABLE, 9), (from(Some("100000000000000000008")), vec!["1 stored 0 ".into()]));
    assert_eq!(check(UNREADABLE, 0).0, from(Some("100000000000000000007")), "the lowest is the checkpoint");
}

#[test]
fn a_record_without_a_number_fails_the_whole_batch() {
    let mut event: Event = serde_json::from_str(MODIFY).unwrap();
    event.records[2].change.sequence_number = None;
    let publish = |_: Vec<Change>| -> Ready<Published> { panic!("nothing may be published") };
    assert!(now(handle(event, &publish)).is_err());
}

#[test]
fn a_stream_without_old_images_publishes_rather_too_much() {
    let mut event: Event = serde_json::from_str(MODIFY).unwrap();
    event.records.iter_mut().for_each(|record| record.change.old_image = serde_dynamo::Item::default());
    assert_eq!(decode(&event).unwrap().changes.len(), 3);
}
