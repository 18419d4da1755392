//! When a mailbox gets its mails: each at once, or those of an hour, a day or a week together.
//!
//! A day begins at the mailbox's own time of day in its own zone. A time that the clocks skip in spring moves forward by what
//! they skip, and one that they have twice in autumn comes once: the first time.

use std::num::NonZeroU32;
use std::time::Duration;

use counterfoil_core::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan, Unit, Zoned, ZonedRound};

/// How often mails go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// A mail for each change.
    #[default]
    AtOnce,
    /// Those of an hour together, at its end.
    Hourly,
    /// Those of a day together.
    Daily,
    /// Those of a week together, on Monday.
    Weekly,
}

impl When {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AtOnce, Self::Hourly, Self::Daily, Self::Weekly];

    /// The word in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtOnce => "at-once",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
        }
    }
}

/// When a mailbox gets its mails.
#[derive(Clone, Debug)]
pub struct Times {
    /// How often.
    pub when: When,
    /// When a day begins.
    pub at: Time,
    /// Where.
    pub zone: TimeZone,
    /// The most mails of a day; what comes beyond them is in the first of the next day, together.
    pub per_day: Option<NonZeroU32>,
}

impl Times {
    /// Are those of a while sent together?
    #[must_use]
    pub const fn is_digest(&self) -> bool {
        match self.when {
            When::AtOnce => false,
            When::Hourly | When::Daily | When::Weekly => true,
        }
    }

    /// When what comes up at `at` is sent.
    #[must_use]
    pub fn due(&self, at: Timestamp) -> Timestamp {
        match self.when {
            When::AtOnce => at,
            When::Hourly => self.next_hour(at).unwrap_or(at),
            When::Daily => self.next(at, |_| true).unwrap_or(at),
            When::Weekly => {
                let is_monday = |day: &DateTime| day.weekday() == Weekday::Monday;
                self.next(at, is_monday).unwrap_or(at)
            }
        }
    }

    /// When the mailbox's day began that `at` is in.
    #[must_use]
    pub fn day_of(&self, at: Timestamp) -> Timestamp {
        let began = || {
            let now = self.local(at)?;
            let days = (0..=2).filter_map(|back| self.starts(&now, -back));
            days.filter(|day| *day <= at).max()
        };
        began().unwrap_or(at)
    }

    /// The next beginning of a day that fits, after `at`.
    fn next(&self, at: Timestamp, fits: impl Fn(&DateTime) -> bool) -> Option<Timestamp> {
        let now = self.local(at)?;
        let days = (-1..=8).filter(|ahead| {
            let day = now.datetime().checked_add((*ahead).days());
            day.is_ok_and(|day| fits(&day))
        });
        let starts = days.filter_map(|ahead| self.starts(&now, ahead));
        starts.filter(|start| *start > at).min()
    }

    fn next_hour(&self, at: Timestamp) -> Option<Timestamp> {
        let now = self.local(at)?;
        let down = ZonedRound::new()
            .smallest(Unit::Hour)
            .mode(jiff::RoundMode::Trunc);
        let hour = now.round(down).ok()?.checked_add(1.hour()).ok()?;
        Some(timestamp(&hour)).filter(|next| *next > at)
    }

    /// When the day begins that is so many days after that of `now`.
    fn starts(&self, now: &Zoned, ahead: i64) -> Option<Timestamp> {
        let day = now.datetime().date().checked_add(ahead.days()).ok()?;
        // A skipped time moves forward, of a doubled one this is the first.
        let start = day.to_datetime(self.at).to_zoned(self.zone.clone()).ok()?;
        Some(timestamp(&start))
    }

    fn local(&self, at: Timestamp) -> Option<Zoned> {
        let at = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }
}

fn timestamp(zoned: &Zoned) -> Timestamp {
    Timestamp::from_millis(zoned.timestamp().as_millisecond())
}

