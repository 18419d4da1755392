//! What PublishBatch is asked, and what its answers mean notice by notice.

use counterfoil_core::State;
use counterfoil_core::notice::Change;
use counterfoil_testkit::build::{THEN, reference};

use super::*;
use crate::testing::{Service, account};

fn notices(count: u8) -> Vec<Notice> {
    let change = |number| Change {
        of: reference(number),
        seq: 1,
        state: State::Stored,
        run: 0,
        cause: None,
        at: THEN,
    };
    (0..count)
        .map(|number| Notice::new(&change(number), "prod"))
        .collect()
}

fn topic(service: &Service) -> SnsTopic {
    SnsTopic::new(
        &account(),
        service.http(),
        Patience::default(),
        "arn:aws:sns:eu-central-1:1:outcomes".into(),
    )
}

/// An answer of SNS: these ids were published, these (id, code) were not.
fn answer(done: &[usize], failed: &[(usize, &str)]) -> String {
    let failed: Vec<_> = failed
        .iter()
        .map(|(id, code)| (*id, *code, "Message too long"))
        .collect();
    answer_saying(done, &failed)
}

/// As above, with messages.
fn answer_saying(done: &[usize], failed: &[(usize, &str, &str)]) -> String {
    let done = done
        .iter()
        .map(|id| format!("<member><Id>{id}</Id><MessageId>m-{id}</MessageId></member>"));
    let failed = failed.iter().map(|(id, code, message)| {
        let fault = *code != "InternalError";
        format!("<member><Id>{id}</Id><Code>{code}</Code><Message>{message}</Message><SenderFault>{fault}</SenderFault></member>")
    });
    format!(
        "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult><Successful>{}</Successful>\
         <Failed>{}</Failed></PublishBatchResult></PublishBatchResponse>",
        done.collect::<String>(),
        failed.collect::<String>()
    )
}

async fn check(count: u8, answers: &[(u16, &str)]) -> (Vec<String>, usize) {
    let service = Service::answering(answers);
    let results = topic(&service).publish(&notices(count)).await;
    let words = results
        .into_iter()
        .map(|result| result.map_or_else(|fault| fault.cause().code, |()| "ok".into()));
    (words.collect(), service.asked().len())
}

#[tokio::test]
async fn ten_notices_are_one_call() {
    let (ten, one) = (answer(&(0..10).collect::<Vec<_>>(), &[]), answer(&[0], &[]));
    assert_eq!(
        check(11, &[(200, &ten), (200, &one)]).await,
        (vec!["ok".to_owned(); 11], 2)
    );
    assert_eq!(check(0, &[]).await, (vec![], 0));
}

#[tokio::test]
async fn each_notice_has_its_own_result() {
    let partly = answer(&[0, 2], &[(1, "InvalidParameter"), (3, "InternalError")]);
    assert_eq!(
        check(4, &[(200, &partly)]).await.0,
        ["ok", "too-large", "ok", "aws-error"]
    );
}

#[tokio::test]
async fn a_notice_that_is_not_answered_for_is_not_published() {
    assert_eq!(
        check(3, &[(200, &answer(&[2], &[]))]).await.0,
        ["aws-answer", "aws-answer", "ok"]
    );
    assert_eq!(
        check(1, &[(200, &answer(&[7], &[]))]).await.0,
        ["aws-answer"]
    );
}

#[tokio::test]
async fn a_call_that_fails_publishes_nothing_of_its_batch() {
    let denied = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>";
    assert_eq!(
        check(2, &[(403, denied)]).await.0,
        ["aws-denied", "aws-denied"]
    );
}

/// What a refusal of the second of two means, by whether the first was taken.
async fn of_one(code: &str, message: &str) -> [String; 2] {
    let with = answer_saying(&[0], &[(1, code, message)]);
    let alone = answer_saying(&[], &[(0, code, message)]);
    let [_, with] = check(2, &[(200, &with)]).await.0.try_into().unwrap();
    let [alone] = check(1, &[(200, &alone)]).await.0.try_into().unwrap();
    [with, alone]
}

