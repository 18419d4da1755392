//! What is written together: a row with its line of history, or none of both; and what a cancelled transaction means.

use super::*;

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
