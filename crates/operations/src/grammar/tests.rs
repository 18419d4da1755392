//! What is written is read back, and both spellings that were there before mean the same.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use counterfoil_core::{FormId, Retryable, State, SubmissionId, SubmissionRef, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::catalogue::Spot;
use crate::worklist::Waiting;

/// What is shown is read as what it was.
fn comes_back<T>(value: &T)
where
    T: Display + FromStr<Err = String> + PartialEq + Debug,
{
    assert_eq!(value.to_string().parse().as_ref(), Ok(value));
}

fn moments() -> impl Strategy<Value = Moment> {
    let at = prop_oneof![-1..253_402_207_200_000_i64, Just(i64::MAX)]
        .prop_map(|millis| Moment::At(Timestamp::from_millis(millis)));
    let span = (any::<u32>(), 0..Unit::ALL.len()).prop_map(|(count, unit)| {
        Moment::Ago(Span {
            count,
            unit: Unit::ALL[unit],
        })
    });
    prop_oneof![Just(Moment::Today), at, span]
}

proptest! {
    #[test]
    fn a_moment_is_read_back(moment in moments()) {
        comes_back(&moment);
    }

    #[test]
    fn a_place_is_read_back(millis in any::<i64>(), id in any::<[u8; 10]>()) {
        let listed_at = Timestamp::from_millis(millis);
        let id = SubmissionId::fresh(listed_at, id);
        comes_back(&Spot { listed_at, of: SubmissionRef { form: FormId::parse("contact").unwrap(), id } });
    }

    #[test]
    fn a_range_is_read_back((one, other) in any::<(u32, u32)>(), edge in 0..4) {
        let (least, most) = match edge {
            0 => (0, other),
            1 => (one, u32::MAX),
            2 => (one, one),
            _ => (one.min(other), one.max(other)),
        };
        comes_back(&Attempts(least..=most));
    }

    #[test]
    fn a_rate_and_a_share_are_read_back(rate in 0.01..=100_000.0, share in 0.0..=100.0) {
        let rate: Rate = f64::to_string(&rate).parse().unwrap();
        let share: Share = f64::to_string(&share).parse().unwrap();
        comes_back(&rate);
        comes_back(&share);
    }
}

#[test]
fn a_submission_is_meant_by_its_name_its_ticket_and_the_address_of_that() {
    let of = "contact/01930000-0000-7abc-8def-0123456789ab";
    // Not signed by anybody: the id's bytes behind a key's number.
    let ticket = "contact.AQGTAAAAAHq8je8BI0VniasAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for text in [
        of,
        ticket,
        &format!(" {ticket} "),
        &format!("https://forms.example.org/tickets/{ticket}"),
    ] {
        assert_eq!(
            submission(text).map(|of| of.to_string()).as_deref(),
            Ok(of),
            "{text}"
        );
    }
    for wrong in [
        "",
        "contact",
        "contact/1",
        "contact.AQGT",
        "https://forms.example.org/forms/contact",
    ] {
        assert!(submission(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn every_word_is_read_back() {
    fn all<T: Word + PartialEq + Debug>() {
        T::ALL.iter().for_each(|one| comes_back(&Said(*one)));
        assert!("".parse::<Said<T>>().is_err() && "Yes ".parse::<Said<T>>().is_err());
    }
    all::<Retryable>();
    all::<State>();
    all::<Waiting>();
    all::<crate::marks::Mark>();
    all::<bool>();
    assert_eq!(
        word::<Retryable>("maybe"),
        Err("give yes, after-fix or no".to_owned())
    );
    assert_eq!(word::<bool>("maybe"), Err("give yes or no".to_owned()));
}

#[test]
fn dates_times_and_spans_are_moments() {
    let now = Timestamp::parse("2026-11-22T22:14:11.007Z").unwrap();
    for (text, then) in [
        ("2026-11-22", "2026-11-22T00:00:00Z"),
        ("2026-11-22T23:14:11+01:00", "2026-11-22T22:14:11Z"),
        ("today", "2026-11-22T00:00:00Z"),
        ("30s", "2026-11-22T22:13:41.007Z"),
        ("90m", "2026-11-22T20:44:11.007Z"),
        ("2h", "2026-11-22T20:14:11.007Z"),
        ("2 h", "2026-11-22T20:14:11.007Z"),
        ("1w", "2026-11-15T22:14:11.007Z"),
        ("4294967295w", "1970-01-01T00:00:00Z"),
    ] {
        let moment: Moment = text.parse().expect(text);
        assert_eq!(
            moment.resolve(now),
            Timestamp::parse(then).unwrap(),
            "{text}"
        );
    }
    for wrong in [
        "",
        "h",
        "2",
        "2y",
        "-2h",
        "+2h",
        "yesterday",
        "2026-13-01",
        "4294967296s",
        "٢h",
    ] {
        assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
    }
}

#[test]
fn a_range_of_attempts_has_one_meaning_in_each_of_its_spellings() {
    let all = u32::MAX;
    for (text, range) in [
        ("3", 3..=3),
        ("1..5", 1..=5),
        ("1-5", 1..=5),
        ("5..", 5..=all),
        ("5-4294967295", 5..=all),
        ("..5", 0..=5),
    ] {
        assert_eq!(text.parse(), Ok(Attempts(range)), "{text}");
    }
    for wrong in [
        "", "..", "-", "5..1", "5-1", "x", "-1", "1-", "1...3", "1-2-3", "+1",
    ] {
        assert!(wrong.parse::<Attempts>().is_err(), "{wrong}");
    }
    assert_eq!(Attempts(1..=5).to_string(), "1..5");
}

#[test]
fn rates_and_shares_have_one_pair_of_bounds() {
    for (text, rate) in [("0.01", 0.01), ("5", 5.0), ("100000", 100_000.0)] {
        assert_eq!(text.parse::<Rate>().map(Rate::per_second), Ok(rate));
    }
    for wrong in ["", "0", "0.001", "100001", "NaN", "inf", "-1", "many"] {
        assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
    }
    for (text, share) in [("20", 0.2), ("2.5%", 0.025), ("0", 0.0), ("100 %", 1.0)] {
        assert_eq!(text.parse::<Share>().map(Share::fraction), Ok(share));
    }
    for wrong in ["", "%", "101", "-1", "NaN", "inf", "half", "20%%"] {
        assert!(wrong.parse::<Share>().is_err(), "{wrong}");
    }
}
