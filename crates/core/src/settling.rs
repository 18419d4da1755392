//! Use case of `worker`: settle a batch of deliveries.
//!
//! `settle_batch → settle_chain → settle_one → write`. No record can harm another: each is decoded on its own and once, a
//! panic is caught at its record, and once any record of a batch has come back more than twice the batch
//! goes one by one, each write finished before the next record is touched, so that a record which aborts
//! the process takes no neighbour to the dead-letter queue with it. Calls are made as long as there is time for them
//! (`calls.rs`); what is not tried for want of it comes back as what failed does.

mod found;
mod order;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, stream};

use crate::calls::{Calls, Timed};
use crate::cause::{Cause, Code};
use crate::entry::{Body, Entry, Head, State};
use crate::envelope::{Envelope, Kind, MAX_QUEUED};
use crate::fault::{CONTENTION, Fault};
use crate::form::{Form, Forms};
use crate::ports::{Clock, Ledger, TimeLeft, Write};
use crate::settle::{Decision, Incoming, Quiet, Verdict, decide};
use crate::submission::SubmissionRef;
use crate::suspicion::{Guard, Judged, Suspect};
use crate::time::Timestamp;

use found::incoming;
pub use found::{buried, buried_unread};
use order::{Reading, Record, by_submission, is_suspicious, one_by_one, read};
pub use order::{SHELTER, neighbours};

/// One receive of one message.
#[derive(Clone)]
pub struct Delivery {
    /// The queue's body.
    pub body: Vec<u8>,
    /// How often it has been delivered, this time included.
    pub receives: u32,
    /// When it was put on the queue.
    pub sent_at: Timestamp,
    /// The queue found that these are not the bytes that were sent.
    pub damage: Option<Damage>,
}

/// A message that is not what was sent. Whatever it says is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Which submission it was sent for, where that is certain all the same.
    pub of: Option<SubmissionRef>,
}

/// What is to be done about one delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Take it off the queue: the ledger holds what became of it.
    Ack(Settled),
    /// Leave it on the queue and show it again after this long.
    Retry {
        /// How long to hide it.
        after: Duration,
        /// What went wrong this time.
        cause: Cause,
    },
}

/// What a delivery made of its entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// Which submission.
    pub of: SubmissionRef,
    /// The state it was given; `None` when there was nothing to write.
    pub state: Option<State>,
    /// Why there was nothing to write.
    pub quiet: Option<Quiet>,
    /// Why it failed, where it did.
    pub cause: Option<Cause>,
}

/// When to try again, and when to give up.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Hidden this long after the first failure; doubled each time.
    pub base: Duration,
    /// The longest it is hidden.
    pub cap: Duration,
    /// Receives in all. On the last, what fails is written as `failed`.
    pub max_receives: u32,
}

impl Default for RetryPolicy {
    /// The last attempt comes 3 h 45 min after the first.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(30),
            cap: Duration::from_secs(15 * 60),
            max_receives: 20,
        }
    }
}

impl RetryPolicy {
    /// How long a message is hidden after its `receives`-th receive failed: base · 2ⁿ⁻¹, capped.
    #[must_use]
    pub fn back_off(&self, receives: u32) -> Duration {
        let factor = 1_u32
            .checked_shl(receives.saturating_sub(1).min(31))
            .unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }
}

/// What settling needs.
pub struct Settling<'a, L, C, G> {
    /// Where entries are.
    pub ledger: &'a L,
    /// The time.
    pub clock: &'a C,
    /// The forms of this deployment.
    pub forms: &'a Forms,
    /// Who tells what nobody wants.
    pub guard: &'a G,
    /// When to try again.
    pub retry: RetryPolicy,
    /// Writes under way at once.
    pub parallel: usize,
    /// How long it may take.
    pub time: &'a dyn TimeLeft,
}

