//! Records of the stream as Lambda gives them: which are changes, and where publishing goes on after a failure.

use counterfoil_core::Code;
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
    match future
        .as_mut()
        .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
    {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}

/// What is answered when working off stops after `done` records, and the records as `seq state run cause`, or as the key
/// and cause of what cannot be read.
fn check(event: Value, done: usize) -> (Value, Vec<String>) {
    let seen = Mutex::new(Vec::new());
    let work_off = |records: Vec<Record>| -> Ready<Published> {
        seen.lock().unwrap().extend(records.iter().map(told));
        let stopped = (done < records.len()).then(|| Cause::new(Code::DatabaseBusy, "try again"));
        ready(Published {
            done: done.min(records.len()),
            parked: vec![],
            stopped,
        })
    };
    let answer = now(handle(event, &work_off)).unwrap();
    (
        serde_json::to_value(answer).unwrap(),
        seen.into_inner().unwrap(),
    )
}

fn told(record: &Record) -> String {
    match record {
        Record::Change(c, _) => format!(
            "{} {} {} {}",
            c.seq,
            c.state,
            c.run,
            c.cause.clone().unwrap_or_default()
        ),
        Record::Unreadable(parked) => format!(
            "{} {}",
            parked.name().unwrap_or_default(),
            parked.cause.code
        ),
    }
}

