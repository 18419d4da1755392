//! The emulators that the environment names, and what the tests ask of them beside the adapters.

use std::hash::{BuildHasher, Hasher, RandomState};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_aws::{DynamoLedger, SqsQueue};
use counterfoil_core::SubmissionRef;

/// Receives of up to a second each before a message counts as lost.
const TRIES: usize = 20;

/// The emulator, and things on it that nobody else uses.
pub(crate) struct Emulator {
    pub(crate) account: Account,
    pub(crate) name: String,
}

/// All services: MiniStack.
const ALL: &str = "COUNTERFOIL_EMULATOR";
/// SQS with its own redrive, and SNS: LocalStack's core.
const QUEUES: &str = "COUNTERFOIL_LOCALSTACK";

/// The emulator that has all services; `None`, and a word about it, without one.
pub(crate) fn with_all() -> Option<Emulator> {
    named(ALL)
}

/// The emulator that has SQS's own redrive; `None`, and a word about it, without one.
pub(crate) fn with_redrive() -> Option<Emulator> {
    named(QUEUES)
}

/// Every emulator that has queues and topics.
pub(crate) fn with_queues() -> Vec<Emulator> {
    [named(ALL), named(QUEUES)].into_iter().flatten().collect()
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one setting of this test; what it tests reads none"
)]
fn named(variable: &str) -> Option<Emulator> {
    let Ok(endpoint) = std::env::var(variable) else {
        println!("SKIPPED: set {variable}=http://127.0.0.1:PORT, or run `cargo xtask test`");
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
    Some(Emulator {
        account,
        name: format!("counterfoil-{random:016x}"),
    })
}

/// A service's own client, for what the adapters have no use for.
macro_rules! own_client {
    ($service:ident, $emulator:expr) => {{
        let account = &$emulator.account;
        let credentials =
            aws_credential_types::Credentials::new("test", "test", None, None, "test");
        let config = $service::config::Builder::new()
            .behavior_version($service::config::BehaviorVersion::latest())
            .region(aws_types::region::Region::new(account.region.clone()))
            .credentials_provider(credentials)
            .http_client(http())
            .endpoint_url(account.endpoint.clone().unwrap());
        $service::Client::from_conf(config.build())
    }};
}
pub(crate) use own_client;

impl Emulator {
    pub(crate) fn ledger(&self, table: &str) -> DynamoLedger {
        DynamoLedger::new(&self.account, http(), Patience::default(), table.into())
    }

    pub(crate) fn queue(&self, url: &str) -> SqsQueue {
        SqsQueue::new(&self.account, http(), Patience::default(), url.into())
    }

    pub(crate) async fn create_table(&self) {
        let attribute = |name: &str, kind| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(kind)
                .build()
                .unwrap()
        };
        let key = |name: &str, kind| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .unwrap()
        };
        // As in the template, to which its own test holds it.
        let carried = [
            "state",
            "cause",
            "attempts",
            "run",
            "verdict_run",
            "updated_at",
            "hold",
        ]
        .map(str::to_owned);
        let projection = Projection::builder().projection_type(ProjectionType::Include);
        let index = GlobalSecondaryIndex::builder()
            .index_name("view")
            .key_schema(key("view", KeyType::Hash))
            .key_schema(key("received_at", KeyType::Range))
            .projection(
                projection
                    .set_non_key_attributes(Some(carried.into()))
                    .build(),
            );
        let create = own_client!(aws_sdk_dynamodb, self)
            .create_table()
            .table_name(&self.name);
        let create = create.billing_mode(BillingMode::PayPerRequest);
        let text = ["pk", "sk", "view"].map(|name| attribute(name, ScalarAttributeType::S));
        let create = create.set_attribute_definitions(Some(text.into()));
        let create = create.attribute_definitions(attribute("received_at", ScalarAttributeType::N));
        let create = create
            .key_schema(key("pk", KeyType::Hash))
            .key_schema(key("sk", KeyType::Range));
        let create = create.global_secondary_indexes(index.build().unwrap());
        // Both emulators answer when the table is there; AWS would have to be waited for.
        create.send().await.unwrap();
    }

    /// Removes an entry's item, and it alone, as time to live does when it comes to it.
    pub(crate) async fn take(&self, of: &SubmissionRef) {
        let delete = own_client!(aws_sdk_dynamodb, self)
            .delete_item()
            .table_name(&self.name);
        let delete = delete.key(
            "pk",
            AttributeValue::S(format!("{}#{}", of.form, of.id.shard())),
        );
        delete
            .key("sk", AttributeValue::S(of.id.to_string()))
            .send()
            .await
            .unwrap();
    }

    pub(crate) async fn create_queue(&self) -> String {
        let created = own_client!(aws_sdk_sqs, self)
            .create_queue()
            .queue_name(&self.name)
            .send()
            .await
            .unwrap();
        created.queue_url.unwrap()
    }

    /// Receives until `enough` says so; each message stays hidden for a minute.
    pub(crate) async fn receive(&self, url: &str, enough: usize) -> Vec<Message> {
        let client = own_client!(aws_sdk_sqs, self);
        let mut messages = Vec::new();
        for _ in 0..TRIES {
            let receive = client
                .receive_message()
                .queue_url(url)
                .wait_time_seconds(1)
                .visibility_timeout(60);
            let receive = receive
                .max_number_of_messages(10)
                .message_attribute_names("All");
            let receive = receive.message_system_attribute_names(
                MessageSystemAttributeName::ApproximateReceiveCount,
            );
            messages.extend(receive.send().await.unwrap().messages.unwrap_or_default());
            if messages.len() >= enough {
                return messages;
            }
        }
        panic!("{} of {enough} messages came", messages.len());
    }
}

pub(crate) fn receives(message: &Message) -> &str {
    &message.attributes().unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount]
}

pub(crate) fn attribute<'a>(message: &'a Message, name: &str) -> &'a str {
    message.message_attributes().unwrap()[name]
        .string_value()
        .unwrap()
}
