//! What SQS is asked for, and what its answers and refusals mean.

use serde_json::{Value, json};

use super::*;
use crate::testing::{Service, account};

const URL: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/dead-letters";
const ARN: &str = "arn:aws:sqs:eu-central-1:123456789012:dead-letters";
const REFUSED: &str = r#"{"__type": "com.amazonaws.sqs#InvalidParameterValue", "message": "There is already a task running."}"#;

/// The redrive, and what SQS is asked after its ARN was.
async fn redrive(answers: &[(u16, String)]) -> (Redrive, Service) {
    let arn = json!({"Attributes": {"QueueArn": ARN}}).to_string();
    let first = [(200, arn.as_str())];
    let answers = answers
        .iter()
        .map(|(status, body)| (*status, body.as_str()));
    let service = Service::answering(&first.into_iter().chain(answers).collect::<Vec<_>>());
    let found = Redrive::find(&account(), service.http(), Patience::default(), URL)
        .await
        .unwrap();
    assert_eq!(
        asked(&service, 0),
        json!({"QueueUrl": URL, "AttributeNames": ["QueueArn"]})
    );
    (found, service)
}

fn asked(service: &Service, place: usize) -> Value {
    serde_json::from_str(&service.asked()[place]).unwrap()
}

/// The answer of ListMessageMoveTasks with this task.
fn listed(task: &Value) -> (u16, String) {
    (200, json!({"Results": [task]}).to_string())
}

fn running() -> Value {
    json!({
        "TaskHandle": "handle-1", "Status": "RUNNING", "SourceArn": ARN, "MaxNumberOfMessagesPerSecond": 5,
        "ApproximateNumberOfMessagesMoved": 3, "ApproximateNumberOfMessagesToMove": 10,
        "StartedTimestamp": 1_795_385_651_000_i64,
    })
}

#[tokio::test]
async fn a_redrive_starts_with_its_limit_or_without_one() {
    let answers = [
        (200, "{}".to_owned()),
        (200, "{}".to_owned()),
        (200, "{}".to_owned()),
    ];
    let (redrive, service) = redrive(&answers).await;
    for limit in [None, Some(7), Some(60_000)] {
        redrive.start(limit).await.unwrap();
    }
    assert_eq!(asked(&service, 1), json!({"SourceArn": ARN}));
    assert_eq!(
        asked(&service, 2),
        json!({"SourceArn": ARN, "MaxNumberOfMessagesPerSecond": 7})
    );
    assert_eq!(
        asked(&service, 3)["MaxNumberOfMessagesPerSecond"],
        500,
        "more is refused"
    );
}

#[tokio::test]
async fn a_second_start_says_that_one_is_under_way() {
    let (redrive, _) = redrive(&[(400, REFUSED.into()), listed(&running())]).await;
    assert_eq!(
        redrive.start(None).await.unwrap_err().cause().code,
        "redrive-running"
    );
}

#[tokio::test]
async fn any_other_refusal_is_told_as_it_is() {
    let denied = r#"{"__type": "com.amazonaws.sqs#AccessDeniedException", "message": "no"}"#;
    let (redrive, _) = redrive(&[(403, denied.into()), (403, denied.into())]).await;
    assert_eq!(
        redrive.start(None).await.unwrap_err().cause().code,
        "aws-denied"
    );
}

#[tokio::test]
async fn progress_tells_all_that_sqs_says_of_the_latest_redrive() {
    let failed = json!({"Status": "FAILED", "FailureReason": "CouldNotDetermineMessageSource", "StartedTimestamp": 1});
    let odd = json!({"Status": "PAUSED"});
    let answers = [
        (200, "{}".to_owned()),
        listed(&running()),
        listed(&failed),
        listed(&odd),
    ];
    let (redrive, service) = redrive(&answers).await;
    assert_eq!(redrive.progress().await.unwrap(), None);
    let progress = Progress {
        phase: Phase::Running,
        moved: 3,
        of: Some(10),
        per_second: Some(5),
        started_at: Timestamp::from_millis(1_795_385_651_000),
        failure: None,
    };
    assert_eq!(redrive.progress().await.unwrap(), Some(progress));
    let progress = redrive.progress().await.unwrap().unwrap();
    assert_eq!(
        (progress.phase, progress.moved, progress.of),
        (Phase::Failed, 0, None)
    );
    assert_eq!(
        progress.failure.as_deref(),
        Some("CouldNotDetermineMessageSource")
    );
    assert_eq!(
        redrive.progress().await.unwrap_err().cause().code,
        "aws-answer"
    );
    assert_eq!(
        asked(&service, 1),
        json!({"SourceArn": ARN, "MaxResults": 1})
    );
}

#[tokio::test]
async fn only_what_is_under_way_is_cancelled() {
    let completed = json!({"Status": "COMPLETED", "StartedTimestamp": 1});
    let answers = [
        listed(&completed),
        listed(&running()),
        (200, "{}".to_owned()),
    ];
    let (redrive, service) = redrive(&answers).await;
    assert!(!redrive.cancel().await.unwrap());
    assert!(redrive.cancel().await.unwrap());
    assert_eq!(asked(&service, 3), json!({"TaskHandle": "handle-1"}));
}
