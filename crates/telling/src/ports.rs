//! The port behind which deliveries are kept. Each home implements it; the doc comments are the contract, and
//! `testkit::contract::deliveries` holds every implementation to it.

use std::future::Future;
use std::sync::Arc;

use counterfoil_core::notice::Change;
use counterfoil_core::{Cause, Fault, SubmissionRef, Timestamp};

use crate::courier::{Attempt, Tried};
use crate::delivery::{Delivery, DeliveryId, DeliveryState};
use crate::health::{Health, Warning};
use crate::orders::{Order, Signed};
use crate::receiver::ReceiverName;
use crate::send::Outcome;

/// What an order came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acted {
    /// It is done.
    Done,
    /// The delivery is in another state, for which it is not meant.
    NotIn(DeliveryState),
    /// There is no such delivery.
    Absent,
}

/// What was written of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The delivery.
    pub delivery: Delivery,
    /// Its receiver.
    pub health: Health,
    /// What the receiver's owner is to be told.
    pub warning: Option<Warning>,
}

/// A delivery with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The delivery.
    pub delivery: Delivery,
    /// Its newest attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// The last thing that a person did to it.
    pub order: Option<Order>,
}

/// Which deliveries: all that everything given here fits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeliveryFilter {
    /// Of this receiver.
    pub receiver: Option<ReceiverName>,
    /// Of this form.
    pub form: Option<counterfoil_core::FormId>,
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Whose last try failed by this: a code, or the beginning of a fingerprint.
    pub cause: Option<String>,
    /// Born at this time or after it.
    pub since: Option<Timestamp>,
    /// Born before this time.
    pub until: Option<Timestamp>,
}

impl DeliveryFilter {
    /// Does a delivery fit?
    #[must_use]
    pub fn takes(&self, delivery: &Delivery) -> bool {
        let called = |name: &String| {
            let cause = delivery.cause.as_ref();
            cause.is_some_and(|cause| cause.is_called(name))
        };
        self.receiver
            .as_ref()
            .is_none_or(|receiver| *receiver == delivery.id.receiver)
            && self
                .form
                .as_ref()
                .is_none_or(|form| *form == delivery.id.of.form)
            && self.state.is_none_or(|state| state == delivery.state)
            && self.cause.as_ref().is_none_or(called)
            && self.since.is_none_or(|since| delivery.born_at >= since)
            && self.until.is_none_or(|until| delivery.born_at < until)
    }
}

/// How a receiver is, and what it is owed.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Who.
    pub receiver: ReceiverName,
    /// How it is.
    pub health: Health,
    /// By whom it was enabled last.
    pub enabled: Option<Signed>,
    /// How many deliveries wait.
    pub waiting: u64,
    /// How many have failed for good.
    pub failed: u64,
}

/// Where deliveries are kept, for the courier.
pub trait Deliveries: Sync {
    /// Writes deliveries down. One that is there stays as it is: no receiver is owed a change twice. `Ok` promises that all
    /// of them are durable; `Err`, nothing.
    fn bear(&self, born: &[Delivery]) -> impl Future<Output = Result<(), Fault>> + Send;

    /// The `most` deliveries of a receiver that wait, are due, and do not come behind an older waiting one of their
    /// submission; the longest due first. Those in `but` are in hand, and left out.
    fn due(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        but: &[DeliveryId],
        most: usize,
    ) -> impl Future<Output = Result<Vec<Delivery>, Fault>> + Send;

    /// The oldest delivery of a receiver that waits, due or not, and does not come behind an older one of its submission.
    fn oldest(
        &self,
        receiver: &ReceiverName,
    ) -> impl Future<Output = Result<Option<Delivery>, Fault>> + Send;

    /// Writes down what an attempt came to ([`courier::merge`](crate::courier::merge)) and what that does to its receiver
    /// ([`courier::note`](crate::courier::note)), at once. `None`, and nothing is written: the delivery is not there, or
    /// another attempt was counted meanwhile.
    fn settle(
        &self,
        tried: &Tried,
        outcome: &Outcome,
    ) -> impl Future<Output = Result<Option<Settled>, Fault>> + Send;

