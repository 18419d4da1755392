//! Points in time, to the millisecond. The clock itself is a port: nothing here reads it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// How the last hours of 9999 are written, which the calendar has no instants for.
const END: &str = "9999-12-31T23:59:59.999Z";

impl Timestamp {
    /// The last instant RFC 3339 can write, 9999-12-31T23:59:59.999Z: later ones are read as this.
    const LAST: i64 = 253_402_300_799_999;

    /// From milliseconds since the epoch; before 1970 reads as 1970, after 9999 as the end of 9999.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < 0 {
            Self(0)
        } else if millis > Self::LAST {
            Self(Self::LAST)
        } else {
            Self(millis)
        }
    }

    /// From whole seconds since the epoch.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        Self(secs as i64 * 1000)
    }

    /// Milliseconds since the epoch, never negative.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, at most `u32::MAX` (the year 2106).
    #[must_use]
    pub fn as_secs(self) -> u32 {
        u32::try_from(self.0 / 1000).unwrap_or(u32::MAX)
    }

    /// How long after `earlier` this is; zero when it is not (clocks are set back).
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// This instant moved later by `by`.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Reads RFC 3339, any offset.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == END {
            return Some(Self(Self::LAST));
        }
        let instant: jiff::Timestamp = text.parse().ok()?;
        Some(Self::from_millis(instant.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => f.write_str(END),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339_in_utc_and_reads_back() {
        let at = Timestamp::from_millis(1_795_385_651_007);
        assert_eq!(at.to_string(), "2026-11-22T22:14:11.007Z");
        assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
        assert_eq!(Timestamp::parse("2026-11-22T23:14:11.007+01:00"), Some(at));
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let last = Timestamp::from_millis(i64::MAX);
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::parse(&last.to_string()), Some(last));
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(Timestamp::from_millis(i64::MIN).since(last), Duration::ZERO);
    }
}
