//! SQS's own redrive, as a home with `bury` switched off has it: on an emulator that knows it, with queues that hang
//! together as the template's do.

use aws_sdk_sqs::types::{Message, QueueAttributeName};
use counterfoil_aws::client::{Patience, http};
use counterfoil_aws::{Phase, Progress, Redrive};
use counterfoil_core::ports::Queue;
use counterfoil_core::settling::{Delivery, Outcome, RetryPolicy, Settling, settle_batch};
use counterfoil_core::{Body, Forms, State};
use counterfoil_testkit::build::{THEN, envelope, forms, reference, settling};
use counterfoil_testkit::{ManualClock, MemoryLedger};
use tokio::runtime::Handle;

use crate::given::{self, Emulator, own_client, receives};
use crate::wait;

/// Receives before a message is a dead letter.
const MOST: u32 = 2;

/// A queue and the dead-letter queue behind it.
struct Queues {
    emulator: Emulator,
    url: String,
    dead_letters: String,
}

impl Queues {
    async fn create(emulator: Emulator) -> Self {
        let sqs = own_client!(aws_sdk_sqs, emulator);
        let name = format!("{}-dead", emulator.name);
        let dead_letters = sqs
            .create_queue()
            .queue_name(name)
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap();
        let asked = sqs
            .get_queue_attributes()
            .queue_url(&dead_letters)
            .attribute_names(QueueAttributeName::QueueArn);
        let attributes = asked.send().await.unwrap().attributes.unwrap();
        let arn = &attributes[&QueueAttributeName::QueueArn];
        let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"{MOST}"}}"#);
        let create = sqs.create_queue().queue_name(&emulator.name);
        let created = create
            .attributes(QueueAttributeName::RedrivePolicy, policy)
            .send()
            .await;
        Self {
            url: created.unwrap().queue_url.unwrap(),
            emulator,
            dead_letters,
        }
    }

    async fn redrive(&self) -> Redrive {
        Redrive::find(
            &self.emulator.account,
            http(),
            Patience::default(),
            &self.dead_letters,
        )
        .await
        .unwrap()
    }

    /// Receives so often, without ever settling, that `count` messages are dead letters.
    async fn let_die(&self, count: usize) {
        for _ in 0..MOST {
            for message in self.emulator.receive(&self.url, count).await {
                self.show_again(&self.url, &message).await;
            }
        }
        // The receive that finds them worn out is the one that moves them.
        let sqs = own_client!(aws_sdk_sqs, self.emulator);
        let receive = sqs
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(10);
        assert_eq!(
            receive.send().await.unwrap().messages.unwrap_or_default(),
            [],
            "none is left to try"
        );
    }

    async fn show_again(&self, url: &str, message: &Message) {
        self.emulator
            .queue(url)
            .hide(message.receipt_handle().unwrap(), 0)
            .await
            .unwrap();
    }

    /// The dead letters, each put back where it was.
    async fn dead(&self, count: usize) -> Vec<Message> {
        let messages = self.emulator.receive(&self.dead_letters, count).await;
        for message in &messages {
            self.show_again(&self.dead_letters, message).await;
        }
        messages
    }
}

/// Waits until the latest redrive is in this phase.
async fn until(redrive: &Redrive, phase: Phase) -> Progress {
    let (redrive, runtime) = (redrive.clone(), Handle::current());
    let wait = move || {
        let mut latest = None;
        wait::until(&format!("the redrive is {phase:?}"), || {
            latest = runtime.block_on(redrive.progress()).unwrap();
            latest
                .as_ref()
                .is_some_and(|progress| progress.phase == phase)
        });
        latest.unwrap()
    };
    tokio::task::spawn_blocking(wait).await.unwrap()
}

