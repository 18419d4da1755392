//! What the adapters' tests share: an account, and a service that answers from a script and keeps what it was asked.

#[cfg(feature = "operations")]
pub(crate) mod table;

use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::body::SdkBody;

use crate::client::Account;

/// An account that no request leaves the process with.
pub(crate) fn account() -> Account {
    Account {
        region: "eu-central-1".into(),
        key_id: "AKIDEXAMPLE".into(),
        secret: "SECRET".into(),
        session_token: None,
        endpoint: None,
    }
}

/// A service that gives these answers (status, body), one to each request.
pub(crate) struct Service(StaticReplayClient);

impl Service {
    pub(crate) fn answering(answers: &[(u16, &str)]) -> Self {
        let events = answers.iter().map(|(status, body)| {
            let request = http::Request::builder()
                .uri("https://example.org/")
                .body(SdkBody::empty())
                .unwrap();
            let response = http::Response::builder()
                .status(*status)
                .body(SdkBody::from(*body))
                .unwrap();
            ReplayEvent::new(request, response)
        });
        Self(StaticReplayClient::new(events.collect()))
    }

    pub(crate) fn http(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.0.clone())
    }

    /// Every request's body so far, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        let text = |body: &SdkBody| String::from_utf8(body.bytes().unwrap().to_vec()).unwrap();
        self.0
            .actual_requests()
            .map(|request| text(request.body()))
            .collect()
    }

    /// Has it been asked for nothing, without credentials, just so that a connection is open?
    #[track_caller]
    pub(crate) fn was_knocked_at(&self) {
        let requests: Vec<_> = self.0.actual_requests().collect();
        let [request] = requests.as_slice() else {
            panic!("{} requests", requests.len())
        };
        assert_eq!(
            (request.method(), request.body().bytes()),
            ("GET", Some([].as_slice()))
        );
        let told = ["authorization", "x-amz-target", "x-amz-security-token"]
            .map(|name| request.headers().get(name));
        assert_eq!(told, [None; 3]);
    }
}

/// A ledger that asks this service.
pub(crate) fn ledger(service: &Service) -> crate::ledger::DynamoLedger {
    crate::ledger::DynamoLedger::new(
        &account(),
        service.http(),
        crate::client::Patience::default(),
        "entries".into(),
    )
}

/// An item as DynamoDB is told it.
#[cfg(feature = "dynamodb")]
pub(crate) fn told(item: &crate::item::Item) -> serde_json::Value {
    let value = |value: &aws_sdk_dynamodb::types::AttributeValue| match (
        value.as_s(),
        value.as_n(),
        value.as_b(),
    ) {
        (Ok(text), ..) => serde_json::json!({"S": text}),
        (_, Ok(number), _) => serde_json::json!({"N": number}),
        (.., Ok(bytes)) => serde_json::json!({"B": aws_smithy_types::base64::encode(bytes)}),
        _ => serde_json::Value::Null,
    };
    item.iter()
        .map(|(name, attribute)| (name.clone(), value(attribute)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
