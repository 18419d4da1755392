//! What a short retention leaves beside an entry, and what that refuses and tells afterwards.

use counterfoil_core::ports::{Ledger, Polls, Write};
use counterfoil_core::settle::{Incoming, Quiet, Verdict};
use counterfoil_core::settling::{buried, write};
use counterfoil_core::{Body, Cause, Entry, State, Timestamp};
use counterfoil_operations::history::{Action, Actor, Verb};
use counterfoil_operations::ports::Actions;
use counterfoil_testkit::build::{THEN, delivery, entry, envelope};
use serde_json::{Value, json};

use super::*;
use crate::testing::{Service, ledger, told};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn asked(service: &Service) -> Vec<Value> {
    service
        .asked()
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect()
}

/// Kept for so many days.
fn stored(days: u32) -> Entry {
    let mut row = entry(&envelope(1, "hello"), None);
    row.head.expires_at = Some(after(days));
    row
}

fn after(days: u32) -> Timestamp {
    THEN.plus(DAY * days)
}

fn left(of: &Entry) -> Item {
    item(&of.head).unwrap()
}

/// A transaction that was cancelled: for each of its writes, what stood in its way.
fn cancelled(stood: &[Option<&Item>]) -> String {
    let reason = |stood: &Option<&Item>| match stood {
        Some(item) => {
            json!({"Code": "ConditionalCheckFailed", "Item": told(item), "Message": "The conditional request failed"})
        }
        None => json!({"Code": "None"}),
    };
    let reasons: Vec<_> = stood.iter().map(reason).collect();
    json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled",
        "CancellationReasons": reasons,
    })
    .to_string()
}

#[test]
fn what_is_left_says_expired_and_holds_nothing_that_was_submitted() {
    let mut row = stored(3);
    (row.head.state, row.head.cause) = (State::Discarded, Some(Cause::gave_up(20)));
    let left = left(&row);
    let head = crate::item::head(&left).unwrap();
    assert_eq!(
        (&head.of, head.state, head.seq),
        (&row.head.of, State::Expired, row.head.seq + 1)
    );
    assert_eq!(
        (head.content, head.updated_at, head.expires_at),
        (row.head.content, after(3), Some(after(18)))
    );
    assert_eq!(
        (head.payload_hash, head.cause, head.hold),
        (None, None, None)
    );
    for name in [
        "payload",
        "raw",
        "payload_hash",
        "raw_hash",
        "cause",
        "hold",
        "view",
    ] {
        assert!(!left.contains_key(name), "{name}");
    }
    assert_eq!(
        left["pk"].as_s().unwrap(),
        "!gone#contact#7",
        "31 & 7, and no entry's"
    );
    assert_eq!(
        item(&stored(14).head).is_some(),
        item(&stored(15).head).is_none()
    );
    let failed = entry(&envelope(1, "hello"), Some(Cause::gave_up(20)));
    assert_eq!(
        (
            item(&failed.head),
            item(&entry(&envelope(1, "hello"), None).head)
        ),
        (None, None)
    );
}

