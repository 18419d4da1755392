//! What a captcha provider is asked, and what its answer says. They all speak one protocol with small differences, which
//! stand in `core/captcha`; the way there is a port.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::captcha::{Captcha, Told};
use crate::cause::Code;
use crate::fault::Fault;
use crate::ports::Reply;
use crate::submission::SubmissionId;
use crate::suspicion::Suspicion;

/// Longest token that is carried. Turnstile's have at most 2 KiB, the others' a little more.
pub const MAX_TOKEN: usize = 4096;

/// What an answer says.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// The verdict; `None`: a person.
    Found(Option<Suspicion>),
    /// The mistake is ours: a wrong secret.
    Misconfigured(String),
}

/// What is asked about a token. The submission's id makes it the same question however often it is asked, where the
/// provider knows such a thing: without it a token that was asked about before counts as used. The visitor's address is
/// not told.
pub(super) fn question(captcha: &Captcha, secret: &str, token: &str, id: SubmissionId) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let question = format!("secret={}&response={}", encoded(secret), encoded(token));
    match captcha.provider.record().told {
        Told::SubmissionId(name) => format!("{question}&{name}={id}"),
        Told::SiteKey(name) => format!("{question}&{name}={}", encoded(&captcha.site_key)),
        Told::Nothing => question,
    }
}

/// All that is read of an answer.
#[derive(Deserialize)]
struct Said {
    success: bool,
    hostname: Option<String>,
    action: Option<String>,
    score: Option<f64>,
    #[serde(default, rename = "error-codes")]
    errors: Vec<String>,
}

/// `Err`: it gave no answer that says anything, now.
pub(super) fn interpret(reply: &Reply, captcha: &Captcha) -> Result<Answer, Fault> {
    let answered = || unreachable(&format!("it answered {}", reply.status));
    let said: Option<Said> = serde_json::from_slice(&reply.body).ok();
    if !(200..300).contains(&reply.status) {
        // Whoever sent this, it is no verdict. What a provider says of our own mistake is a help all the same.
        let ours = said
            .as_ref()
            .filter(|said| reply.status < 500 && !said.success)
            .and_then(mistake);
        return ours.map(Answer::Misconfigured).ok_or_else(answered);
    }
    let said = said
        .ok_or_else(|| unreachable(&format!("its answer ({}) could not be read", reply.status)))?;
    if said.success {
        Ok(Answer::Found(passed(&said, captcha)))
    } else {
        refused(&said)
    }
}

/// What it says of a mistake of ours.
fn mistake(said: &Said) -> Option<String> {
    let is_said = |ours: &&&str| said.errors.iter().any(|error| error == **ours);
    OURS.iter()
        .find(is_said)
        .map(|ours| format!("it answered {ours}"))
}

fn passed(said: &Said, captcha: &Captcha) -> Option<Suspicion> {
    let from = said.hostname.as_deref().unwrap_or_default();
    let is_meant = captcha
        .action
        .as_deref()
        .is_none_or(|action| said.action.as_deref() == Some(action));
    if !captcha.allows_host(from) || !is_meant {
        return Some(Suspicion::CaptchaForeign);
    }
    let least = captcha.provider.record().least_score;
    let is_program = least
        .zip(said.score)
        .is_some_and(|(least, score)| score < least);
    is_program.then_some(Suspicion::CaptchaFailed)
}

fn refused(said: &Said) -> Result<Answer, Fault> {
    let has = |codes: &[&str]| {
        said.errors
            .iter()
            .any(|error| codes.contains(&error.as_str()))
    };
    if has(&["internal-error"]) {
        return Err(unreachable("it failed inside"));
    }
    if let Some(ours) = mistake(said) {
        return Ok(Answer::Misconfigured(ours));
    }
    let expired = has(&[
        "timeout-or-duplicate",
        "expired-input-response",
        "already-seen-response",
        "invalid-or-already-seen-response",
    ]);
    Ok(Answer::Found(Some(if expired {
        Suspicion::CaptchaExpired
    } else {
        Suspicion::CaptchaFailed
    })))
}

/// What a provider says when the mistake is ours.
const OURS: [&str; 4] = [
    "missing-input-secret",
    "invalid-input-secret",
    "sitekey-secret-mismatch",
    "bad-request",
];

/// It may answer later.
pub(super) fn unreachable(what: &str) -> Fault {
    Fault::transient(
        Code::CaptchaUnreachable,
        format!("the captcha's provider could not be asked: {what}"),
    )
}

