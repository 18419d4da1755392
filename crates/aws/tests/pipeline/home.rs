//! Where the AWS home is, and how a person, a program and an operator reach it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_aws::{DynamoLedger, SqsQueue};
use counterfoil_core::ports::Polls;
use counterfoil_core::{Head, SubmissionId, SubmissionRef};
use counterfoil_testkit::build::THEN;
use serde_json::Value;

use crate::wait::until;

/// What `cargo xtask emulator --json` says.
pub(crate) struct Home {
    places: Value,
    runtime: tokio::runtime::Runtime,
}

/// An answer with everything read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}: ")))?;
        line.split_once(": ").map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Home {
    /// The home that the environment names; `None`, and a word about it, without one.
    #[allow(clippy::disallowed_methods, reason = "the one setting of this test; what it tests reads its own")]
    pub(crate) fn given() -> Option<Self> {
        let Ok(places) = std::env::var("COUNTERFOIL_AWS") else {
            eprintln!("skipped: the pipeline needs an emulator; run `cargo xtask test`");
            return None;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Some(Self { places: serde_json::from_str(&places).unwrap(), runtime })
    }

    fn place(&self, name: &str) -> String {
        self.places[name].as_str().unwrap_or_else(|| panic!("{name} is missing")).to_owned()
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

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub(crate) fn queue(&self) -> SqsQueue {
        SqsQueue::new(&self.account(), http(), Patience::default(), self.place("queue_url"))
    }

    pub(crate) fn ledger(&self) -> DynamoLedger {
        DynamoLedger::new(&self.account(), http(), Patience::default(), self.place("table"))
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

    pub(crate) fn post(&self, content_type: &str, accept: &str, body: &str, more: &str) -> Answer {
        let head = format!(
            "POST /forms/contact HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
             accept: {accept}\r\ncontent-length: {}\r\n{more}\r\n",
            self.place("host"),
            body.len()
        );
        send(&self.place("url"), &format!("{head}{body}"))
    }

    pub(crate) fn get(&self, path: &str, accept: &str) -> Answer {
        let (url, host) = if path.starts_with("/tickets/") { ("status_url", "status_host") } else { ("url", "host") };
        let host = self.place(host);
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\naccept: {accept}\r\n\r\n");
        send(&self.place(url), &request)
    }

    /// Waits until the ticket is final: its answer.
    pub(crate) fn settled(&self, ticket: &str) -> Value {
        let mut view = Value::Null;
        until("the ticket is final", || {
            view = self.get(&format!("/tickets/{ticket}"), "application/json").json();
            view["final"] == true
        });
        view
    }

    /// `form/id` of a ticket of ours: the id stands in it.
    pub(crate) fn submission_of(&self, ticket: &str) -> String {
        let (form, proof) = ticket.rsplit_once('.').unwrap();
        let raw = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, proof).unwrap();
        format!("{form}/{}", SubmissionId::from_bytes(raw[1..17].try_into().unwrap()))
    }

    /// A queue of its own that gets every notice from now on.
    pub(crate) fn subscribe(&self) -> String {
        let name = format!("notices-{}", self.fresh());
        let url = field(&self.query(&[("Action", "CreateQueue"), ("QueueName", &name)]), "QueueUrl");
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
        let receive = [("Action", "ReceiveMessage"), ("QueueUrl", queue), ("MaxNumberOfMessages", "10")];
        let answer = self.query(&receive).replace("&quot;", "\"").replace("&#34;", "\"");
        answer.split("\"id\":\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }

    /// How many messages a queue holds, those that are being delivered included.
    pub(crate) fn waiting(&self, queue: &str) -> usize {
        let url = self.place(queue);
        let ask = [("Action", "GetQueueAttributes"), ("QueueUrl", &url), ("AttributeName.1", "All")];
        let answer = self.query(&ask);
        let counted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"].map(|name| {
            let (_, rest) = answer.split_once(&format!("<Name>{name}</Name>")).unwrap_or_else(|| panic!("{answer}"));
            field(rest, "Value").parse::<usize>().unwrap()
        });
        counted.into_iter().sum()
    }

    /// A call by the query protocol that SQS and SNS share.
    fn query(&self, parameters: &[(&str, &str)]) -> String {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let body: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let body = body.join("&");
        let service = if parameters[0].1 == "Subscribe" { "sns" } else { "sqs" };
        let request = format!(
            "POST / HTTP/1.1\r\nhost: {service}.us-east-1.amazonaws.com\r\nconnection: close\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = send(&self.place("endpoint"), &request);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }
}

/// The text of an XML element.
fn field(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name}: {xml}"));
    rest.split('<').next().unwrap().to_owned()
}

fn send(url: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
