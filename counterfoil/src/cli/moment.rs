//! A moment as people write it: a date, a time, `today`, or a span ago.

use std::str::FromStr;
use std::time::Duration;

use counterfoil_core::Timestamp;

/// A moment, known once it is known when now is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Moment {
    At(Timestamp),
    Ago(Duration),
    /// The last midnight, UTC.
    Today,
}

const DAY: u64 = 24 * 60 * 60;

impl Moment {
    pub(crate) fn resolve(self, now: Timestamp) -> Timestamp {
        let earlier = |by: Duration| now.as_millis().saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
        match self {
            Self::At(at) => at,
            Self::Ago(span) => Timestamp::from_millis(earlier(span)),
            Self::Today => Timestamp::from_millis(now.as_millis() - now.as_millis() % (DAY as i64 * 1000)),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = || Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")));
        match text {
            "today" => Some(Self::Today),
            _ => span(text).map(Self::Ago).or_else(|| time().map(Self::At)),
        }
        .ok_or_else(|| {
            "give a date such as 2026-11-22, a time such as 2026-11-22T22:14:11Z, \"today\", or a span ago such as 30m, 2h \
             or 3d"
                .into()
        })
    }
}

fn span(text: &str) -> Option<Duration> {
    let (at, unit) = text.char_indices().last()?;
    let unit = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    let count = text[..at].parse::<u32>().ok()?;
    Some(Duration::from_secs(u64::from(count) * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_spans_are_moments() {
        let now = Timestamp::parse("2026-11-22T22:14:11.007Z").unwrap();
        for (text, then) in [
            ("2026-11-22", "2026-11-22T00:00:00Z"),
            ("2026-11-22T23:14:11+01:00", "2026-11-22T22:14:11Z"),
            ("today", "2026-11-22T00:00:00Z"),
            ("30s", "2026-11-22T22:13:41.007Z"),
            ("2h", "2026-11-22T20:14:11.007Z"),
            ("1w", "2026-11-15T22:14:11.007Z"),
            ("4294967295w", "1970-01-01T00:00:00Z"),
        ] {
            let moment: Moment = text.parse().expect(text);
            assert_eq!(moment.resolve(now), Timestamp::parse(then).unwrap(), "{text}");
        }
        for wrong in ["", "h", "2", "2y", "-2h", "yesterday", "2026-13-01", "2 h", "٢h"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }
}
