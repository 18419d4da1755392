//! What is suspected is held, with a reason; what nobody can check is held in the end; and what asks for no check pays
//! for none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

mod budget;
mod captcha;

use std::time::Duration;

use counterfoil_core::calls::{Calls, Endless};
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
        let text = include_str!("../../../../forms/contact.toml");
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
fn a_release_is_not_judged_again() {
    let home = Judge::with_keys(CAPTCHA);
    let mut sent = with_token(1, None);
    assert_eq!(home.settle(&sent, 1), "captcha-missing");
    (sent.kind, sent.run) = (Kind::Release, 1);
    assert_eq!(home.settle(&sent, 1), "stored");
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
    let page = include_str!("../../../../docs/forms.md");
    for reason in Suspicion::ALL.map(Suspicion::as_str) {
        assert!(page.contains(&format!("| `{reason}` |")), "{reason}");
    }
}
