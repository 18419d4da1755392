//! The format of what is set aside, which a queue keeps while programs change.

use crate::cause::Retryable;
use crate::entry::State;
use crate::notice::Change;

use super::*;

const NOTICE: &str = r#"{"v":1,"cause":{"code":"too-large","detail":"the service takes no message of this size","retryable":"no"},"sequence_number":"100000000000000000004","at":"2026-11-22T22:14:12.000Z","notice":{"specversion":"1.0","id":"contact/01930000-0000-7abc-8def-0123456789ab:2","source":"urn:counterfoil:prod","type":"counterfoil.submission.failed","subject":"contact/01930000-0000-7abc-8def-0123456789ab","time":"2026-11-22T22:14:11.007Z","datacontenttype":"application/json","data":{"form":"contact","id":"01930000-0000-7abc-8def-0123456789ab","state":"failed","seq":2,"replay":true,"cause":"busy"}}}"#;
const KEYS: &str = r#"{"v":1,"cause":{"code":"unreadable-record","detail":"d","retryable":"after-fix"},"sequence_number":"8","keys":{"pk":"contact#31","sk":"01a20552-ef38-7101-8101-010101010101"}}"#;

fn cause(code: &str, retryable: Retryable, detail: &str) -> Cause {
    Cause::written(code, retryable, detail)
}

fn reference(text: &str) -> SubmissionRef {
    SubmissionRef::parse(text).unwrap()
}

fn notice() -> Parked {
    let change = Change {
        of: reference("contact/01930000-0000-7abc-8def-0123456789ab"),
        seq: 2,
        state: State::Failed,
        run: 1,
        cause: Some("busy".into()),
        at: Timestamp::from_millis(1_795_385_651_007),
    };
    let origin = Origin {
        sequence_number: Some("100000000000000000004".into()),
        at: Some(Timestamp::from_millis(1_795_385_652_000)),
    };
    let cause = cause(
        "too-large",
        Retryable::No,
        "the service takes no message of this size",
    );
    Parked {
        what: What::Notice(Box::new(Notice::new(&change, "prod"))),
        cause,
        origin,
    }
}

fn unread(what: What) -> Parked {
    let origin = Origin {
        sequence_number: Some("8".into()),
        at: None,
    };
    Parked {
        what,
        cause: cause("unreadable-record", Retryable::AfterFix, "d"),
        origin,
    }
}

#[test]
fn what_is_set_aside_is_written_so_for_ever() {
    assert_eq!(notice().encode(), NOTICE);
    let what = What::Change(
        reference("contact/01a20552-ef38-7101-8101-010101010101"),
        None,
    );
    assert_eq!(unread(what).encode(), KEYS);
}

#[test]
fn a_notice_comes_back_as_it_was_to_the_last_byte() {
    let Some(Parked {
        what: What::Notice(read),
        ..
    }) = Parked::decode(NOTICE)
    else {
        panic!("{NOTICE}")
    };
    assert_eq!(Parked::decode(NOTICE), Some(notice()));
    let within = NOTICE.split_once("\"notice\":").unwrap().1;
    assert_eq!(
        format!("{}}}", serde_json::to_string(&read).unwrap()),
        within
    );
    assert_eq!(
        notice().name().unwrap(),
        "contact/01930000-0000-7abc-8def-0123456789ab:2"
    );
}

#[test]
fn a_key_names_its_submission_where_it_has_one() {
    let what = What::Change(
        reference("contact/01a20552-ef38-7101-8101-010101010101"),
        None,
    );
    let read = Parked::decode(KEYS).unwrap();
    assert_eq!((&read.what, read.encode().as_str()), (&what, KEYS));
    let nothing = unread(What::Nothing);
    for strange in ["no form#31", "contact", ""] {
        assert_eq!(
            Parked::decode(&KEYS.replacen("contact#31", strange, 1)),
            Some(nothing.clone()),
            "{strange}"
        );
    }
    assert_eq!(Parked::decode(&nothing.encode()), Some(nothing));
}

#[test]
fn what_is_not_ours_or_newer_is_not_read() {
    for text in ["", "{}", "[]", "null", "{\"v\":1}", "\u{0}"] {
        assert_eq!(Parked::decode(text), None, "{text}");
    }
    assert_eq!(
        Parked::decode(&NOTICE.replacen("\"v\":1", "\"v\":2", 1)),
        None
    );
    // A newer notice says more, which must not be left out of what is published again.
    assert_eq!(
        Parked::decode(&NOTICE.replacen("\"replay\":true", "\"replay\":true,\"fields\":{}", 1)),
        None
    );
    assert_eq!(
        Parked::decode(&NOTICE.replacen("\"1.0\"", "\"2.0\"", 1)),
        None
    );
    assert_eq!(
        Parked::decode(&NOTICE.replacen("ab:2\"", "ab:3\"", 1)),
        None,
        "an id that is not this change's"
    );
}
