//! A ledger that is away for a while: it refuses every call at once, or lets each hang until its caller gives up.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

use counterfoil_core::ports::{Clock, Ledger, Write};
use counterfoil_core::{Code, Entry, Fault, Head, Timestamp};

use crate::{ManualClock, MemoryLedger};

/// How it is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// Every call is refused at once.
    Refuses,
    /// No call is answered: each ends after this long, when the caller gives up.
    Hangs(Duration),
    /// Every call is answered, after this long.
    Slow(Duration),
}

/// A ledger in memory that is away from one time to another, by a clock that its calls move.
#[derive(Debug)]
pub struct Outage {
    /// What it holds.
    pub ledger: MemoryLedger,
    clock: Arc<ManualClock>,
    from: Timestamp,
    until: Timestamp,
    away: Away,
    calls: AtomicU32,
}

impl Outage {
    /// Away so, from then until then.
    #[must_use]
    pub fn new(clock: Arc<ManualClock>, away: Away, from: Timestamp, until: Timestamp) -> Self {
        Self {
            ledger: MemoryLedger::default(),
            clock,
            from,
            until,
            away,
            calls: AtomicU32::new(0),
        }
    }

    /// Calls that were made while it was away.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Is it away at this time?
    pub fn is_away(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }

    async fn attend(&self) -> Result<(), Fault> {
        let now = self.clock.now();
        if !self.is_away(now) {
            return Ok(());
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.away {
            Away::Refuses => Err(Fault::transient(Code::AwsDenied, "refused on order")),
            Away::Hangs(patience) => {
                self.pass(now.plus(patience)).await;
                Err(Fault::transient(Code::AwsTimeout, "no answer, on order"))
            }
            Away::Slow(time) => {
                self.pass(now.plus(time)).await;
                Ok(())
            }
        }
    }

    /// Waits until then. What began beside it began at the same time, so each has its turn before the clock moves.
    async fn pass(&self, until: Timestamp) {
        let mut had_its_turn = false;
        poll_fn(|context| {
            if std::mem::replace(&mut had_its_turn, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        self.clock.reach(until);
    }
}

impl Ledger for Outage {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        self.attend().await?;
        self.ledger.insert(entry).await
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        self.attend().await?;
        self.ledger.update(next).await
    }

    async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
        self.attend().await?;
        self.ledger.mend(next).await
    }
}

/// Runs a future that waits for nothing but its turn.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}