fn event(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn changes(event: &Value) -> Vec<Change> {
    let change = |record| match record {
        Record::Change(change, _) => Some(*change),
        Record::Unreadable(_) => None,
    };
    decode(event.clone())
        .unwrap()
        .into_iter()
        .filter_map(change)
        .collect()
}

fn from(number: Option<&str>) -> Value {
    let name = |number| json!({"itemIdentifier": number});
    json!({"batchItemFailures": number.into_iter().map(name).collect::<Vec<_>>()})
}

#[test]
fn an_insert_is_a_change() {
    assert_eq!(
        check(event(INSERT), 9),
        (from(None), vec!["1 failed 0 gave-up".into()])
    );
    let change = &changes(&event(INSERT))[0];
    assert_eq!(
        change.of.to_string(),
        "contact/01a20552-ef38-7101-8101-010101010101"
    );
    assert_eq!(change.at.to_string(), "2026-11-22T22:14:12.000Z");
    let [Record::Change(_, origin)] = &decode(event(INSERT)).unwrap()[..] else {
        panic!("one change")
    };
    let at = origin.at.unwrap().to_string();
    assert_eq!(
        (origin.sequence_number.as_deref(), at.as_str()),
        (Some("100000000000000000001"), "2026-11-22T22:14:12.000Z")
    );
}

#[test]
fn an_order_of_a_run_and_a_line_of_history_are_no_changes_and_a_verdict_is() {
    let changes = vec!["3 failed 1 busy".to_owned(), "4 stored 2 ".into()];
    assert_eq!(check(event(MODIFY), 9), (from(None), changes));
}

fn each(event: &mut Value, change: impl Fn(&mut Value)) {
    event["Records"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .for_each(change);
}

#[test]
fn a_good_copy_of_what_could_not_be_read_is_a_change_though_it_failed_too() {
    let mut event = event(MODIFY);
    each(&mut event, |record| {
        if let Some(before) = record["dynamodb"]["OldImage"].as_object_mut() {
            before.remove("content");
        }
    });
    let seqs: Vec<_> = changes(&event).iter().map(|change| change.seq).collect();
    assert_eq!(seqs, [2, 3, 4]);
}

#[test]
fn a_removal_by_time_to_live_publishes_nothing() {
    assert_eq!(check(event(REMOVE), 9), (from(None), vec![]));
}

#[test]
fn what_is_not_published_comes_again_from_the_first_on() {
    assert_eq!(
        check(event(MODIFY), 0).0,
        from(Some("100000000000000000004"))
    );
    assert_eq!(
        check(event(MODIFY), 1).0,
        from(Some("100000000000000000005"))
    );
    assert_eq!(
        check(event(INSERT), 0).0,
        from(Some("100000000000000000001"))
    );
}

const KEY: &str = "contact/01a20552-ef38-7101-8101-010101010101";

#[test]
fn a_record_that_cannot_be_read_is_handed_on_with_its_key_and_holds_back_nothing() {
    let all = [
        "1 stored 0 ".to_owned(),
        format!("{KEY} unreadable-record"),
        "1 stored 0 ".into(),
    ];
    assert_eq!(check(event(UNREADABLE), 9), (from(None), all.to_vec()));
    assert_eq!(
        check(event(UNREADABLE), 1).0,
        from(Some("100000000000000000008"))
    );
    assert_eq!(
        check(event(UNREADABLE), 2).0,
        from(Some("100000000000000000009"))
    );
}

/// What somebody else put into the table.
const FOREIGN: &str = r#"{"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": "contact#1"}, "sk": {"S": "SECRET"}}}}"#;

/// Places in a record, and what may stand there that nobody has foreseen.
const STRANGE: [(&str, &str); 9] = [
    ("/dynamodb/NewImage/seq", r#"{"N": "many"}"#),
    ("/dynamodb/NewImage/seq", r#"{"N": 1}"#),
    ("/dynamodb/NewImage/payload", r#"{"Z": "SECRET"}"#),
    ("/dynamodb/NewImage", r#""SECRET""#),
    ("/dynamodb/NewImage", "{}"),
    ("/dynamodb/NewImage/sk", r#"{"S": "SECRET"}"#),
    ("/dynamodb/OldImage", "[]"),
    ("/dynamodb/ApproximateCreationDateTime", r#""soon""#),
    ("/eventSource", "7"),
];

#[test]
fn whatever_a_record_is_like_its_neighbours_are_read_and_nothing_submitted_is_kept() {
    for (place, strange) in STRANGE {
        let mut event = event(UNREADABLE);
        event["Records"][1] = event["Records"][0].clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = event["Records"][1].pointer_mut(parent).unwrap();
        parent[name] = serde_json::from_str(strange).unwrap();
        let records = decode(event.clone()).unwrap();
        assert_eq!(
            told(&records[1]),
            format!("{KEY} unreadable-record"),
            "{place} {strange}"
        );
        assert_eq!(
            (told(&records[0]), told(&records[2])),
            ("1 stored 0 ".into(), "1 stored 0 ".into()),
            "{place}"
        );
        let Record::Unreadable(parked) = &records[1] else {
            panic!("{place}")
        };
        assert!(!parked.encode().contains("SECRET"), "{place}");
    }
    for strange in [
        "null",
        "7",
        "[]",
        "{}",
        r#"{"eventName": "INSERT"}"#,
        r#"{"dynamodb": {"Keys": {"pk": {"S": 7}}}}"#,
        FOREIGN,
    ] {
        let mut event = event(UNREADABLE);
        event["Records"][1] = serde_json::from_str(strange).unwrap();
        let (answer, records) = check(event.clone(), 9);
        assert_eq!(
            (answer, records.len(), records[1].as_str()),
            (from(None), 3, " unreadable-record"),
            "{strange}"
        );
        let records = decode(event).unwrap();
        let Record::Unreadable(parked) = &records[1] else {
            panic!("{strange}")
        };
        assert!(!parked.encode().contains("SECRET"), "{strange}");
    }
}

#[test]
fn where_a_record_has_no_number_it_goes_on_at_the_nearest_before_it() {
    let without = |places: &[usize]| {
        let mut event = event(UNREADABLE);
        for place in places {
            event["Records"][*place]["dynamodb"]
                .as_object_mut()
                .unwrap()
                .remove("SequenceNumber");
        }
        event
    };
    assert_eq!(
        check(without(&[1]), 9).0,
        from(None),
        "what is done with needs no number"
    );
    assert_eq!(
        check(without(&[1]), 1).0,
        from(Some("100000000000000000007"))
    );
    assert_eq!(
        check(without(&[1]), 2).0,
        from(Some("100000000000000000009"))
    );
    let stopped = |_: Vec<Record>| -> Ready<Published> {
        ready(Published {
            done: 1,
            parked: vec![],
            stopped: Some(Cause::new(Code::DatabaseBusy, "try again")),
        })
    };
    assert!(
        now(handle(without(&[0, 1]), &stopped)).is_err(),
        "all of it comes again"
    );
}

#[test]
fn an_event_without_records_is_refused() {
    let never = |_: Vec<Record>| -> Ready<Published> { panic!("there is nothing to work off") };
    for event in [json!({}), json!([]), json!(null), json!({"Records": {}})] {
        assert!(now(handle(event, &never)).is_err());
    }
    assert_eq!(
        serde_json::to_value(now(handle(json!({"Records": []}), &never)).unwrap()).unwrap(),
        from(None)
    );
}

#[test]
fn a_stream_without_old_images_publishes_rather_too_much() {
    let mut event = event(MODIFY);
    each(&mut event, |record| {
        record["dynamodb"]
            .as_object_mut()
            .unwrap()
            .remove("OldImage");
    });
    assert_eq!(changes(&event).len(), 3);
}
