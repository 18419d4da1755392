//! What a mark writes and reads. The contract itself is held on the emulator.

use counterfoil_testkit::build::{THEN, reference};
use serde_json::{Value, json};

use super::*;
use crate::item::partition;
use crate::seen::MARK;
use crate::testing::table::Table;
use crate::testing::{Service, ledger};

const REFUSED: &str =
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#;

fn asked(service: &Service) -> Vec<Value> {
    service
        .asked()
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect()
}

fn made(by: &str) -> Made {
    Made {
        at: THEN,
        by: Actor::parse(by).unwrap(),
    }
}

fn spot(number: u8) -> Spot {
    Spot {
        listed_at: THEN,
        of: reference(number),
    }
}

#[tokio::test]
async fn a_mark_is_one_small_write_that_the_stream_leaves_out_and_the_first_stays() {
    let service = Service::answering(&[(200, "{}"), (400, REFUSED), (200, "{}"), (400, REFUSED)]);
    let ledger = ledger(&service);
    for made in [Some(made("Ada")), Some(made("Bob")), None, None] {
        ledger
            .mark(&reference(1), Mark::Answered, made.as_ref())
            .await
            .unwrap();
    }
    let [put, _, taken, _] = asked(&service).try_into().unwrap();
    assert_eq!(
        put["Key"],
        json!({"pk": {"S": "!mark#contact#7"}, "sk": {"S": reference(1).id.to_string()}})
    );
    assert_eq!(
        put["ConditionExpression"],
        "attribute_not_exists(answered_at)"
    );
    assert_eq!(
        put["UpdateExpression"],
        "SET answered_at = :at, answered_by = :by"
    );
    assert_eq!(put["ExpressionAttributeValues"][":by"]["S"], "Ada");
    assert_eq!(taken["UpdateExpression"], "REMOVE answered_at, answered_by");
    assert_eq!(
        taken["ConditionExpression"], "attribute_exists(answered_at)",
        "no item is made of nothing"
    );
}

#[tokio::test]
async fn a_watermark_is_written_over_an_earlier_one_alone() {
    let service = Service::answering(&[(200, "{}"), (400, REFUSED)]);
    let watermark = Watermark {
        upto: spot(2),
        made: made("Ada"),
    };
    for _ in 0..2 {
        ledger(&service)
            .see_all(&reference(1).form, &watermark)
            .await
            .unwrap();
    }
    let asked = &asked(&service)[0];
    assert_eq!(
        asked["Key"],
        json!({"pk": {"S": "!mark#contact"}, "sk": {"S": "upto"}})
    );
    assert_eq!(asked["ConditionExpression"], GOES_ON);
    assert_eq!(
        asked["ExpressionAttributeValues"][":upto_id"]["S"],
        reference(2).id.to_string()
    );
}

#[tokio::test]
async fn marks_are_read_in_one_call_for_a_hundred_and_what_is_left_out_again() {
    let table = Table {
        at_once: 7,
        ..Table::default()
    };
    let key = |number| json!({"S": reference(number).id.to_string()});
    let pk = |number| json!({"S": partition(MARK, &reference(number))});
    let (at, by) = (
        json!({"N": THEN.as_millis().to_string()}),
        json!({"S": "Ada"}),
    );
    table.put(json!({"pk": pk(9), "sk": key(9), "seen_at": at, "seen_by": by}));
    table.put(json!({"pk": pk(8), "sk": key(8), "answered_at": at, "answered_by": {"N": "1"}}));
    let water = json!({"pk": {"S": "!mark#contact"}, "sk": {"S": "upto"}, "upto_at": at, "upto_id": key(3),
        "seen_at": at, "seen_by": {"S": "Bob"}});
    table.put(water);
    let spots: Vec<Spot> = (0..=9).chain([9]).map(spot).collect();
    let marks = table.ledger().marks_of(&spots).await.unwrap();
    assert_eq!(
        table.calls.lock().unwrap()["BatchGetItem"],
        2,
        "seven of eleven at once, and the rest"
    );
    let seen = |number: usize| {
        marks[number]
            .as_ref()
            .unwrap()
            .seen
            .as_ref()
            .map(|made| made.by.as_str())
    };
    assert_eq!(
        [0, 3, 4, 9, 10].map(seen),
        [Some("Bob"), Some("Bob"), None, Some("Ada"), Some("Ada")]
    );
    let told = marks[8].as_ref().unwrap_err().to_string();
    assert!(told.contains(&reference(8).to_string()), "{told}");
    assert!(table.ledger().marks(&spots).await.is_err());
    assert_eq!(table.ledger().marks(&[]).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_left_out_for_ever_is_a_fault_that_may_pass() {
    let left = json!({"Responses": {}, "UnprocessedKeys": {"entries": {"Keys": [
        {"pk": {"S": "!mark#contact"}, "sk": {"S": "upto"}}, {"pk": {"S": "!mark#contact#7"}, "sk": {"S": "a"}}]}}});
    let service = Service::answering(&[(200, left.to_string().as_str()); 6]);
    let fault = ledger(&service).marks(&[spot(1)]).await.unwrap_err();
    assert_eq!(
        (fault.cause().code.as_str(), service.asked().len()),
        ("aws-throttled", 6)
    );
}
