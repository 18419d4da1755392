//! Is this submission one that nobody wants? Asked of what people send, never of a replay or a release. Whatever the
//! answer, nothing is lost: a suspected one is held, for a person to look at.
//!
//! ```text
//! honeypot ─► captcha ─► budget of the address ─► burst ─► budget of the form
//! ```
//!
//! The first that finds something ends it: what is held anyway costs nothing more, and uses up nobody's budget. A form
//! that has none of these pays for none.

mod captcha;
mod count;
mod secrets;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::calls::Calls;
use crate::captcha::{Captcha, CaptchaProvider};
use crate::cause::Code;
use crate::envelope::Envelope;
use crate::fault::Fault;
use crate::form::Form;
use crate::ports::{Captchas, Counter, Counters};
use crate::time::Timestamp;

pub use captcha::MAX_TOKEN;
pub use count::Counted;
pub use secrets::{MissingSecret, Secrets};

use captcha::Answer;

/// Why a submission is held. Its word stands in the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion {
    /// A field was filled in that people do not see.
    Honeypot,
    /// There was no captcha token: its script was blocked, or never ran.
    CaptchaMissing,
    /// The provider knows no such token.
    CaptchaFailed,
    /// The token was too old, or had been used.
    CaptchaExpired,
    /// The token was made on another page, or for something else.
    CaptchaForeign,
    /// The provider could not be asked until the last try.
    CaptchaUnverified,
    /// More came than the form takes, from one address or in all.
    Budget,
    /// Its content came too often.
    Burst,
    /// It could not be counted until the last try.
    Uncounted,
}

impl Suspicion {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Honeypot,
        Self::CaptchaMissing,
        Self::CaptchaFailed,
        Self::CaptchaExpired,
        Self::CaptchaForeign,
        Self::CaptchaUnverified,
        Self::Budget,
        Self::Burst,
        Self::Uncounted,
    ];

    /// The word; it never changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Honeypot => "honeypot",
            Self::CaptchaMissing => "captcha-missing",
            Self::CaptchaFailed => "captcha-failed",
            Self::CaptchaExpired => "captcha-expired",
            Self::CaptchaForeign => "captcha-foreign",
            Self::CaptchaUnverified => "captcha-unverified",
            Self::Budget => "budget",
            Self::Burst => "burst",
            Self::Uncounted => "uncounted",
        }
    }
}

/// A submission to be judged.
pub struct Suspect<'a> {
    /// What came.
    pub envelope: &'a Envelope,
    /// Its form.
    pub form: &'a Form,
    /// How often it has been delivered.
    pub receives: u32,
    /// Is there no further try?
    pub last: bool,
    /// The time.
    pub now: Timestamp,
    /// By which a guard calls, as long as there is time.
    pub calls: &'a Calls<'a>,
}

/// What came of judging one.
#[derive(Debug, Default, PartialEq)]
pub struct Judged {
    /// Why to hold it; `None`: let it through.
    pub suspicion: Option<Suspicion>,
    /// Where it was counted.
    pub counted: Vec<Counter>,
}

