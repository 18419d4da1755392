//! The queue on SQS.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use counterfoil_core::ports::Queue;
use counterfoil_core::{Code, Fault, SubmissionRef};

use crate::client::{Account, Patience, configured};
use crate::fault::fault;
use crate::warm::{self, Knock};

/// One SQS queue.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(account: &Account, http: SharedHttpClient, patience: Patience, url: String) -> Self {
        Self {
            client: configured!(aws_sdk_sqs, account, http, patience),
            url,
        }
    }

    /// Opens the connection before the first submission needs it; at most a second.
    pub async fn warm(&self) {
        // SQS refuses an empty message, should this call ever go out as it is.
        let call = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body("");
        warm::open(call.customize().interceptor(Knock).send()).await;
    }

    /// Hides a received message for so many seconds (ChangeMessageVisibility).
    pub async fn hide(&self, receipt: &str, seconds: i32) -> Result<(), Fault> {
        let call = self
            .client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt);
        call.visibility_timeout(seconds)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| fault(&error))
    }
}

impl Queue for SqsQueue {
    /// `Ok` after SQS has stored the message redundantly. The SDK may send it more than once.
    async fn send(&self, of: &SubmissionRef, body: String) -> Result<(), Fault> {
        let call = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body);
        let call = call.message_attributes("form", text(of.form.as_str())?);
        let call = call.message_attributes("id", text(&of.id.to_string())?);
        call.send().await.map(|_| ()).map_err(|error| fault(&error))
    }
}

fn text(value: &str) -> Result<MessageAttributeValue, Fault> {
    let built = MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build();
    built.map_err(|error| Fault::transient(Code::AwsRequest, error.to_string()))
}

#[cfg(test)]
mod tests {
    use counterfoil_core::Cause;
    use counterfoil_testkit::build::{envelope, reference};
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Service, account};

    const URL: &str = "https://sqs.eu-central-1.amazonaws.com/123456789012/submissions";

    fn queue(service: &Service) -> SqsQueue {
        SqsQueue::new(&account(), service.http(), Patience::default(), URL.into())
    }

    fn refusal(code: &str, message: &str) -> String {
        json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": message}).to_string()
    }

    #[tokio::test]
    async fn a_message_carries_the_envelope_and_the_name_of_its_submission() {
        let service = Service::answering(&[(200, "{}")]);
        let body = envelope(1, "é").encode();
        queue(&service)
            .send(&reference(1), body.clone())
            .await
            .unwrap();
        let asked: Value = serde_json::from_str(&service.asked()[0]).unwrap();
        assert_eq!(
            (&asked["QueueUrl"], &asked["MessageBody"]),
            (&json!(URL), &json!(body))
        );
        let attribute = |name: &str| {
            asked["MessageAttributes"][name]["StringValue"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(attribute("form"), "contact");
        assert_eq!(attribute("id"), reference(1).id.to_string());
    }

    #[tokio::test]
    async fn a_throttle_is_tried_again_within_the_call() {
        let throttled = refusal("RequestThrottled", "slow down");
        let service = Service::answering(&[(400, &throttled), (503, ""), (200, "{}")]);
        queue(&service)
            .send(&reference(1), "{}".into())
            .await
            .unwrap();
        assert_eq!(service.asked().len(), 3);
    }

    #[tokio::test]
    async fn what_the_queue_refuses_is_told_by_whose_fault_it_is() {
        for (status, code, message, expected) in [
            (400, "InvalidMessageContents", "", "bad-characters"),
            (
                400,
                "InvalidParameterValue",
                "Message must be shorter than 262144 bytes.",
                "too-large",
            ),
            (403, "AccessDeniedException", "no", "aws-denied"),
            (400, "QueueDoesNotExist", "gone", "aws-not-found"),
            (400, "KmsDisabled", "the key is off", "aws-error"),
        ] {
            let service = Service::answering(&[(status, &refusal(code, message))]);
            let fault = queue(&service)
                .send(&reference(1), "{}".into())
                .await
                .unwrap_err();
            assert_eq!(fault.cause().code, expected, "{code}");
            let is_permanent = matches!(fault, Fault::Permanent(Cause { .. }));
            assert_eq!(
                is_permanent,
                status == 400 && ["bad-characters", "too-large"].contains(&expected),
                "{code}"
            );
        }
    }

    #[tokio::test]
    async fn a_message_is_hidden_by_its_receipt() {
        let service = Service::answering(&[(200, "{}")]);
        queue(&service).hide("receipt-1", 30).await.unwrap();
        let asked: Value = serde_json::from_str(&service.asked()[0]).unwrap();
        assert_eq!(
            asked,
            json!({"QueueUrl": URL, "ReceiptHandle": "receipt-1", "VisibilityTimeout": 30})
        );
    }

    #[tokio::test]
    async fn warming_asks_for_nothing_and_shows_no_credentials() {
        let service = Service::answering(&[(200, "healthy")]);
        queue(&service).warm().await;
        service.was_knocked_at();
    }
}
