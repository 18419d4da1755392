//! A clock that moves when it is told to, and "random" bytes that count.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::ports::{Clock, Entropy, Steady, TimeLeft, Uptime};

/// Stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    uptime: Mutex<Uptime>,
}

impl ManualClock {
    /// Stands at `2026-11-22T22:14:11Z`.
    #[must_use]
    pub fn new() -> Self {
        let uptime = Uptime {
            boot: "boot 1".into(),
            up: Duration::from_secs(60),
        };
        Self {
            now: AtomicI64::new(1_795_385_651_000),
            uptime: Mutex::new(uptime),
        }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.set_forward(by);
        self.uptime.lock().unwrap().up += by;
    }

    /// Lets time pass until then, if it is not yet.
    pub fn reach(&self, at: Timestamp) {
        self.advance(at.since(self.now()));
    }

    /// Sets it later: no time passes.
    pub fn set_forward(&self, by: Duration) {
        self.now
            .fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Sets it earlier: no time passes.
    pub fn set_back(&self, by: Duration) {
        self.now
            .fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// The machine is off for so long, and has just been started again.
    pub fn reboot(&self, off: Duration) {
        self.set_forward(off);
        let mut uptime = self.uptime.lock().unwrap();
        let next = format!("{}, then another", uptime.boot);
        *uptime = Uptime {
            boot: next.into(),
            up: Duration::from_secs(5),
        };
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }
}

impl Steady for ManualClock {
    fn uptime(&self) -> Uptime {
        self.uptime.lock().unwrap().clone()
    }
}

/// How long it is until then, by a clock that is moved.
#[derive(Clone, Copy, Debug)]
pub struct Until<'c> {
    /// The clock.
    pub clock: &'c ManualClock,
    /// The end.
    pub at: Timestamp,
}

impl TimeLeft for Until<'_> {
    fn left(&self) -> Duration {
        self.at.since(self.clock.now())
    }
}

/// Gives 0, 1, 2, … so that ids differ and a test can be repeated.
#[derive(Debug, Default)]
pub struct CountingEntropy(AtomicU64);

impl Entropy for CountingEntropy {
    fn ten_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        bytes[2..].copy_from_slice(&self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        bytes
    }
}
