//! How one run of a job goes: how many it may send, and when it is to stop.

use std::time::Duration;

use super::Pace;
use super::part::Part;
use crate::job::Job;
use counterfoil_core::time::Timestamp;

/// Looks in a row in which everything failed, after which the job stops.
const FAULTS: u32 = 10;
/// Verdicts from which on the share of failures says something.
const ENOUGH: u64 = 20;

/// How one run of a job goes: what it sent, and when something last moved.
pub(super) struct Course {
    /// Sent by this run.
    pub(super) sent: u64,
    /// Verdicts there were before it.
    stored: u64,
    failed: u64,
    /// When it began, and when something last moved.
    moved_at: Timestamp,
    /// For the rate: what may be sent, and up to when that was counted.
    pub(super) credit: f64,
    counted_at: Timestamp,
    /// Looks in a row without anything new.
    idle: u32,
    /// The last fault, while nothing moves.
    pub(super) fault: Option<String>,
}

impl Course {
    pub(super) fn start(job: &Job, now: Timestamp) -> Self {
        let tally = job.tally();
        Self {
            sent: 0,
            stored: tally.stored,
            failed: tally.failed_again,
            moved_at: now,
            credit: 1.0,
            counted_at: now,
            idle: 0,
            fault: None,
        }
    }

    /// How many may be sent now.
    pub(super) fn room(&mut self, job: &Job, part: &Part, window: usize, now: Timestamp) -> usize {
        let under_way = part.under_way();
        let open = window.saturating_sub(under_way);
        let by_canary = match self.sent {
            _ if !job.manner.has_canary() => open,
            0 => 1,
            1 | 11 if under_way > 0 => 0,
            1..11 => usize::try_from(11 - self.sent).unwrap_or(0),
            _ => open,
        };
        let wanted = open.min(by_canary);
        match job.manner.rate {
            None => wanted,
            Some(rate) => wanted.min(self.by_rate(rate, now)),
        }
    }

    /// How many the rate permits. Credit is kept for a second at most, so that a pause is no licence for a burst.
    fn by_rate(&mut self, rate: f64, now: Timestamp) -> usize {
        let earned = now.since(self.counted_at).as_secs_f64() * rate;
        self.credit = (self.credit + earned).min(rate.max(1.0));
        self.counted_at = now;
        // Between 0 and the rate: the cast cannot lose anything that matters.
        self.credit.floor() as usize
    }

    /// Why the job is to stop, if it is.
    pub(super) fn verdict(&self, job: &Job, part: &Part, asked: bool) -> Option<String> {
        let tally = job.before.plus(&part.tally());
        let stored = tally.stored.saturating_sub(self.stored);
        let failed = tally.failed_again.saturating_sub(self.failed);
        let all = stored + failed;
        if asked {
            return Some("it was told to stop".to_owned());
        }
        if job.manner.has_canary() && self.sent <= 11 && failed > 0 {
            return Some(format!("{failed} of the first {all} failed again"));
        }
        (all >= ENOUGH && failed as f64 > job.manner.stop_at * all as f64)
            .then(|| format!("{failed} of {all} failed again"))
    }

    /// Notes whether anything moved. `Some`: nothing has for too long.
    pub(super) fn moved(&mut self, moved: usize, now: Timestamp, pace: Pace) -> Option<String> {
        if moved > 0 {
            (self.moved_at, self.idle, self.fault) = (now, 0, None);
            return None;
        }
        self.idle += 1;
        if let Some(fault) = self.fault.as_ref().filter(|_| self.idle >= FAULTS) {
            return Some(format!("nothing can be sent: {fault}"));
        }
        (now.since(self.moved_at) >= pace.patience).then(|| {
            format!(
                "no verdict for {} s; what was sent is still on its way",
                pace.patience.as_secs()
            )
        })
    }

    pub(super) fn pause(&self, pace: Pace) -> Duration {
        pace.look
            .saturating_mul(1 << self.idle.saturating_sub(1).min(16))
            .min(pace.longest)
    }
}
