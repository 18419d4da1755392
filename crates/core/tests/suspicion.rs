//! What is suspected is held, with a reason; what nobody can check is held in the end; and what asks for no check pays
//! for none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

use std::time::Duration;

use counterfoil_core::calls::{Calls, Endless};
use counterfoil_core::captcha::CaptchaProvider;
use counterfoil_core::ports::TimeLeft;
use counterfoil_core::settling::{Outcome, RetryPolicy, Settling, settle_batch};
use counterfoil_core::suspicion::{Guard, Guards, Secrets, Suspect, Suspicion, Unguarded};
use counterfoil_core::{Envelope, Form, FormId, Forms, Kind, State};
use counterfoil_testkit::build::{THEN, delivery, envelope};
use counterfoil_testkit::{ManualClock, MemoryCounters, MemoryLedger, ScriptedCaptchas, contract};
use futures_util::FutureExt;

const CAPTCHA: &str = "[captcha]\nprovider = \"turnstile\"\nsite_key = \"k\"\nsecret_env = \"S\"\nhosts = [\"example.org\"]\n";
const PASSED: &str = r#"{"success":true,"hostname":"example.org"}"#;

/// A worker with one form, which is the contact form and `keys`.
struct Judge {
    forms: Forms,
    ledger: MemoryLedger,
    clock: ManualClock,
    guards: Guards<MemoryCounters, ScriptedCaptchas>,
}

impl Judge {
    fn with_keys(keys: &str) -> Self {
        let text = include_str!("../../../forms/contact.toml");
        // Before the first table, where a form's own keys have to stand.
        let text = text.replacen("[schema]", &format!("{keys}\n[schema]"), 1);
        let form = Form::parse(FormId::parse("contact").unwrap(), &text).unwrap();
        let forms: Forms = [form].into_iter().collect();
        let secrets = Secrets::of_forms(&forms, |_| Some(" s3cret\n".into())).unwrap();
        let guards = Guards::new(
            MemoryCounters::default(),
            ScriptedCaptchas::default(),
            secrets,
        );
        Self {
            forms,
            ledger: MemoryLedger::default(),
            clock: ManualClock::new(),
            guards,
        }
    }

    /// Settles one on its `receives`-th delivery: its state and why it is held, or the fault it waits for.
    fn settle(&self, sent: &Envelope, receives: u32) -> String {
        let Self {
            forms,
            ledger,
            clock,
            guards,
        } = self;
        let with = Settling {
            ledger,
            clock,
            forms,
            guard: guards,
            retry: RetryPolicy::default(),
            parallel: 4,
            time: &Endless,
        };
        let mut delivery = delivery(sent.encode());
        delivery.receives = receives;
        let outcomes = settle_batch(&[delivery], &with)
            .now_or_never()
            .expect("the fakes never wait");
        match &outcomes[0] {
            Outcome::Retry { cause, .. } => format!("later: {}", cause.code),
            Outcome::Ack(settled) => {
                let head = ledger.entry(&settled.of).unwrap().head;
                assert!(head.cause.is_none(), "{head:?}");
                assert_eq!(head.state == State::Held, head.hold.is_some());
                head.hold.unwrap_or_else(|| head.state.to_string())
            }
        }
    }
}

#[test]
fn the_fake_counters_keep_the_contract() {
    contract::counters::counters(&MemoryCounters::default())
        .now_or_never()
        .unwrap();
}

fn with_token(number: u8, token: Option<&str>) -> Envelope {
    let mut sent = envelope(number, "m");
    sent.checks.captcha = token.map(str::to_owned);
    sent
}

