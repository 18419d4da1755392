//! Plays the dead-letter queue. What ends the process while it is buried is known at the next start by a mark of its own,
//! like that of `loops/work.rs`: what was in hand goes one by one, while nothing else is in hand in the whole process, and
//! what ended the process three times so is buried by somebody who does not read it.

use std::future::Future;
use std::time::Duration;

use counterfoil_core::settling::Delivery;
use counterfoil_core::{Cause, Code, Fault};

use super::hands::{alone_in_hand, in_hand};
use super::work::ENDS;
use super::{BATCH, LOOK, Stop, complain, idle};
use crate::in_hand::{InHand, Suspect};
use crate::queue::Dead;
use crate::store::Store;

/// A burial that takes longer has failed, and is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

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
    let (mut hand, left) = InHand::open(&store.reader().beside("in-hand-dead"));
    let ended = left.alone.map(|Suspect { position, ends }| Suspect {
        position,
        ends: ends.saturating_add(1),
    });
    let suspects: Vec<_> = left.others.into_iter().chain(ended).collect();
    // At once: whatever ends the process next, this end of it is counted once.
    hand.rest(&suspects);
    let mut undertaker = Undertaker {
        store,
        bury,
        hand,
        suspects,
    };
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        committed.as_mut().enable();
        undertaker.one_by_one(&mut stop).await;
        match undertaker.together(&mut stop).await {
            Ok(0) => idle(committed, LOOK, &mut stop).await,
            Ok(_) => {}
            Err(fault) => complain("bury a dead letter", &fault, &mut stop).await,
        }
    }
}

/// The loop that buries.
struct Undertaker<'a, F> {
    store: &'a Store,
    bury: F,
    hand: InHand,
    /// What was in hand when the process ended, and is not buried yet.
    suspects: Vec<Suspect>,
}

impl<F, R> Undertaker<'_, F>
where
    F: Fn(Burial) -> R,
    R: Future<Output = Result<(), Fault>>,
{
    /// Buries what an unclean end left in hand, one by one. What cannot be buried now is tried again in the next round.
    async fn one_by_one(&mut self, stop: &mut Stop) {
        for one in self.suspects.clone() {
            let buried = match alone_in_hand(self.store, stop).await {
                Some(_alone) => self.alone(one).await,
                None => return,
            };
            if let Err(fault) = buried {
                complain("bury a dead letter", &fault, stop).await;
            }
        }
    }

    /// Buries one message while nothing else is in hand, in the whole process: if the process ends, it was this message.
    async fn alone(&mut self, one: Suspect) -> Result<(), Fault> {
        if let Some(dead) = self.store.dead_one(one.position)? {
            let others: Vec<_> = self
                .suspects
                .iter()
                .copied()
                .filter(|other| *other != one)
                .collect();
            self.hand.hold_alone(one, &others);
            let buried = self.give(dead, one.ends >= ENDS).await;
            self.hand.rest(&self.suspects);
            self.store.forget_dead(vec![buried?]).await?;
        }
        self.suspects.retain(|other| *other != one);
        self.hand.rest(&self.suspects);
        Ok(())
    }

    /// Buries the oldest messages that ended nothing. How many were there?
    async fn together(&mut self, stop: &mut Stop) -> Result<usize, Fault> {
        let Some(_hand) = in_hand(self.store, stop).await else {
            return Ok(0);
        };
        let mut dead = self.store.dead(BATCH)?;
        dead.retain(|dead| {
            self.suspects
                .iter()
                .all(|suspect| suspect.position != dead.position)
        });
        if dead.is_empty() {
            return Ok(0);
        }
        let (mut result, mut done) = (Ok(dead.len()), Vec::new());
        let until = self.store.uptime().up + PATIENCE;
        self.hand
            .hold(dead.iter().map(|dead| dead.position), &self.suspects);
        for dead in dead {
            match self.give(dead, false).await {
                Ok(position) => done.push(position),
                Err(fault) => result = Err(fault),
            }
            // The rest comes in the next round: the other loop may wait for its turn.
            if *stop.borrow() || self.store.uptime().up > until {
                break;
            }
        }
        self.hand.rest(&self.suspects);
        self.store.forget_dead(done).await?;
        result
    }

    /// Gives one to `bury`, for a bounded time: the other loop may wait for it. Its place, when it is buried.
    async fn give(
        &self,
        Dead {
            position,
            delivery,
            cause,
        }: Dead,
        unread: bool,
    ) -> Result<i64, Fault> {
        let buried = tokio::time::timeout(
            PATIENCE,
            (self.bury)(Burial {
                delivery,
                cause,
                unread,
            }),
        )
        .await;
        buried
            .unwrap_or_else(|_| Err(Fault::transient(Code::Timeout, "a burial took too long")))
            .map(|()| position)
    }
}