/// The longest that anything waits for its digest: a week, and what the clocks may move.
pub const LONGEST: Duration = Duration::from_secs(8 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    fn times(when: When, at: &str, zone: &str) -> Times {
        Times {
            when,
            at: at.parse().unwrap(),
            zone: TimeZone::get(zone).unwrap(),
            per_day: None,
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_digest_goes_out_at_the_end_of_its_time_where_its_reader_is() {
        for (when, zone, now, due) in [
            (
                When::AtOnce,
                "UTC",
                "2026-12-01T10:20:30Z",
                "2026-12-01T10:20:30Z",
            ),
            (
                When::Hourly,
                "UTC",
                "2026-12-01T10:20:30Z",
                "2026-12-01T11:00:00Z",
            ),
            (
                When::Hourly,
                "UTC",
                "2026-12-01T11:00:00Z",
                "2026-12-01T12:00:00Z",
            ),
            // Half an hour beside the others.
            (
                When::Hourly,
                "Asia/Kolkata",
                "2026-12-01T10:20:30Z",
                "2026-12-01T10:30:00Z",
            ),
            (
                When::Daily,
                "Europe/Vienna",
                "2026-12-01T06:59:59Z",
                "2026-12-01T07:00:00Z",
            ),
            (
                When::Daily,
                "Europe/Vienna",
                "2026-12-01T07:00:00Z",
                "2026-12-02T07:00:00Z",
            ),
            (
                When::Daily,
                "Pacific/Kiritimati",
                "2026-12-01T17:00:00Z",
                "2026-12-01T18:00:00Z",
            ),
            // 2026-12-01 is a Tuesday.
            (
                When::Weekly,
                "Europe/Vienna",
                "2026-12-01T06:00:00Z",
                "2026-12-07T07:00:00Z",
            ),
            (
                When::Weekly,
                "Europe/Vienna",
                "2026-12-07T06:59:59Z",
                "2026-12-07T07:00:00Z",
            ),
            (
                When::Weekly,
                "Europe/Vienna",
                "2026-12-07T07:00:00Z",
                "2026-12-14T07:00:00Z",
            ),
        ] {
            let times = times(when, "08:00", zone);
            assert_eq!(times.due(at(now)), at(due), "{when:?} {zone} {now}");
            assert!(times.due(at(now)).since(at(now)) <= LONGEST);
        }
    }

    #[test]
    fn a_skipped_time_moves_forward_and_a_doubled_one_comes_once() {
        let times = times(When::Daily, "02:30", "Europe/Vienna");
        // In the night to 2026-03-29 there is no 02:30: it is 03:30 in summer time.
        assert_eq!(
            times.due(at("2026-03-28T12:00:00Z")),
            at("2026-03-29T01:30:00Z")
        );
        assert_eq!(
            times.due(at("2026-03-29T01:30:00Z")),
            at("2026-03-30T00:30:00Z")
        );
        // In the night to 2026-10-25 there are two.
        assert_eq!(
            times.due(at("2026-10-24T12:00:00Z")),
            at("2026-10-25T00:30:00Z")
        );
        assert_eq!(
            times.due(at("2026-10-25T00:30:00Z")),
            at("2026-10-26T01:30:00Z")
        );
    }

    #[test]
    fn a_day_begins_where_its_reader_is() {
        let times = times(When::AtOnce, "08:00", "Europe/Vienna");
        assert_eq!(
            times.day_of(at("2026-12-01T06:59:59Z")),
            at("2026-11-30T07:00:00Z")
        );
        assert_eq!(
            times.day_of(at("2026-12-01T07:00:00Z")),
            at("2026-12-01T07:00:00Z")
        );
        // Each day has one beginning, and days follow each other.
        for hour in 0..24 * 500 {
            let now = at("2026-01-01T00:00:00Z").plus(Duration::from_secs(hour * 3600));
            let day = times.day_of(now);
            assert!(
                day <= now && now.since(day) <= Duration::from_secs(25 * 3600),
                "{now}"
            );
        }
    }
}
