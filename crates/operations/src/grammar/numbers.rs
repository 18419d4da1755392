//! Numbers with bounds: how often something was tried, how many a second, and which share.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A range of attempts, both ends taken: `3`, `1..5`, `5..`, `..5`. `1-5` is read as well, because links of older consoles
/// have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempts(pub RangeInclusive<u32>);

impl FromStr for Attempts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = match (text.split_once(".."), text.split_once('-')) {
            (Some(("", "")), _) => None,
            (Some((least, most)), _) => open(least, 0).zip(open(most, u32::MAX)),
            (None, Some((least, most))) => digits(least).zip(digits(most)),
            (None, None) => digits(text).map(|number| (number, number)),
        };
        let range = range.filter(|(least, most)| least <= most);
        range
            .map(|(least, most)| Self(least..=most))
            .ok_or_else(|| "give a number such as 20, or a range such as 1..5".to_owned())
    }
}

impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self.0.start(), *self.0.end()) {
            (least, most) if least == most => write!(f, "{least}"),
            (least, u32::MAX) => write!(f, "{least}.."),
            (0, most) => write!(f, "..{most}"),
            (least, most) => write!(f, "{least}..{most}"),
        }
    }
}

/// An end of a range, which may be left open.
fn open(text: &str, none: u32) -> Option<u32> {
    if text.is_empty() {
        Some(none)
    } else {
        digits(text)
    }
}

/// A number without a sign.
pub(super) fn digits(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// How many a second at most, 0.01 to 100 000.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// The smallest and the largest.
    pub const BOUNDS: RangeInclusive<f64> = 0.01..=100_000.0;

    /// So many a second.
    #[must_use]
    pub const fn per_second(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rate = text.parse().ok().filter(|rate| Self::BOUNDS.contains(rate));
        rate.map(Self)
            .ok_or_else(|| "give how many a second, 0.01 to 100000".to_owned())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A share in percent, 0 to 100. The sign `%` may stand behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    percent: f64,
}

impl Share {
    /// The half of it.
    pub const HALF: Self = Self { percent: 50.0 };

    /// As a fraction, 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.percent / 100.0
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').unwrap_or(text).trim_end();
        let percent = number
            .parse()
            .ok()
            .filter(|percent| (0.0..=100.0).contains(percent));
        percent
            .map(|percent| Self { percent })
            .ok_or_else(|| "give a percentage, 0 to 100".to_owned())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.percent.fmt(f)
    }
}
