//! Use case of operations: put a dead letter's envelope back on the queue.
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

use crate::entry::{Body, Entry, Head, State};
use crate::envelope::{Checks, Envelope, Kind};
use crate::fault::Fault;
use crate::payload::Payload;
use crate::ports::{Clock, Entries, Ledger, Queue, Write};
use crate::submission::SubmissionRef;

/// What replaying needs.
pub struct Replaying<'a, L, Q, C> {
    /// Where entries are.
    pub ledger: &'a L,
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
    /// There is no such entry.
    Nowhere,
    /// It is no dead letter (any more).
    NotFailed(State),
    /// No envelope can be made of it: what was submitted could not be read.
    Unreadable,
}

/// Writes refused because another writer was quicker, after which it is for the operator to try again.
const CONTENTION: usize = 16;

/// Replays one dead letter. `Err`: its run may be ordered and not be sent; the same call again sends it.
pub async fn replay_one<L, Q, C>(of: &SubmissionRef, with: &Replaying<'_, L, Q, C>) -> Result<Replayed, Fault>
where
    L: Ledger + Entries,
    Q: Queue,
    C: Clock,
{
    for _ in 0..CONTENTION {
        let Some(Entry { head, body }) = with.ledger.entry(of).await? else { return Ok(Replayed::Nowhere) };
        if head.state != State::Failed {
            return Ok(Replayed::NotFailed(head.state));
        }
        let Some(mut envelope) = envelope(&head, body) else { return Ok(Replayed::Unreadable) };
        let Some(run) = order(head, with).await? else { continue };
        envelope.run = run;
        with.queue.send(of, envelope.encode()).await?;
        return Ok(Replayed::Sent { run });
    }
    Err(Fault::transient("contention", "the row kept changing under the write"))
}

/// Raises `run`, unless one is under way already. `None`: the row has changed meanwhile.
async fn order<L: Ledger, Q, C: Clock>(head: Head, with: &Replaying<'_, L, Q, C>) -> Result<Option<u32>, Fault> {
    if head.is_awaiting() {
        return Ok(Some(head.run));
    }
    let run = head.run + 1;
    let next = Head { run, seq: head.seq + 1, updated_at: with.clock.now(), ..head };
    match with.ledger.update(&next).await? {
        Write::Done => Ok(Some(run)),
        Write::Refused(_) => Ok(None),
    }
}

/// The dead letter's envelope. What intake checked has been judged, and is not judged again.
fn envelope(head: &Head, body: Body) -> Option<Envelope> {
    let payload: Payload = match body {
        Body::Payload(payload) => payload,
        Body::Raw(_) | Body::Erased => return None,
    };
    Some(Envelope {
        of: head.of.clone(),
        kind: Kind::Replay,
        run: head.run,
        received_at: head.received_at,
        content: head.content?,
        payload_hash: head.payload_hash?,
        schema: head.schema.clone(),
        payload,
        checks: Checks::default(),
    })
}
