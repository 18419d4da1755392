//! Plays the queue: gives batches to `settle` and disposes of them by its outcomes.
//!
//! What is in hand is marked outside the database (`in_hand.rs`). After an unclean end, what was marked goes one by one,
//! and none of it counts a receive but one that was in hand alone when the process ended. What ended it three times so
//! is given up: no record can keep all the others from being settled.

use std::future::Future;

use counterfoil_core::Fault;
use counterfoil_core::settling::{Delivery, Outcome};

use super::hands::{alone_in_hand, in_hand};
use super::{BATCH, LOOK, Pace, Stop, complain, idle};
use crate::in_hand::{InHand, Left, Suspect};
use crate::queue::{Consumer, Disposal, Received, Slot};
use crate::store::Store;

/// Receives of one record from which on it is handled alone: it may be what made a batch hang.
pub(crate) const ALONE: u32 = 2;
/// Ends of the process with one record alone in hand, after which it is given up.
pub(super) const ENDS: u8 = 3;

/// Plays the queue: gives batches to `settle` and disposes of them by its outcomes.
pub async fn work<F, R>(store: &Store, settle: F, pace: Pace, mut stop: Stop)
where
    F: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
{
    let (hand, left) = InHand::open(&store.reader().beside("in-hand"));
    let mut work = Work {
        store,
        settle,
        pace,
        consumer: Consumer::new(pace.retry.cap),
        hand,
    };
    work.one_by_one(left, &mut stop).await;
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        // Listening before looking: what is committed in between is not missed.
        committed.as_mut().enable();
        let Some(hand) = in_hand(store, &mut stop).await else {
            return;
        };
        match work.consumer.receive(store, BATCH, pace.visibility) {
            Ok(batch) if batch.is_empty() => {
                drop(hand);
                idle(committed, LOOK, &mut stop).await;
            }
            Ok(batch) => {
                for part in parts(batch) {
                    work.hand
                        .hold(part.iter().map(|row| row.slot.position), &[]);
                    work.settle(part, &mut stop).await;
                    work.hand.rest(&[]);
                }
            }
            Err(fault) => {
                drop(hand);
                complain("receive from the queue", &fault, &mut stop).await;
            }
        }
    }
}

/// What is new together; what came back again and again, each alone.
fn parts(batch: Vec<Received>) -> Vec<Vec<Received>> {
    let (alone, together): (Vec<_>, Vec<_>) =
        batch.into_iter().partition(|row| row.slot.receives > ALONE);
    let together = Some(together).filter(|rows| !rows.is_empty());
    together
        .into_iter()
        .chain(alone.into_iter().map(|row| vec![row]))
        .collect()
}

/// The worker's loop.
struct Work<'a, F> {
    store: &'a Store,
    settle: F,
    pace: Pace,
    consumer: Consumer,
    hand: InHand,
}

impl<F, R> Work<'_, F>
where
    F: Fn(Vec<Delivery>) -> R,
    R: Future<Output = Vec<Outcome>>,
{
    /// Settles a part and disposes of it.
    async fn settle(&self, part: Vec<Received>, stop: &mut Stop) {
        let disposals = self.settle_part(part).await;
        self.dispose(disposals, stop).await;
    }

    /// Settles a part; when that takes too long, all of it comes back later.
    async fn settle_part(&self, part: Vec<Received>) -> Vec<(Slot, Disposal)> {
        let (slots, deliveries): (Vec<Slot>, Vec<Delivery>) =
            part.into_iter().map(|row| (row.slot, row.delivery)).unzip();
        match tokio::time::timeout(self.pace.visibility, (self.settle)(deliveries)).await {
            Ok(outcomes) => slots
                .into_iter()
                .zip(outcomes.into_iter().map(disposal))
                .collect(),
            Err(_) => {
                tracing::error!(
                    records = slots.len(),
                    "a batch took too long: it will come back"
                );
                let later = |slot: Slot| {
                    (
                        slot,
                        Disposal::Retry(self.pace.retry.back_off(slot.receives)),
                    )
                };
                slots.into_iter().map(later).collect()
            }
        }
    }

    /// Disposes of what was settled, trying until the store takes it: what is not disposed of would count receives
    /// for a fault of the store. Whatever is left at the end is settled again at the next start, and is a duplicate.
    async fn dispose(&self, disposals: Vec<(Slot, Disposal)>, stop: &mut Stop) {
        while let Err(fault) = self
            .consumer
            .dispose(self.store, &disposals, self.pace.retry.max_receives)
            .await
        {
            if *stop.borrow() {
                return;
            }
            complain("take settled submissions off the queue", &fault, stop).await;
        }
    }

    /// Settles what an unclean end left in hand, one by one.
    async fn one_by_one(
        &mut self,
        Left {
            alone,
            others: mut suspects,
        }: Left,
        stop: &mut Stop,
    ) {
        if let Some(one) = alone {
            // Until it is counted, the file says what it said: whatever else ends the process before waits for its turn.
            let Some(_alone) = alone_in_hand(self.store, stop).await else {
                return;
            };
            suspects.extend(self.count(one, stop).await);
            self.hand.rest(&suspects);
        }
        if !suspects.is_empty() {
            tracing::warn!(
                records = suspects.len(),
                "the process ended in their middle: they are settled one by one"
            );
        }
        while let Some(&one) = suspects.first().filter(|_| !*stop.borrow()) {
            if let Err(fault) = self.settle_alone(one, &suspects[1..], stop).await {
                complain("receive from the queue", &fault, stop).await;
                continue;
            }
            suspects.remove(0);
        }
    }

    /// Settles one record while nothing else is in hand, in the whole process: if the process ends, it was this record.
    /// When it is told to stop before, the record is left as it is.
    async fn settle_alone(
        &mut self,
        one: Suspect,
        others: &[Suspect],
        stop: &mut Stop,
    ) -> Result<(), Fault> {
        let Some(_alone) = alone_in_hand(self.store, stop).await else {
            return Ok(());
        };
        if let Some(row) =
            self.consumer
                .receive_one(self.store, one.position, self.pace.visibility)?
        {
            self.hand.hold_alone(one, others);
            self.settle(vec![row], stop).await;
        }
        self.hand.rest(others);
        Ok(())
    }

    /// Counts an end of the process for the record that was in hand alone; `None`: it was given up.
    async fn count(&self, one: Suspect, stop: &mut Stop) -> Option<Suspect> {
        let one = Suspect {
            ends: one.ends.saturating_add(1),
            ..one
        };
        let given_up = (one.ends >= ENDS).then_some(one.ends);
        while let Err(fault) = self.store.ended(one.position, given_up).await {
            if *stop.borrow() {
                return Some(one);
            }
            complain("count a receive", &fault, stop).await;
        }
        tracing::error!(
            ends = one.ends,
            "the process ended while it had one record alone in hand"
        );
        given_up.is_none().then_some(one)
    }
}

fn disposal(outcome: Outcome) -> Disposal {
    match outcome {
        Outcome::Ack(_) => Disposal::Ack,
        Outcome::Retry { after, .. } => Disposal::Retry(after),
    }
}
