//! What a poll reads of the marks: times of two small items, the second only where the first does not say it.

use counterfoil_testkit::build::{THEN, reference};
use serde_json::{Value, json};

use super::*;
use crate::testing::{Service, ledger};

/// What these items tell, or why not; and what was asked.
async fn told(items: &[&str]) -> (Result<Seen, Fault>, Vec<Value>) {
    let answers: Vec<_> = items.iter().map(|item| (200, *item)).collect();
    let service = Service::answering(&answers);
    let ledger = ledger(&service);
    let told = ledger.seen(&reference(1), THEN).await;
    let asked = service.asked();
    let asked = asked.iter().map(|body| serde_json::from_str(body).unwrap());
    (told, asked.collect())
}

fn watermark(at: i64) -> String {
    let upto = reference(1).id;
    format!(
        r#"{{"Item":{{"upto_at":{{"N":"{at}"}},"upto_id":{{"S":"{upto}"}},"seen_at":{{"N":"9"}}}}}}"#
    )
}

#[tokio::test]
async fn a_mark_of_its_own_is_one_read_and_the_watermark_a_second_of_times_alone() {
    let (seen, asked) = told(&[r#"{"Item":{"seen_at":{"N":"7"},"answered_at":{"N":"8"}}}"#]).await;
    let times = [7, 8].map(|at| Some(Timestamp::from_millis(at)));
    let seen = seen.unwrap();
    assert_eq!(([seen.seen_at, seen.answered_at], asked.len()), (times, 1));
    let (seen, asked) = told(&["{}", "{}"]).await;
    assert_eq!(seen.unwrap(), Seen::default());
    let keys = [
        json!({"pk": {"S": "!mark#contact#7"}, "sk": {"S": reference(1).id.to_string()}}),
        json!({"pk": {"S": "!mark#contact"}, "sk": {"S": "upto"}}),
    ];
    assert_eq!(asked.len(), keys.len());
    for (asked, key) in asked.iter().zip(&keys) {
        assert_eq!(&asked["Key"], key);
        assert_eq!(
            asked["ProjectionExpression"],
            "seen_at,answered_at,upto_at,upto_id"
        );
    }
}

#[tokio::test]
async fn a_watermark_takes_what_is_at_it_and_not_what_is_after_it() {
    let then = THEN.as_millis();
    for (at, seen_at) in [(then, Some(9)), (then + 1, Some(9)), (then - 1, None)] {
        let (seen, _) = told(&[
            r#"{"Item":{"answered_at":{"N":"8"}}}"#,
            watermark(at).as_str(),
        ])
        .await;
        let seen = seen.unwrap();
        assert_eq!(seen.seen_at, seen_at.map(Timestamp::from_millis), "{at}");
        assert_eq!(seen.answered_at, Some(Timestamp::from_millis(8)));
    }
}

#[tokio::test]
async fn what_a_newer_program_wrote_is_a_fault_and_no_mark() {
    for items in [
        &[r#"{"Item":{"seen_at":{"S":"yesterday"}}}"#][..],
        &["{}", r#"{"Item":{"upto_at":{"N":"9"}}}"#],
    ] {
        let (seen, _) = told(items).await;
        let fault = seen.unwrap_err().to_string();
        assert!(fault.contains(&reference(1).to_string()), "{fault}");
    }
}
