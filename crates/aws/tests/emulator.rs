//! The contract suites on an AWS emulator: any endpoint that speaks DynamoDB, SQS and SNS. What it is told here is told
//! AWS by the template; where an emulator deviates, a comment says so.
#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_aws::{DynamoLedger, SnsTopic, SqsQueue};
use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::operations::change;
use counterfoil_core::operations::history::{Deed, Verb, Who};
use counterfoil_core::operations::worklist::{Filter, Order};
use counterfoil_core::ports::{Deeds, Ledger, Polls, Publisher, Queue, Write};
use counterfoil_core::{Cause, Fault, State};
use counterfoil_testkit::build::{THEN, entry, envelope, reference};
use counterfoil_testkit::contract;

/// Receives of up to a second each before a message counts as lost.
const TRIES: usize = 20;

/// The emulator, and things on it that nobody else uses.
struct Emulator {
    account: Account,
    name: String,
}

/// The emulator that the environment names; `None`, and a word about it, without one.
#[allow(clippy::disallowed_methods, reason = "the one setting of this test; what it tests reads none")]
fn emulator() -> Option<Emulator> {
    let Ok(endpoint) = std::env::var("COUNTERFOIL_EMULATOR") else {
        println!("SKIPPED: set COUNTERFOIL_EMULATOR=http://127.0.0.1:PORT to where MiniStack or LocalStack listens");
        return None;
    };
    let account = Account {
        region: "us-east-1".into(),
        key_id: "test".into(),
        secret: "test".into(),
        session_token: None,
        endpoint: Some(endpoint),
    };
    let random = RandomState::new().build_hasher().finish();
    Some(Emulator { account, name: format!("counterfoil-{random:016x}") })
}

/// A service's own client, for what the adapters have no use for.
macro_rules! own_client {
    ($service:ident, $emulator:expr) => {{
        let account = &$emulator.account;
        let credentials = aws_credential_types::Credentials::new("test", "test", None, None, "test");
        let config = $service::config::Builder::new()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region(aws_types::region::Region::new(account.region.clone()))
            .credentials_provider(credentials)
            .http_client(http())
            .endpoint_url(account.endpoint.clone().unwrap());
        $service::Client::from_conf(config.build())
    }};
}

impl Emulator {
    fn ledger(&self, table: &str) -> DynamoLedger {
        DynamoLedger::new(&self.account, http(), Patience::default(), table.into())
    }

    fn queue(&self, url: &str) -> SqsQueue {
        SqsQueue::new(&self.account, http(), Patience::default(), url.into())
    }

    async fn create_table(&self) {
        let attribute = |name: &str, kind| {
            AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
        };
        let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
        // As in the template, to which its own test holds it.
        let carried = ["state", "cause", "attempts", "run", "verdict_run", "updated_at", "hold"].map(str::to_owned);
        let projection = Projection::builder().projection_type(ProjectionType::Include);
        let index = GlobalSecondaryIndex::builder()
            .index_name("view")
            .key_schema(key("view", KeyType::Hash))
            .key_schema(key("received_at", KeyType::Range))
            .projection(projection.set_non_key_attributes(Some(carried.into())).build());
        let create = own_client!(aws_sdk_dynamodb, self).create_table().table_name(&self.name);
        let create = create.billing_mode(BillingMode::PayPerRequest);
        let text = ["pk", "sk", "view"].map(|name| attribute(name, ScalarAttributeType::S));
        let create = create.set_attribute_definitions(Some(text.into()));
        let create = create.attribute_definitions(attribute("received_at", ScalarAttributeType::N));
        let create = create.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
        let create = create.global_secondary_indexes(index.build().unwrap());
        // Both emulators answer when the table is there; AWS would have to be waited for.
        create.send().await.unwrap();
    }

    async fn create_queue(&self) -> String {
        let created = own_client!(aws_sdk_sqs, self).create_queue().queue_name(&self.name).send().await.unwrap();
        created.queue_url.unwrap()
    }

    /// Receives until `enough` says so; each message stays hidden for a minute.
    async fn receive(&self, url: &str, enough: usize) -> Vec<Message> {
        let client = own_client!(aws_sdk_sqs, self);
        let mut messages = Vec::new();
        for _ in 0..TRIES {
            let receive = client.receive_message().queue_url(url).wait_time_seconds(1).visibility_timeout(60);
            let receive = receive.max_number_of_messages(10).message_attribute_names("All");
            let receive = receive.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount);
            messages.extend(receive.send().await.unwrap().messages.unwrap_or_default());
            if messages.len() >= enough {
                return messages;
            }
        }
        panic!("{} of {enough} messages came", messages.len());
    }
}

fn receives(message: &Message) -> &str {
    &message.attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount]
}

fn attribute<'a>(message: &'a Message, name: &str) -> &'a str {
    message.message_attributes().unwrap()[name].string_value().unwrap()
}

#[tokio::test]
async fn the_ledger_keeps_its_contract() {
    let Some(emulator) = emulator() else { return };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    ledger.warm().await;
    contract::ledger(&ledger).await;
}

#[tokio::test]
async fn the_ports_of_operations_keep_their_contract() {
    let Some(emulator) = emulator() else { return };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    contract::operations::operations(&ledger).await;
    an_undone_discard_keeps_its_history(&ledger).await;
}