#[test]
fn a_form_without_checks_asks_nobody() {
    let home = Judge::with_keys("");
    let mut sent = with_token(1, Some("t"));
    sent.checks.address = Some("0011".into());
    assert_eq!(home.settle(&sent, 1), "stored");
    assert_eq!(
        (
            home.guards.counters().calls(),
            home.guards.captchas().questions()
        ),
        (vec![], vec![])
    );
}

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
fn a_release_is_not_judged_again() {
    let home = Judge::with_keys(CAPTCHA);
    let mut sent = with_token(1, None);
    assert_eq!(home.settle(&sent, 1), "captcha-missing");
    (sent.kind, sent.run) = (Kind::Release, 1);
    assert_eq!(home.settle(&sent, 1), "stored");
}

/// The `number`-th submission, from this address.
fn from(number: u8, address: &str, message: &str) -> Envelope {
    let mut sent = envelope(number, message);
    sent.checks.address = Some(address.into());
    sent
}

#[test]
fn more_than_the_form_takes_is_held_until_its_window_ends() {
    let home = Judge::with_keys("budget.per_form = { count = 2, per = \"hour\" }\n");
    let results: Vec<_> = (1..=3).map(|n| home.settle(&envelope(n, "m"), 1)).collect();
    assert_eq!(results, ["stored", "stored", "budget"]);
    let mut later = envelope(4, "m");
    later.received_at = THEN.plus(Duration::from_secs(3600));
    assert_eq!(home.settle(&later, 1), "stored");
}

#[test]
fn one_address_uses_up_its_own_budget_and_not_the_forms() {
    let budget = "budget.per_address = { count = 1, per = \"day\" }\nbudget.per_form = { count = 2, per = \"day\" }\n";
    let home = Judge::with_keys(budget);
    assert_eq!(home.settle(&from(1, "aa", "m"), 1), "stored");
    for number in 2..6 {
        assert_eq!(home.settle(&from(number, "aa", "m"), 1), "budget");
    }
    assert_eq!(
        home.settle(&from(6, "bb", "m"), 1),
        "stored",
        "the form's second"
    );
    assert_eq!(
        home.settle(&envelope(7, "m"), 1),
        "budget",
        "without an address only the form's counts"
    );
}

#[test]
fn the_same_content_again_and_again_is_a_burst() {
    let home = Judge::with_keys("burst = { count = 2, per = \"minute\" }\n");
    let results: Vec<_> = (1..=4)
        .map(|n| home.settle(&envelope(n, "buy"), 1))
        .collect();
    assert_eq!(results, ["stored", "stored", "burst", "burst"]);
    assert_eq!(home.settle(&envelope(5, "another"), 1), "stored");
}

#[test]
fn what_is_delivered_again_is_not_counted_again() {
    let home = Judge::with_keys("budget.per_form = { count = 1, per = \"hour\" }\n");
    let sent = envelope(1, "m");
    assert_eq!(home.settle(&sent, 1), "stored");
    home.settle(&sent, 2);
    let added: Vec<_> = home
        .guards
        .counters()
        .calls()
        .into_iter()
        .map(|(_, by)| by)
        .collect();
    assert_eq!(added, [1, 0]);
}

#[test]
fn whoever_sends_the_same_again_uses_up_nobodys_budget() {
    let budget = "budget.per_address = { count = 1, per = \"day\" }\nbudget.per_form = { count = 2, per = \"day\" }\n";
    let home = Judge::with_keys(budget);
    for _ in 0..4 {
        assert_eq!(
            home.settle(&from(1, "aa", "m"), 1),
            "stored",
            "as its first sending"
        );
    }
    assert_eq!(
        home.settle(&from(2, "aa", "other"), 1),
        "budget",
        "its own is used up all the same"
    );
    assert_eq!(home.settle(&from(2, "aa", "other"), 1), "budget");
    assert_eq!(home.settle(&from(3, "bb", "m"), 1), "stored");
    let added: i32 = home
        .guards
        .counters()
        .calls()
        .iter()
        .map(|(_, by)| by)
        .sum();
    assert_eq!(
        added, 5,
        "two for each that was stored, one for the one that was held"
    );
}

