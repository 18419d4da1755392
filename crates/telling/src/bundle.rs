//! What goes out in one letter: one delivery as a rule, and of a mailbox with a digest or a budget all that is due.

use counterfoil_core::Timestamp;

use crate::delivery::Delivery;
use crate::news::News;
use crate::times::Times;

/// The most deliveries of one letter; what is due beyond them is in the next.
pub const MOST: usize = 1000;

/// What goes out now of what is due, each of its letters with all its deliveries. `sent` mails went out in the mailbox's
/// present day. Alarms go out at once and alone, whatever a budget says.
#[must_use]
pub fn bundles(times: &Times, due: Vec<Delivery>, now: Timestamp, sent: u32) -> Vec<Vec<Delivery>> {
    let (alarms, changes): (Vec<_>, Vec<_>) = due
        .into_iter()
        .partition(|delivery| matches!(delivery.news, News::Alarm(_)));
    let mut letters: Vec<Vec<Delivery>> = alarms.into_iter().map(|one| vec![one]).collect();
    if times.is_digest() {
        letters.extend(Some(changes).filter(|changes| !changes.is_empty()));
        return letters;
    }
    let Some(per_day) = times.per_day else {
        letters.extend(changes.into_iter().map(|one| vec![one]));
        return letters;
    };
    let left = usize::try_from(per_day.get().saturating_sub(sent)).unwrap_or(usize::MAX);
    let day = times.day_of(now);
    let (late, fresh): (Vec<_>, Vec<_>) = changes.into_iter().partition(|one| one.born_at < day);
    let late = Some(late).filter(|late| !late.is_empty());
    let fresh = fresh.into_iter().map(|one| vec![one]);
    letters.extend(late.into_iter().chain(fresh).take(left));
    letters
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use counterfoil_core::notice::Change;
    use counterfoil_core::{FormId, State, SubmissionId, SubmissionRef};
    use jiff::civil::time;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::alarms::{AlarmFacts, AlarmKind, AlarmNews, AlarmState};
    use crate::receiver::ReceiverName;
    use crate::times::When;

    const HOUR: u64 = 3600;

    /// 08:00 is when the day begins.
    fn at(hours: u64) -> Timestamp {
        let day = Timestamp::parse("2026-12-01T08:00:00Z").unwrap();
        day.plus(Duration::from_secs(hours * HOUR))
    }

    fn change(number: u8, born: u64) -> Delivery {
        let change = Change {
            of: SubmissionRef {
                form: FormId::parse("contact").unwrap(),
                id: SubmissionId::from_bytes([number; 16]),
            },
            seq: 1,
            state: State::Stored,
            run: 0,
            cause: None,
            at: at(born),
        };
        Delivery::born(ReceiverName::parse("owner").unwrap(), change, at(born))
    }

    fn alarm(number: u8) -> Delivery {
        let alarm = AlarmNews {
            of: SubmissionRef {
                form: FormId::alarm(),
                id: SubmissionId::from_bytes([number; 16]),
            },
            seq: 1,
            at: at(0),
            state: AlarmState::Raised,
            facts: AlarmFacts {
                alarm: AlarmKind::Disk,
                subject: String::new(),
                since: at(0),
                count: 99,
                detail: String::new(),
            },
        };
        Delivery::born(ReceiverName::parse("owner").unwrap(), alarm, at(0))
    }

    fn times(when: When, per_day: Option<u32>) -> Times {
        Times {
            when,
            at: time(8, 0, 0, 0),
            zone: TimeZone::UTC,
            per_day: per_day.and_then(NonZeroU32::new),
        }
    }

    fn sizes(letters: &[Vec<Delivery>]) -> Vec<usize> {
        letters.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_digest_is_one_letter_and_an_alarm_is_never_in_it() {
        let due = vec![change(1, 0), alarm(2), change(3, 1)];
        let letters = bundles(&times(When::Daily, None), due.clone(), at(2), 0);
        assert_eq!(sizes(&letters), [1, 2]);
        assert!(matches!(letters[0][0].news, News::Alarm(_)));
        assert_eq!(
            sizes(&bundles(&times(When::AtOnce, None), due, at(2), 0)),
            [1; 3]
        );
        assert!(bundles(&times(When::Daily, None), Vec::new(), at(2), 0).is_empty());
    }

    #[test]
    fn a_budget_keeps_back_what_goes_beyond_it_until_the_next_day_and_then_sends_it_together() {
        let budget = times(When::AtOnce, Some(3));
        let due: Vec<_> = (0..9).map(|number| change(number, 1)).collect();
        assert_eq!(sizes(&bundles(&budget, due.clone(), at(2), 0)), [1; 3]);
        assert_eq!(sizes(&bundles(&budget, due.clone(), at(2), 2)), [1]);
        assert!(bundles(&budget, due.clone(), at(23), 3).is_empty());
        // An alarm goes out all the same.
        let rings = [due.clone(), vec![alarm(1)]].concat();
        assert_eq!(sizes(&bundles(&budget, rings, at(23), 3)), [1]);
        // The next day, with what is new by then; and so too when the first try has failed.
        let later = [due, vec![change(20, 25), change(21, 25), change(22, 25)]].concat();
        assert_eq!(sizes(&bundles(&budget, later, at(26), 0)), [9, 1, 1]);
    }
}
