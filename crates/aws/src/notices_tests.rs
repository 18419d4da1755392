//! What SQS and DynamoDB are asked for notices that come out again, and how each shape of what was set aside is read.

use counterfoil_core::notice::Change;
use counterfoil_core::{FormId, State, Timestamp};
use counterfoil_operations::notices::{Resending, rebuild, resend};
use counterfoil_testkit::build::{THEN, entry, envelope, reference};
use serde_json::{Value, json};

use super::*;
use crate::client::Patience;
use crate::testing::{Service, account, told};

const URL: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/notice-failures";

/// As the AWS Lambda developer guide shows it; the numbers and names are ours.
const GAVE_UP: &str = r#"{
  "requestContext": {"requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
    "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:notifier", "condition": "RetryAttemptsExhausted",
    "approximateInvokeCount": 11},
  "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
  "version": "1.0",
  "timestamp": "2026-11-22T22:14:49.717Z",
  "DDBStreamBatchInfo": {"shardId": "shardId-00000001573689847184-864758bb",
    "startSequenceNumber": "800000000003126276362", "endSequenceNumber": "800000000003126276399",
    "approximateArrivalOfFirstRecord": "2026-11-22T22:14:19Z", "approximateArrivalOfLastRecord": "2026-11-22T22:15:19Z",
    "batchSize": 7, "streamArn": "arn:aws:dynamodb:us-east-2:123456789012:table/entries/stream/2026-11-14T00:04:06.388"}
}"#;

fn home(service: &Service) -> SetAside {
    let (account, patience) = (account(), Patience::default());
    SetAside {
        ledger: DynamoLedger::new(&account, service.http(), patience, "entries".into()),
        topic: SnsTopic::new(
            &account,
            service.http(),
            patience,
            "arn:aws:sns:eu-central-1:1:outcomes".into(),
        ),
        queue: NoticeFailures::new(&account, service.http(), patience, URL.into()),
        stage: "prod".into(),
    }
}

fn change(number: u8) -> Change {
    Change {
        of: reference(number),
        seq: 1,
        state: State::Stored,
        run: 0,
        cause: None,
        at: THEN,
    }
}

fn parked(number: u8) -> Parked {
    let what = What::Notice(Box::new(Notice::new(&change(number), "former-stage")));
    Parked {
        what,
        cause: Cause::undecodable("too large"),
        origin: Origin::default(),
    }
}

fn messages(bodies: &[&str]) -> String {
    let message = |(n, body): (usize, &&str)| json!({"MessageId": format!("m-{n}"), "ReceiptHandle": format!("r-{n}"), "Body": body});
    json!({"Messages": bodies.iter().enumerate().map(message).collect::<Vec<_>>()}).to_string()
}

fn published(count: usize) -> String {
    let done: String = (0..count)
        .map(|n| format!("<member><Id>{n}</Id><MessageId>m</MessageId></member>"))
        .collect();
    format!(
        "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult><Successful>{done}\
         </Successful><Failed/></PublishBatchResult></PublishBatchResponse>"
    )
}

fn json_of(asked: &[String], place: usize) -> Value {
    serde_json::from_str(&asked[place]).unwrap()
}

#[tokio::test]
async fn the_queue_is_looked_through_without_losing_or_keeping_anything() {
    let full = messages(&[&parked(1).encode(), GAVE_UP, "hello"]);
    let given_back = r#"{"Successful":[],"Failed":[]}"#;
    let service = Service::answering(&[(200, &full), (200, "{}"), (200, "{}"), (200, given_back)]);
    let home = home(&service);
    let page = home.parked(None, 100).await.unwrap();
    let end = home.parked(page.next.clone(), 100).await.unwrap();
    assert_eq!(
        (page.rows.len(), page.next.is_some(), end),
        (3, true, Page::default())
    );
    home.give_back(&page.rows).await.unwrap();
    let asked = service.asked();
    let receive = json_of(&asked, 0);
    assert_eq!(
        receive,
        json!({"QueueUrl": URL, "MaxNumberOfMessages": 10, "VisibilityTimeout": 300, "WaitTimeSeconds": 1})
    );
    let back = json_of(&asked, 3);
    let entries = back["Entries"].as_array().unwrap();
    assert!(
        entries.iter().all(|entry| entry["VisibilityTimeout"] == 0),
        "{back}"
    );
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry["ReceiptHandle"].as_str().unwrap())
            .collect::<Vec<_>>(),
        ["r-0", "r-1", "r-2"]
    );
}

#[test]
fn what_lambda_gave_up_on_says_when_it_was() {
    let Parked {
        what: What::Span(since, until),
        cause,
        origin,
    } = gave_up::read(GAVE_UP).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (since.to_string(), until.to_string()),
        (
            "2026-11-22T22:09:19.000Z".into(),
            "2026-11-22T22:20:19.000Z".into()
        )
    );
    assert_eq!(
        cause.detail,
        "Lambda gave up on 7 changes: RetryAttemptsExhausted"
    );
    assert_eq!(
        origin.sequence_number.as_deref(),
        Some("800000000003126276362")
    );
    for body in [
        "",
        "{}",
        r#"{"DDBStreamBatchInfo":{}}"#,
        r#"{"DDBStreamBatchInfo":7}"#,
    ] {
        assert_eq!(gave_up::read(body), None, "{body}");
    }
}