/// Judges each submission before it is settled.
pub trait Guard: Sync {
    /// A check that cannot be made is a passing fault until the last try, and then itself a reason: it never makes a dead
    /// letter.
    fn judge(&self, suspect: &Suspect<'_>) -> impl Future<Output = Result<Judged, Fault>> + Send;

    /// Takes back the counts of one that turned out to be there already: whoever sends the same again, because an answer
    /// was lost, uses up nothing.
    fn give_back(
        &self,
        counted: &[Counter],
        calls: &Calls<'_>,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// Judges by the envelope alone. What a form asks beyond that waits for a worker that can tell.
pub struct Unguarded;

impl Guard for Unguarded {
    async fn judge(&self, suspect: &Suspect<'_>) -> Result<Judged, Fault> {
        let form = suspect.form;
        if suspect.envelope.checks.honeypot {
            Ok(Judged {
                suspicion: Some(Suspicion::Honeypot),
                ..Judged::default()
            })
        } else if form.captcha.is_some() || Counted::all(suspect.envelope, form).next().is_some() {
            Err(Fault::transient(
                Code::Unguarded,
                "this worker cannot make the checks that the form asks for",
            ))
        } else {
            Ok(Judged::default())
        }
    }

    async fn give_back(&self, _: &[Counter], _: &Calls<'_>) -> Result<(), Fault> {
        Ok(())
    }
}

/// Judges by all that a form asks for.
pub struct Guards<K, P> {
    counters: K,
    captchas: P,
    secrets: Secrets,
    /// Until then a provider is not asked, in milliseconds; by provider.
    resting: [AtomicI64; CaptchaProvider::ALL.len()],
}

/// After a provider gave no answer it is left alone for so long: each try may take seconds, in which nothing else of
/// the batch is settled.
const REST: Duration = Duration::from_secs(15);

impl<K: Counters, P: Captchas> Guards<K, P> {
    /// Guards that count with `counters` and ask by `captchas`.
    pub fn new(counters: K, captchas: P, secrets: Secrets) -> Self {
        Self {
            counters,
            captchas,
            secrets,
            resting: std::array::from_fn(|_| AtomicI64::new(0)),
        }
    }

    /// What counts.
    pub const fn counters(&self) -> &K {
        &self.counters
    }

    /// The way to the providers.
    pub const fn captchas(&self) -> &P {
        &self.captchas
    }

    async fn captcha(
        &self,
        captcha: &Captcha,
        suspect: &Suspect<'_>,
    ) -> Result<Option<Suspicion>, Fault> {
        let token = match suspect.envelope.checks.captcha.as_deref() {
            None => return Ok(Some(Suspicion::CaptchaMissing)),
            Some("") => return Ok(Some(Suspicion::CaptchaFailed)),
            Some(token) => token,
        };
        let resting = &self.resting[captcha.provider.place()];
        if suspect.now.as_millis() < resting.load(Ordering::Relaxed) {
            return Err(captcha::unreachable("it gave no answer a moment ago"));
        }
        let secret = self
            .secrets
            .for_captcha(captcha)
            .ok_or_else(|| captcha::misconfigured("its secret is not here"))?;
        let question = captcha::question(captcha, secret, token, suspect.envelope.of.id);
        // Before the provider is asked: it is none of its fault.
        suspect.calls.may_begin()?;
        let answer = self.captchas.ask(captcha.provider, question).await;
        match answer.and_then(|reply| captcha::interpret(&reply, captcha)) {
            Ok(Answer::Found(suspicion)) => Ok(suspicion),
            Ok(Answer::Misconfigured(what)) => Err(captcha::misconfigured(&what)),
            Err(fault) => {
                resting.store(suspect.now.plus(REST).as_millis(), Ordering::Relaxed);
                Err(fault)
            }
        }
    }

    async fn count(
        &self,
        counted: &Counted,
        by: i32,
        calls: &Calls<'_>,
    ) -> Result<Option<Suspicion>, Fault> {
        let count = calls.make(self.counters.add(&counted.counter, by)).await?;
        Ok((count > i64::from(counted.most)).then_some(counted.suspicion))
    }
}

impl<K: Counters, P: Captchas> Guard for Guards<K, P> {
    async fn judge(&self, suspect: &Suspect<'_>) -> Result<Judged, Fault> {
        let mut judged = Judged::default();
        if suspect.envelope.checks.honeypot {
            judged.suspicion = Some(Suspicion::Honeypot);
        } else if let Some(captcha) = &suspect.form.captcha {
            let found = self.captcha(captcha, suspect).await;
            judged.suspicion = at_last(found, suspect, Suspicion::CaptchaUnverified)?;
        }
        // What was delivered before was most likely counted then: it only asks.
        let by = i32::from(suspect.receives <= 1);
        for counted in Counted::all(suspect.envelope, suspect.form) {
            if judged.suspicion.is_some() {
                break;
            }
            let found = self.count(&counted, by, suspect.calls).await;
            judged.suspicion = at_last(found, suspect, Suspicion::Uncounted)?;
            if by > 0 {
                judged.counted.push(counted.counter);
            }
        }
        Ok(judged)
    }

    async fn give_back(&self, counted: &[Counter], calls: &Calls<'_>) -> Result<(), Fault> {
        for counter in counted {
            calls.make(self.counters.add(counter, -1)).await?;
        }
        Ok(())
    }
}

/// On the last try a check that could not be made is a reason to hold.
fn at_last(
    found: Result<Option<Suspicion>, Fault>,
    suspect: &Suspect<'_>,
    unknown: Suspicion,
) -> Result<Option<Suspicion>, Fault> {
    match found {
        Err(_) if suspect.last => Ok(Some(unknown)),
        found => found,
    }
}