/// Settles a batch: one outcome for each delivery, in their order. Never fails as a whole.
pub async fn settle_batch<L: Ledger, C: Clock, G: Guard>(
    deliveries: &[Delivery],
    with: &Settling<'_, L, C, G>,
) -> Vec<Outcome> {
    let (chains, parallel) = if is_suspicious(deliveries) {
        (one_by_one(deliveries, with.retry.max_receives), 1)
    } else {
        (by_submission(deliveries), with.parallel.max(1))
    };
    let calls = Calls::new(with.time);
    let trying = Trying {
        with,
        calls: &calls,
        ledger: calls.to(with.ledger),
    };
    let settled: Vec<Vec<(usize, Outcome)>> = stream::iter(chains)
        .map(|chain| settle_chain(deliveries, chain, &trying))
        .buffer_unordered(parallel)
        .collect()
        .await;
    let mut outcomes: Vec<(usize, Outcome)> = settled.into_iter().flatten().collect();
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

/// What settling one batch needs: its ledger is asked as long as there is time.
struct Trying<'a, L, C, G> {
    with: &'a Settling<'a, L, C, G>,
    calls: &'a Calls<'a>,
    ledger: Timed<'a, L>,
}

async fn settle_chain<L: Ledger, C: Clock, G: Guard>(
    deliveries: &[Delivery],
    chain: Vec<Record>,
    trying: &Trying<'_, L, C, G>,
) -> Vec<(usize, Outcome)> {
    let mut outcomes = Vec::with_capacity(chain.len());
    for Record { place, reading } in chain {
        let delivery = &deliveries[place];
        let outcome = match trying.calls.may_begin() {
            Ok(()) => settle_one(delivery, reading, trying).await,
            Err(fault) => later(delivery, fault.cause(), trying.with.retry),
        };
        outcomes.push((place, outcome));
    }
    outcomes
}

/// It comes back, tried or not: its queue has counted the receive, and waits grow by that count.
fn later(delivery: &Delivery, cause: Cause, retry: RetryPolicy) -> Outcome {
    Outcome::Retry {
        after: retry.back_off(delivery.receives),
        cause,
    }
}

/// Settles one delivery. A permanent fault is settled as `failed` and acknowledged; a transient one comes
/// back later, until the last permitted receive, when it too is settled as `failed` with its cause.
async fn settle_one<L: Ledger, C: Clock, G: Guard>(
    delivery: &Delivery,
    reading: Reading,
    trying: &Trying<'_, L, C, G>,
) -> Outcome {
    let Trying { with, calls, .. } = trying;
    let last = delivery.receives >= with.retry.max_receives;
    let mut counted = Vec::new();
    let judged = async {
        let envelope = reading.unwrap_or_else(|| read(delivery).1)?;
        let now = with.clock.now();
        let form = examined(&envelope, delivery, with.forms)?;
        let suspect = Suspect {
            envelope: &envelope,
            form,
            receives: delivery.receives,
            last,
            now,
            calls,
        };
        let judged = judge(&suspect, with.guard).await?;
        counted = judged.counted;
        let verdict = judged.suspicion.map_or(Verdict::Stored, |found| {
            Verdict::Held(found.as_str().into())
        });
        Ok(incoming(envelope, delivery, verdict, form.retention()))
    };
    let fault = match attempt(judged, trying).await {
        Ok(settled) => {
            if settled.quiet == Some(Quiet::Duplicate) && !counted.is_empty() {
                // A count too many, if that fails: nothing that a person would wait for.
                let _ = with.guard.give_back(&counted, calls).await;
            }
            return Outcome::Ack(settled);
        }
        Err(fault) => fault,
    };
    let cause = fault.cause();
    // Read again, which only a failure costs.
    let failed = async { Ok(buried(delivery, cause.clone())) };
    if (last || matches!(fault, Fault::Permanent(_)))
        && let Ok(settled) = attempt(failed, trying).await
    {
        return Outcome::Ack(settled);
    }
    later(delivery, cause, with.retry)
}

/// One try at a verdict and its writing, its panics caught.
async fn attempt<L: Ledger, C: Clock, G: Guard>(
    judged: impl Future<Output = Result<(Incoming, Body), Fault>>,
    trying: &Trying<'_, L, C, G>,
) -> Result<Settled, Fault> {
    let tried = AssertUnwindSafe(async {
        let (incoming, body) = judged.await?;
        write(incoming, body, &trying.ledger, trying.with.clock.now()).await
    });
    tried
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(panicked()))
}

