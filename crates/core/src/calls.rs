//! The calls that a batch makes, as long as there is time for them.
//!
//! A function is ended at its deadline in the middle of what it does, and then nothing that it did is acknowledged, and nothing
//! is backed off. So no call begins that might not end in time; and after one that hung none is made, because the next would
//! hang as well, and be paid for:
//!
//! ```text
//! 30 s left ── call, 8 s ──► 22 s left ── call, 8 s ──► 14 s left ── no call any more ── back off, 4 s ──► answer
//!                 └─ it hung: no call any more ── back off, 4 s ──► answer
//! ```
//!
//! What was not tried for it is hidden for as long as if it had been: a queue counts receives, whether tried or not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::cause::Code;
use crate::entry::{Entry, Head};
use crate::fault::Fault;
use crate::ports::{Ledger, TimeLeft, Write};

/// No call begins with less time left: it may take 8 s, and hiding what comes back takes up to 4 s after that.
pub const LEAST: Duration = Duration::from_secs(16);
/// A call that took so long and failed has hung. A refusal is there at once, its retries within the call included.
pub const HUNG: Duration = Duration::from_secs(3);

/// There is all the time in the world: nobody ends this process but a person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Endless;

impl TimeLeft for Endless {
    fn left(&self) -> Duration {
        Duration::MAX
    }
}

/// The calls of one batch.
pub struct Calls<'t> {
    time: &'t dyn TimeLeft,
    hung: AtomicBool,
}

impl<'t> Calls<'t> {
    /// None was made yet.
    #[must_use]
    pub const fn new(time: &'t dyn TimeLeft) -> Self {
        Self {
            time,
            hung: AtomicBool::new(false),
        }
    }

    /// May another call begin? Once it may not, none may any more.
    pub fn may_begin(&self) -> Result<(), Fault> {
        let why = if self.hung.load(Ordering::Relaxed) {
            "a call before this one got no answer"
        } else if self.time.left() < LEAST {
            "there is too little time left for another call"
        } else {
            return Ok(());
        };
        Err(Fault::transient(Code::Untried, why))
    }

    /// Makes a call, if it may begin. Nothing of it happens before this is polled.
    pub async fn make<T>(&self, call: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        self.may_begin()?;
        let before = self.time.left();
        let made = call.await;
        if made.is_err() && before.saturating_sub(self.time.left()) >= HUNG {
            self.hung.store(true, Ordering::Relaxed);
        }
        made
    }

    /// A ledger that makes each of its calls so.
    pub const fn to<'a, L>(&'a self, ledger: &'a L) -> Timed<'a, L> {
        Timed {
            ledger,
            calls: self,
        }
    }
}

/// A ledger whose calls are made as long as there is time for them.
pub struct Timed<'a, L> {
    ledger: &'a L,
    calls: &'a Calls<'a>,
}

/// Each call is boxed: it is large, and would be kept twice, as it is handed over and as it is made.
impl<L: Ledger> Ledger for Timed<'_, L> {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        self.calls.make(Box::pin(self.ledger.insert(entry))).await
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        self.calls.make(Box::pin(self.ledger.update(next))).await
    }

    async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
        self.calls.make(Box::pin(self.ledger.mend(next))).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::FutureExt;

    use super::*;

    const CALL: Duration = Duration::from_secs(8);

    struct Left(Mutex<Duration>);

    impl Left {
        fn seconds(secs: u64) -> Self {
            Self(Mutex::new(Duration::from_secs(secs)))
        }

        fn pass(&self, time: Duration) {
            let mut left = self.0.lock().unwrap();
            *left = left.saturating_sub(time);
        }
    }

    impl TimeLeft for Left {
        fn left(&self) -> Duration {
            *self.0.lock().unwrap()
        }
    }

    /// What comes of a call that takes so long.
    fn call<T>(
        calls: &Calls<'_>,
        rest: &Left,
        time: Duration,
        result: Result<T, Fault>,
    ) -> Result<T, Fault> {
        let call = async {
            rest.pass(time);
            result
        };
        calls.make(call).now_or_never().unwrap()
    }

    fn fault() -> Fault {
        Fault::transient(Code::AwsTimeout, "no answer in time")
    }

    #[test]
    fn after_a_call_that_hung_none_is_made() {
        let rest = Left::seconds(30);
        let calls = Calls::new(&rest);
        assert_eq!(
            call::<()>(&calls, &rest, CALL, Err(fault()))
                .unwrap_err()
                .cause()
                .code,
            "aws-timeout"
        );
        assert_eq!(
            call(&calls, &rest, CALL, Ok(())).unwrap_err().cause().code,
            "untried"
        );
        assert_eq!(
            rest.left(),
            Duration::from_secs(22),
            "the second was not made"
        );
    }

    #[test]
    fn a_refusal_and_a_slow_answer_stop_nothing() {
        let rest = Left::seconds(30);
        let calls = Calls::new(&rest);
        call::<()>(&calls, &rest, HUNG - Duration::from_millis(1), Err(fault())).unwrap_err();
        call(&calls, &rest, CALL, Ok(())).unwrap();
        calls.may_begin().unwrap();
    }

    #[test]
    fn no_call_begins_that_might_not_end_in_time() {
        let rest = Left::seconds(16);
        let calls = Calls::new(&rest);
        call(&calls, &rest, Duration::from_millis(1), Ok(())).unwrap();
        assert_eq!(
            call(&calls, &rest, CALL, Ok(())).unwrap_err().cause().code,
            "untried"
        );
    }

    #[test]
    fn without_an_end_there_is_always_time() {
        let calls = Calls::new(&Endless);
        calls
            .make(async { Err::<(), _>(fault()) })
            .now_or_never()
            .unwrap()
            .unwrap_err();
        calls.may_begin().unwrap();
    }
}
