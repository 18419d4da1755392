//! What DynamoDB is asked, and what its answers mean. The contract itself is held on the emulator.

use counterfoil_core::{Cause, Payload, Timestamp};
use counterfoil_operations::history::{Actor, Edit};
use counterfoil_operations::ports::Actions;
use counterfoil_testkit::build::{entry, envelope, reference};
use serde_json::{Value, json};

use super::*;
use crate::testing::{Service, account, told};

fn ledger(service: &Service) -> DynamoLedger {
    DynamoLedger::new(
        &account(),
        service.http(),
        Patience::default(),
        "entries".into(),
    )
}

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
async fn an_update_and_its_line_of_history_are_one_transaction() {
    let service = Service::answering(&[(200, "{}")]);
    let mut next = stored().head;
    next.seq = 2;
    assert_eq!(ledger(&service).update(&next).await.unwrap(), Write::Done);
    let asked = asked(&service);
    let update = &asked["TransactItems"][0]["Update"];
    assert_eq!(update["ConditionExpression"], "#seq = :before");
    assert_eq!(
        update["ExpressionAttributeValues"][":before"],
        json!({"N": "1"})
    );
    assert_eq!(update["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    let expression = update["UpdateExpression"].as_str().unwrap();
    assert!(
        expression.contains("#state = :state") && expression.contains("REMOVE #cause"),
        "{expression}"
    );
    assert!(
        !asked.to_string().contains("payload\""),
        "the payload stays as it is"
    );
    let line = &asked["TransactItems"][1]["Put"]["Item"];
    assert!(
        line["pk"]["S"]
            .as_str()
            .unwrap()
            .starts_with("!history#contact#"),
        "{line}"
    );
    assert!(
        line["sk"]["S"].as_str().unwrap().ends_with("#0000000002"),
        "{line}"
    );
}

#[tokio::test]
async fn a_cancelled_transaction_brings_the_row_or_none() {
    let old = stored();
    for (item, expected) in [
        (row(&old), Some(Box::new(old.head.clone()))),
        (json!({}), None),
        (Value::Null, None),
    ] {
        let mut reason =
            json!({"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"});
        if !item.is_null() {
            reason["Item"] = item;
        }
        let reasons = json!({"CancellationReasons": [reason, {"Code": "None"}]});
        let service =
            Service::answering(&[(400, &refusal("TransactionCanceledException", reasons))]);
        let next = Head {
            seq: 2,
            ..old.head.clone()
        };
        assert_eq!(
            ledger(&service).update(&next).await.unwrap(),
            Write::Refused(expected)
        );
    }
}

#[tokio::test]
async fn a_transaction_cancelled_for_another_reason_may_pass() {
    for (code, expected) in [
        ("TransactionConflict", "aws-contention"),
        ("ThrottlingError", "aws-throttled"),
    ] {
        let reasons =
            json!({"CancellationReasons": [{"Code": code, "Message": "busy"}, {"Code": "None"}]});
        let refused = refusal("TransactionCanceledException", reasons);
        let service = Service::answering(&[
            (400, &refused),
            (400, &refused),
            (400, &refused),
            (400, &refused),
        ]);
        let fault = ledger(&service)
            .update(&Head {
                seq: 2,
                ..stored().head
            })
            .await
            .unwrap_err();
        assert_eq!(
            (
                fault.cause().code.as_str(),
                matches!(fault, Fault::Transient { .. })
            ),
            (expected, true)
        );
        assert_eq!(service.asked().len(), 4, "it was tried again");
    }
}

#[tokio::test]
async fn writers_in_each_others_way_try_again() {
    let reasons = json!({"CancellationReasons": [{"Code": "TransactionConflict", "Message": "busy"}, {"Code": "None"}]});
    let refused = refusal("TransactionCanceledException", reasons);
    let service = Service::answering(&[(400, &refused), (200, "{}")]);
    assert_eq!(
        ledger(&service)
            .update(&Head {
                seq: 2,
                ..stored().head
            })
            .await
            .unwrap(),
        Write::Done
    );
    let refused = refusal("TransactionConflictException", json!({}));
    let service = Service::answering(&[(400, &refused), (200, "{}")]);
    assert_eq!(
        ledger(&service).insert(&stored()).await.unwrap(),
        Write::Done
    );
}

#[tokio::test]
async fn a_dead_letter_and_its_first_line_are_one_transaction_after_its_form_is_known() {
    let service = Service::answering(&[(200, "{}"), (200, "{}"), (200, "{}")]);
    let (ledger, dead) = (
        ledger(&service),
        entry(&envelope(1, "hello"), Some(Cause::gave_up(20))),
    );
    assert_eq!(ledger.insert(&dead).await.unwrap(), Write::Done);
    let asked: Vec<Value> = service
        .asked()
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    assert_eq!(
        asked[0]["Item"],
        json!({"pk": {"S": "!forms"}, "sk": {"S": "contact"}})
    );
    let [put, line] = [0, 1].map(|n| asked[1]["TransactItems"][n]["Put"].clone());
    assert_eq!(
        (&put["Item"], &put["ConditionExpression"]),
        (&row(&dead), &json!("attribute_not_exists(pk)"))
    );
    assert_eq!(
        line["Item"]["sk"]["S"],
        format!("{}#0000000001", dead.head.of.id)
    );
    assert!(
        line["Item"]["view"]["S"]
            .as_str()
            .unwrap()
            .starts_with("verdict#contact#"),
        "{line}"
    );
    assert_eq!(
        line["Item"]["received_at"]["N"],
        dead.head.updated_at.as_millis().to_string()
    );
    ledger.insert(&dead).await.unwrap();
    assert_eq!(service.asked().len(), 3, "the form is known");
}

#[tokio::test]
async fn an_edit_replaces_the_payload_and_its_line_keeps_the_one_before() {
    let service = Service::answering(&[(200, "{}"), (200, "{}")]);
    let dead = entry(&envelope(1, "hello"), Some(Cause::gave_up(20)));
    let payload = |text: &str| Payload::from_stored(text.to_owned());
    let edit = Edit {
        before: payload(r#"{"a":1}"#),
        after: payload(r#"{"a":2}"#),
    };
    let deed = Action::new(Verb::Edit, Actor::parse("ada").unwrap());
    let next = Head {
        seq: 2,
        ..dead.head
    };
    assert_eq!(
        ledger(&service)
            .act(&next, &deed, Some(&edit))
            .await
            .unwrap(),
        Write::Done
    );
    let asked = asked(&service);
    let update = &asked["TransactItems"][0]["Update"];
    assert!(
        update["UpdateExpression"]
            .as_str()
            .unwrap()
            .contains("#payload = :payload"),
        "{update}"
    );
    assert_eq!(
        update["ExpressionAttributeValues"][":payload"]["S"],
        r#"{"a":2}"#
    );
    let line = &asked["TransactItems"][1]["Put"]["Item"];
    assert_eq!(
        (&line["before"]["S"], &line["view"]),
        (&json!(r#"{"a":1}"#), &Value::Null),
        "a deed is no failure"
    );
    assert_eq!(line["deed"]["S"], r#"{"verb":"edit","who":"ada"}"#);
}

#[tokio::test]
async fn a_good_copy_replaces_the_body_that_could_not_be_read() {
    let service = Service::answering(&[(200, "{}")]);
    let good = stored();
    let next = Entry {
        head: Head {
            seq: 2,
            ..good.head.clone()
        },
        ..good
    };
    assert_eq!(ledger(&service).mend(&next).await.unwrap(), Write::Done);
    let asked = asked(&service);
    let update = &asked["TransactItems"][0]["Update"];
    let expression = update["UpdateExpression"].as_str().unwrap();
    let (set, removed) = expression.split_once(" REMOVE ").unwrap();
    for name in [
        "payload",
        "content",
        "payload_hash",
        "schema",
        "received_at",
    ] {
        assert!(set.contains(&format!("#{name} = :{name}")), "{expression}");
    }
    assert!(
        removed.split(", ").any(|name| name == "#raw"),
        "{expression}"
    );
    assert_eq!(
        update["ExpressionAttributeValues"][":payload"],
        row(&stored())["payload"]
    );
    assert_eq!(update["ConditionExpression"], "#seq = :before");
    assert_eq!(update["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    assert!(
        asked["TransactItems"][1]["Put"]["Item"]["sk"]["S"]
            .as_str()
            .unwrap()
            .ends_with("#0000000002")
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
