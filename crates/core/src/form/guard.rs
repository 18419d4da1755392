//! What a form's definition says about posts that nobody wants: captcha, budget, burst; and how strict it is.

use std::time::Duration;

use serde::Deserialize;

/// What becomes of a post that breaks the schema's rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is refused, with everything that is wrong.
    #[default]
    Enforce,
    /// It is accepted and kept as it came; what would have been refused is kept beside it, and told.
    Observe,
}

/// Who tells people from programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptchaProvider {
    /// Cloudflare Turnstile.
    Turnstile,
    /// hCaptcha.
    Hcaptcha,
    /// Google reCAPTCHA.
    Recaptcha,
}

impl CaptchaProvider {
    /// The word, as in `forms/<id>.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Turnstile => "turnstile",
            Self::Hcaptcha => "hcaptcha",
            Self::Recaptcha => "recaptcha",
        }
    }

    /// The field in which the provider's script posts its token. It is not one of the form's own.
    #[must_use]
    pub const fn token_field(self) -> &'static str {
        match self {
            Self::Turnstile => "cf-turnstile-response",
            Self::Hcaptcha => "h-captcha-response",
            Self::Recaptcha => "g-recaptcha-response",
        }
    }
}

/// A captcha in front of a form. The secret never stands in the definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captcha {
    /// Whose it is.
    pub provider: CaptchaProvider,
    /// The public key that the page shows to the provider.
    pub site_key: String,
    /// The action a token must have been made for. `None`: any.
    pub action: Option<String>,
    /// Host names (lower case, no port) of the pages a token may come from. Empty: any that the provider lets use
    /// the site key.
    pub hosts: Vec<String>,
    /// The environment variable that holds the secret.
    pub secret_env: String,
}

impl Captcha {
    /// May a token come from a page of this host?
    #[must_use]
    pub fn allows_host(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

/// So many in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many, 1 at least.
    pub count: u32,
    /// In what time.
    pub per: Period,
}

/// A time to count in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
}

impl Period {
    /// How long that is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        match self {
            Self::Minute => Duration::from_secs(60),
            Self::Hour => Duration::from_secs(60 * 60),
            Self::Day => Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// How many submissions a form takes. Off unless written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// From all callers together.
    pub per_form: Option<Rate>,
    /// From one address.
    pub per_address: Option<Rate>,
}

/// What is published of a submission beyond its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// The submitted fields too. Without it no notice carries any.
    pub fields: bool,
}
