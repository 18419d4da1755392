//! A queue that does what SQS does: it counts every receive, whoever did what with it; it hides what was received for as long
//! as it is told, or for its own time-out; and what was received too often goes to another queue at its next receive.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_core::Timestamp;
use serde_json::{Value, json};

/// A message.
#[derive(Clone)]
pub struct Message {
    pub body: String,
    pub sent_at: Timestamp,
    pub receives: u32,
    visible_at: Timestamp,
}

/// A message with its number.
pub type Numbered = (usize, Message);

/// Messages by their number.
pub struct Queue {
    messages: BTreeMap<usize, Message>,
    visibility: Duration,
    max_receives: Option<u32>,
}

impl Queue {
    /// Empty. `max_receives`: `None`, and it never gives up.
    pub fn new(visibility: Duration, max_receives: Option<u32>) -> Self {
        Self {
            messages: BTreeMap::new(),
            visibility,
            max_receives,
        }
    }

    pub fn send(&mut self, number: usize, body: String, at: Timestamp) {
        self.messages.insert(
            number,
            Message {
                body,
                sent_at: at,
                receives: 0,
                visible_at: at,
            },
        );
    }

    /// Takes what another queue gave up: it is new here, and as old as it was.
    pub fn take_over(&mut self, number: usize, message: Message, at: Timestamp) {
        self.messages.insert(
            number,
            Message {
                receives: 0,
                visible_at: at,
                ..message
            },
        );
    }

    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// When the next one can be received.
    pub fn next(&self) -> Option<Timestamp> {
        self.messages
            .values()
            .map(|message| message.visible_at)
            .min()
    }

    /// Receives some that are visible; and what was given up instead.
    pub fn receive(&mut self, most: usize, now: Timestamp) -> (Vec<Numbered>, Vec<Numbered>) {
        let mut due: Vec<_> = self
            .messages
            .iter()
            .filter(|(_, message)| message.visible_at <= now)
            .collect();
        due.sort_by_key(|(_, message)| message.visible_at);
        let due: Vec<usize> = due
            .into_iter()
            .take(most)
            .map(|(number, _)| *number)
            .collect();
        let (mut received, mut given_up) = (Vec::new(), Vec::new());
        for number in due {
            let message = self.messages.get_mut(&number).unwrap();
            if self
                .max_receives
                .is_some_and(|most| message.receives >= most)
            {
                given_up.push((number, self.messages.remove(&number).unwrap()));
                continue;
            }
            message.receives += 1;
            message.visible_at = now.plus(self.visibility);
            received.push((number, message.clone()));
        }
        (received, given_up)
    }

    /// Hides one that was received; a receipt is good until the next receive.
    pub fn hide(&mut self, receipt: &str, seconds: i32, now: Timestamp) {
        let (number, receives) = receipt.split_once(':').unwrap();
        let message = self.messages.get_mut(&number.parse().unwrap()).unwrap();
        assert_eq!(message.receives.to_string(), receives, "an old receipt");
        message.visible_at = now.plus(Duration::from_secs(u64::from(seconds.unsigned_abs())));
    }

    pub fn delete(&mut self, number: usize) {
        assert!(self.messages.remove(&number).is_some(), "deleted twice");
    }
}

/// A batch as Lambda hands it to a function.
pub fn event(batch: &[Numbered]) -> Value {
    let record = |(number, message): &Numbered| {
        json!({
            "messageId": number.to_string(),
            "receiptHandle": format!("{number}:{}", message.receives),
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": message.receives.to_string(),
                "SentTimestamp": message.sent_at.as_millis().to_string(),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        })
    };
    json!({"Records": batch.iter().map(record).collect::<Vec<_>>()})
}
