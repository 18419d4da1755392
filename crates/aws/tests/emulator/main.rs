//! The contract suites on AWS emulators: any endpoint that speaks DynamoDB, SQS and SNS. What they are told here is told
//! AWS by the template; where an emulator deviates, a comment says so.
#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

mod catalogue;
mod deliveries;
mod given;
mod notices;
mod operations;
mod redrive;
#[path = "../../../../tests/support/wait.rs"]
mod wait;

use std::collections::BTreeSet;

use counterfoil_aws::SnsTopic;
use counterfoil_aws::client::{Patience, http};
use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::ports::{Ledger, Polls, Publisher, Queue};
use counterfoil_core::{Fault, State, SubmissionRef};
use counterfoil_testkit::build::{THEN, entry, envelope, reference};
use counterfoil_testkit::contract;
use given::{Emulator, attribute, own_client, receives};

#[tokio::test]
async fn the_ledger_keeps_its_contract() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    ledger.warm().await;
    contract::ledger(&ledger).await;
}

#[tokio::test]
async fn what_time_to_live_takes_leaves_what_the_contract_says() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let expire = async |of: &SubmissionRef| emulator.take(of).await;
    contract::expiring(&emulator.ledger(&emulator.name), expire).await;
}

#[tokio::test]
async fn the_counters_keep_their_contract() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    contract::counters::counters(&emulator.ledger(&emulator.name)).await;
}

#[tokio::test]
async fn a_message_comes_back_as_it_was_sent_and_when_it_was_told_to() {
    for emulator in given::with_queues() {
        comes_back(&emulator).await;
    }
}

async fn comes_back(emulator: &Emulator) {
    let url = emulator.create_queue().await;
    let queue = emulator.queue(&url);
    queue.warm().await;
    let body = envelope(1, "é 😀 \u{1}").encode();
    queue.send(&reference(1), body.clone()).await.unwrap();
    let first = emulator.receive(&url, 1).await;
    assert_eq!(
        (first[0].body(), receives(&first[0])),
        (Some(body.as_str()), "1")
    );
    assert_eq!(
        (attribute(&first[0], "form"), attribute(&first[0], "id")),
        ("contact", &*reference(1).id.to_string())
    );
    queue
        .hide(first[0].receipt_handle().unwrap(), 0)
        .await
        .unwrap();
    assert_eq!(
        receives(&emulator.receive(&url, 1).await[0]),
        "2",
        "it was hidden for a minute, and then for nothing"
    );
    assert!(matches!(
        queue.hide("garbage", 30).await.unwrap_err(),
        Fault::Transient { .. }
    ));
}

#[tokio::test]
async fn notices_reach_a_subscriber_each_with_what_to_filter_on() {
    for emulator in given::with_queues() {
        reach_a_subscriber(&emulator).await;
    }
}

async fn reach_a_subscriber(emulator: &Emulator) {
    let sns = own_client!(aws_sdk_sns, emulator);
    let arn = sns
        .create_topic()
        .name(&emulator.name)
        .send()
        .await
        .unwrap()
        .topic_arn
        .unwrap();
    let url = emulator.create_queue().await;
    let of_the_queue = arn.replace(":sns:", ":sqs:");
    let subscribe = sns
        .subscribe()
        .topic_arn(&arn)
        .protocol("sqs")
        .endpoint(of_the_queue);
    subscribe
        .attributes("RawMessageDelivery", "true")
        .send()
        .await
        .unwrap();
    let topic = SnsTopic::new(&emulator.account, http(), Patience::default(), arn);
    topic.warm().await;
    let change = |number| Change {
        of: reference(number),
        seq: 1,
        state: State::Stored,
        run: 0,
        cause: None,
        at: THEN,
    };
    let notices: Vec<Notice> = (0..11)
        .map(|number| Notice::new(&change(number), "test"))
        .collect();
    for result in topic.publish(&notices).await {
        result.unwrap();
    }
    let messages = emulator.receive(&url, 11).await;
    let sent: BTreeSet<String> = notices
        .iter()
        .map(|notice| serde_json::to_string(notice).unwrap())
        .collect();
    let came: BTreeSet<String> = messages
        .iter()
        .map(|message| message.body().unwrap().to_owned())
        .collect();
    assert_eq!(came, sent);
    assert!(
        messages
            .iter()
            .all(|m| (attribute(m, "form"), attribute(m, "state")) == ("contact", "stored"))
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_fault_that_may_pass() {
    let passes = |fault: Fault| (fault.cause().code, matches!(fault, Fault::Transient { .. }));
    let expected = ("aws-not-found".to_owned(), true);
    for emulator in given::with_queues() {
        let nowhere = format!(
            "{}/000000000000/{}",
            emulator.account.endpoint.clone().unwrap(),
            emulator.name
        );
        let refused = emulator
            .queue(&nowhere)
            .send(&reference(1), "{}".into())
            .await
            .unwrap_err();
        assert_eq!(passes(refused), expected);
    }
    let Some(emulator) = given::with_all() else {
        return;
    };
    let ledger = emulator.ledger(&emulator.name);
    assert_eq!(
        passes(
            ledger
                .insert(&entry(&envelope(1, "m"), None))
                .await
                .unwrap_err()
        ),
        expected
    );
    assert_eq!(
        passes(ledger.head(&reference(1)).await.unwrap_err()),
        expected
    );
}
