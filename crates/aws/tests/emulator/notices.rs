//! What is set aside of notices, on SQS, SNS and DynamoDB.

use std::collections::BTreeSet;

use counterfoil_aws::client::{Patience, http};
use counterfoil_aws::{NoticeFailures, SetAside, SnsTopic};
use counterfoil_core::Cause;
use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::parked::{Origin, Parked, What};
use counterfoil_core::ports::{Aside, Ledger};
use counterfoil_operations::notices::{Resending, resend};
use counterfoil_operations::ports::Notices;
use counterfoil_testkit::build::{entry, envelope};
use counterfoil_testkit::contract::notices::{Ways, notices};
use serde_json::Value;

use crate::given::{self, Emulator, own_client};

/// Receives of a second each that a notice may take.
const TRIES: usize = 20;

/// The home, and the queue of a subscriber.
struct Given {
    emulator: Emulator,
    home: SetAside,
    subscriber: String,
}

async fn given() -> Option<Given> {
    let emulator = given::with_all()?;
    emulator.create_table().await;
    let failures = emulator.create_queue().await;
    let other = Emulator {
        account: emulator.account.clone(),
        name: format!("{}-subscriber", emulator.name),
    };
    let subscriber = other.create_queue().await;
    let sns = own_client!(aws_sdk_sns, emulator);
    let arn = sns
        .create_topic()
        .name(&other.name)
        .send()
        .await
        .unwrap()
        .topic_arn
        .unwrap();
    let subscribe = sns
        .subscribe()
        .topic_arn(&arn)
        .protocol("sqs")
        .endpoint(arn.replace(":sns:", ":sqs:"));
    subscribe
        .attributes("RawMessageDelivery", "true")
        .send()
        .await
        .unwrap();
    let home = SetAside {
        ledger: emulator.ledger(&emulator.name),
        topic: SnsTopic::new(&emulator.account, http(), Patience::default(), arn),
        queue: NoticeFailures::new(&emulator.account, http(), Patience::default(), failures),
        stage: "test".into(),
    };
    Some(Given {
        emulator,
        home,
        subscriber,
    })
}

impl Given {
    /// The ids of so many notices, taken off the subscriber's queue.
    async fn out(&self, count: usize) -> BTreeSet<String> {
        let (client, mut ids) = (own_client!(aws_sdk_sqs, self.emulator), BTreeSet::new());
        for _ in 0..TRIES {
            let receive = client
                .receive_message()
                .queue_url(&self.subscriber)
                .wait_time_seconds(1);
            let answer = receive.max_number_of_messages(10).send().await.unwrap();
            for message in answer.messages() {
                let notice: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                ids.insert(notice["id"].as_str().unwrap().to_owned());
                let delete = client.delete_message().queue_url(&self.subscriber);
                delete
                    .receipt_handle(message.receipt_handle().unwrap())
                    .send()
                    .await
                    .unwrap();
            }
            if ids.len() >= count {
                return ids;
            }
        }
        panic!("{} of {count} notices came", ids.len());
    }
}

fn parked(what: What) -> Parked {
    Parked {
        what,
        cause: Cause::undecodable("too large"),
        origin: Origin::default(),
    }
}

#[tokio::test]
async fn aws_keeps_the_contract_of_what_is_set_aside() {
    let Some(given) = given().await else { return };
    let park = async |change: &Change| {
        let notice = Notice::new(change, "test");
        given
            .home
            .queue
            .set_aside(&parked(What::Notice(Box::new(notice))))
            .await
            .unwrap();
    };
    notices(
        &given.home,
        &Ways {
            ledger: &given.home.ledger,
            park,
            out: async |count: usize| given.out(count).await,
        },
    )
    .await;
}

#[tokio::test]
async fn what_lambda_gave_up_on_and_what_has_only_a_key_comes_out_too() {
    let Some(given) = given().await else { return };
    let row = entry(&envelope(1, "what was submitted"), None);
    given.home.ledger.insert(&row).await.unwrap();
    given
        .home
        .queue
        .set_aside(&parked(What::Change(row.head.of.clone(), None)))
        .await
        .unwrap();
    let at = row.head.updated_at;
    let batch = format!(
        r#"{{"requestContext":{{"condition":"RecordAgeExceeded"}},"version":"1.0","DDBStreamBatchInfo":{{"batchSize":1,
        "startSequenceNumber":"1","approximateArrivalOfFirstRecord":"{at}","approximateArrivalOfLastRecord":"{at}"}}}}"#
    );
    let client = own_client!(aws_sdk_sqs, given.emulator);
    let url = client
        .get_queue_url()
        .queue_name(&given.emulator.name)
        .send()
        .await
        .unwrap()
        .queue_url
        .unwrap();
    client
        .send_message()
        .queue_url(url)
        .message_body(batch)
        .send()
        .await
        .unwrap();
    let tally = resend(&given.home, &Resending::All).await.unwrap();
    assert_eq!(
        (tally.resent, tally.rebuilt, tally.refused),
        (2, 1, 0),
        "{:?}",
        tally.told
    );
    assert_eq!(
        given.out(1).await,
        BTreeSet::from([format!("{}:1", row.head.of)])
    );
    assert!(given.home.parked(None, 10).await.unwrap().rows.is_empty());
}
