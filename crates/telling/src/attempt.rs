//! One attempt, made: reads what there is to show, sends the letter, and writes down what came of it. Ended at any step,
//! it is made again with the id it had.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use counterfoil_core::ports::{Entries, Steady};
use counterfoil_core::{Body, Cause, Code, Fault};
use futures_util::FutureExt;

use crate::audience::Audience;
use crate::courier::{Moment, Tried, judge};
use crate::delivery::{Delivery, DeliveryId};
use crate::health::{Health, ReceiverState};
use crate::ports::{Deliveries, Settled};
use crate::receiver::ReceiverName;
use crate::schedule::Jitter;
use crate::send::{Item, Letter, Outcome, Reply, Sender};

/// Brings deliveries to their receivers.
pub struct Courier<H, S, A> {
    /// Where deliveries and entries are.
    pub home: H,
    /// What letters go out through.
    pub sender: S,
    /// Who is shown what.
    pub audience: A,
    /// The time.
    pub clock: Arc<dyn Steady + Send + Sync>,
    /// By how much waits differ.
    pub jitter: Arc<dyn Fn() -> Jitter + Send + Sync>,
}

/// What is to be tried now.
#[derive(Clone, Debug)]
pub struct Next {
    /// How the receiver is.
    pub health: Health,
    /// Its deliveries.
    pub due: Vec<Delivery>,
}

impl<H: Deliveries + Entries, S: Sender, A: Audience> Courier<H, S, A> {
    /// What is to be tried of a receiver's now, but for those in hand: everything that is due, while it is up; its oldest
    /// alone, while it is failing; nothing, while it is disabled.
    pub async fn next(
        &self,
        receiver: &ReceiverName,
        in_hand: &[DeliveryId],
        most: usize,
    ) -> Result<Next, Fault> {
        let (home, now) = (&self.home, self.clock.now());
        let health = home.health(receiver).await?;
        let due = match health.state {
            ReceiverState::Up => home.due(receiver, now, in_hand, most).await?,
            ReceiverState::Failing if in_hand.is_empty() => {
                let oldest = home.oldest(receiver).await?;
                oldest.filter(|one| one.due_at <= now).into_iter().collect()
            }
            ReceiverState::Failing | ReceiverState::Disabled => Vec::new(),
        };
        Ok(Next { health, due })
    }

    /// Tries once, for a receiver that is in this state, and writes down what came of it. `None`: another attempt was made
    /// meanwhile. `Err`: nothing was sent, or it was and could not be written down; the delivery waits as before.
    pub async fn attempt(
        &self,
        delivery: &Delivery,
        state: ReceiverState,
    ) -> Result<Option<Settled>, Fault> {
        let (tried, outcome) = self.try_once(delivery, state).await?;
        self.home.settle(&tried, &outcome).await
    }

    /// Tries once, and writes nothing down. `Err`: nothing was sent.
    pub async fn try_once(
        &self,
        delivery: &Delivery,
        state: ReceiverState,
    ) -> Result<(Tried, Outcome), Fault> {
        let id = &delivery.id;
        let shown = self.audience.shows_fields(&id.receiver, &id.of.form);
        let (at, began) = (self.clock.now(), self.clock.uptime());
        let outcome = match self.body(delivery, shown).await {
            Ok(body) => {
                let item = Item {
                    id: id.to_string(),
                    news: delivery.news.clone(),
                    body,
                };
                self.send(Letter {
                    receiver: id.receiver.clone(),
                    items: vec![item],
                    at,
                    test: false,
                })
                .await
            }
            // Nobody but a backup mends it, and the receiver has nothing to do with it.
            Err(fault) if fault.is_damage() => Outcome::Never {
                cause: fault.cause(),
                reply: Reply::default(),
            },
            Err(fault) => return Err(fault),
        };
        let moment = Moment {
            at,
            took: self.clock.uptime().up.saturating_sub(began.up),
            jitter: (self.jitter)(),
            shown,
        };
        let tried = judge(delivery, state, &outcome, moment);
        Ok((tried, outcome))
    }

    /// What was submitted, where it is shown and still there.
    async fn body(&self, delivery: &Delivery, shown: bool) -> Result<Option<Body>, Fault> {
        if !shown {
            return Ok(None);
        }
        let entry = self.home.entry(&delivery.id.of).await?;
        Ok(match entry.map(|entry| entry.body) {
            None | Some(Body::Erased) => None,
            Some(body @ (Body::Payload(_) | Body::Raw(_))) => Some(body),
        })
    }

    /// A sender that panics has not delivered; what the panic says may quote a value.
    async fn send(&self, letter: Letter) -> Outcome {
        let sent = AssertUnwindSafe(self.sender.send(&letter)).catch_unwind();
        sent.await.unwrap_or_else(|_| Outcome::Later {
            cause: Cause::new(Code::Panic, "the sender panicked over this letter"),
            reply: Reply::default(),
            after: None,
        })
    }
}