#[tokio::test]
async fn what_was_set_aside_goes_out_as_it_was_and_is_removed_behind_that() {
    let full = messages(&[&parked(1).encode(), &parked(2).encode()]);
    let sent = published(2);
    let service = Service::answering(&[
        (200, &full),
        (200, &sent),
        (200, "{}"),
        (200, "{}"),
        (200, "{}"),
        (200, "{}"),
    ]);
    let tally = resend(&home(&service), &Resending::All).await.unwrap();
    assert_eq!((tally.resent, tally.refused, tally.stopped), (2, 0, None));
    let asked = service.asked();
    assert!(
        asked[1].contains("urn%3Acounterfoil%3Aformer-stage"),
        "its source is part of what a subscriber knows it by"
    );
    assert_eq!(
        [2, 3].map(|place| json_of(&asked, place)["ReceiptHandle"].clone()),
        [json!("r-0"), json!("r-1")]
    );
}

#[tokio::test]
async fn while_the_topic_is_away_everything_stays_and_is_given_back() {
    let full = messages(&[&parked(1).encode(), &parked(2).encode()]);
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>";
    let service = Service::answering(&[
        (200, &full),
        (403, denied),
        (200, r#"{"Successful":[],"Failed":[]}"#),
    ]);
    let tally = resend(&home(&service), &Resending::All).await.unwrap();
    assert_eq!(
        (tally.resent, tally.stopped.unwrap().code.as_str()),
        (0, "aws-denied")
    );
    let back = json_of(&service.asked(), 2);
    assert_eq!(back["Entries"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_alone_is_made_a_notice_of_again_from_its_entry() {
    let stored = entry(&envelope(1, "m"), None);
    let item = told(&crate::item::item(&stored));
    let parked = Parked {
        what: What::Change(reference(1), None),
        ..parked(1)
    };
    let full = messages(&[&parked.encode()]);
    let (head, sent) = (json!({"Item": item}).to_string(), published(1));
    let service = Service::answering(&[
        (200, &full),
        (200, &head),
        (200, &sent),
        (200, "{}"),
        (200, "{}"),
        (200, "{}"),
    ]);
    let tally = resend(
        &home(&service),
        &Resending::Named(vec![reference(1).to_string()]),
    )
    .await
    .unwrap();
    assert_eq!((tally.resent, tally.refused), (1, 0));
    let asked = service.asked();
    assert_eq!(json_of(&asked, 1)["ConsistentRead"], true);
    assert!(
        asked[2].contains(&format!("{}%3A1", reference(1).id)),
        "{}",
        asked[2]
    );
    assert!(!asked[2].contains("ada"), "nothing that was submitted");
}

#[tokio::test]
async fn a_table_is_scanned_and_a_form_is_asked_partition_by_partition() {
    let (since, until) = (THEN, THEN.plus(std::time::Duration::from_secs(3600)));
    let last = json!({"pk": {"S": "contact#3"}, "sk": {"S": "x"}});
    let begun = json!({"Items": [], "LastEvaluatedKey": last}).to_string();
    let service = Service::answering(&[(200, &begun), (200, r#"{"Items":[]}"#)]);
    let tally = rebuild(
        &home(&service),
        &Range {
            since,
            until,
            form: None,
        },
    )
    .await
    .unwrap();
    assert_eq!(
        (tally.rebuilt, tally.refused, service.asked().len()),
        (0, 0, 2)
    );
    let [first, second] = [0, 1].map(|place| json_of(&service.asked(), place));
    assert_eq!(
        (&first["ConsistentRead"], &first["ExclusiveStartKey"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        first["FilterExpression"],
        "updated_at >= :since AND NOT begins_with(pk, :other)"
    );
    assert_eq!(
        first["ExpressionAttributeValues"][":since"]["N"],
        THEN.as_millis().to_string()
    );
    assert_eq!(second["ExclusiveStartKey"], last);
    let asks: Vec<&str> = first["ExpressionAttributeNames"]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        asks.contains(&"state") && !asks.contains(&"payload") && !asks.contains(&"raw"),
        "{asks:?}"
    );

    let service = Service::answering(&[(200, r#"{"Items":[]}"#); 32]);
    let form = FormId::parse("contact");
    rebuild(&home(&service), &Range { since, until, form })
        .await
        .unwrap();
    let asked = service.asked();
    let partitions: Vec<Value> = (0..32)
        .map(|place| json_of(&asked, place)["ExpressionAttributeValues"][":pk"]["S"].clone())
        .collect();
    assert_eq!(
        partitions,
        (0..32)
            .map(|n| json!(format!("contact#{n}")))
            .collect::<Vec<_>>()
    );
    assert!(
        asked
            .iter()
            .all(|asked| asked.contains("\"ConsistentRead\":true"))
    );
}

#[tokio::test]
async fn what_lambda_gave_up_on_is_made_good_by_all_that_changed_then() {
    let mut stored = entry(&envelope(1, "m"), None);
    stored.head.updated_at = Timestamp::parse("2026-11-22T22:14:30Z").unwrap();
    let mut other = entry(&envelope(2, "m"), None);
    other.head.updated_at = Timestamp::parse("2026-11-22T22:30:00Z").unwrap();
    let item = |entry| told(&crate::item::item(entry));
    let found = json!({"Items": [item(&stored), item(&other)]}).to_string();
    let (full, sent) = (messages(&[GAVE_UP]), published(1));
    let service = Service::answering(&[
        (200, &full),
        (200, "{}"),
        (200, "{}"),
        (200, &found),
        (200, &sent),
        (200, "{}"),
    ]);
    let tally = resend(&home(&service), &Resending::All).await.unwrap();
    assert_eq!((tally.resent, tally.rebuilt, tally.refused), (1, 1, 0));
    let asked = service.asked();
    assert!(
        asked[4].contains(&stored.head.of.id.to_string())
            && !asked[4].contains(&other.head.of.id.to_string())
    );
    assert_eq!(json_of(&asked, 5)["ReceiptHandle"], "r-0");
}