#[tokio::test]
async fn a_short_retention_is_one_transaction_of_both_and_a_long_one_a_single_write() {
    let service = Service::answering(&[(200, "{}"), (200, "{}")]);
    let ledger = ledger(&service);
    assert_eq!(ledger.insert(&stored(14)).await.unwrap(), Write::Done);
    assert_eq!(ledger.insert(&stored(15)).await.unwrap(), Write::Done);
    let [both, single] = asked(&service).try_into().unwrap();
    let puts = both["TransactItems"].as_array().unwrap();
    assert_eq!(puts.len(), 2);
    let items = [crate::item::item(&stored(14)), left(&stored(14))];
    for (put, item) in puts.iter().map(|write| &write["Put"]).zip(items) {
        assert_eq!(
            (&put["Item"], &put["ConditionExpression"]),
            (&told(&item), &json!("attribute_not_exists(pk)"))
        );
        assert_eq!(put["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    }
    assert_eq!(single["Item"], told(&crate::item::item(&stored(15))));
}

#[tokio::test]
async fn an_entry_stands_before_what_is_left_of_it_and_that_before_nothing() {
    let (row, left) = (stored(3), left(&stored(3)));
    let there = crate::item::item(&row);
    for (stood, expected) in [
        ([Some(&there), Some(&left)], row.head.clone()),
        ([None, Some(&left)], crate::item::head(&left).unwrap()),
    ] {
        let service = Service::answering(&[(400, &cancelled(&stood))]);
        assert_eq!(
            ledger(&service).insert(&row).await.unwrap(),
            Write::Refused(Some(Box::new(expected)))
        );
    }
}

/// As the worker or `bury` has it.
fn arriving(message: &str, verdict: Verdict) -> (Incoming, Body) {
    let (incoming, body) = buried(&delivery(envelope(1, message).encode()), Cause::gave_up(20));
    (
        Incoming {
            verdict,
            kept: Some(DAY * 3),
            ..incoming
        },
        body,
    )
}

#[tokio::test]
async fn a_late_copy_is_dropped_whatever_is_made_of_it() {
    let left = left(&stored(3));
    for verdict in [
        Verdict::Stored,
        Verdict::Held("captcha-expired".into()),
        Verdict::Failed(Cause::gave_up(20)),
    ] {
        let refused = cancelled(&[None, Some(&left), None]);
        // What needs a person is preceded by its form's own row.
        let answers = [(200, "{}"), (400, refused.as_str())];
        let service = Service::answering(&answers[usize::from(verdict == Verdict::Stored)..]);
        let (incoming, body) = arriving("hello", verdict.clone());
        let settled = write(incoming, body, &ledger(&service), after(4))
            .await
            .unwrap();
        assert_eq!(
            (settled.state, settled.quiet),
            (None, Some(Quiet::Dropped)),
            "{verdict:?}"
        );
        let asked = asked(&service).pop().unwrap();
        let second = &asked["TransactItems"][1];
        match verdict {
            Verdict::Stored => assert_eq!(second["Put"]["Item"]["pk"]["S"], "!gone#contact#7"),
            _ => {
                let check = &second["ConditionCheck"];
                assert_eq!(
                    (&check["Key"]["pk"]["S"], &check["Key"]["sk"]),
                    (&json!("!gone#contact#7"), &told(&left)["sk"])
                );
                assert_eq!(check["ConditionExpression"], "attribute_not_exists(pk)");
                assert_eq!(check["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
            }
        }
    }
}

#[tokio::test]
async fn another_content_is_kept_apart() {
    let refused = cancelled(&[None, Some(&left(&stored(3)))]);
    let service = Service::answering(&[(400, &refused), (200, "{}"), (200, "{}")]);
    let (incoming, body) = arriving("other", Verdict::Stored);
    let of = incoming.of.clone();
    let settled = write(incoming, body, &ledger(&service), after(4))
        .await
        .unwrap();
    assert_eq!(
        (settled.state, settled.of == of),
        (Some(State::Failed), false)
    );
}

#[tokio::test]
async fn what_settles_in_time_asks_for_nothing_that_is_left() {
    let service = Service::answering(&[(200, "{}"), (200, "{}"), (200, "{}")]);
    let ledger = ledger(&service);
    for (verdict, writes) in [
        (Verdict::Failed(Cause::gave_up(20)), 2),
        (Verdict::Held("honeypot".into()), 2),
    ] {
        let (incoming, body) = arriving("hello", verdict);
        write(
            incoming,
            body,
            &ledger,
            THEN.plus(NEVER_LATE - Duration::from_secs(1)),
        )
        .await
        .unwrap();
        assert_eq!(
            asked(&service).pop().unwrap()["TransactItems"]
                .as_array()
                .unwrap()
                .len(),
            writes
        );
    }
}

#[tokio::test]
async fn a_verdict_and_a_discard_write_what_they_leave_too() {
    // What is discarded is in the index: its form is written down before.
    let service = Service::answering(&[(200, "{}"); 4]);
    let (ledger, row) = (ledger(&service), stored(3));
    let next = Head {
        seq: 2,
        ..row.head.clone()
    };
    ledger.update(&next).await.unwrap();
    ledger
        .mend(&Entry {
            head: next.clone(),
            body: row.body,
        })
        .await
        .unwrap();
    let discarded = Head {
        state: State::Discarded,
        ..next
    };
    ledger
        .act(
            &discarded,
            &Action::new(Verb::Discard, Actor::parse("ada").unwrap()),
            None,
        )
        .await
        .unwrap();
    let changes: Vec<_> = asked(&service)
        .into_iter()
        .filter(|request| request["Item"].is_null())
        .collect();
    assert_eq!(changes.len(), 3);
    for request in changes {
        let put = &request["TransactItems"][2]["Put"];
        assert_eq!(
            (&put["Item"], &put["ConditionExpression"]),
            (&told(&item(&discarded).unwrap()), &Value::Null)
        );
    }
    let service = Service::answering(&[(200, "{}"); 2]);
    self::ledger(&service)
        .update(&Head {
            seq: 200,
            ..discarded
        })
        .await
        .unwrap();
    assert_eq!(
        asked(&service)[1]["TransactItems"]
            .as_array()
            .unwrap()
            .len(),
        100,
        "the most there may be"
    );
}

#[tokio::test]
async fn a_poll_that_finds_no_entry_reads_what_is_left_as_it_reads_an_entry() {
    let left = left(&stored(3));
    let answer = json!({"Item": told(&left)}).to_string();
    let service = Service::answering(&[(200, &answer), (200, "{}")]);
    let ledger = ledger(&service);
    let of = stored(3).head.of;
    assert_eq!(ledger.left(&of).await.unwrap(), crate::item::head(&left));
    assert_eq!(ledger.left(&of).await.unwrap(), None);
    let asked = &asked(&service)[0];
    assert_eq!(
        (&asked["Key"]["pk"], &asked["ConsistentRead"]),
        (&json!({"S": "!gone#contact#7"}), &json!(true))
    );
    assert_eq!(
        asked["ExpressionAttributeNames"].as_object().unwrap().len(),
        crate::item::HEAD.len()
    );
}
