//! The figures beside the calls that are really made: bytes are counted in what goes out, units by what is in it.

use std::collections::BTreeSet;
use std::time::Duration;

use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::ports::{
    Counter, Counters, Ledger, Polls, Publisher, Queue, Seen, SeenMarks,
};
use counterfoil_core::{Cause, Entry, Envelope, FormId, Payload, State, Timestamp};
use counterfoil_operations::history::Line;
use counterfoil_testkit::build::{THEN, entry, envelope};
use serde_json::{Value, json};

use super::*;
use crate::SqsQueue;
use crate::client::Patience;
use crate::testing::{Service, account, ledger, told};
use crate::topic::SnsTopic;

/// Every form of a case: its id, and what is submitted.
fn cases() -> Vec<Envelope> {
    let fields = |bytes: usize| {
        Payload::from_stored(json!({ "message": "x".repeat(bytes - 14) }).to_string())
    };
    let ids = ["contact", "a", &"z".repeat(64)];
    let sizes = [100, 700, 800, 1024, 3000, 4000, 60_000, 65_000, 100_000];
    let with = |id: &str, bytes| {
        let mut envelope = envelope(9, "m");
        envelope.of.form = FormId::parse(id).unwrap();
        envelope.payload = fields(bytes);
        envelope.content = envelope.payload.hash();
        envelope.payload_hash = envelope.content;
        envelope
    };
    ids.iter()
        .flat_map(|id| sizes.map(|bytes| with(id, bytes)))
        .collect()
}

fn after(days: u64) -> Timestamp {
    THEN.plus(Duration::from_secs(days * 24 * 60 * 60))
}

fn submission(envelope: &Envelope) -> Submission {
    let token = envelope.checks.captcha.as_ref().map_or(0, String::len) as u64;
    let payload = envelope.payload.as_str().len() as u64;
    Submission {
        form: envelope.of.form.as_str().len() as u64,
        payload,
        token,
        expires: false,
        leaves: false,
        late: false,
        shows_seen: false,
    }
}

fn asked(service: &Service) -> Vec<Value> {
    service
        .asked()
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect()
}

/// The size of a row as DynamoDB counts it: names, text and bytes as they are, a byte for two digits and one more.
fn size(item: &Value) -> u64 {
    let value = |value: &Value| match (
        value["S"].as_str(),
        value["N"].as_str(),
        value["B"].as_str(),
    ) {
        (Some(text), ..) => text.len(),
        (_, Some(digits), _) => digits.len().div_ceil(2) + 1,
        (.., Some(base64)) => aws_smithy_types::base64::decode(base64).unwrap().len(),
        _ => panic!("{value}"),
    };
    item.as_object()
        .unwrap()
        .iter()
        .map(|(name, attribute)| name.len() + value(attribute))
        .sum::<usize>() as u64
}

/// What the index takes over of a row, as the template says: nothing of one without a `view`.
fn index(item: &Value) -> u64 {
    if item.get("view").is_none() {
        return 0;
    }
    let carried = [
        "pk",
        "sk",
        "view",
        "received_at",
        "state",
        "cause",
        "attempts",
        "run",
        "verdict_run",
        "updated_at",
        "hold",
    ];
    let kept = item
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| carried.contains(&name.as_str()));
    size(
        &kept
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    )
}

/// Write units of a request.
fn writes(request: &Value) -> u64 {
    let units = |bytes: u64| bytes.div_ceil(1024);
    match request["TransactItems"].as_array() {
        None => units(size(&request["Item"])) + units(index(&request["Item"])),
        Some(all) => {
            let items: Vec<_> = all.iter().map(|one| &one["Put"]["Item"]).collect();
            items
                .iter()
                .map(|item| 2 * units(size(item)) + units(index(item)))
                .sum()
        }
    }
}

/// Write units of a first write, without the form's own row, which is written once for each process.
async fn inserted(entry: &Entry) -> u64 {
    let service = Service::answering(&[(200, "{}"), (200, "{}")]);
    ledger(&service).insert(entry).await.unwrap();
    let requests = asked(&service);
    assert_eq!(
        requests.len(),
        if entry.head.state == State::Stored {
            1
        } else {
            2
        },
        "{requests:?}"
    );
    writes(requests.last().unwrap())
}

#[tokio::test]
async fn a_message_has_the_bytes_that_are_billed() {
    for mut envelope in cases() {
        for token in [None, Some("t".repeat(2048))] {
            envelope.checks.captcha = token;
            let service = Service::answering(&[(200, "{}")]);
            let queue = SqsQueue::new(
                &account(),
                service.http(),
                Patience::default(),
                "https://sqs/1/q".into(),
            );
            queue.send(&envelope.of, envelope.encode()).await.unwrap();
            let [sent] = asked(&service).try_into().unwrap();
            let attributes = sent["MessageAttributes"].as_object().unwrap().iter();
            let text = |value: &Value| value.as_str().unwrap().len();
            let attributes =
                attributes.map(|(n, a)| n.len() + text(&a["DataType"]) + text(&a["StringValue"]));
            let bytes = (text(&sent["MessageBody"]) + attributes.sum::<usize>()) as u64;
            assert_eq!(
                (
                    submission(&envelope).message(),
                    submission(&envelope).sends()
                ),
                (bytes, bytes.div_ceil(65_536))
            );
        }
    }
}

