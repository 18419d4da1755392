//! What judges submissions on one machine, and its way to the captcha providers: the one call that the server makes to
//! anybody, and only for forms that have a captcha. TLS, a few seconds, a few KiB, no redirects.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::captcha::CaptchaProvider;
use counterfoil_core::ports::{Captchas, Reply};
use counterfoil_core::suspicion::{Guards, Secrets};
use counterfoil_core::{Code, Fault, Forms};
use counterfoil_local::Store;
use ureq::Agent;

use crate::exit::configuration;

/// All of one question, name look-up included.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of an answer: they have some hundred.
const MOST: u64 = 16 * 1024;

/// For tests alone: a server on this machine that plays every provider.
const INSTEAD: &str = "COUNTERFOIL_CAPTCHA_URL";

/// Asks captcha providers.
pub(crate) struct Providers {
    agent: Agent,
    instead: Option<String>,
}

impl Providers {
    pub(crate) fn new() -> Self {
        let instead = variable(INSTEAD);
        if let Some(url) = &instead {
            tracing::warn!(
                "captchas are verified by {url}, which only tests want ({INSTEAD} is set)"
            );
        }
        let config = Agent::config_builder()
            .https_only(instead.is_none())
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Self {
            agent: config.into(),
            instead,
        }
    }
}

impl Captchas for Providers {
    async fn ask(&self, provider: CaptchaProvider, body: String) -> Result<Reply, Fault> {
        let url = self
            .instead
            .clone()
            .unwrap_or_else(|| provider.record().verify.to_owned());
        let agent = self.agent.clone();
        let asked = tokio::task::spawn_blocking(move || post(&agent, &url, &body)).await;
        let away = |why: &dyn std::fmt::Display| {
            Fault::transient(
                Code::CaptchaUnreachable,
                format!("the captcha's provider gave no answer: {why}"),
            )
        };
        asked
            .map_err(|_| away(&"the call panicked"))?
            .map_err(|error| away(&error))
    }
}

/// Its errors name addresses and times, never what was sent.
fn post(agent: &Agent, url: &str, body: &str) -> Result<Reply, ureq::Error> {
    let mut answer = agent
        .post(url)
        .content_type("application/x-www-form-urlencoded")
        .send(body)?;
    let status = answer.status().as_u16();
    let body = answer.body_mut().with_config().limit(MOST).read_to_vec()?;
    Ok(Reply { status, body })
}

/// What judges submissions on one machine: counts in the store, and asks the providers themselves.
pub(crate) type Here = Guards<Arc<Store>, Providers>;

/// For the server of these forms, which has all that they name, or does not start.
pub(crate) fn all(store: &Arc<Store>, forms: &Forms) -> anyhow::Result<Here> {
    let secrets = Secrets::of_forms(forms, variable).map_err(configuration)?;
    Ok(Guards::new(Arc::clone(store), Providers::new(), secrets))
}

/// For a command that plays the worker for a while: what it has no secret for waits for the server.
pub(crate) fn those_known(store: &Arc<Store>, forms: &Forms) -> Here {
    Guards::new(
        Arc::clone(store),
        Providers::new(),
        Secrets::those_known(forms, variable),
    )
}

#[allow(
    clippy::disallowed_methods,
    reason = "a form's captcha names the variable that its secret is in"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
