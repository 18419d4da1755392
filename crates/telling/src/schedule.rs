//! When a delivery is tried: ten times in three days, each wait longer than the one before.

use std::time::Duration;

use counterfoil_core::Timestamp;

use crate::delivery::Delivery;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// How long each try waits for after the one before; the first, after the birth.
pub const WAITS: [Duration; 10] = [
    Duration::ZERO,
    Duration::from_secs(5),
    MINUTE.saturating_mul(5),
    MINUTE.saturating_mul(30),
    HOUR.saturating_mul(2),
    HOUR.saturating_mul(5),
    HOUR.saturating_mul(10),
    HOUR.saturating_mul(14),
    HOUR.saturating_mul(20),
    HOUR.saturating_mul(24),
];

/// As long as a receiver may ask to be left alone at once.
pub const LONGEST: Duration = HOUR.saturating_mul(24);

/// The least time that the tries of a course take: all waits, each a fifth shorter. A probe, which is tried more often,
/// does not use them up sooner.
pub const COURSE: Duration = MINUTE.saturating_mul(60 * 60 + 28);

/// A random number, which is handed in: by how much a wait differs from its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter(pub u16);

impl Jitter {
    /// No difference.
    pub const NONE: Self = Self(u16::MAX / 2 + 1);

    /// `wait`, up to a fifth shorter or longer.
    #[must_use]
    pub fn vary(self, wait: Duration) -> Duration {
        let percent = 80.0 + 40.0 * f64::from(self.0) / 65_536.0;
        wait.mul_f64(percent / 100.0)
    }
}

/// When `delivery`, which was tried `delivery.tries` times in its course, is tried next. `None`: its tries are used up.
#[must_use]
pub fn next(
    delivery: &Delivery,
    now: Timestamp,
    jitter: Jitter,
    asked: Option<Duration>,
) -> Option<Timestamp> {
    let tries = usize::try_from(delivery.tries).unwrap_or(usize::MAX);
    let wait = match WAITS.get(tries) {
        Some(wait) => *wait,
        None if now.since(delivery.since) >= COURSE => return None,
        None => WAITS[WAITS.len() - 1],
    };
    let asked = asked.unwrap_or_default().min(LONGEST);
    Some(now.plus(jitter.vary(wait).max(asked)))
}
