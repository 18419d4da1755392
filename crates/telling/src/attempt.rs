//! One attempt, made: reads what there is to show, sends the letter, and writes down what came of it. Ended at any step,
//! it is made again with the id it had.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use counterfoil_core::ports::{Entries, Steady};
use counterfoil_core::{Body, Cause, Code, Fault, Head};
use futures_util::FutureExt;

use crate::audience::Audience;
use crate::bundle;
use crate::courier::{Moment, Tried, judge};
use crate::delivery::{Delivery, DeliveryId};
use crate::health::{Health, ReceiverState};
use crate::ports::{Deliveries, Settled};
use crate::receiver::ReceiverName;
use crate::schedule::Jitter;
use crate::send::{Item, Letter, Outcome, Reply, Sender};
use crate::times::Times;

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

/// What is to be sent now.
#[derive(Clone, Debug)]
pub struct Next {
    /// How the receiver is.
    pub health: Health,
    /// Letters, each with the deliveries that it tells.
    pub letters: Vec<Vec<Delivery>>,
}

/// What is asked of [`Courier::next`].
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Whose deliveries.
    pub receiver: &'a ReceiverName,
    /// Those that are under way.
    pub in_hand: &'a [DeliveryId],
    /// The most letters.
    pub most: usize,
    /// How many letters it took today, where it has a budget.
    pub sent: u32,
}

/// Of how many deliveries of a digest what was submitted is read, and how many bytes of it together.
const READ: usize = 50;
const READ_BYTES: usize = 2 * 1024 * 1024;

impl<H: Deliveries + Entries, S: Sender, A: Audience> Courier<H, S, A> {
    /// What is to be sent to a receiver now, but for what is under way: everything that is due, while it is up; its oldest
    /// alone, while it is failing; nothing, while it is disabled. A mailbox gets one letter after the other where what is
    /// due goes together.
    pub async fn next(&self, ask: Ask<'_>) -> Result<Next, Fault> {
        let health = self.home.health(ask.receiver).await?;
        let times = self.audience.times(ask.receiver);
        let together = times.filter(|times| times.is_digest() || times.per_day.is_some());
        let letters = match (health.state, together) {
            (ReceiverState::Disabled, _) => Vec::new(),
            (ReceiverState::Failing, _) if !ask.in_hand.is_empty() => Vec::new(),
            (ReceiverState::Failing, None) => self.probe(ask.receiver).await?,
            (ReceiverState::Up, None) => self.each(ask).await?,
            (ReceiverState::Up | ReceiverState::Failing, Some(times)) => {
                let is_probe = health.state == ReceiverState::Failing;
                self.together(ask, &times, is_probe).await?
            }
        };
        Ok(Next { health, letters })
    }

    async fn each(&self, ask: Ask<'_>) -> Result<Vec<Vec<Delivery>>, Fault> {
        let (home, now) = (&self.home, self.clock.now());
        let due = home.due(ask.receiver, now, ask.in_hand, ask.most).await?;
        Ok(due.into_iter().map(|one| vec![one]).collect())
    }

    /// The oldest alone, as soon as it is due.
    async fn probe(&self, receiver: &ReceiverName) -> Result<Vec<Vec<Delivery>>, Fault> {
        let now = self.clock.now();
        let oldest = self.home.oldest(receiver).await?;
        let due = oldest.filter(|one| one.due_at <= now);
        Ok(due.into_iter().map(|one| vec![one]).collect())
    }

    async fn together(
        &self,
        ask: Ask<'_>,
        times: &Times,
        is_probe: bool,
    ) -> Result<Vec<Vec<Delivery>>, Fault> {
        if !ask.in_hand.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let due = self
            .home
            .due_together(ask.receiver, now, bundle::MOST)
            .await?;
        let mut letters = bundle::bundles(times, due, now, ask.sent);
        letters.truncate(if is_probe { 1 } else { ask.most });
        Ok(letters)
    }

    /// Sends a letter once, to a receiver that is in this state, and writes down what came of it: of each delivery that no
    /// other attempt was made at meanwhile. `Err`: nothing was sent, or it was and could not be written down; the
    /// deliveries wait as before.
    pub async fn attempt(
        &self,
        letter: &[Delivery],
        state: ReceiverState,
    ) -> Result<Vec<Settled>, Fault> {
        let (tried, outcome) = self.try_once(letter, state).await?;
        self.home.settle_letter(&tried, &outcome).await
    }

    /// Sends a letter once, and writes nothing down. `Err`: nothing was sent.
    pub async fn try_once(
        &self,
        letter: &[Delivery],
        state: ReceiverState,
    ) -> Result<(Vec<Tried>, Outcome), Fault> {
        let (at, began) = (self.clock.now(), self.clock.uptime());
        let (items, shown) = self.items(letter).await?;
        let outcome = match (items, letter.first()) {
            (Ok(items), Some(first)) => {
                self.send(Letter {
                    receiver: first.id.receiver.clone(),
                    items,
                    at,
                    test: false,
                })
                .await
            }
            (Ok(_), None) => Outcome::Delivered(Reply::default()),
            // Nobody but a backup mends it, and the receiver has nothing to do with it.
            (Err(damage), _) => Outcome::Never {
                cause: damage.cause(),
                reply: Reply::default(),
            },
        };
        let moment = Moment {
            at,
            took: self.clock.uptime().up.saturating_sub(began.up),
            jitter: (self.jitter)(),
            shown,
        };
        let judged = letter.iter().map(|one| judge(one, state, &outcome, moment));
        Ok((judged.collect(), outcome))
    }

    /// What a letter tells, with what there is to show; and whether any of it is shown. The inner `Err` is damage of what a
    /// letter of one delivery would show: of a digest that one is told without its fields.
    async fn items(&self, letter: &[Delivery]) -> Result<(Result<Vec<Item>, Fault>, bool), Fault> {
        let (mut items, mut left, mut any_shown) = (Vec::new(), READ_BYTES, false);
        for (nth, delivery) in letter.iter().enumerate() {
            let id = &delivery.id;
            let shown = self.audience.shows_fields(&id.receiver, &id.of.form);
            any_shown |= shown;
            let body = match self.body(delivery, shown && nth < READ && left > 0).await {
                Ok(body) => body,
                Err(fault) if fault.is_damage() && letter.len() == 1 => {
                    return Ok((Err(fault), shown));
                }
                Err(fault) if fault.is_damage() => None,
                Err(fault) => return Err(fault),
            };
            let (head, body) = body.unzip();
            left = left.saturating_sub(body.as_ref().map_or(0, Body::size));
            items.push(Item {
                id: id.to_string(),
                news: delivery.news.clone(),
                body,
                head,
            });
        }
        Ok((Ok(items), any_shown))
    }

    /// What was submitted, where it is shown and still there, with the head beside it.
    async fn body(
        &self,
        delivery: &Delivery,
        shown: bool,
    ) -> Result<Option<(Box<Head>, Body)>, Fault> {
        if !shown {
            return Ok(None);
        }
        let entry = self.home.entry(&delivery.id.of).await?;
        Ok(entry.and_then(|entry| match entry.body {
            Body::Erased => None,
            body @ (Body::Payload(_) | Body::Raw(_)) => Some((Box::new(entry.head), body)),
        }))
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
