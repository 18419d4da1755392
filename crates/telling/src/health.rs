//! How a receiver is: whether it takes what it is sent, since when it does not, and what follows from that.
//!
//! A receiver that fails for a day is `failing`: only its oldest delivery is tried, which is its probe. After three days it
//! is `disabled`: nothing is tried until a person enables it. Before, one success ends all of it.

use std::time::Duration;

use counterfoil_core::{Cause, Timestamp};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// How long it has failed when only its probe is tried any more.
pub const FAILING_AFTER: Duration = HOUR.saturating_mul(24);
/// How long it has failed when nothing is tried any more.
pub const DISABLED_AFTER: Duration = HOUR.saturating_mul(72);
/// The longest wait between two tries of the probe.
pub const PROBE_EVERY: Duration = HOUR;
/// Failures that it takes besides the time: whoever was away for three days has not seen the receiver fail for three.
const FAILING_BY: u32 = 4;
const DISABLED_BY: u32 = 8;
/// At how many hundredths of the time until it is disabled its owner is told.
pub const TOLD_AT: [u8; 4] = [50, 75, 90, 100];

/// What is done for a receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReceiverState {
    /// Everything that is due is tried.
    #[default]
    Up,
    /// It has failed for a day: its oldest delivery is tried, alone.
    Failing,
    /// It has failed for three days, or wants nothing any more: nothing is tried, and what is owed waits.
    Disabled,
}

impl ReceiverState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Up, Self::Failing, Self::Disabled];

    /// The word for it, as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Failing => "failing",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the word. `None`: it is none of ours.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How a receiver is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// What is done for it.
    pub state: ReceiverState,
    /// Since when it has failed without a success; `None`: it has not.
    pub since: Option<Timestamp>,
    /// How often in that time.
    pub failures: u32,
    /// Up to which hundredth of the time its owner has been told.
    pub told: u8,
    /// When it came back; `None`: everything that had to wait for that has been tried since.
    pub back_at: Option<Timestamp>,
    /// Why the last try failed.
    pub cause: Option<Cause>,
}

/// Something its owner is to be told of a receiver.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// So many hundredths of the time until it is disabled have passed, at 100 all of them.
    Fails {
        /// How many.
        percent: u8,
        /// Since when it fails.
        since: Timestamp,
        /// Why.
        cause: Cause,
    },
    /// It wants no letter any more, and is disabled.
    Gone {
        /// What it said.
        cause: Cause,
    },
    /// It was failing, and takes letters again.
    Back,
}

impl Health {
    /// It took a letter. One that is disabled stays so: the letter was under way when it said that it wants no more.
    pub fn succeeds(&mut self, now: Timestamp) -> Option<Warning> {
        if self.state == ReceiverState::Disabled {
            return None;
        }
        let was = std::mem::take(self);
        self.back_at = was.back_at;
        if was.state == ReceiverState::Up {
            return None;
        }
        self.back_at = Some(now);
        Some(Warning::Back)
    }

    /// It took nothing, and may later.
    pub fn fails(&mut self, now: Timestamp, cause: &Cause) -> Option<Warning> {
        let since = *self.since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        self.cause = Some(cause.clone());
        let (lasts, failures) = (now.since(since), self.failures);
        self.state = match self.state {
            ReceiverState::Up if lasts >= FAILING_AFTER && failures >= FAILING_BY => {
                ReceiverState::Failing
            }
            ReceiverState::Failing if lasts >= DISABLED_AFTER && failures >= DISABLED_BY => {
                ReceiverState::Disabled
            }
            state => state,
        };
        let percent = self.percent(lasts)?;
        self.told = percent;
        Some(Warning::Fails {
            percent,
            since,
            cause: cause.clone(),
        })
    }

    /// The last of [`TOLD_AT`] that is reached, if nobody was told of it.
    fn percent(&self, lasts: Duration) -> Option<u8> {
        let is_disabled = self.state == ReceiverState::Disabled;
        let reached = |percent: &u8| match percent {
            // Of the end, when it is one.
            100 => is_disabled,
            percent => {
                self.failures >= FAILING_BY
                    && lasts.as_secs() * 100 >= DISABLED_AFTER.as_secs() * u64::from(*percent)
            }
        };
        let reached = TOLD_AT.into_iter().rev().find(reached)?;
        (reached > self.told).then_some(reached)
    }

    /// It wants no letter any more.
    pub fn goes(&mut self, now: Timestamp, cause: &Cause) -> Option<Warning> {
        self.since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
        self.cause = Some(cause.clone());
        let was = std::mem::replace(&mut self.state, ReceiverState::Disabled);
        self.told = 100;
        let cause = cause.clone();
        (was != ReceiverState::Disabled).then_some(Warning::Gone { cause })
    }

    /// A person says that it works again, or a test has shown it.
    pub fn is_enabled(&mut self, now: Timestamp) {
        *self = Self {
            back_at: Some(now),
            ..Self::default()
        };
    }
}
