//! The queue where the notifier sets aside what cannot be published.

use std::sync::OnceLock;

use aws_sdk_sqs::Client;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use counterfoil_core::Fault;
use counterfoil_core::parked::Parked;
use counterfoil_core::ports::Aside;

use crate::client::{Account, Patience, configured};
use crate::fault::fault;

/// One such queue.
#[derive(Debug)]
pub struct NoticeFailures {
    account: Account,
    http: SharedHttpClient,
    patience: Patience,
    url: String,
    /// Made when it is needed: hardly ever, and a start of the function does not wait for it.
    client: OnceLock<Client>,
}

impl NoticeFailures {
    /// The queue at `url`.
    #[must_use]
    pub fn new(account: &Account, http: SharedHttpClient, patience: Patience, url: String) -> Self {
        Self {
            account: account.clone(),
            http,
            patience,
            url,
            client: OnceLock::new(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.get_or_init(|| {
            configured!(aws_sdk_sqs, &self.account, self.http.clone(), self.patience)
        })
    }

    #[cfg(feature = "notices")]
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Aside for NoticeFailures {
    /// `Ok` after SQS has stored the message redundantly. The SDK may send it more than once.
    async fn set_aside(&self, parked: &Parked) -> Result<(), Fault> {
        let call = self
            .client()
            .send_message()
            .queue_url(&self.url)
            .message_body(parked.encode());
        call.send().await.map(drop).map_err(|error| fault(&error))
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_core::Cause;
    use counterfoil_core::parked::{Origin, What};
    use counterfoil_testkit::build::reference;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Service, account};

    const URL: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/notice-failures";

    fn parked() -> Parked {
        let what = What::Change(reference(1), None);
        Parked {
            what,
            cause: Cause::undecodable("no entry"),
            origin: Origin::default(),
        }
    }

    #[tokio::test]
    async fn what_is_set_aside_is_one_message_in_the_format_that_is_kept() {
        let service = Service::answering(&[(200, "{}")]);
        let queue =
            NoticeFailures::new(&account(), service.http(), Patience::default(), URL.into());
        queue.set_aside(&parked()).await.unwrap();
        let asked: Value = serde_json::from_str(&service.asked()[0]).unwrap();
        assert_eq!(
            asked,
            json!({"QueueUrl": URL, "MessageBody": parked().encode()})
        );
    }

    #[tokio::test]
    async fn what_cannot_be_set_aside_is_a_fault_that_may_pass() {
        let denied = r#"{"__type":"com.amazonaws.sqs#AccessDeniedException","message":"no"}"#;
        let service = Service::answering(&[(403, denied)]);
        let queue =
            NoticeFailures::new(&account(), service.http(), Patience::default(), URL.into());
        let fault = queue.set_aside(&parked()).await.unwrap_err();
        assert!(matches!(fault, Fault::Transient { .. }));
    }
}
