//! Plays the dead-letter queue. What ends the process while it is buried is known at the next start by the same mark as in
//! `loops/work.rs`, and is buried in the end by somebody who does not read it.

use std::future::Future;

use counterfoil_core::settling::Delivery;
use counterfoil_core::{Cause, Fault};

use super::work::ENDS;
use super::{BATCH, LOOK, Stop, complain, idle};
use crate::in_hand::{InHand, Suspect};
use crate::queue::Dead;
use crate::store::Store;

/// A message that is to be buried.
#[derive(Clone)]
pub struct Burial {
    /// What was received.
    pub delivery: Delivery,
    /// Why it is buried.
    pub cause: Cause,
    /// Reading it has ended the process again and again: it is to be kept as it is.
    pub unread: bool,
}

/// Gives each message of the dead-letter queue to `bury`, and takes it off when that succeeded.
pub async fn bury<F, R>(store: &Store, bury: F, mut stop: Stop)
where
    F: Fn(Burial) -> R,
    R: Future<Output = Result<(), Fault>>,
{
    let (hand, left) = InHand::open(&store.reader().beside("in-hand-dead"));
    let ended = left.alone.map(|Suspect { position, ends }| Suspect { position, ends: ends.saturating_add(1) });
    let mut hand = Hand { hand, suspects: left.others.into_iter().chain(ended).collect() };
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        committed.as_mut().enable();
        match store.dead(BATCH) {
            Ok(dead) if dead.is_empty() => idle(committed, LOOK, &mut stop).await,
            Ok(dead) => {
                if let Err(fault) = bury_batch(store, dead, &bury, &mut hand).await {
                    complain("bury a dead letter", &fault, &mut stop).await;
                }
            }
            Err(fault) => complain("read the dead-letter queue", &fault, &mut stop).await,
        }
    }
}

/// What is in hand, and what ended the process when it was.
struct Hand {
    hand: InHand,
    suspects: Vec<Suspect>,
}

impl Hand {
    /// Takes one in hand: has it ended the process too often?
    fn take(&mut self, position: i64) -> bool {
        let known = self.suspects.iter().position(|suspect| suspect.position == position);
        let one = known.map_or(Suspect { position, ends: 0 }, |at| self.suspects.remove(at));
        self.hand.hold_alone(one, &self.suspects);
        one.ends >= ENDS
    }

    fn put_down(&mut self) {
        self.hand.rest(&self.suspects);
    }
}

async fn bury_batch<F, R>(store: &Store, dead: Vec<Dead>, bury: &F, hand: &mut Hand) -> Result<(), Fault>
where
    F: Fn(Burial) -> R,
    R: Future<Output = Result<(), Fault>>,
{
    let mut result = Ok(());
    let mut done = Vec::new();
    for Dead { position, delivery, cause } in dead {
        let unread = hand.take(position);
        match bury(Burial { delivery, cause, unread }).await {
            Ok(()) => done.push(position),
            Err(fault) => result = Err(fault),
        }
    }
    hand.put_down();
    store.forget_dead(done).await?;
    result
}
