//! The machine's clock and random numbers.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use counterfoil_core::Timestamp;
use counterfoil_core::ports::{Clock, Entropy, Steady, Uptime};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the adapter that reads the clock"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Steady for SystemClock {
    fn uptime(&self) -> Uptime {
        Uptime {
            boot: Arc::clone(&BOOT),
            up: up(),
        }
    }
}

/// The name of this boot; where the machine has none, of this process, whose uptimes are then comparable with no other's.
static BOOT: LazyLock<Arc<str>> = LazyLock::new(|| {
    let named = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    match named.trim() {
        "" => format!(
            "process-{}-{}",
            std::process::id(),
            SystemClock.now().as_millis()
        )
        .into(),
        named => named.into(),
    }
});

/// On Linux `CLOCK_MONOTONIC`, and so `Instant`, stands still while the machine is suspended.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UPTIME: rustix::time::ClockId = rustix::time::ClockId::Boottime;
/// On macOS, where `Instant` is another clock, this one goes on while the machine sleeps.
#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
const UPTIME: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

#[cfg(unix)]
fn up() -> Duration {
    let now = rustix::time::clock_gettime(UPTIME);
    let secs = u64::try_from(now.tv_sec).unwrap_or_default();
    Duration::new(secs, u32::try_from(now.tv_nsec).unwrap_or_default())
}

#[cfg(not(unix))]
#[allow(
    clippy::disallowed_methods,
    reason = "this is the adapter that reads the clock"
)]
fn up() -> Duration {
    static FIRST: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    FIRST.elapsed()
}

/// The operating system's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn ten_bytes(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        #[allow(
            clippy::expect_used,
            reason = "getrandom fails only before the kernel's pool is ready, at boot"
        )]
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uptime_is_of_one_boot_and_never_goes_back() {
        let (first, second) = (SystemClock.uptime(), SystemClock.uptime());
        assert_eq!(first.boot, second.boot);
        assert!(!first.boot.is_empty() && first.boot.trim() == &*first.boot);
        assert!(Duration::ZERO < first.up && first.up <= second.up);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_uptime_is_the_kernels_own_which_counts_what_the_machine_slept() {
        let told = std::fs::read_to_string("/proc/uptime").unwrap();
        let told: f64 = told.split(' ').next().unwrap().parse().unwrap();
        assert!((SystemClock.uptime().up.as_secs_f64() - told).abs() < 60.0);
    }
}
