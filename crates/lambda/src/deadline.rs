//! When Lambda ends a call: nothing may begin that could not end before.

use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::ports::Clock;
use lambda_runtime::Context;

/// When Lambda ends a call.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// Of the call with this context.
    #[must_use]
    pub fn of(context: &Context) -> Self {
        Self::at(Timestamp::from_millis(i64::try_from(context.deadline).unwrap_or(i64::MAX)))
    }

    /// At this moment.
    #[must_use]
    pub const fn at(moment: Timestamp) -> Self {
        Self(moment)
    }

    /// How long it is until then; zero when it is over.
    #[must_use]
    pub fn left(&self, clock: &impl Clock) -> Duration {
        self.0.since(clock.now())
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_testkit::ManualClock;
    use counterfoil_testkit::build::THEN;

    use super::*;

    #[test]
    fn what_is_left_of_a_call_ends_with_it() {
        let clock = ManualClock::new();
        let mut context = Context::default();
        context.deadline = u64::try_from(THEN.plus(Duration::from_secs(30)).as_millis()).unwrap();
        let deadline = Deadline::of(&context);
        assert_eq!(deadline.left(&clock), Duration::from_secs(30));
        clock.advance(Duration::from_secs(29));
        assert_eq!(deadline.left(&clock), Duration::from_secs(1));
        clock.advance(Duration::from_secs(2));
        assert_eq!(deadline.left(&clock), Duration::ZERO);
    }
}
