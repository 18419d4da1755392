//! Tells receivers, on AWS: writes down what is owed of each change of the stream, tries it at once, and every minute tries
//! what is due. The rules are `telling`'s; what an invocation has no time for is tried by the next.
//!
//! A letter is claimed before it is sent: its deliveries are due again only when this invocation has ended. So two
//! invocations at once send it once; and one that ends in the middle loses nothing.

mod first;
mod sweep;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use counterfoil_core::Fault;
use counterfoil_core::ports::Entries;
use counterfoil_core::publish::{Published, Record};
use counterfoil_telling::attempt::Courier;
use counterfoil_telling::audience::Audience;
use counterfoil_telling::delivery::{Delivery, DeliveryState};
use counterfoil_telling::health::{ReceiverState, Warning};
use counterfoil_telling::ports::{Claims, Deliveries, Settled, owed};
use counterfoil_telling::send::Sender;

/// A claim lasts longer than any invocation.
const CLAIM: Duration = Duration::from_secs(150);
/// With less than this left no letter is begun: it takes up to 15 seconds, and what it came to has to be written.
const LEAST: Duration = Duration::from_secs(25);

/// Tells receivers.
pub struct Telling<H, S, A> {
    /// Who brings letters.
    pub courier: Courier<H, S, A>,
    /// What needs a person, since it was last asked for.
    pub untold: AtomicU64,
}

impl<H, S, A> Telling<H, S, A> {
    /// With nothing told yet.
    pub const fn new(courier: Courier<H, S, A>) -> Self {
        Self {
            courier,
            untold: AtomicU64::new(0),
        }
    }

    /// How many deliveries have failed for good, and receivers begun to fail or been disabled, since this was last asked.
    pub fn take_untold(&self) -> u64 {
        self.untold.swap(0, Ordering::Relaxed)
    }
}

impl<H, S, A> Telling<H, S, A>
where
    H: Deliveries + Entries + Claims,
    S: Sender,
    A: Audience,
{
    /// Works records of the stream off: all of them, or none. What cannot be read is told to nobody, and said.
    pub async fn feed(&self, records: &[Record], left: impl Fn() -> Duration + Sync) -> Published {
        let now = self.courier.clock.now();
        let mut born = Vec::new();
        for record in records {
            match record {
                Record::Change(change, _) => born.extend(owed(&self.courier.audience, change, now)),
                Record::Unreadable(parked) => {
                    let (record, cause) = (parked.name(), parked.cause.code.as_str());
                    tracing::error!(record, cause, "{UNREADABLE}");
                }
            }
        }
        if let Err(fault) = self.courier.home.bear(&born).await {
            return Published {
                done: 0,
                parked: Vec::new(),
                stopped: Some(fault.cause()),
            };
        }
        self.try_first(born, left).await;
        Published {
            done: records.len(),
            parked: Vec::new(),
            stopped: None,
        }
    }

    /// Claims a letter, sends it once, and writes down what came of it.
    async fn bring(
        &self,
        letter: &[Delivery],
        state: ReceiverState,
    ) -> Result<Vec<Settled>, Fault> {
        let until = self.courier.clock.now().plus(CLAIM);
        let claimed = self.courier.home.claim(letter, until).await?;
        if claimed.is_empty() {
            return Ok(Vec::new());
        }
        let settled = self.courier.attempt(&claimed, state).await?;
        let untold = settled.iter().filter(|one| say(one)).count();
        let untold = u64::try_from(untold).unwrap_or(u64::MAX);
        self.untold.fetch_add(untold, Ordering::Relaxed);
        Ok(settled)
    }
}

/// Ids, receivers and causes only. Gives whether it needs a person.
fn say(settled: &Settled) -> bool {
    let delivery = &settled.delivery;
    let cause = delivery.cause.as_ref().map(|cause| cause.code.as_str());
    let has_failed = delivery.state == DeliveryState::Failed;
    if has_failed {
        tracing::error!(delivery = %delivery.id, cause, "a delivery has failed for good");
    }
    let (receiver, state) = (&delivery.id.receiver, settled.health.state.as_str());
    match &settled.warning {
        None => has_failed,
        Some(Warning::Back) => {
            tracing::info!(%receiver, "a receiver takes letters again");
            has_failed
        }
        Some(Warning::Fails { .. } | Warning::Gone { .. }) => {
            tracing::warn!(%receiver, state, cause, "{WARNING}");
            true
        }
    }
}

const UNREADABLE: &str = "a record of the stream cannot be read: no receiver is told of it; the notifier has set it aside";
const WARNING: &str =
    "a receiver fails or is disabled: `counterfoil deliveries list --stack` says what it is owed";

#[cfg(test)]
mod tests;