#[tokio::test]
async fn a_refusal_is_the_notices_own_only_where_it_cannot_be_the_topics() {
    let twice = |code: &str| [code.to_owned(), code.to_owned()];
    for (code, message, expected) in [
        (
            "InvalidParameter",
            "Invalid parameter: Message too long",
            "too-large",
        ),
        (
            "InvalidParameter",
            "Invalid parameter: Message Reason: cannot be read",
            "refused",
        ),
        (
            "InvalidParameterValue",
            "The message attribute is not valid",
            "refused",
        ),
        ("ParameterValueInvalid", "", "refused"),
        ("ValidationException", "", "refused"),
        ("ValidationError", "", "refused"),
        // Every message would be refused for these.
        (
            "InvalidParameter",
            "Invalid parameter: TopicArn",
            "aws-error",
        ),
        (
            "InvalidParameter",
            "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
            "aws-error",
        ),
        ("AuthorizationError", "", "aws-denied"),
        ("NotFound", "Topic does not exist", "aws-not-found"),
        ("InternalError", "", "aws-error"),
        ("Throttled", "", "aws-throttled"),
        ("KMSAccessDenied", "", "aws-error"),
        ("KMSThrottling", "", "aws-error"),
        ("KMSDisabled", "", "aws-error"),
        ("EndpointDisabled", "", "aws-error"),
        ("InvalidSecurity", "", "aws-error"),
    ] {
        assert_eq!(
            of_one(code, message).await,
            twice(expected),
            "{code} {message}"
        );
    }
    // What nobody knows is the notice's own fault when the topic has just taken another.
    assert_eq!(of_one("SomethingNew", "").await, ["refused", "aws-error"]);
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

#[tokio::test]
async fn a_call_refused_because_of_one_of_its_notices_says_so() {
    for (code, message, together, alone) in [
        (
            "BatchRequestTooLong",
            "Batch requests cannot be longer than 262144 bytes",
            "refused-together",
            "refused",
        ),
        (
            "InvalidParameter",
            "Invalid parameter: Message too long",
            "refused-together",
            "too-large",
        ),
        (
            "InvalidParameter",
            "Invalid parameter: Message",
            "refused-together",
            "refused",
        ),
        (
            "InvalidParameter",
            "Invalid parameter: TopicArn",
            "aws-error",
            "aws-error",
        ),
        (
            "NotFound",
            "Topic does not exist",
            "aws-not-found",
            "aws-not-found",
        ),
        ("AuthorizationError", "no", "aws-denied", "aws-denied"),
        ("KMSDisabled", "no", "aws-error", "aws-error"),
        ("SomethingNew", "no", "aws-error", "aws-error"),
    ] {
        let answer = refusal(code, message);
        let both = check(2, &[(400, &answer)]).await.0;
        assert_eq!(both, [together, together], "{code} {message}");
        assert_eq!(
            check(1, &[(400, &answer)]).await.0,
            [alone],
            "{code} {message}"
        );
    }
}

#[tokio::test]
async fn a_refusal_quotes_nothing_of_a_notice() {
    let answer = answer_saying(&[], &[(0, "InvalidParameter", "Invalid parameter: SECRET")]);
    let service = Service::answering(&[(200, &answer)]);
    let results = topic(&service).publish(&notices(1)).await;
    assert!(!format!("{results:?}").contains("SECRET"), "{results:?}");
}

#[tokio::test]
async fn subscribers_can_filter_by_form_and_state() {
    let service = Service::answering(&[(200, &answer(&[0], &[]))]);
    topic(&service).publish(&notices(1)).await;
    let asked = &service.asked()[0];
    for part in [
        "Name=form",
        "StringValue=contact",
        "Name=state",
        "StringValue=stored",
        "Id=0",
    ] {
        assert!(asked.contains(part), "{part} is not in {asked}");
    }
}

#[tokio::test]
async fn warming_asks_for_nothing_and_shows_no_credentials() {
    let service = Service::answering(&[(200, "healthy")]);
    topic(&service).warm().await;
    service.was_knocked_at();
}
