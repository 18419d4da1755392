//! Where the AWS home is, and how a person, a program and an operator reach it.

use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_aws::{DynamoLedger, SqsQueue};
use counterfoil_core::ports::Polls;
use counterfoil_core::{Head, SubmissionId, SubmissionRef};
use counterfoil_testkit::build::THEN;
use serde_json::Value;
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::client::{Answer, Door, Doors, send};

/// An emulator reads no more of a signature than who and for what.
fn signed(service: &str) -> String {
    let scope = format!("test/20260101/us-east-1/{service}/aws4_request");
    format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
}

/// What `cargo xtask emulator --json` says.
pub(crate) struct Deployed {
    places: Value,
    runtime: tokio::runtime::Runtime,
}

/// Tickets have a door of their own.
impl Doors for Deployed {
    fn door(&self, path: &str) -> Door {
        let (url, host) = if path.starts_with("/tickets/") {
            ("status_url", "status_host")
        } else {
            ("url", "host")
        };
        Door {
            authority: self.authority(url),
            host: self.place(host),
        }
    }
}

impl Deployed {
    /// The home that the environment names; `None`, and a word about it, without one. `cargo xtask test` always names
    /// one, so that nothing is left out there.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one setting of this test; what it tests reads its own"
    )]
    pub(crate) fn given() -> Option<Self> {
        let Ok(places) = std::env::var("COUNTERFOIL_AWS") else {
            assert!(
                std::env::var_os("COUNTERFOIL_FULL").is_none(),
                "COUNTERFOIL_AWS is not set"
            );
            eprintln!("skipped: the pipeline needs an emulator; run `cargo xtask test`");
            return None;
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        Some(Self {
            places: serde_json::from_str(&places).unwrap(),
            runtime,
        })
    }

    pub(crate) fn place(&self, name: &str) -> String {
        self.places[name]
            .as_str()
            .unwrap_or_else(|| panic!("{name} is missing"))
            .to_owned()
    }

    fn account(&self) -> Account {
        Account {
            region: "us-east-1".into(),
            key_id: "test".into(),
            secret: "test".into(),
            session_token: None,
            endpoint: Some(self.place("endpoint")),
        }
    }

    /// What follows `http://`.
    fn authority(&self, name: &str) -> String {
        self.place(name).trim_start_matches("http://").to_owned()
    }

    /// A call of Lambda's API.
    pub(crate) fn lambda(&self, method: &str, path: &str, body: &Value) -> Answer {
        let door = Door {
            authority: self.authority("endpoint"),
            host: "lambda.us-east-1.amazonaws.com".into(),
        };
        let signed = signed("lambda");
        let headers = [
            ("authorization", signed.as_str()),
            ("content-type", "application/json"),
        ];
        let path = format!("/2015-03-31/functions/{path}");
        let answer = send(&door, method, &path, &headers, body.to_string().as_bytes()).unwrap();
        assert!(answer.status < 300, "{answer:?}");
        answer
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub(crate) fn queue(&self) -> SqsQueue {
        SqsQueue::new(
            &self.account(),
            http(),
            Patience::default(),
            self.place("queue_url"),
        )
    }

    pub(crate) fn ledger(&self) -> DynamoLedger {
        DynamoLedger::new(
            &self.account(),
            http(),
            Patience::default(),
            self.place("table"),
        )
    }

    pub(crate) fn head(&self, of: &SubmissionRef) -> Option<Head> {
        self.block_on(self.ledger().head(of)).unwrap()
    }

    /// An id that no earlier run on the same emulator has used.
    pub(crate) fn fresh(&self) -> SubmissionId {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&RandomState::new().build_hasher().finish().to_be_bytes());
        SubmissionId::fresh(THEN, random)
    }

    /// A queue of its own that gets every notice from now on.
    pub(crate) fn subscribe(&self) -> String {
        let name = format!("notices-{}", self.fresh());
        let url = field(
            &self.query(&[("Action", "CreateQueue"), ("QueueName", &name)]),
            "QueueUrl",
        );
        let arn = self.place("topic_arn").replace(":sns:", ":sqs:");
        let queue_arn = format!("{}:{name}", arn.rsplit_once(':').unwrap().0);
        let topic = self.place("topic_arn");
        self.query(&[
            ("Action", "Subscribe"),
            ("TopicArn", &topic),
            ("Protocol", "sqs"),
            ("Endpoint", &queue_arn),
            ("Attributes.entry.1.key", "RawMessageDelivery"),
            ("Attributes.entry.1.value", "true"),
        ]);
        url
    }

    /// The ids of some notices that have come to a subscriber's queue.
    pub(crate) fn notices(&self, queue: &str) -> Vec<String> {
        let receive = [
            ("Action", "ReceiveMessage"),
            ("QueueUrl", queue),
            ("MaxNumberOfMessages", "10"),
        ];
        let answer = self
            .query(&receive)
            .replace("&quot;", "\"")
            .replace("&#34;", "\"");
        answer
            .split("\"id\":\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .map(str::to_owned)
            .collect()
    }

    /// How many messages a queue holds, those that are being delivered included.
    pub(crate) fn waiting(&self, queue: &str) -> usize {
        let url = self.place(queue);
        let ask = [
            ("Action", "GetQueueAttributes"),
            ("QueueUrl", &url),
            ("AttributeName.1", "All"),
        ];
        let answer = self.query(&ask);
        let counted = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ]
        .map(|name| {
            let (_, rest) = answer
                .split_once(&format!("<Name>{name}</Name>"))
                .unwrap_or_else(|| panic!("{answer}"));
            field(rest, "Value").parse::<usize>().unwrap()
        });
        counted.into_iter().sum()
    }

    /// A call by the query protocol that SQS and SNS share.
    fn query(&self, parameters: &[(&str, &str)]) -> String {
        let encode = |text: &str| {
            text.bytes()
                .map(|byte| format!("%{byte:02x}"))
                .collect::<String>()
        };
        let body: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let body = body.join("&");
        let service = if parameters[0].1 == "Subscribe" {
            "sns"
        } else {
            "sqs"
        };
        let door = Door {
            authority: self.authority("endpoint"),
            host: format!("{service}.us-east-1.amazonaws.com"),
        };
        let signed = signed(service);
        let headers = [
            ("authorization", signed.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = send(&door, "POST", "/", &headers, body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }
}

/// The text of an XML element.
fn field(xml: &str, name: &str) -> String {
    let (_, rest) = xml
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name}: {xml}"));
    rest.split('<').next().unwrap().to_owned()
}
