//! Use case of operations: put a dead letter's envelope back on the queue, or let a held submission through, which is
//! the same with another word.
//!
//! ```text
//! entry    failed, run 0, verdict 0     seq 1
//!   raise  failed, run 1, verdict 0     seq 2    conditional on seq; not published; the ticket reads `queued`
//!   send   envelope, kind replay, run 1
//!   settle stored, run 1, verdict 1     seq 3    by the table, as any delivery
//! ```
//!
//! Raised first, so that whoever stops in between leaves an entry that shows what is missing: as long as `run` has no
//! verdict, replaying again sends that same run again. The table takes a run's second delivery for a duplicate.

use crate::change::ordered;
use crate::history::Action;
use crate::ports::Actions;
use counterfoil_core::entry::{Body, Entry, Head, State};
use counterfoil_core::envelope::{Checks, Envelope, Kind};
use counterfoil_core::fault::{CONTENTION, Fault};
use counterfoil_core::ports::{Clock, Entries, Queue, Write};
use counterfoil_core::submission::SubmissionRef;

/// What replaying needs.
pub struct Replaying<'a, H, Q, C> {
    /// Where entries are.
    pub home: &'a H,
    /// Where envelopes go.
    pub queue: &'a Q,
    /// The time.
    pub clock: &'a C,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// The envelope is on the queue.
    Sent {
        /// As this run.
        run: u32,
    },
    /// A run later than the one given has had its verdict: it failed again.
    FailedSince {
        /// That run.
        run: u32,
    },
    /// There is no such entry.
    Nowhere,
    /// It is not (any more) what the deed is for: no dead letter, or not held.
    NotNow {
        /// What it is.
        state: State,
        /// The latest run that was ordered.
        run: u32,
    },
    /// No envelope can be made of it: what was submitted cannot be read, by this program either, or was damaged since.
    Unreadable,
}

/// Replays one dead letter, or releases one held submission: `deed` says which. It was picked when `run` was its latest;
/// when a later one has had its verdict, that is what replaying it came to, whoever ordered it.
///
/// `Err`: its run may be ordered and not be sent; the same call again sends it.
pub async fn replay_one<H, Q, C>(
    of: &SubmissionRef,
    run: u32,
    deed: &Action,
    with: &Replaying<'_, H, Q, C>,
) -> Result<Replayed, Fault>
where
    H: Actions + Entries,
    Q: Queue,
    C: Clock,
{
    for _ in 0..CONTENTION {
        let entry = match with.home.entry(of).await {
            // Trying again mends nothing, and the others go on.
            Err(fault) if fault.is_damage() => return Ok(Replayed::Unreadable),
            entry => entry?,
        };
        let Some(Entry { head, body }) = entry else {
            return Ok(Replayed::Nowhere);
        };
        if Some(head.state) != deed.verb.sends() {
            return Ok(Replayed::NotNow {
                state: head.state,
                run: head.run,
            });
        }
        if head.verdict_run > run {
            return Ok(Replayed::FailedSince {
                run: head.verdict_run,
            });
        }
        let Some(mut envelope) = envelope(&head, body) else {
            return Ok(Replayed::Unreadable);
        };
        let Some(run) = order(&head, deed, with).await? else {
            continue;
        };
        envelope.run = run;
        with.queue.send(of, envelope.encode()).await?;
        return Ok(Replayed::Sent { run });
    }
    Err(Fault::contention())
}

/// Raises `run`, unless one is under way already. `None`: the row has changed meanwhile.
async fn order<H: Actions, Q, C: Clock>(
    head: &Head,
    deed: &Action,
    with: &Replaying<'_, H, Q, C>,
) -> Result<Option<u32>, Fault> {
    let Some(next) = ordered(head, with.clock.now()) else {
        return Ok(Some(head.run));
    };
    match with.home.act(&next, deed, None).await? {
        Write::Done => Ok(Some(next.run)),
        Write::Refused(_) => Ok(None),
    }
}

/// The entry's envelope. What intake checked has been judged, and is not judged again.
pub(crate) fn envelope(head: &Head, body: Body) -> Option<Envelope> {
    let kind = if head.state == State::Held {
        Kind::Release
    } else {
        Kind::Replay
    };
    match body {
        Body::Payload(payload) => Some(Envelope {
            of: head.of.clone(),
            kind,
            run: head.run,
            received_at: head.received_at,
            content: head.content?,
            payload_hash: head.payload_hash?,
            schema: head.schema.clone(),
            payload,
            checks: Checks::default(),
        }),
        Body::Raw(bytes) => readable_by_now(head, &bytes).map(|envelope| Envelope {
            kind,
            run: head.run,
            checks: Checks::default(),
            ..envelope
        }),
        Body::Erased => None,
    }
}

/// What an older program could not read and this one can. What is damaged, or names another submission, stays as it is.
fn readable_by_now(head: &Head, body: &[u8]) -> Option<Envelope> {
    let envelope = Envelope::decode(body).ok()?;
    (envelope.of == head.of && envelope.is_intact()).then_some(envelope)
}
