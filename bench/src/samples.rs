//! Latencies of one load, in microseconds. All are kept: at the rates in question sorting them costs less than a
//! histogram's error.

use std::time::Duration;

/// What was measured, in no order until asked.
#[derive(Default)]
pub struct Samples(Vec<u32>);

impl Samples {
    /// Adds one. An hour and more is read as an hour.
    pub fn add(&mut self, took: Duration) {
        self.0
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds all of another's.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// The figures; `None` when nothing was measured.
    pub fn figures(mut self, lasted: Duration, units_each: u32) -> Option<Figures> {
        let per_second = self.0.len() as f64 * f64::from(units_each) / lasted.as_secs_f64();
        Some(Figures {
            per_second,
            p50: self.percentile(50)?,
            p99: self.percentile(99)?,
        })
    }

    /// One percentile, in milliseconds; `None` when nothing was measured.
    pub fn percentile(&mut self, percent: usize) -> Option<f64> {
        self.0.sort_unstable();
        self.0.get(rank(self.0.len(), percent)).copied().map(millis)
    }
}

/// What a load comes down to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Units of work per second.
    pub per_second: f64,
    /// Median latency, in milliseconds.
    pub p50: f64,
    /// 99th percentile of the latency, in milliseconds.
    pub p99: f64,
}

/// The nearest rank: the smallest sample that `percent` of all are not above, counted from 0.
const fn rank(count: usize, percent: usize) -> usize {
    (count * percent).div_ceil(100).saturating_sub(1)
}

fn millis(micros: u32) -> f64 {
    f64::from(micros) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks_whatever_the_order() {
        let mut samples = Samples::default();
        (1..=100)
            .rev()
            .for_each(|millis| samples.add(Duration::from_millis(millis)));
        let figures = samples.figures(Duration::from_secs(10), 32).unwrap();
        assert_eq!(
            figures,
            Figures {
                per_second: 320.0,
                p50: 50.0,
                p99: 99.0
            }
        );
    }

    #[test]
    fn nothing_measured_has_no_figures() {
        assert_eq!(Samples::default().figures(Duration::from_secs(1), 1), None);
    }
}
