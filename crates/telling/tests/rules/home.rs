//! Deliveries in memory beside entries that are gone, of a process that may end before it writes.

use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_core::ports::Entries;
use counterfoil_core::{Code, Entry, Fault, SubmissionRef, Timestamp};
use counterfoil_telling::courier::Tried;
use counterfoil_telling::delivery::{Delivery, DeliveryId};
use counterfoil_telling::health::Health;
use counterfoil_telling::ports::{Deliveries, Settled};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::send::Outcome;
use counterfoil_testkit::deliveries::MemoryDeliveries;

/// See above.
#[derive(Default)]
pub(crate) struct Home(pub(crate) MemoryDeliveries, pub(crate) AtomicBool);

impl Home {
    /// The next attempt is written nowhere.
    pub(crate) fn die_before_settling(&self) {
        self.1.store(true, Ordering::SeqCst);
    }
}

impl Entries for Home {
    async fn entry(&self, _of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        Ok(None)
    }
}

impl Deliveries for Home {
    async fn bear(&self, born: &[Delivery]) -> Result<(), Fault> {
        self.0.bear(born).await
    }

    async fn due(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        but: &[DeliveryId],
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        self.0.due(receiver, now, but, most).await
    }

    async fn due_together(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        self.0.due_together(receiver, now, most).await
    }

    async fn letters_since(&self, receiver: &ReceiverName, since: Timestamp) -> Result<u32, Fault> {
        self.0.letters_since(receiver, since).await
    }

    async fn oldest(&self, receiver: &ReceiverName) -> Result<Option<Delivery>, Fault> {
        self.0.oldest(receiver).await
    }

    async fn settle(&self, tried: &Tried, outcome: &Outcome) -> Result<Option<Settled>, Fault> {
        if self.1.swap(false, Ordering::SeqCst) {
            return Err(Fault::transient(Code::WriterGone, "killed"));
        }
        self.0.settle(tried, outcome).await
    }

    async fn health(&self, receiver: &ReceiverName) -> Result<Health, Fault> {
        self.0.health(receiver).await
    }

    async fn bring_back(
        &self,
        receiver: &ReceiverName,
        back_at: Timestamp,
        most: usize,
    ) -> Result<usize, Fault> {
        self.0.bring_back(receiver, back_at, most).await
    }

    async fn caught_up(&self, receiver: &ReceiverName, back_at: Timestamp) -> Result<bool, Fault> {
        self.0.caught_up(receiver, back_at).await
    }
}
