//! How much of an invocation is left. At its deadline Lambda ends a function in the middle of whatever it does: nothing is
//! answered then, and all of a batch comes back.

use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::ports::{Clock, TimeLeft};
use counterfoil_machine::SystemClock;
use lambda_runtime::Context;

/// When Lambda ends the function.
#[derive(Clone, Copy, Debug)]
pub struct Deadline<C = SystemClock> {
    /// `None`: it is not known.
    at: Option<Timestamp>,
    clock: C,
}

impl Deadline {
    /// The deadline of an invocation, as its context has it.
    #[must_use]
    pub fn from_context(context: &Context) -> Self {
        let millis = i64::try_from(context.deadline).unwrap_or(i64::MAX);
        Self::new(Timestamp::from_millis(millis), SystemClock)
    }
}

impl<C: Clock> Deadline<C> {
    /// The deadline at this time, by this clock. One that is over before anything has begun is not believed: by a clock that
    /// is wrong, a function would never do anything.
    pub fn new(at: Timestamp, clock: C) -> Self {
        let at = (clock.now() < at).then_some(at);
        Self { at, clock }
    }
}

impl<C: Clock> TimeLeft for Deadline<C> {
    fn left(&self) -> Duration {
        self.at
            .map_or(Duration::MAX, |at| at.since(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_testkit::ManualClock;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    #[test]
    fn what_is_left_becomes_less_until_nothing_is() {
        let clock = ManualClock::new();
        let deadline = Deadline::new(clock.now().plus(TIMEOUT), &clock);
        assert_eq!(deadline.left(), TIMEOUT);
        clock.advance(Duration::from_millis(29_999));
        assert_eq!(deadline.left(), Duration::from_millis(1));
        clock.advance(Duration::from_secs(5));
        assert_eq!(deadline.left(), Duration::ZERO);
    }

    #[test]
    fn a_deadline_that_is_over_at_the_start_is_not_believed() {
        let clock = ManualClock::new();
        assert_eq!(Deadline::new(clock.now(), &clock).left(), Duration::MAX);
        assert_eq!(
            Deadline::from_context(&Context::default()).left(),
            Duration::MAX
        );
    }

    #[test]
    fn a_context_says_when_lambda_ends_it() {
        let mut context = Context::default();
        let end = SystemClock.now().plus(TIMEOUT);
        context.deadline = u64::try_from(end.as_millis()).unwrap();
        let left = Deadline::from_context(&context).left();
        assert!(left <= TIMEOUT && left > TIMEOUT / 2, "{left:?}");
    }
}
