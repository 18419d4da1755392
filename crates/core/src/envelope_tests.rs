//! What was encoded reads back, in any future version of this code too.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn envelope(fields: Value) -> Envelope {
    let payload = Payload::from_fields(fields.as_object().unwrap());
    Envelope {
        of: SubmissionRef::parse("contact/01930000-0000-7abc-8def-0123456789ab").unwrap(),
        kind: Kind::Submit,
        run: 0,
        received_at: Timestamp::from_millis(1_795_385_651_007),
        content: payload.hash(),
        payload_hash: payload.hash(),
        schema: "fingerprint".into(),
        payload,
        checks: Checks::default(),
    }
}

/// An envelope of version 1 as it was first written. It never changes: dead letters of it may be years old.
const V1: &str = r#"{"v":1,"id":"01930000-0000-7abc-8def-0123456789ab","form":"contact","kind":"submit","run":0,"received_at":"2026-11-22T22:14:11.007Z","content":"souzm9slJ9si-lCUZ4mySGXWyD3NaFHvbuoNoN_EdMY","payload_hash":"souzm9slJ9si-lCUZ4mySGXWyD3NaFHvbuoNoN_EdMY","schema":"fingerprint","fields":{"name":"\u00c5da \ud83d\ude00"},"checks":{}}"#;

#[test]
fn version_1_is_read_and_written_as_ever() {
    let ours = envelope(json!({"name": "Åda 😀"}));
    assert_eq!(ours.encode(), V1);
    let read = Envelope::decode(V1.as_bytes()).unwrap();
    assert_eq!(read, ours);
    assert!(read.is_intact());
}

/// Version 1 with all the checks it has learned since.
const CHECKS: &str = r#""checks":{"honeypot":true,"origin":"https://a.example","captcha":"t\u00e9","address":"00ff"}}"#;

#[test]
fn what_intake_saw_is_carried_and_an_older_program_may_leave_it_out() {
    let mut ours = envelope(json!({"name": "Åda 😀"}));
    let text = |text: &str| Some(text.to_owned());
    let (origin, captcha, address) = (text("https://a.example"), text("té"), text("00ff"));
    ours.checks = Checks {
        honeypot: true,
        origin,
        captcha,
        address,
    };
    assert_eq!(ours.encode(), V1.replace(r#""checks":{}}"#, CHECKS));
    assert_eq!(Envelope::decode(ours.encode().as_bytes()).unwrap(), ours);
}

#[test]
fn what_a_later_version_1_adds_is_ignored() {
    let later = V1.replace(r#""checks":{}"#, r#""checks":{"colour":"red"},"more":[1]"#);
    assert_eq!(
        Envelope::decode(later.as_bytes()).unwrap(),
        envelope(json!({"name": "Åda 😀"}))
    );
}

#[test]
fn another_version_says_whose_it_is() {
    let newer =
        r#"{"v":2,"id":"01930000-0000-7abc-8def-0123456789ab","form":"contact","anything":true}"#;
    let of = envelope(json!({})).of;
    assert_eq!(
        Envelope::decode(newer.as_bytes()),
        Err(Undecodable::Version { of, v: 2 })
    );
}

#[test]
fn a_damaged_envelope_still_says_whose_it_is_when_it_can() {
    let of = Some(envelope(json!({})).of);
    let damaged = V1.replace(r#""kind":"submit""#, r#""kind":"steal""#);
    assert!(
        matches!(Envelope::decode(damaged.as_bytes()), Err(Undecodable::Broken { of: found, .. }) if found == of)
    );
    for garbage in [
        &b""[..],
        b"\xff\xfe",
        b"{}",
        b"[1]",
        b"\"x\"",
        b"SECRET",
        br#"{"v":1,"id":"x","form":"a"}"#,
    ] {
        let Err(Undecodable::Broken { of: None, detail }) = Envelope::decode(garbage) else {
            panic!("{garbage:?}")
        };
        assert!(!detail.contains("SECRET"), "{detail}");
    }
}

#[test]
fn changed_fields_are_noticed() {
    let changed = V1.replace("\\u00c5da", "Ida");
    assert!(!Envelope::decode(changed.as_bytes()).unwrap().is_intact());
}

#[test]
fn an_envelope_prints_no_field() {
    assert!(!format!("{:?}", envelope(json!({"name": "SECRET"}))).contains("SECRET"));
}

proptest! {
    #[test]
    fn any_text_survives_as_ascii(name in ".{1,20}", text in ".*") {
        let sent = envelope(json!({ name: text }));
        let encoded = sent.encode();
        prop_assert!(encoded.bytes().all(|b| (b' '..=b'~').contains(&b)));
        let read = Envelope::decode(encoded.as_bytes()).unwrap();
        prop_assert!(read.is_intact());
        prop_assert_eq!(read, sent);
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Envelope::decode(&body);
    }
}

#[test]
fn one_that_is_longer_than_its_limit_is_not_encoded() {
    let ours = envelope(json!({"name": "\u{7f}é"}));
    let text = ours.encode();
    assert_eq!(ours.encode_within(text.len()), Some(text.clone()));
    for limit in [0, 1, text.len() / 2, text.len() - 1] {
        assert_eq!(ours.encode_within(limit), None, "{limit}");
    }
}

#[test]
fn what_was_sent_again_is_told_without_reading_it() {
    let mut ours = envelope(json!({"kind": "replay", "message": r#""kind":"replay""#}));
    ours.of.form = FormId::parse(&"a".repeat(64)).unwrap();
    for (kind, again) in [
        (Kind::Submit, false),
        (Kind::Replay, true),
        (Kind::Release, true),
    ] {
        ours.kind = kind;
        assert_eq!(
            Envelope::was_sent_again(ours.encode().as_bytes()),
            again,
            "{kind:?}"
        );
    }
    for strange in [&b""[..], b"\xff", br#"{"kind":"rep"#, br#"{"kind":"#] {
        assert!(!Envelope::was_sent_again(strange));
    }
}