/// What the function `worker` makes of messages, with these forms.
async fn settle(ledger: &MemoryLedger, forms: &Forms, messages: &[Message]) -> usize {
    let count = |message: &Message| receives(message).parse().unwrap();
    let delivery = |message: &Message| Delivery {
        body: message.body().unwrap().as_bytes().to_vec(),
        receives: count(message),
        sent_at: THEN,
        damage: None,
    };
    let batch: Vec<Delivery> = messages.iter().map(delivery).collect();
    let clock = ManualClock::new();
    let retry = RetryPolicy {
        max_receives: MOST + 1,
        ..RetryPolicy::default()
    };
    let with = Settling {
        retry,
        ..settling(ledger, &clock, forms)
    };
    let outcomes = settle_batch(&batch, &with).await;
    outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Ack(_)))
        .count()
}

#[tokio::test]
async fn a_dead_letter_stays_until_it_is_redriven_and_then_settles_as_what_it_was() {
    let Some(emulator) = given::with_redrive() else {
        return;
    };
    let queues = Queues::create(emulator).await;
    let sent = envelope(1, "é 😀, after the mending");
    let queue = queues.emulator.queue(&queues.url);
    queue.send(&sent.of, sent.encode()).await.unwrap();
    queues.let_die(1).await;
    let dead = queues.dead(1).await.remove(0);
    assert_eq!(dead.body(), Some(sent.encode().as_str()));
    assert_eq!(
        queues.dead(1).await[0].message_id(),
        dead.message_id(),
        "it stays"
    );

    let redrive = queues.redrive().await;
    assert_eq!(redrive.progress().await.unwrap(), None);
    redrive.start(None).await.unwrap();
    let progress = until(&redrive, Phase::Completed).await;
    assert_eq!(
        (progress.moved, progress.per_second, progress.failure),
        (1, None, None)
    );
    let back = queues.emulator.receive(&queues.url, 1).await.remove(0);
    assert_eq!(
        (back.body(), back.message_attributes()),
        (dead.body(), dead.message_attributes())
    );
    assert_eq!(given::attribute(&back, "id"), sent.of.id.to_string());
    // On AWS it has a new id and its receives count from 1; LocalStack 2026.3.0 keeps both.

    let ledger = MemoryLedger::default();
    let done = settle(&ledger, &forms(), &[back.clone(), back]).await;
    assert_eq!(done, 2, "and once more, as a queue may");
    let [entry] = ledger.entries().try_into().unwrap();
    assert_eq!(
        (entry.head.of, entry.head.state, entry.head.seq),
        (sent.of, State::Stored, 1)
    );
    assert_eq!(entry.body, Body::Payload(sent.payload));
}

#[tokio::test]
async fn a_slow_redrive_is_one_at_a_time_and_can_be_stopped() {
    let Some(emulator) = given::with_redrive() else {
        return;
    };
    let queues = Queues::create(emulator).await;
    let queue = queues.emulator.queue(&queues.url);
    for number in 1..=5 {
        queue
            .send(&reference(number), envelope(number, "m").encode())
            .await
            .unwrap();
    }
    queues.let_die(5).await;
    let redrive = queues.redrive().await;
    assert!(!redrive.cancel().await.unwrap(), "there is nothing to stop");
    redrive.start(Some(1)).await.unwrap();
    assert_eq!(until(&redrive, Phase::Running).await.per_second, Some(1));
    let again = queues.redrive().await.start(None).await.unwrap_err();
    assert_eq!(again.cause().code, "redrive-running");
    // From another process, as an operator would who comes back.
    assert!(queues.redrive().await.cancel().await.unwrap());
    let moved = until(&redrive, Phase::Cancelled).await.moved;
    assert!(
        (1..5).contains(&moved),
        "{moved} were moved before it stopped"
    );
    let left = 5 - usize::try_from(moved).unwrap();
    assert_eq!(queues.dead(left).await.len(), left, "the others stay");
    redrive.start(None).await.unwrap();
    until(&redrive, Phase::Completed).await;
    assert_eq!(
        queues.emulator.receive(&queues.url, 5).await.len(),
        5,
        "nothing was lost in between"
    );
}
