//! Use case of `bury`: make a dead letter of what the queue gave up on, so that it is a row that people can
//! see and replay, and no queue's retention can lose it. Simpler than the worker on purpose: what crashed
//! that must not crash this.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::cause::{Cause, Code};
use crate::entry::Body;
use crate::fault::Fault;
use crate::ports::{Clock, Ledger};
use crate::settle::Incoming;
use crate::settling::{Delivery, Settled, buried, buried_unread, write};

/// Writes one message of the dead-letter queue as a `failed` entry with its payload. `cause`: why the queue gave up on it.
///
/// `Ok`: take it off the queue, the ledger holds it (or something newer). `Err`: leave it there; a panic is one, so
/// that it ends nothing but this try.
pub async fn bury<L: Ledger, C: Clock>(
    delivery: &Delivery,
    cause: Cause,
    ledger: &L,
    clock: &C,
) -> Result<Settled, Fault> {
    write_down(|| buried(delivery, cause), ledger, clock).await
}

/// Writes one message as [`bury`] does, without looking into it: its body is kept as it is, under no form. For what ended
/// the process each time that it was read.
pub async fn bury_unread<L: Ledger, C: Clock>(
    delivery: &Delivery,
    cause: Cause,
    ledger: &L,
    clock: &C,
) -> Result<Settled, Fault> {
    write_down(|| buried_unread(delivery, cause), ledger, clock).await
}

async fn write_down<L: Ledger, C: Clock>(
    reading: impl FnOnce() -> (Incoming, Body),
    ledger: &L,
    clock: &C,
) -> Result<Settled, Fault> {
    let tried = AssertUnwindSafe(async {
        let (incoming, body) = reading();
        write(incoming, body, ledger, clock.now()).await
    });
    tried.catch_unwind().await.unwrap_or_else(|_| {
        Err(Fault::transient(
            Code::Panic,
            "burying this record panicked",
        ))
    })
}
