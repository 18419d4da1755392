//! What a deed makes of an entry: pure functions, beside the settling table. Together they are all that ever changes
//! a state, and the tests explore them together.
//!
//! ```text
//! entry                 deed       becomes
//! failed, held          replay/release   the same, run + 1 (or the run under way, sent again)
//! failed                edit       failed, another payload; a run under way is void
//! failed, held          discard    discarded; a run under way is void
//! discarded             undo       what it was: failed or held
//! stored, discarded     (its retention is over)  expired: what was submitted is gone
//! anything else         any        refused
//! ```

use counterfoil_core::entry::{Head, State};
use counterfoil_core::payload::ContentHash;
use counterfoil_core::time::Timestamp;

/// Orders the next run of a dead letter or a held submission. `None`: one is under way, or the state permits none.
#[must_use]
pub fn ordered(head: &Head, now: Timestamp) -> Option<Head> {
    let permits = matches!(head.state, State::Failed | State::Held) && !head.is_awaiting();
    permits.then(|| Head {
        run: head.run + 1,
        ..changed(head, now)
    })
}

/// Gives a dead letter another payload. What is on its way with the old one is dropped when it arrives, so no verdict
/// of it is waited for. `None`: it is no dead letter.
#[must_use]
pub fn edited(head: &Head, payload_hash: ContentHash, now: Timestamp) -> Option<Head> {
    (head.state == State::Failed).then(|| Head {
        payload_hash: Some(payload_hash),
        verdict_run: head.run,
        ..changed(head, now)
    })
}

/// Gives a dead letter or a held submission up; it may be removed at `expires_at`. Why it failed or was held stays, so
/// that this can be taken back. `None`: it is neither.
#[must_use]
pub fn discarded(head: &Head, expires_at: Option<Timestamp>, now: Timestamp) -> Option<Head> {
    matches!(head.state, State::Failed | State::Held).then(|| Head {
        state: State::Discarded,
        verdict_run: head.run,
        expires_at,
        ..changed(head, now)
    })
}

/// Takes a discard back. `None`: it is not discarded.
#[must_use]
pub fn undone(head: &Head, now: Timestamp) -> Option<Head> {
    let state = if head.hold.is_some() {
        State::Held
    } else {
        State::Failed
    };
    (head.state == State::Discarded).then(|| Head {
        state,
        expires_at: None,
        ..changed(head, now)
    })
}

/// What is left when a retention is over: enough to tell its ticket so, and a late copy from another content. It may go at
/// `gone_at`. `None`: it is not kept for a while, or this is what is left.
#[must_use]
pub fn expired(head: &Head, gone_at: Timestamp, now: Timestamp) -> Option<Head> {
    matches!(head.state, State::Stored | State::Discarded).then(|| Head {
        state: State::Expired,
        payload_hash: None,
        cause: None,
        hold: None,
        expires_at: Some(gone_at),
        ..changed(head, now)
    })
}

fn changed(head: &Head, now: Timestamp) -> Head {
    Head {
        seq: head.seq + 1,
        updated_at: now,
        ..head.clone()
    }
}
