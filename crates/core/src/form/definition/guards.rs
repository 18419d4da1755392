//! The keys that keep unwanted posts away: honeypot, captcha, budget, burst.

use serde::Deserialize;
use toml::Spanned;

use super::{Faults, Wrong};
use crate::captcha::{self, CaptchaProvider, WidgetActions};
use crate::form::guard::{self, Period};
use crate::json::MAX_NAME;
use crate::schema::Schema;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Captcha {
    provider: Spanned<CaptchaProvider>,
    site_key: Spanned<String>,
    action: Option<Spanned<String>>,
    #[serde(default)]
    hosts: Vec<Spanned<String>>,
    secret_env: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Budget {
    per_form: Option<Rate>,
    per_address: Option<Rate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rate {
    count: Spanned<u32>,
    per: Period,
}

impl Rate {
    pub(super) fn check(&self, key: &str) -> Result<guard::Rate, Wrong> {
        match self.count.get_ref() {
            1..=1_000_000 => Ok(guard::Rate {
                count: *self.count.get_ref(),
                per: self.per,
            }),
            _ => Err((
                self.count.span().start,
                format!("{key}: give a count of 1 to 1000000, or leave {key} out"),
            )),
        }
    }
}

impl Budget {
    pub(super) fn check(&self, faults: &mut Faults) -> guard::Budget {
        let mut rate =
            |rate: &Option<Rate>, key| faults.take_some(rate.as_ref().map(|rate| rate.check(key)));
        guard::Budget {
            per_form: rate(&self.per_form, "budget.per_form"),
            per_address: rate(&self.per_address, "budget.per_address"),
        }
    }
}

impl Captcha {
    pub(super) fn provider(&self) -> CaptchaProvider {
        *self.provider.get_ref()
    }

    /// The captcha, if all that makes it one is good.
    pub(super) fn check(&self, schema: &Schema, faults: &mut Faults) -> Option<captcha::Captcha> {
        let provider = self.provider();
        if let Some((name, _)) = schema.properties().find(|(name, _)| provider.adds(name)) {
            let whose = provider.as_str();
            let mend = format!(
                "captcha: the schema has a field {name:?}, which {whose}'s script adds; rename the field"
            );
            faults.note((self.provider.span().start, mend));
        }
        let site_key = faults.take(site_key(&self.site_key));
        let secret_env = faults.take(variable(&self.secret_env));
        let action = self.action.as_ref().map(|text| action(text, provider));
        Some(captcha::Captcha {
            provider,
            action: faults.take_some(action),
            hosts: faults.take_all(self.hosts.iter().map(host)),
            site_key: site_key?,
            secret_env: secret_env?,
        })
    }
}

fn wrong<T>(at: &Spanned<String>, message: &str) -> Result<T, Wrong> {
    Err((at.span().start, message.into()))
}

fn site_key(key: &Spanned<String>) -> Result<String, Wrong> {
    let text = key.get_ref();
    if (1..=200).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    {
        return Ok(text.clone());
    }
    wrong(
        key,
        "captcha.site_key: give the public site key, as the provider shows it",
    )
}

fn action(action: &Spanned<String>, provider: CaptchaProvider) -> Result<String, Wrong> {
    let text = action.get_ref();
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    match provider.record().actions {
        WidgetActions::Unknown => {
            let whose = provider.as_str();
            wrong(
                action,
                &format!("captcha.action: {whose} knows no actions; leave it out"),
            )
        }
        WidgetActions::OnTheElement | WidgetActions::ByScript { .. }
            if plain && (1..=32).contains(&text.len()) =>
        {
            Ok(text.clone())
        }
        WidgetActions::OnTheElement | WidgetActions::ByScript { .. } => wrong(
            action,
            "captcha.action: give 1 to 32 letters, digits, '-' or '_'",
        ),
    }
}

fn host(host: &Spanned<String>) -> Result<String, Wrong> {
    let lower = host.get_ref().to_ascii_lowercase();
    let plain = lower
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if plain && (1..=253).contains(&lower.len()) {
        return Ok(lower);
    }
    wrong(
        host,
        "captcha.hosts: give host names with no scheme, port or path, such as \"example.org\"",
    )
}

/// The secret itself would be a fault too: it looks otherwise.
fn variable(name: &Spanned<String>) -> Result<String, Wrong> {
    let text = name.get_ref();
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if plain && (1..=64).contains(&text.len()) && !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(text.clone());
    }
    wrong(
        name,
        "captcha.secret_env: give the name of an environment variable (A-Z, 0-9, '_'), never the secret",
    )
}

pub(super) fn honeypot(
    name: &Spanned<String>,
    schema: &Schema,
    captcha: Option<CaptchaProvider>,
) -> Result<String, Wrong> {
    let text = name.get_ref();
    if text.is_empty() || text.len() > MAX_NAME || text.starts_with('_') {
        return wrong(
            name,
            "honeypot: give a field name of 1 to 128 bytes that does not start with '_'",
        );
    }
    if schema.property(text).is_some() {
        return wrong(
            name,
            "honeypot: the schema has a field of this name; choose another",
        );
    }
    if let Some(provider) = captcha.filter(|provider| provider.adds(text)) {
        let whose = provider.as_str();
        let mend = format!(
            "honeypot: {whose}'s script adds a field of this name, so everybody would be held; choose another"
        );
        return Err((name.span().start, mend));
    }
    Ok(text.clone())
}