#[test]
fn a_count_that_cannot_be_given_back_keeps_nobody_waiting() {
    let home = Judge::with_keys("budget.per_form = { count = 9, per = \"hour\" }\n");
    assert_eq!(home.settle(&envelope(1, "m"), 1), "stored");
    home.guards.counters().be_away_after(1);
    assert_eq!(home.settle(&envelope(1, "m"), 1), "stored");
}

#[test]
fn what_cannot_be_counted_waits_and_is_held_in_the_end() {
    let home = Judge::with_keys("budget.per_form = { count = 1, per = \"hour\" }\n");
    home.guards.counters().be_away_after(0);
    assert_eq!(home.settle(&envelope(1, "m"), 1), "later: injected");
    assert_eq!(home.settle(&envelope(1, "m"), 20), "uncounted");
}

#[test]
fn what_is_held_anyway_is_not_counted() {
    let home = Judge::with_keys("budget.per_form = { count = 1, per = \"hour\" }\n");
    let mut spam = envelope(1, "m");
    spam.checks.honeypot = true;
    assert_eq!(home.settle(&spam, 1), "honeypot");
    assert_eq!(home.guards.counters().calls(), []);
}

#[test]
fn a_worker_that_cannot_check_lets_nothing_slip_through() {
    let home = Judge::with_keys("burst = { count = 2, per = \"minute\" }\n");
    let Judge {
        forms,
        ledger,
        clock,
        ..
    } = &home;
    let with = Settling {
        ledger,
        clock,
        forms,
        guard: &Unguarded,
        retry: RetryPolicy::default(),
        parallel: 1,
        time: &Endless,
    };
    let outcomes = settle_batch(&[delivery(envelope(1, "m").encode())], &with)
        .now_or_never()
        .unwrap();
    assert!(
        matches!(&outcomes[0], Outcome::Retry { cause, .. } if cause.code == "unguarded"),
        "{outcomes:?}"
    );
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

/// There is so much time left.
struct Left(Duration);

impl TimeLeft for Left {
    fn left(&self) -> Duration {
        self.0
    }
}

#[test]
fn what_there_is_no_time_for_is_neither_counted_nor_asked() {
    let home = Judge::with_keys(&format!(
        "[budget]\nper_form = {{ count = 5, per = \"hour\" }}\n{CAPTCHA}"
    ));
    let mut sent = envelope(1, "m");
    let judge = |sent: &Envelope, secs| {
        let left = Left(Duration::from_secs(secs));
        let (calls, form) = (Calls::new(&left), home.forms.get(&sent.of.form).unwrap());
        let suspect = Suspect {
            envelope: sent,
            form,
            receives: 1,
            last: false,
            now: THEN,
            calls: &calls,
        };
        home.guards.judge(&suspect).now_or_never().unwrap()
    };
    sent.checks.captcha = Some("token".into());
    assert_eq!(judge(&sent, 15).unwrap_err().cause().code, "untried");
    assert_eq!(
        (
            home.guards.captchas().questions().len(),
            home.guards.counters().calls().len()
        ),
        (0, 0)
    );
    home.guards.captchas().answer(200, PASSED);
    let judged = judge(&sent, 16).unwrap();
    assert_eq!(
        (judged.suspicion, judged.counted.len()),
        (None, 1),
        "its provider was asked at once"
    );
    let left = Left(Duration::from_secs(15));
    let given_back = home
        .guards
        .give_back(&judged.counted, &Calls::new(&left))
        .now_or_never()
        .unwrap();
    assert_eq!(given_back.unwrap_err().cause().code, "untried");
    assert_eq!(home.guards.counters().calls().len(), 1);
}

#[test]
fn every_reason_to_hold_is_in_the_page_that_explains_forms() {
    let page = include_str!("../../../docs/forms.md");
    for reason in Suspicion::ALL.map(Suspicion::as_str) {
        assert!(page.contains(&format!("| `{reason}` |")), "{reason}");
    }
}
