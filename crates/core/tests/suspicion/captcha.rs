//! Captchas: what a provider vouches for is let through, and what it does not, or cannot, is held in the end.

use std::time::Duration;

use counterfoil_core::captcha::CaptchaProvider;
use counterfoil_core::suspicion::Secrets;

use super::{CAPTCHA, Judge, PASSED, with_token};

#[test]
fn a_token_that_its_provider_knows_lets_through() {
    let home = Judge::with_keys(CAPTCHA);
    home.guards.captchas().answer(200, PASSED);
    let sent = with_token(1, Some("t"));
    assert_eq!(home.settle(&sent, 1), "stored");
    let asked = home.guards.captchas().questions();
    assert_eq!(
        asked[0].1,
        format!("secret=s3cret&response=t&idempotency_key={}", sent.of.id)
    );
}

#[test]
fn what_the_provider_does_not_vouch_for_is_held() {
    let home = Judge::with_keys(CAPTCHA);
    assert_eq!(home.settle(&with_token(1, None), 1), "captcha-missing");
    assert_eq!(home.settle(&with_token(2, Some("")), 1), "captcha-failed");
    assert_eq!(
        home.guards.captchas().questions(),
        [],
        "no token is no question"
    );
    for (number, body, reason) in [
        (
            3,
            r#"{"success":false,"error-codes":["invalid-input-response"]}"#,
            "captcha-failed",
        ),
        (
            4,
            r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#,
            "captcha-expired",
        ),
        (
            5,
            r#"{"success":true,"hostname":"evil.example"}"#,
            "captcha-foreign",
        ),
    ] {
        home.guards.captchas().answer(200, body);
        assert_eq!(
            home.settle(&with_token(number, Some("t")), 1),
            reason,
            "{body}"
        );
    }
}

#[test]
fn a_provider_that_is_away_is_waited_for_and_in_the_end_it_is_held() {
    let home = Judge::with_keys(CAPTCHA);
    let sent = with_token(1, Some("t"));
    assert_eq!(home.settle(&sent, 1), "later: injected");
    assert_eq!(home.settle(&sent, 2), "later: captcha-unreachable");
    assert_eq!(
        home.guards.captchas().questions().len(),
        1,
        "it is left alone for a while"
    );
    home.clock.advance(Duration::from_secs(16));
    assert_eq!(home.settle(&sent, 3), "later: injected");
    assert_eq!(home.settle(&sent, 20), "captcha-unverified");
    assert_eq!(home.ledger.changes().len(), 1);
}

/// What is kept of a provider has room for every one of them.
#[test]
fn every_provider_is_asked_and_left_alone_when_it_is_away() {
    for provider in CaptchaProvider::ALL {
        let home = Judge::with_keys(&CAPTCHA.replace("turnstile", provider.as_str()));
        let sent = with_token(1, Some("t"));
        assert_eq!(home.settle(&sent, 1), "later: injected", "{provider:?}");
        assert_eq!(
            home.settle(&sent, 2),
            "later: captcha-unreachable",
            "{provider:?}"
        );
        home.clock.advance(Duration::from_secs(30));
        home.guards.captchas().answer(200, PASSED);
        assert_eq!(home.settle(&sent, 3), "stored", "{provider:?}");
    }
}

#[test]
fn a_provider_that_is_back_lets_through_what_waited() {
    let home = Judge::with_keys(CAPTCHA);
    let sent = with_token(1, Some("t"));
    home.guards.captchas().answer(503, "");
    assert_eq!(home.settle(&sent, 1), "later: captcha-unreachable");
    home.clock.advance(Duration::from_secs(30));
    home.guards.captchas().answer(200, PASSED);
    assert_eq!(home.settle(&sent, 2), "stored");
}

#[test]
fn a_wrong_secret_is_our_mistake_and_keeps_nobody_else_waiting() {
    let home = Judge::with_keys(CAPTCHA);
    home.guards.captchas().answer(
        200,
        r#"{"success":false,"error-codes":["invalid-input-secret"]}"#,
    );
    assert_eq!(
        home.settle(&with_token(1, Some("t")), 1),
        "later: captcha-misconfigured"
    );
    home.guards.captchas().answer(200, PASSED);
    assert_eq!(home.settle(&with_token(2, Some("t")), 1), "stored");
}

#[test]
fn a_secret_that_is_missing_or_blank_is_told_with_its_form_and_variable() {
    let home = Judge::with_keys(CAPTCHA);
    for nothing in [None, Some(" ".to_owned())] {
        let told = Secrets::of_forms(&home.forms, |_| nothing.clone())
            .unwrap_err()
            .to_string();
        assert!(
            told.contains("form contact") && told.contains("variable S,"),
            "{told}"
        );
    }
    let secrets = Secrets::of_forms(&home.forms, |_| Some("s3cret".into())).unwrap();
    assert!(!format!("{secrets:?}").contains("s3cret"));
}
