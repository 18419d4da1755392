//! A moment: a date, a time, `today`, or a span ago.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use counterfoil_core::Timestamp;

/// A moment, known once it is known when now is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This one.
    At(Timestamp),
    /// So long ago.
    Ago(Span),
    /// The last midnight, UTC.
    Today,
}

const DAY: u64 = 24 * 60 * 60;

impl Moment {
    /// When it is.
    #[must_use]
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        let day = i64::try_from(DAY * 1000).unwrap_or(i64::MAX);
        match self {
            Self::At(at) => at,
            Self::Ago(span) => {
                let millis = i64::try_from(span.length().as_millis()).unwrap_or(i64::MAX);
                Timestamp::from_millis(now.as_millis().saturating_sub(millis))
            }
            Self::Today => Timestamp::from_millis(now.as_millis() - now.as_millis() % day),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "today" {
            return Ok(Self::Today);
        }
        if let Ok(span) = text.parse() {
            return Ok(Self::Ago(span));
        }
        let midnight = || Timestamp::parse(&format!("{text}T00:00:00Z"));
        let at = Timestamp::parse(text).or_else(midnight);
        at.map(Self::At).ok_or_else(|| {
            "give a date such as 2026-11-22, a time such as 2026-11-22T22:14:11Z, \"today\", or a span ago such as 30m, 2h \
             or 3d"
                .to_owned()
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => at.fmt(f),
            Self::Ago(span) => span.fmt(f),
            Self::Today => f.write_str("today"),
        }
    }
}

/// A length of time as a number and a unit: `30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// What a span is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `s`
    Seconds,
    /// `m`
    Minutes,
    /// `h`
    Hours,
    /// `d`
    Days,
    /// `w`
    Weeks,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 5] = [
        Self::Seconds,
        Self::Minutes,
        Self::Hours,
        Self::Days,
        Self::Weeks,
    ];

    const fn letter(self) -> char {
        match self {
            Self::Seconds => 's',
            Self::Minutes => 'm',
            Self::Hours => 'h',
            Self::Days => 'd',
            Self::Weeks => 'w',
        }
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 60 * 60,
            Self::Days => DAY,
            Self::Weeks => 7 * DAY,
        }
    }
}

impl Span {
    /// How long it is.
    #[must_use]
    pub const fn length(self) -> Duration {
        Duration::from_secs(self.count as u64 * self.unit.seconds())
    }
}

impl FromStr for Span {
    type Err = String;

    /// A blank before the unit is no mistake: `24 h`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "give a number and s, m, h, d or w, such as 30m".to_owned();
        let unit = Unit::ALL
            .into_iter()
            .find(|unit| text.ends_with(unit.letter()))
            .ok_or_else(wrong)?;
        let digits = text[..text.len() - 1].trim_end();
        let count = super::numbers::digits(digits).ok_or_else(wrong)?;
        Ok(Self { count, unit })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.letter())
    }
}
