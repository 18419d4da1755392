//! What a function is told by its environment. The names of all variables stand in this file, and nothing else of a
//! function reads them. A variable that is set and empty is not set: a template has no other way to leave one out.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use counterfoil_core::keys::KeyError;
use counterfoil_core::settling::RetryPolicy;
use counterfoil_core::suspicion::{MissingSecret, Secrets};
use counterfoil_core::{Forms, IdSecret, Keyring};
use counterfoil_machine::Account;

#[cfg(feature = "http")]
use crate::edge::Edge;

/// Why a function cannot start. Never says a value: some of them are secrets.
#[derive(thiserror::Error)]
pub enum SettingError {
    /// Not set, or empty.
    #[error("the variable {0} is not set")]
    Missing(&'static str),
    /// Set to what cannot be used.
    #[error("the variable {0} is not {1}")]
    Wrong(&'static str, &'static str),
    /// Set to keys that cannot be used.
    #[error("the variable {0} holds no good key: {1}")]
    Key(&'static str, #[source] KeyError),
    /// A form names a variable for its captcha's secret, which is not set.
    #[error("{0}")]
    Captcha(#[source] MissingSecret),
}

// What `main` returns is printed by `Debug`, and read by whoever deploys.
impl fmt::Debug for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A service that a function calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The queues.
    Sqs,
    /// The ledger.
    DynamoDb,
    /// The topic.
    Sns,
}

impl Service {
    const fn endpoint(self) -> &'static str {
        match self {
            Self::Sqs => "AWS_ENDPOINT_URL_SQS",
            Self::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
            Self::Sns => "AWS_ENDPOINT_URL_SNS",
        }
    }
}

type Lookup = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The environment of a function, read when it is asked for.
pub struct Settings(Lookup);

impl Settings {
    /// The process's own environment.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place where a function reads its environment"
    )]
    pub fn from_env() -> Self {
        Self::new(|name| std::env::var(name).ok())
    }

    /// Reads variables by `lookup`.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Box::new(lookup))
    }

    /// Where and as whom to call `service`. Lambda sets all but the endpoint.
    pub fn account(&self, service: Service) -> Result<Account, SettingError> {
        Ok(Account {
            region: self.required("AWS_REGION")?,
            key_id: self.required("AWS_ACCESS_KEY_ID")?,
            secret: self.required("AWS_SECRET_ACCESS_KEY")?,
            session_token: self.get("AWS_SESSION_TOKEN"),
            endpoint: self
                .get(service.endpoint())
                .or_else(|| self.get("AWS_ENDPOINT_URL")),
        })
    }

    /// The queue that the function sends to, or whose messages it hides.
    pub fn queue_url(&self) -> Result<String, SettingError> {
        self.required("QUEUE_URL")
    }

    /// The ledger's table.
    pub fn table_name(&self) -> Result<String, SettingError> {
        self.required("TABLE_NAME")
    }

    /// The topic of the outcomes.
    pub fn topic_arn(&self) -> Result<String, SettingError> {
        self.required("TOPIC_ARN")
    }

    /// The queue for what cannot be published.
    pub fn notice_failures_url(&self) -> Result<String, SettingError> {
        self.required("SET_ASIDE_URL")
    }

    /// The ticket keys.
    pub fn keys(&self) -> Result<Keyring, SettingError> {
        let name = "TICKET_KEYS";
        Keyring::parse(&self.required(name)?).map_err(|source| SettingError::Key(name, source))
    }

    /// What ids are derived from idempotency keys with.
    pub fn id_secret(&self) -> Result<IdSecret, SettingError> {
        let name = "ID_SECRET";
        IdSecret::parse(&self.required(name)?).map_err(|source| SettingError::Key(name, source))
    }

    /// Where tickets are answered when not on this host: `https://host`, without a slash at the end.
    pub fn status_base_url(&self) -> Result<Option<String>, SettingError> {
        let name = "STATUS_BASE_URL";
        let Some(url) = self.get(name) else {
            return Ok(None);
        };
        let host = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"))
            .unwrap_or_default();
        let is_good = !host.is_empty()
            && url
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"';,".contains(&byte));
        if !is_good {
            return Err(SettingError::Wrong(
                name,
                "a URL such as https://status.example.org",
            ));
        }
        Ok(Some(url.trim_end_matches('/').to_owned()))
    }

    /// What stands in front, and whether nobody else is answered. None unless it is told.
    #[cfg(feature = "http")]
    pub fn edge(&self) -> Result<Edge, SettingError> {
        let only = match self.get("EDGE").as_deref() {
            None | Some("off") => return Ok(Edge::default()),
            Some("beside") => false,
            Some("only") => true,
            Some(_) => return Err(SettingError::Wrong("EDGE", "off, beside or only")),
        };
        let name = "EDGE_SECRETS";
        let edge = Edge::knowing(&self.required(name)?, only);
        edge.ok_or(SettingError::Wrong(
            name,
            "a list of secrets, each of 32 to 256 letters and digits, or none",
        ))
    }

    /// When to try again, and when to give up; what is not set is as on one machine.
    pub fn retry(&self) -> Result<RetryPolicy, SettingError> {
        let default = RetryPolicy::default();
        let max_receives =
            self.parsed("MAX_RECEIVES", "a whole number from 1 on", |count: &u32| {
                *count >= 1
            })?;
        Ok(RetryPolicy {
            base: self.seconds("RETRY_BASE_SECONDS")?.unwrap_or(default.base),
            cap: self.seconds("RETRY_CAP_SECONDS")?.unwrap_or(default.cap),
            max_receives: max_receives.unwrap_or(default.max_receives),
        })
    }

    /// Is `bury` switched on? It is, unless it is switched off.
    pub fn buries(&self) -> Result<bool, SettingError> {
        match self.get("BURY").as_deref() {
            None | Some("on") => Ok(true),
            Some("off") => Ok(false),
            Some(_) => Err(SettingError::Wrong("BURY", "on or off")),
        }
    }

    /// The secrets of captchas, in the variables that the forms name. A function that lacks one does not start, and what
    /// is on the queue waits.
    pub fn captcha_secrets(&self, forms: &Forms) -> Result<Secrets, SettingError> {
        Secrets::of_forms(forms, |name| self.get(name)).map_err(SettingError::Captcha)
    }

    /// What `receivers.toml` names as environment variables: one JSON object of texts. None unless it is told.
    pub fn receiver_secrets(&self) -> Result<BTreeMap<String, String>, SettingError> {
        let name = "RECEIVER_SECRETS";
        let Some(text) = self.get(name) else {
            return Ok(BTreeMap::new());
        };
        let what = "a JSON object of texts, such as {\"CRM_SECRET\": \"whsec_…\"}";
        serde_json::from_str(&text).map_err(|_| SettingError::Wrong(name, what))
    }

    /// What plays the captcha providers, in tests alone.
    #[must_use]
    pub fn captcha_url(&self) -> Option<String> {
        self.get("COUNTERFOIL_CAPTCHA_URL")
    }

    /// Names this home in a notice's `source`: the stage of the ticket keys.
    #[must_use]
    pub fn stage(&self) -> String {
        self.get("STAGE").unwrap_or_else(|| "aws".to_owned())
    }

    /// Where the forms may be, the first that is there wins: a layer, or beside the function.
    #[must_use]
    pub fn forms_directories(&self) -> Vec<PathBuf> {
        match self.get("FORMS_DIR") {
            Some(given) => vec![given.into()],
            None => {
                let beside = self
                    .get("LAMBDA_TASK_ROOT")
                    .map(|root| PathBuf::from(root).join("forms"));
                std::iter::once(PathBuf::from("/opt/forms"))
                    .chain(beside)
                    .collect()
            }
        }
    }

    /// The least important level that is logged. Lambda's own filter, which `AWS_LAMBDA_LOG_LEVEL` tells of, lets everything
    /// through, so that it keeps back no metric; it is not asked.
    #[must_use]
    pub fn log_level(&self) -> Option<String> {
        self.get("LOG_LEVEL")
    }

    /// Names this stack in its metrics, as its alarms do.
    #[must_use]
    pub fn stack_name(&self) -> String {
        self.get("STACK_NAME")
            .unwrap_or_else(|| "counterfoil".to_owned())
    }

    /// The version of this function that runs; Lambda sets it.
    #[must_use]
    pub fn version(&self) -> String {
        self.get("AWS_LAMBDA_FUNCTION_VERSION")
            .unwrap_or_else(|| "$LATEST".to_owned())
    }

    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<String, SettingError> {
        self.get(name).ok_or(SettingError::Missing(name))
    }

    fn seconds(&self, name: &'static str) -> Result<Option<Duration>, SettingError> {
        let what = "a number of seconds, such as 30 or 0.5";
        let seconds = self.parsed(name, what, |seconds: &f64| *seconds >= 0.0)?;
        seconds
            .map(|s| Duration::try_from_secs_f64(s).map_err(|_| SettingError::Wrong(name, what)))
            .transpose()
    }

    fn parsed<T: std::str::FromStr>(
        &self,
        name: &'static str,
        what: &'static str,
        is_good: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, SettingError> {
        let parse = |text: String| {
            text.parse()
                .ok()
                .filter(&is_good)
                .ok_or(SettingError::Wrong(name, what))
        };
        self.get(name).map(parse).transpose()
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