/// It answers when somebody has set it right.
pub(super) fn misconfigured(what: &str) -> Fault {
    Fault::transient(
        Code::CaptchaMisconfigured,
        format!("the captcha's secret does not fit: {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::captcha::CaptchaProvider;

    const ID: &str = "01930000-0000-7abc-8def-0123456789ab";

    fn captcha(provider: CaptchaProvider) -> Captcha {
        let (site_key, secret_env) = ("0x4A_b".to_owned(), "SECRET".to_owned());
        Captcha {
            provider,
            site_key,
            action: None,
            hosts: Vec::new(),
            secret_env,
        }
    }

    fn turnstile() -> Captcha {
        let captcha = captcha(CaptchaProvider::Turnstile);
        Captcha {
            action: Some("contact".into()),
            hosts: vec!["example.org".into()],
            ..captcha
        }
    }

    fn answer(captcha: &Captcha, status: u16, body: &str) -> Result<Answer, &'static str> {
        interpret(
            &Reply {
                status,
                body: body.into(),
            },
            captcha,
        )
        .map_err(|fault| match fault {
            Fault::Transient { code, .. } => code.as_str(),
            Fault::Permanent(_) => panic!("nothing about a captcha is for good"),
        })
    }

    #[test]
    fn a_question_says_what_its_provider_needs_and_no_more() {
        let asked = |provider| {
            question(
                &captcha(provider),
                "s+1",
                "t&x=é",
                SubmissionId::parse(ID).unwrap(),
            )
        };
        let common = "secret=s%2B1&response=t%26x%3D%C3%A9";
        assert_eq!(
            asked(CaptchaProvider::Turnstile),
            format!("{common}&idempotency_key={ID}")
        );
        assert_eq!(
            asked(CaptchaProvider::Hcaptcha),
            format!("{common}&sitekey=0x4A%5Fb")
        );
        assert_eq!(asked(CaptchaProvider::Recaptcha), common);
    }

    #[test]
    fn a_token_counts_where_and_for_what_it_was_made() {
        let check = |body, expected| {
            assert_eq!(
                answer(&turnstile(), 200, body),
                Ok(Answer::Found(expected)),
                "{body}"
            )
        };
        check(
            r#"{"success":true,"hostname":"Example.org","action":"contact","error-codes":[]}"#,
            None,
        );
        let foreign = Some(Suspicion::CaptchaForeign);
        check(
            r#"{"success":true,"hostname":"evil.example","action":"contact"}"#,
            foreign,
        );
        check(
            r#"{"success":true,"hostname":"example.org.evil.example","action":"contact"}"#,
            foreign,
        );
        check(r#"{"success":true,"action":"contact"}"#, foreign);
        check(
            r#"{"success":true,"hostname":"example.org","action":"login"}"#,
            foreign,
        );
        check(r#"{"success":true,"hostname":"example.org"}"#, foreign);
    }

    #[test]
    fn a_form_that_names_no_host_takes_tokens_of_any() {
        let body = r#"{"success":true,"hostname":"anywhere.example"}"#;
        assert_eq!(
            answer(&captcha(CaptchaProvider::Hcaptcha), 200, body),
            Ok(Answer::Found(None))
        );
    }

    #[test]
    fn a_low_score_is_a_program_for_recaptcha_alone() {
        let body = |score| format!(r#"{{"success":true,"score":{score}}}"#);
        let check = |provider, score, expected| {
            assert_eq!(
                answer(&captcha(provider), 200, &body(score)),
                Ok(Answer::Found(expected)),
                "{score}"
            );
        };
        check(CaptchaProvider::Recaptcha, 0.5, None);
        check(
            CaptchaProvider::Recaptcha,
            0.4,
            Some(Suspicion::CaptchaFailed),
        );
        check(CaptchaProvider::Hcaptcha, 0.1, None);
    }

    #[test]
    fn a_refusal_says_whose_mistake_it_is() {
        let said = |code: &str| {
            answer(
                &turnstile(),
                200,
                &format!(r#"{{"success":false,"error-codes":["{code}"]}}"#),
            )
        };
        for code in [
            "timeout-or-duplicate",
            "expired-input-response",
            "already-seen-response",
        ] {
            assert_eq!(
                said(code),
                Ok(Answer::Found(Some(Suspicion::CaptchaExpired))),
                "{code}"
            );
        }
        for code in [
            "invalid-input-response",
            "missing-input-response",
            "something-new",
        ] {
            assert_eq!(
                said(code),
                Ok(Answer::Found(Some(Suspicion::CaptchaFailed))),
                "{code}"
            );
        }
        for code in OURS {
            assert!(matches!(said(code), Ok(Answer::Misconfigured(_))), "{code}");
        }
        assert_eq!(said("internal-error"), Err("captcha-unreachable"));
        let ours = r#"{"success":false,"error-codes":["invalid-input-secret"]}"#;
        assert!(matches!(
            answer(&turnstile(), 400, ours),
            Ok(Answer::Misconfigured(_))
        ));
    }

    #[test]
    fn no_answer_is_no_verdict() {
        let good = r#"{"success":true,"hostname":"example.org","action":"contact"}"#;
        let bad = r#"{"success":false,"error-codes":["invalid-input-response"]}"#;
        for (status, body) in [(200, ""), (200, "<html>"), (204, ""), (503, "")] {
            assert_eq!(
                answer(&turnstile(), status, body),
                Err("captcha-unreachable"),
                "{status} {body}"
            );
        }
        // A proxy's, a firewall's, a page that has moved: whatever they say, they are not the provider's verdict.
        let others = (100..200)
            .chain(300..600)
            .flat_map(|status| [(status, good), (status, bad), (status, "{}")]);
        for (status, body) in others {
            assert_eq!(
                answer(&turnstile(), status, body),
                Err("captcha-unreachable"),
                "{status} {body}"
            );
        }
    }
}
