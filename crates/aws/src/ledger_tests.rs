//! What DynamoDB is asked, and what its answers mean. The contract itself is held on the emulator.

#[path = "ledger_transaction_tests.rs"]
mod transaction;

use counterfoil_core::{Cause, Payload, Timestamp};
use counterfoil_operations::history::{Actor, Edit};
use counterfoil_operations::ports::Actions;
use counterfoil_testkit::build::{entry, envelope, reference};
use serde_json::{Value, json};

use super::*;
use crate::testing::{Service, ledger, told};

fn stored() -> Entry {
    entry(&envelope(1, "hello"), None)
}

/// A row as DynamoDB's JSON has it.
fn row(entry: &Entry) -> Value {
    told(&item(entry))
}

fn refusal(kind: &str, rest: Value) -> String {
    let mut body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "The conditional request failed"});
    body.as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    body.to_string()
}

fn asked(service: &Service) -> Value {
    serde_json::from_str(service.asked().last().unwrap()).unwrap()
}

#[tokio::test]
async fn a_settled_submission_is_one_conditional_write() {
    let service = Service::answering(&[(200, "{}")]);
    assert_eq!(
        ledger(&service).insert(&stored()).await.unwrap(),
        Write::Done
    );
    let asked = asked(&service);
    assert_eq!(asked["TableName"], "entries");
    assert_eq!(asked["ConditionExpression"], "attribute_not_exists(pk)");
    assert_eq!(asked["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    assert_eq!(asked["Item"], row(&stored()));
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn a_refused_insert_brings_the_row() {
    let old = entry(&envelope(1, "hello"), Some(Cause::gave_up(20)));
    let refused = refusal(
        "ConditionalCheckFailedException",
        json!({"Item": row(&old)}),
    );
    let service = Service::answering(&[(400, &refused)]);
    assert_eq!(
        ledger(&service).insert(&stored()).await.unwrap(),
        Write::Refused(Some(Box::new(old.head)))
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_a_passing_fault() {
    let refused = refusal(
        "ConditionalCheckFailedException",
        json!({"Item": {"pk": {"S": "contact#1"}}}),
    );
    let service = Service::answering(&[(400, &refused)]);
    assert_eq!(
        ledger(&service)
            .insert(&stored())
            .await
            .unwrap_err()
            .cause()
            .code,
        "unreadable-row"
    );
}

#[tokio::test]
async fn history_goes_when_its_entry_does() {
    let service = Service::answering(&[(200, "{}"), (200, "{}"), (200, "{}")]);
    let ledger = ledger(&service);
    let expires_at = Some(Timestamp::from_secs(1_800_000_000));
    ledger
        .update(&Head {
            seq: 3,
            expires_at,
            ..stored().head
        })
        .await
        .unwrap();
    let told = asked(&service);
    let writes = told["TransactItems"].as_array().unwrap();
    assert_eq!(writes[1]["Put"]["Item"]["expires_at"]["N"], "1800000000");
    let earlier: Vec<_> = writes[2..].iter().map(|write| &write["Update"]).collect();
    assert!(
        earlier
            .iter()
            .all(|update| update["UpdateExpression"] == "SET expires_at = :at"),
        "{earlier:?}"
    );
    let lines: Vec<_> = earlier
        .iter()
        .map(|update| update["Key"]["sk"]["S"].as_str().unwrap())
        .collect();
    assert_eq!(
        lines,
        [2, 1].map(|seq| format!("{}#{seq:010}", stored().head.of.id))
    );

    let deed = Action::new(Verb::Undo, Actor::parse("ada").unwrap());
    ledger
        .act(
            &Head {
                seq: 2,
                ..stored().head
            },
            &deed,
            None,
        )
        .await
        .unwrap();
    assert_eq!(
        asked(&service)["TransactItems"][2]["Update"]["UpdateExpression"],
        "REMOVE expires_at"
    );
    ledger
        .update(&Head {
            seq: 200,
            expires_at,
            ..stored().head
        })
        .await
        .unwrap();
    assert_eq!(
        asked(&service)["TransactItems"].as_array().unwrap().len(),
        100,
        "the most there may be"
    );
}

#[tokio::test]
async fn a_poll_reads_what_was_written_last_and_never_the_payload() {
    let mut seen = row(&stored());
    seen.as_object_mut().unwrap().remove("payload");
    let answer = json!({"Item": seen}).to_string();
    let service = Service::answering(&[(200, &answer), (200, "{}")]);
    assert_eq!(
        ledger(&service).head(&reference(1)).await.unwrap(),
        Some(stored().head)
    );
    let asked = asked(&service);
    assert_eq!(asked["ConsistentRead"], true);
    let names: Vec<&str> = asked["ExpressionAttributeNames"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        names.contains(&"state") && !names.contains(&"payload") && !names.contains(&"raw"),
        "{names:?}"
    );
    assert_eq!(
        asked["ProjectionExpression"]
            .as_str()
            .unwrap()
            .split(',')
            .count(),
        names.len()
    );
    assert_eq!(ledger(&service).head(&reference(1)).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_too_large_for_a_row_is_the_submissions_own_fault() {
    let too_large = json!({"__type": "com.amazon.coral.validate#ValidationException", "message": "Item size has exceeded the maximum allowed size"});
    let service = Service::answering(&[(400, &too_large.to_string())]);
    assert!(matches!(
        ledger(&service).insert(&stored()).await.unwrap_err(),
        Fault::Permanent(_)
    ));
}

#[tokio::test]
async fn warming_asks_for_nothing_and_shows_no_credentials() {
    let service = Service::answering(&[(200, "healthy")]);
    ledger(&service).warm().await;
    service.was_knocked_at();
}

#[tokio::test]
async fn several_calls_in_one_have_the_time_of_one() {
    let millisecond = Duration::from_millis(1);
    let hanging = within::<Write>(millisecond, std::future::pending());
    assert_eq!(hanging.await.unwrap_err().cause().code, "aws-timeout");
    assert_eq!(
        within(Duration::from_secs(60), async { Ok(Write::Done) })
            .await
            .unwrap(),
        Write::Done
    );
}