#[tokio::test]
async fn storing_is_one_write_of_the_rows_units() {
    for envelope in cases() {
        let mut row = entry(&envelope, None);
        for (expires_at, late) in [
            (None, false),
            (Some(after(15)), false),
            (None, true),
            (Some(after(15)), true),
        ] {
            row.head.expires_at = expires_at;
            row.head.received_at = if late { after(1) } else { THEN };
            let submission = Submission {
                expires: expires_at.is_some(),
                late,
                ..submission(&envelope)
            };
            let service = Service::answering(&[(200, "{}")]);
            ledger(&service).insert(&row).await.unwrap();
            // The shard has one digit or two.
            let bytes = size(&asked(&service)[0]["Item"]);
            assert!(
                (bytes..=bytes + 1).contains(&submission.row()),
                "{bytes} {submission:?}"
            );
            assert_eq!(inserted(&row).await, submission.stored(), "{submission:?}");
            assert_eq!(submission.poll(), bytes.div_ceil(4096));
        }
    }
}

#[tokio::test]
async fn a_short_retention_is_a_transaction_of_the_row_and_what_it_leaves() {
    for envelope in cases() {
        let mut row = entry(&envelope, None);
        row.head.expires_at = Some(after(14));
        for late in [false, true] {
            row.head.received_at = if late {
                THEN.plus(Duration::from_secs(601))
            } else {
                THEN
            };
            let submission = Submission {
                expires: true,
                leaves: true,
                late,
                ..submission(&envelope)
            };
            assert_eq!(inserted(&row).await, submission.stored(), "{submission:?}");
        }
    }
}

#[tokio::test]
async fn what_is_held_or_dead_costs_its_history_and_its_places_in_the_index() {
    for envelope in cases() {
        let cause = |detail: usize| {
            Cause::written(
                "injected",
                counterfoil_core::Retryable::No,
                "x".repeat(detail),
            )
        };
        let rest = serde_json::to_string(&cause(0)).unwrap().len();
        let dead = entry(&envelope, Some(cause(300 - rest)));
        assert_eq!(
            inserted(&dead).await,
            submission(&envelope).failed(),
            "{:?}",
            submission(&envelope)
        );
        let mut held = entry(&envelope, None);
        (held.head.state, held.head.hold) = (State::Held, Some("captcha-unverified".into()));
        assert_eq!(
            inserted(&held).await,
            submission(&envelope).held(),
            "{:?}",
            submission(&envelope)
        );
    }
}

#[test]
fn the_index_takes_a_unit_of_whatever_is_dead() {
    let mut envelope = envelope(1, "m");
    envelope.of.form = FormId::parse(&"z".repeat(64)).unwrap();
    let dead = entry(
        &envelope,
        Some(Cause::written(
            "x".repeat(32),
            counterfoil_core::Retryable::AfterFix,
            "x".repeat(9999),
        )),
    );
    let line = Line::of_first(&dead.head).unwrap();
    for item in [
        crate::item::item(&dead),
        crate::line::item(&dead.head, &line),
    ] {
        let bytes = index(&told(&item));
        assert!((1..=1024).contains(&bytes), "{bytes}");
    }
}

#[tokio::test]
async fn a_counter_is_one_small_write_and_a_poll_one_consistent_read() {
    let service =
        Service::answering(&[(200, r#"{"Attributes":{"amount":{"N":"1"}}}"#), (200, "{}")]);
    let counter = Counter {
        name: "z".repeat(200),
        until: THEN,
    };
    ledger(&service).add(&counter, 1).await.unwrap();
    ledger(&service).head(&envelope(1, "m").of).await.unwrap();
    let [update, get] = asked(&service).try_into().unwrap();
    assert!(
        update["UpdateExpression"].is_string() && update.to_string().len() < 1024,
        "{update}"
    );
    assert_eq!(COUNTER_WRITES, 1);
    // Otherwise a read unit would be 8 KB of the row.
    assert_eq!(get["ConsistentRead"], true);
}

#[tokio::test]
async fn the_marks_of_an_entry_are_two_small_reads_where_its_form_shows_them() {
    let service = Service::answering(&[(200, "{}"), (200, "{}")]);
    let envelope = envelope(1, "m");
    let seen = ledger(&service).seen(&envelope.of, THEN).await.unwrap();
    assert_eq!(seen, Seen::default());
    let asked = asked(&service);
    assert!(asked.iter().all(|get| get["ConsistentRead"] == true));
    assert_eq!(asked.len() as u64, SEEN_READS);
    let plain = submission(&envelope);
    let shows = Submission {
        shows_seen: true,
        ..plain
    };
    assert_eq!(shows.poll(), plain.poll() + SEEN_READS);
    assert_eq!(shows.row(), plain.row());
}

#[tokio::test]
async fn ten_notices_are_one_request_far_below_the_64_kb_of_a_second() {
    let done: String = (0..10)
        .map(|n| format!("<member><Id>{n}</Id><MessageId>m</MessageId></member>"))
        .collect();
    let answer = format!(
        "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult><Successful>{done}\
         </Successful><Failed/></PublishBatchResult></PublishBatchResponse>"
    );
    let service = Service::answering(&[(200, &answer), (200, &answer)]);
    let topic = SnsTopic::new(
        &account(),
        service.http(),
        Patience::default(),
        "arn:aws:sns:us-east-1:1:t".into(),
    );
    let mut of = envelope(1, "m").of;
    of.form = FormId::parse(&"z".repeat(64)).unwrap();
    let change = Change {
        of,
        seq: 1,
        state: State::Failed,
        run: 1,
        cause: Some("x".repeat(64)),
        at: THEN,
    };
    let notices = vec![Notice::new(&change, "production"); 10];
    assert!(topic.publish(&notices).await.iter().all(Result::is_ok));
    let requests = service.asked();
    assert_eq!(requests.len() as u64, notices.len() as u64 / stack::NOTICES);
    assert!(requests[0].len() < 32 * 1024, "{}", requests[0].len());
    let ids: BTreeSet<_> = requests[0]
        .split('&')
        .filter(|pair| pair.contains(".Id="))
        .collect();
    assert_eq!(ids.len(), 10);
}