/// The panic's message may quote a value: only that it happened is kept.
fn panicked() -> Fault {
    Fault::transient(Code::Panic, "the worker panicked on this record")
}

/// Would the worker store this body if it were delivered now as a replay? Nothing is written.
///
/// # Errors
///
/// What the worker would answer: a permanent fault becomes a dead letter, a transient one is tried again.
pub fn examine(body: String, forms: &Forms, now: Timestamp) -> Result<(), Fault> {
    let delivery = Delivery {
        body: body.into_bytes(),
        receives: 1,
        sent_at: now,
        damage: None,
    };
    examined(&read(&delivery).1?, &delivery, forms).map(|_| ())
}

/// What is wrong with one delivery whatever it says; else its form. `ingest` has accepted it by the form's rules: they are
/// not applied again, but to what an operator has edited since.
fn examined<'f>(
    envelope: &Envelope,
    delivery: &Delivery,
    forms: &'f Forms,
) -> Result<&'f Form, Fault> {
    if delivery.body.len() > MAX_QUEUED {
        let detail = format!(
            "{} bytes are more than the ledger takes ({MAX_QUEUED})",
            delivery.body.len()
        );
        return Err(Fault::Permanent(Cause::new(Code::TooLarge, detail)));
    }
    if !envelope.is_intact() {
        return Err(Fault::Permanent(Cause::hash_mismatch()));
    }
    let Some(form) = forms.get(&envelope.of.form) else {
        return Err(Fault::transient(
            Code::UnknownForm,
            format!("this worker has no form {}", envelope.of.form),
        ));
    };
    if envelope.is_edited() {
        edited(envelope, form)?;
    }
    Ok(form)
}

/// Judges what is in order: what a person let through, by replay or release, is not suspected again.
async fn judge<G: Guard>(suspect: &Suspect<'_>, guard: &G) -> Result<Judged, Fault> {
    match suspect.envelope.kind {
        Kind::Submit => guard.judge(suspect).await,
        Kind::Replay | Kind::Release => Ok(Judged::default()),
    }
}

/// An edited payload keeps today's rules, or it would be a way around them.
fn edited(envelope: &Envelope, form: &Form) -> Result<(), Fault> {
    match form.refuses(envelope.payload.fields()).as_slice() {
        [] => Ok(()),
        [first, ..] => {
            let detail = format!(
                "the edited payload breaks the form's rules at {}: {}",
                first.pointer,
                first.problem.code()
            );
            Err(Fault::Permanent(Cause::new(Code::InvalidEdit, detail)))
        }
    }
}

/// Brings `incoming` into the ledger by the table, asking again whenever the row has changed meanwhile.
pub async fn write<L: Ledger>(
    mut incoming: Incoming,
    body: Body,
    ledger: &L,
    now: Timestamp,
) -> Result<Settled, Fault> {
    let mut entry: Option<Box<Head>> = None;
    for _ in 0..CONTENTION {
        let (written, head) = match decide(entry.as_deref(), &incoming, now) {
            Decision::Insert(head) => {
                let row = Entry {
                    head: *head,
                    body: body.clone(),
                };
                (ledger.insert(&row).await?, row.head)
            }
            Decision::Update(head) => (ledger.update(&head).await?, *head),
            Decision::Mend(head) => {
                let row = Entry {
                    head: *head,
                    body: body.clone(),
                };
                (ledger.mend(&row).await?, row.head)
            }
            Decision::EndRun(head) => {
                entry = match ledger.update(&head).await? {
                    Write::Done => Some(head),
                    Write::Refused(now_there) => now_there,
                };
                continue;
            }
            Decision::Nothing(quiet) => {
                return Ok(Settled {
                    of: incoming.of,
                    state: None,
                    quiet: Some(quiet),
                    cause: None,
                });
            }
            Decision::KeepApart(apart) => {
                (incoming, entry) = (*apart, None);
                continue;
            }
        };
        match written {
            Write::Done => {
                return Ok(Settled {
                    of: head.of,
                    state: Some(head.state),
                    quiet: None,
                    cause: head.cause,
                });
            }
            Write::Refused(now_there) => entry = now_there,
        }
    }
    Err(Fault::contention())
}