    /// The `most` deliveries of a receiver that wait and are due, behind older ones of their submission too; the longest due
    /// first, and of one submission the oldest change. For a letter that tells all of them.
    fn due_together(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Delivery>, Fault>> + Send;

    /// [`settle`](Self::settle) of each delivery of a letter, whose tries are in its order. Where a home can, it is one
    /// transaction; what is not written of it goes out once more.
    fn settle_letter(
        &self,
        tried: &[Tried],
        outcome: &Outcome,
    ) -> impl Future<Output = Result<Vec<Settled>, Fault>> + Send {
        async move {
            let mut all = Vec::with_capacity(tried.len());
            for one in tried {
                all.extend(self.settle(one, outcome).await?);
            }
            Ok(all)
        }
    }

    /// How many letters this receiver has taken since then.
    fn letters_since(
        &self,
        receiver: &ReceiverName,
        since: Timestamp,
    ) -> impl Future<Output = Result<u32, Fault>> + Send;

    /// How a receiver is. One that nothing is known of is up.
    fn health(&self, receiver: &ReceiverName)
    -> impl Future<Output = Result<Health, Fault>> + Send;

    /// After a receiver has come back at `back_at`: makes up to `most` of its deliveries that wait for later due since then.
    /// Gives how many there were: below `most`, it need not be asked again.
    fn bring_back(
        &self,
        receiver: &ReceiverName,
        back_at: Timestamp,
        most: usize,
    ) -> impl Future<Output = Result<usize, Fault>> + Send;

    /// Notes that everything that waited when the receiver came back at `back_at` has been tried since, if it is so. Gives
    /// whether it is.
    fn caught_up(
        &self,
        receiver: &ReceiverName,
        back_at: Timestamp,
    ) -> impl Future<Output = Result<bool, Fault>> + Send;
}

/// Claims deliveries, where more than one process may try them.
pub trait Claims: Sync {
    /// Makes each of these that still waits, and that nobody has changed since it was read, due at `until`. Gives those, as
    /// they are now, in their order: whoever gets one tries it, and nobody else does before then.
    fn claim(
        &self,
        letter: &[Delivery],
        until: Timestamp,
    ) -> impl Future<Output = Result<Vec<Delivery>, Fault>> + Send;
}

/// Where deliveries are kept, for people.
pub trait DeliveryDesk: Sync {
    /// Up to `most` deliveries that fit, in the order of their ids, after `after`.
    fn list(
        &self,
        filter: &DeliveryFilter,
        after: Option<&DeliveryId>,
        most: usize,
    ) -> impl Future<Output = Result<Vec<Delivery>, Fault>> + Send;

    /// One delivery with its attempts.
    fn told(&self, id: &DeliveryId) -> impl Future<Output = Result<Option<Told>, Fault>> + Send;

    /// All deliveries of a submission with their attempts, in the order of their ids.
    fn told_of(&self, of: &SubmissionRef) -> impl Future<Output = Result<Vec<Told>, Fault>> + Send;

    /// Does what the order says to a delivery that it fits, and keeps the order beside it. What is retried or resent is
    /// due at once, with a new course of tries.
    fn act(
        &self,
        id: &DeliveryId,
        order: &Order,
    ) -> impl Future<Output = Result<Acted, Fault>> + Send;

    /// Notes that a letter which the receiver's server had taken came back: what was delivered has failed, by this cause. A
    /// person finds it among what failed, and retries or discards it.
    fn came_back(
        &self,
        id: &DeliveryId,
        cause: &Cause,
    ) -> impl Future<Output = Result<Acted, Fault>> + Send;

    /// Every receiver that was tried or is owed something, by name.
    fn standings(&self) -> impl Future<Output = Result<Vec<Standing>, Fault>> + Send;

    /// Enables a receiver: it is up, and everything that waits for it is tried anew from the beginning.
    fn enable(
        &self,
        receiver: &ReceiverName,
        signed: &Signed,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// The deliveries that are owed of a change.
#[must_use]
pub fn owed(
    audience: &impl crate::audience::Audience,
    change: &Change,
    at: Timestamp,
) -> Vec<Delivery> {
    let born = |receiver| {
        let due_at = audience.times(&receiver).map_or(at, |times| times.due(at));
        Delivery {
            due_at,
            ..Delivery::born(receiver, change.clone(), at)
        }
    };
    audience.hears(change).into_iter().map(born).collect()
}

impl<T: Deliveries + Send> Deliveries for Arc<T> {
    async fn bear(&self, born: &[Delivery]) -> Result<(), Fault> {
        T::bear(self, born).await
    }

    async fn due(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        but: &[DeliveryId],
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        T::due(self, receiver, now, but, most).await
    }

    async fn oldest(&self, receiver: &ReceiverName) -> Result<Option<Delivery>, Fault> {
        T::oldest(self, receiver).await
    }

    async fn settle(&self, tried: &Tried, outcome: &Outcome) -> Result<Option<Settled>, Fault> {
        T::settle(self, tried, outcome).await
    }

    async fn due_together(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        T::due_together(self, receiver, now, most).await
    }

    async fn settle_letter(
        &self,
        tried: &[Tried],
        outcome: &Outcome,
    ) -> Result<Vec<Settled>, Fault> {
        T::settle_letter(self, tried, outcome).await
    }

    async fn letters_since(&self, receiver: &ReceiverName, since: Timestamp) -> Result<u32, Fault> {
        T::letters_since(self, receiver, since).await
    }

    async fn health(&self, receiver: &ReceiverName) -> Result<Health, Fault> {
        T::health(self, receiver).await
    }

    async fn bring_back(
        &self,
        receiver: &ReceiverName,
        back_at: Timestamp,
        most: usize,
    ) -> Result<usize, Fault> {
        T::bring_back(self, receiver, back_at, most).await
    }

    async fn caught_up(&self, receiver: &ReceiverName, back_at: Timestamp) -> Result<bool, Fault> {
        T::caught_up(self, receiver, back_at).await
    }
}
