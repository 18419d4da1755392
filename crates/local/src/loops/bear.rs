//! Writes deliveries down: what is owed of each change, behind the outbox.

use std::sync::Arc;

use counterfoil_core::notice::Change;
use counterfoil_telling::audience::Audience;
use counterfoil_telling::ports::owed;
use tokio::sync::Notify;

use super::{BATCH, LOOK, Stop, complain, idle};
use crate::deliveries::DELIVERIES;
use crate::store::Store;

/// Writes down what is owed of each change, behind the outbox.
pub(super) async fn bear<A: Audience>(
    store: &Store,
    audience: &A,
    wakes: &[Arc<Notify>],
    mut stop: Stop,
) {
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        committed.as_mut().enable();
        match store.announced(DELIVERIES, BATCH.records) {
            Ok(batch) => match batch.last().map(|last| last.position) {
                None => idle(committed, LOOK, &mut stop).await,
                Some(position) => {
                    let now = store.now();
                    let of = |change: &Change| owed(audience, change, now);
                    let born = batch.iter().flat_map(|one| of(&one.change)).collect();
                    match store.bear_up_to(position, born).await {
                        Ok(()) => wakes.iter().for_each(|wake| wake.notify_one()),
                        Err(fault) => complain("write deliveries down", &fault, &mut stop).await,
                    }
                }
            },
            Err(fault) if fault.is_damage() => {
                tracing::error!(%fault, "a change is set aside, and no receiver is told of it");
                if let Err(fault) = store.set_aside(DELIVERIES).await {
                    complain("set a change aside", &fault, &mut stop).await;
                }
            }
            Err(fault) => complain("read the outbox", &fault, &mut stop).await,
        }
    }
}
