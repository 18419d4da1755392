//! What the rules need from outside. Each home (one machine, AWS) implements these; the doc comments are
//! the contract, and the suites of `testkit` hold every implementation to it.
//!
//! A use case takes only the ports it uses, so that its signature says what it is permitted to do.

mod guards;
mod seen;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::entry::{Entry, Head};
use crate::fault::Fault;
use crate::notice::Notice;
use crate::parked::Parked;
use crate::submission::SubmissionRef;
use crate::time::Timestamp;

pub use guards::{Captchas, Counter, Counters, Reply};
pub use seen::{Seen, SeenMarks};

/// Reads the time.
pub trait Clock: Sync {
    /// Now. May jump in either direction; nothing is lost when it does.
    fn now(&self) -> Timestamp;
}

/// Says how much time is left for the work at hand, before whoever gave it ends it.
pub trait TimeLeft: Sync {
    /// So much; it only ever becomes less. `Duration::MAX`: nobody ends it.
    fn left(&self) -> Duration;
}

/// How long a machine has been up. Nobody sets it, so what has passed between two of the same boot is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uptime {
    /// Which boot. Two of different boots have nothing to do with each other.
    pub boot: Arc<str>,
    /// How long it lasts, and how long it slept.
    pub up: Duration,
}

/// Reads the time, and beside it what the time cannot be made to say: how much of it has passed.
pub trait Steady: Clock {
    /// Now. Never goes back within a boot, and goes on while the machine is suspended.
    fn uptime(&self) -> Uptime;
}

/// Random bytes that nobody can guess.
pub trait Entropy: Sync {
    /// Ten of them: what a UUIDv7 takes.
    fn ten_bytes(&self) -> [u8; 10];
}

/// Where accepted submissions wait for the worker.
pub trait Queue: Sync {
    /// Puts an encoded envelope on the queue.
    ///
    /// `Ok` promises that it is durable and will be delivered at least once. `Err` promises nothing: it may
    /// still be delivered, and sending again may deliver it twice. Order is not kept.
    fn send(
        &self,
        of: &SubmissionRef,
        body: String,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What a conditional write did.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// The row is written, and durable.
    Done,
    /// The condition did not hold: nothing was written, and this is the row as it is (`None`: there is none).
    Refused(Option<Box<Head>>),
}

/// The ledger as the worker writes it. Each write also makes the change known to the notifier, in one
/// transaction, unless it only raised `run`.
pub trait Ledger: Sync {
    /// Writes `entry` if its submission has no row, and its first line of history where it has one. `Err` promises nothing: it may have been written, and
    /// the same call again then answers `Refused` with the row.
    fn insert(&self, entry: &Entry) -> impl Future<Output = Result<Write, Fault>> + Send;

    /// Replaces all of a row but its body by `next`, if the row's `seq` is `next.seq - 1`. The verdict is
    /// also kept in the entry's history. `Err` promises nothing, as above. What [`Head::is_news`] says no of is not
    /// made known to the notifier.
    fn update(&self, next: &Head) -> impl Future<Output = Result<Write, Fault>> + Send;

    /// As [`Self::update`], and the body too: `next` takes the place of the whole row. For a row whose body could not be
    /// read, when a good copy comes.
    fn mend(&self, next: &Entry) -> impl Future<Output = Result<Write, Fault>> + Send;
}

/// The ledger as a poll reads it: never the payload.
pub trait Polls: Sync {
    /// The row as the last finished write left it; `None`: there is none.
    fn head(&self, of: &SubmissionRef) -> impl Future<Output = Result<Option<Head>, Fault>> + Send;

    /// What is left of a row that is gone because its form's retention is over, where that is no row itself: there
    /// [`Self::head`] finds it, and this need not be asked.
    fn left(
        &self,
        _of: &SubmissionRef,
    ) -> impl Future<Output = Result<Option<Head>, Fault>> + Send {
        async { Ok(None) }
    }
}

/// The ledger as an operator reads it: with what was submitted.
pub trait Entries: Sync {
    /// The row as the last finished write left it; `None`: there is none.
    fn entry(
        &self,
        of: &SubmissionRef,
    ) -> impl Future<Output = Result<Option<Entry>, Fault>> + Send;
}

/// Where notices go.
pub trait Publisher: Sync {
    /// As many as one call of it takes.
    const AT_ONCE: usize = usize::MAX;

    /// Publishes notices, giving one result for each, in their order.
    ///
    /// `Ok` promises that it was handed over. A notice may be published more than once, with the same id.
    /// [`Fault::Permanent`]: this notice will never be taken. [`Fault::together`]: one among several is at fault, and each
    /// is to be tried by itself; never said of one alone. Any other fault is the publisher's, and passes.
    fn publish(&self, notices: &[Notice]) -> impl Future<Output = Vec<Result<(), Fault>>> + Send;
}

/// Where is set aside what cannot be published, until a person looks at it.
pub trait Aside: Sync {
    /// Sets it aside. `Ok` promises that it is durable. `Err` promises nothing: it may be there, and is set aside again.
    fn set_aside(&self, parked: &Parked) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What is shared keeps its contract.
mod shared {
    use std::sync::Arc;

    use super::{Clock, Counter, Counters, Entries, Entry, Fault, Head, Ledger, Polls, Queue};
    use super::{SubmissionRef, Timestamp, Write};

    impl<T: Clock> Clock for &T {
        fn now(&self) -> Timestamp {
            T::now(self)
        }
    }

    impl<T: Clock + Send + ?Sized> Clock for Arc<T> {
        fn now(&self) -> Timestamp {
            T::now(self)
        }
    }

    impl<T: Queue + Send> Queue for Arc<T> {
        async fn send(&self, of: &SubmissionRef, body: String) -> Result<(), Fault> {
            T::send(self, of, body).await
        }
    }

    impl<T: Ledger + Send> Ledger for Arc<T> {
        async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
            T::insert(self, entry).await
        }

        async fn update(&self, next: &Head) -> Result<Write, Fault> {
            T::update(self, next).await
        }

        async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
            T::mend(self, next).await
        }
    }

    impl<T: Entries + Send> Entries for Arc<T> {
        async fn entry(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
            T::entry(self, of).await
        }
    }

    impl<T: Counters + Send> Counters for Arc<T> {
        async fn add(&self, counter: &Counter, by: i32) -> Result<i64, Fault> {
            T::add(self, counter, by).await
        }
    }

    impl<T: Polls + Send> Polls for Arc<T> {
        async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
            T::head(self, of).await
        }

        async fn left(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
            T::left(self, of).await
        }
    }
}
