//! Drain the queue into the ledger; and `bury`, which drains the dead-letter queue. The rules are in
//! `core`; here a batch is handed to them, and what came of it is logged, ids and codes only.

use std::sync::Arc;

use counterfoil_core::bury;
use counterfoil_core::calls::Calls;
use counterfoil_core::ports::{Clock, Ledger, TimeLeft};
use counterfoil_core::settle::Quiet;
use counterfoil_core::settling::{Delivery, Outcome, RetryPolicy, Settled, Settling, settle_batch};
use counterfoil_core::suspicion::{Guard, Unguarded};
use counterfoil_core::{Cause, Fault, Forms, State};

/// What the worker is made of.
pub struct Worker<L, C, G> {
    /// Where entries are.
    pub ledger: L,
    /// The time.
    pub clock: C,
    /// The forms of this deployment.
    pub forms: Arc<Forms>,
    /// Who tells what nobody wants.
    pub guard: G,
    /// When to try again, and when to give up.
    pub retry: RetryPolicy,
    /// Writes under way at once.
    pub parallel: usize,
}

impl<L, C> Worker<L, C, Unguarded> {
    /// One that only buries: it judges nothing, and needs no form.
    pub fn burying(ledger: L, clock: C) -> Self {
        Self {
            ledger,
            clock,
            forms: Arc::default(),
            guard: Unguarded,
            retry: RetryPolicy::default(),
            parallel: 1,
        }
    }
}

impl<L: Ledger, C: Clock, G: Guard> Worker<L, C, G> {
    /// Settles a batch in this time: one outcome for each delivery, in their order. Never fails as a whole.
    pub async fn handle(&self, batch: &[Delivery], time: &dyn TimeLeft) -> Vec<Outcome> {
        let with = Settling {
            ledger: &self.ledger,
            clock: &self.clock,
            forms: &self.forms,
            guard: &self.guard,
            retry: self.retry,
            parallel: self.parallel,
            time,
        };
        let outcomes = settle_batch(batch, &with).await;
        for (delivery, outcome) in batch.iter().zip(&outcomes) {
            log_outcome(delivery, outcome);
        }
        outcomes
    }

    /// Makes a dead letter of one message that the queue gave up on, for this cause, as one of these calls. `Ok`: take it
    /// off the dead-letter queue; what it says is what became of it.
    pub async fn bury(
        &self,
        delivery: &Delivery,
        cause: Cause,
        calls: &Calls<'_>,
    ) -> Result<Settled, Fault> {
        let settled = bury::bury(delivery, cause, &calls.to(&self.ledger), &self.clock).await?;
        log_buried(delivery, &settled);
        Ok(settled)
    }

    /// Makes a dead letter of one message as it is: reading it ends the process.
    pub async fn bury_unread(&self, delivery: &Delivery, cause: Cause) -> Result<Settled, Fault> {
        let settled = bury::bury_unread(delivery, cause, &self.ledger, &self.clock).await?;
        log_buried(delivery, &settled);
        Ok(settled)
    }
}

fn log_buried(delivery: &Delivery, settled: &Settled) {
    tracing::warn!(submission.id = %settled.of, delivery.attempt = delivery.receives, "buried a dead letter");
}

fn log_outcome(delivery: &Delivery, outcome: &Outcome) {
    match outcome {
        Outcome::Ack(settled) => log_settled(delivery, settled),
        Outcome::Retry { after, cause } => tracing::warn!(
            cause = %cause.code,
            detail = %cause.detail,
            delivery.attempt = delivery.receives,
            retry_after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            "failed to settle a submission; it stays queued"
        ),
    }
}

fn log_settled(delivery: &Delivery, settled: &Settled) {
    let cause = settled
        .cause
        .as_ref()
        .map_or("", |cause| cause.code.as_str());
    match (settled.state, settled.quiet) {
        (Some(State::Failed), _) => tracing::warn!(
            submission.id = %settled.of, delivery.attempt = delivery.receives, cause, "a submission failed; it is kept as a dead letter"
        ),
        (
            Some(State::Stored | State::Held | State::Discarded | State::Erased | State::Expired),
            _,
        ) => {
            tracing::debug!(submission.id = %settled.of, delivery.attempt = delivery.receives, "settled");
        }
        (
            None,
            Some(Quiet::Duplicate | Quiet::Superseded | Quiet::Dropped | Quiet::Decided) | None,
        ) => {
            tracing::debug!(submission.id = %settled.of, delivery.attempt = delivery.receives, "nothing to settle");
        }
    }
}
