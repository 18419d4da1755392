//! One attempt, judged: what becomes of the delivery, of its receiver, and what is kept of the attempt. Pure: what
//! happened, the time and a random number are handed in, and what is answered is for a home to write in one transaction.

use std::time::Duration;

use counterfoil_core::{Cause, Timestamp};

use crate::delivery::{Delivery, DeliveryState};
use crate::health::{Health, PROBE_EVERY, ReceiverState, Warning};
use crate::schedule::{self, Jitter};
use crate::send::{Outcome, Reply};

/// How many attempts at one delivery are kept, the newest.
pub const KEPT_ATTEMPTS: u32 = 20;
/// How much is kept of what a receiver said, in bytes.
const SAID: usize = 500;

/// What is kept of one try.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Which one of its delivery, from 1.
    pub n: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What the receiver answered.
    pub reply: Reply,
    /// Why it failed; `None`: the receiver has it.
    pub cause: Option<Cause>,
}

/// The moment of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// For the next wait.
    pub jitter: Jitter,
    /// Was the receiver shown fields? Then nothing that it said is kept.
    pub shown: bool,
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The delivery after it.
    pub delivery: Delivery,
    /// What is kept of it.
    pub attempt: Attempt,
}

/// Judges an attempt at `delivery`; `state` is its receiver's before.
#[must_use]
pub fn judge(
    delivery: &Delivery,
    state: ReceiverState,
    outcome: &Outcome,
    moment: Moment,
) -> Tried {
    let mut delivery = delivery.clone();
    delivery.attempts = delivery.attempts.saturating_add(1);
    delivery.tries = delivery.tries.saturating_add(1);
    let (reply, cause) = told(outcome);
    delivery.cause = cause.cloned();
    let now = moment.at.plus(moment.took);
    match outcome {
        Outcome::Delivered(_) => delivery.state = DeliveryState::Delivered,
        Outcome::Never { .. } => delivery.state = DeliveryState::Failed,
        // It waits with all the others until somebody enables the receiver.
        Outcome::Gone { .. } => delivery.due_at = now,
        Outcome::Later { after, .. } => {
            match schedule::next(&delivery, now, moment.jitter, *after) {
                Some(due_at) => delivery.due_at = sooner(due_at, state, now, *after),
                None => delivery.state = DeliveryState::Failed,
            }
        }
    }
    let attempt = Attempt {
        n: delivery.attempts,
        at: moment.at,
        took: moment.took,
        reply: kept(reply, moment.shown),
        cause: delivery.cause.clone(),
    };
    Tried { delivery, attempt }
}

/// The delivery after an attempt, where `stored` is what was written of it meanwhile. `None`: another attempt was. What a
/// person ordered while the letter was under way stays, unless the receiver has taken it: what was discarded stays so, and
/// what was retried waits with its new course.
#[must_use]
pub fn merge(stored: &Delivery, tried: &Tried) -> Option<Delivery> {
    let after = &tried.delivery;
    if stored.attempts + 1 != after.attempts {
        return None;
    }
    let is_as_it_was = stored.state == DeliveryState::Waiting && stored.tries + 1 == after.tries;
    if is_as_it_was || after.state == DeliveryState::Delivered {
        return Some(after.clone());
    }
    Some(Delivery {
        attempts: after.attempts,
        cause: after.cause.clone(),
        ..stored.clone()
    })
}

/// What the outcome does to its receiver's health. A letter that is refused for itself says nothing of it.
pub fn note(health: &mut Health, outcome: &Outcome, now: Timestamp) -> Option<Warning> {
    match outcome {
        Outcome::Delivered(_) => health.succeeds(now),
        Outcome::Later { cause, .. } => health.fails(now, cause),
        Outcome::Gone { cause, .. } => health.goes(now, cause),
        Outcome::Never { .. } => None,
    }
}

/// A probe is tried each hour, but not before its receiver said.
fn sooner(
    due_at: Timestamp,
    state: ReceiverState,
    now: Timestamp,
    after: Option<Duration>,
) -> Timestamp {
    match state {
        ReceiverState::Up => due_at,
        ReceiverState::Failing | ReceiverState::Disabled => {
            let asked = after.unwrap_or_default().min(schedule::LONGEST);
            due_at.min(now.plus(PROBE_EVERY.max(asked)))
        }
    }
}

fn told(outcome: &Outcome) -> (&Reply, Option<&Cause>) {
    match outcome {
        Outcome::Delivered(reply) => (reply, None),
        Outcome::Later { cause, reply, .. }
        | Outcome::Never { cause, reply }
        | Outcome::Gone { cause, reply } => (reply, Some(cause)),
    }
}

/// A bounded beginning of what was said, without what would steer a terminal; nothing where it may echo a field.
fn kept(reply: &Reply, shown: bool) -> Reply {
    let said = reply.said.as_deref().filter(|_| !shown).map(|said| {
        let mut kept = String::new();
        for c in said.chars().map(|c| if c.is_control() { ' ' } else { c }) {
            if kept.len() + c.len_utf8() > SAID {
                break;
            }
            kept.push(c);
        }
        kept
    });
    Reply {
        code: reply.code,
        said,
    }
}