/// Earlier lines are written again with the row: they expire when it does.
async fn an_undone_discard_keeps_its_history(ledger: &DynamoLedger) {
    let dead = entry(&envelope(200, "m"), Some(Cause::gave_up(20)));
    ledger.insert(&dead).await.unwrap();
    let who = || Who::parse("ada").unwrap();
    let discarded = change::discarded(&dead.head, Some(THEN.plus(Duration::from_secs(1_000_000_000))), THEN).unwrap();
    assert_eq!(ledger.act(&discarded, &Deed::new(Verb::Discard, who()), None).await.unwrap(), Write::Done);
    let undone = change::undone(&discarded, THEN).unwrap();
    assert_eq!(ledger.act(&undone, &Deed::new(Verb::Undo, who()), None).await.unwrap(), Write::Done);
    let history = ledger.history(&dead.head.of).await.unwrap();
    assert_eq!(history.iter().map(|line| line.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(ledger.head(&dead.head.of).await.unwrap(), Some(undone.clone()));
    assert_eq!(
        ledger.insert(&dead).await.unwrap(),
        Write::Refused(Some(Box::new(undone))),
        "a transaction brings the row too"
    );
}

#[tokio::test]
async fn what_was_accepted_in_one_millisecond_is_listed_once_each() {
    let Some(emulator) = emulator() else { return };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    // More than one read of a partition takes, and some before and after.
    for number in 0..=220 {
        let mut dead = entry(&envelope(number, "m"), Some(Cause::gave_up(20)));
        let late = if number < 5 {
            0
        } else if number < 215 {
            1
        } else {
            2
        };
        dead.head.received_at = THEN.plus(Duration::from_millis(late));
        ledger.insert(&dead).await.unwrap();
    }
    for most in [7, 1000] {
        let oldest = contract::operations::all(&ledger, &Filter::default(), Order::OldestFirst, most).await;
        assert_eq!(oldest.len(), 221);
        assert!(oldest.is_sorted_by(|one, next| one.place() < next.place()), "in pages of {most}");
        let mut newest = contract::operations::all(&ledger, &Filter::default(), Order::NewestFirst, most).await;
        newest.reverse();
        assert_eq!(newest, oldest);
    }
}

#[tokio::test]
async fn a_message_comes_back_as_it_was_sent_and_when_it_was_told_to() {
    let Some(emulator) = emulator() else { return };
    let url = emulator.create_queue().await;
    let queue = emulator.queue(&url);
    queue.warm().await;
    let body = envelope(1, "é 😀 \u{1}").encode();
    queue.send(&reference(1), body.clone()).await.unwrap();
    let first = emulator.receive(&url, 1).await;
    assert_eq!((first[0].body(), receives(&first[0])), (Some(body.as_str()), "1"));
    assert_eq!((attribute(&first[0], "form"), attribute(&first[0], "id")), ("contact", &*reference(1).id.to_string()));
    queue.hide(first[0].receipt_handle().unwrap(), 0).await.unwrap();
    assert_eq!(receives(&emulator.receive(&url, 1).await[0]), "2", "it was hidden for a minute, and then for nothing");
    assert!(matches!(queue.hide("garbage", 30).await.unwrap_err(), Fault::Transient { .. }));
}

#[tokio::test]
async fn notices_reach_a_subscriber_each_with_what_to_filter_on() {
    let Some(emulator) = emulator() else { return };
    let sns = own_client!(aws_sdk_sns, emulator);
    let arn = sns.create_topic().name(&emulator.name).send().await.unwrap().topic_arn.unwrap();
    let url = emulator.create_queue().await;
    let of_the_queue = arn.replace(":sns:", ":sqs:");
    let subscribe = sns.subscribe().topic_arn(&arn).protocol("sqs").endpoint(of_the_queue);
    subscribe.attributes("RawMessageDelivery", "true").send().await.unwrap();
    let topic = SnsTopic::new(&emulator.account, http(), Patience::default(), arn);
    topic.warm().await;
    let change = |number| Change { of: reference(number), seq: 1, state: State::Stored, run: 0, cause: None, at: THEN };
    let notices: Vec<Notice> = (0..11).map(|number| Notice::of(&change(number), "test")).collect();
    for result in topic.publish(&notices).await {
        result.unwrap();
    }
    let messages = emulator.receive(&url, 11).await;
    let sent: BTreeSet<String> = notices.iter().map(|notice| serde_json::to_string(notice).unwrap()).collect();
    let came: BTreeSet<String> = messages.iter().map(|message| message.body().unwrap().to_owned()).collect();
    assert_eq!(came, sent);
    assert!(messages.iter().all(|m| (attribute(m, "form"), attribute(m, "state")) == ("contact", "stored")));
}

#[tokio::test]
async fn what_is_not_there_is_a_fault_that_may_pass() {
    let Some(emulator) = emulator() else { return };
    let ledger = emulator.ledger(&emulator.name);
    let queue =
        emulator.queue(&format!("{}/000000000000/{}", emulator.account.endpoint.clone().unwrap(), emulator.name));
    let faults = [
        ledger.insert(&entry(&envelope(1, "m"), None)).await.unwrap_err(),
        ledger.head(&reference(1)).await.unwrap_err(),
        queue.send(&reference(1), "{}".into()).await.unwrap_err(),
    ];
    for fault in faults {
        assert_eq!((fault.cause().code.as_str(), matches!(fault, Fault::Transient { .. })), ("aws-not-found", true));
    }
}
