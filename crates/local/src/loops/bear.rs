//! Writes deliveries down: what is owed of each change, behind the outbox. Nobody waits for it, and it shares the writer with
//! whoever submits: a few changes at a time, and then the writer is left to them for longer than that took.

use std::sync::Arc;

use counterfoil_core::notice::Change;
use counterfoil_telling::audience::Audience;
use counterfoil_telling::ports::owed;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{LOOK, Stop, complain, idle};
use crate::deliveries::DELIVERIES;
use crate::outbox::Announced;
use crate::store::Store;

/// Changes that are written down at once: each is a row for each receiver, in a commit that submissions may wait for.
const RECORDS: usize = 16;

/// What it takes to write deliveries down.
pub(super) struct Births<A> {
    pub(super) store: Arc<Store>,
    pub(super) audience: A,
    /// Woken when something is owed.
    pub(super) wakes: Vec<Arc<Notify>>,
    /// So many times as long as it took is left to others.
    pub(super) rest: u32,
}

impl<A: Audience> Births<A> {
    /// Writes down what is owed of each change, until it is told to stop.
    pub(super) async fn bear(self, mut stop: Stop) {
        while !*stop.borrow() {
            let committed = self.store.next_commit();
            tokio::pin!(committed);
            committed.as_mut().enable();
            match self.store.announced(DELIVERIES, RECORDS) {
                Ok(batch) if batch.is_empty() => idle(committed, LOOK, &mut stop).await,
                Ok(batch) => self.write(&batch, &mut stop).await,
                Err(fault) if fault.is_damage() => {
                    tracing::error!(%fault, "a change is set aside, and no receiver is told of it");
                    if let Err(fault) = self.store.set_aside(DELIVERIES).await {
                        complain("set a change aside", &fault, &mut stop).await;
                    }
                }
                Err(fault) => complain("read the outbox", &fault, &mut stop).await,
            }
        }
    }

    async fn write(&self, batch: &[Announced], stop: &mut Stop) {
        let Some(last) = batch.last() else { return };
        let now = self.store.now();
        let of = |change: &Change| owed(&self.audience, change, now);
        let born = batch.iter().flat_map(|one| of(&one.change)).collect();
        let began = Instant::now();
        match self.store.bear_up_to(last.position, born).await {
            Ok(()) => {
                self.wakes.iter().for_each(|wake| wake.notify_one());
                let rest = began.elapsed().saturating_mul(self.rest);
                idle(std::future::pending(), rest, stop).await;
            }
            Err(fault) => complain("write deliveries down", &fault, stop).await,
        }
    }
}
