//! What a receiver behind HTTP needs: its address, whether a network of ours may be meant, and the keys of each kind.

use std::fmt;

use http::Uri;
use http::uri::PathAndQuery;
use ipnet::IpNet;

use super::ReceiverKind;
use super::secret::{Environment, SecretText, SigningKey, from_env};
use super::source::{Keys, Wrong};
use crate::template::{Template, TemplateFault};

/// Where a receiver listens. The address may be a secret, so no more than its host is ever printed.
#[derive(Clone, PartialEq)]
pub struct Endpoint {
    /// Is it `https`?
    pub secure: bool,
    /// The host, without the brackets of an IPv6 address.
    pub host: String,
    /// Host and port, as the `Host` header has them.
    pub authority: String,
    /// The port.
    pub port: u16,
    /// What follows the host.
    path: PathAndQuery,
    /// Networks that are not public, and that it may be in.
    pub allow_private: Vec<IpNet>,
}

impl Endpoint {
    /// What follows the host, for the one place that sends it.
    #[must_use]
    pub fn reveal_path(&self) -> &str {
        self.path.as_str()
    }

    fn read(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        let is_plain = !authority.as_str().contains('@') && !authority.host().is_empty();
        is_plain.then(|| Self {
            secure,
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            authority: authority.as_str().to_owned(),
            port: authority
                .port_u16()
                .unwrap_or(if secure { 443 } else { 80 }),
            path: uri
                .path_and_query()
                .cloned()
                .unwrap_or(PathAndQuery::from_static("/")),
            allow_private: Vec::new(),
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({}, [redacted])", self.authority)
    }
}

/// A receiver of signed webhooks.
#[derive(Clone, Debug)]
pub struct WebhookReceiver {
    /// Where.
    pub endpoint: Endpoint,
    /// Every one of them signs, so that a new one can be brought in while the old one is believed.
    pub keys: Vec<SigningKey>,
}

/// A chat, through the hook that its own documentation describes.
#[derive(Clone, Debug)]
pub enum ChatReceiver {
    /// A Slack channel, by an incoming webhook.
    Slack,
    /// A Discord channel, by a webhook.
    Discord,
    /// A Telegram chat, by a bot's `sendMessage`.
    Telegram {
        /// The chat's id, or its `@name`.
        chat: String,
    },
    /// A topic of ntfy.
    Ntfy {
        /// The access token, where the topic asks for one.
        token: Option<SecretText>,
    },
}

/// Anything else behind HTTP: what is sent is written in the file.
#[derive(Clone, Debug)]
pub struct TemplateReceiver {
    /// Where.
    pub endpoint: Endpoint,
    /// What.
    pub body: Template,
    /// What goes into `Authorization`, whole.
    pub authorization: Option<SecretText>,
}

/// The keys that a kind has beyond those of all receivers.
pub(super) const fn keys_of(kind: ReceiverKind) -> &'static [&'static str] {
    match kind {
        ReceiverKind::Mail => &super::mail::KEYS,
        ReceiverKind::Webhook => &["url", "url_env", "allow_private", "secret_env"],
        ReceiverKind::Slack | ReceiverKind::Discord => &["url", "url_env", "allow_private"],
        ReceiverKind::Telegram => &["url", "url_env", "allow_private", "chat"],
        ReceiverKind::Ntfy => &["url", "url_env", "allow_private", "token_env"],
        ReceiverKind::Template => &[
            "url",
            "url_env",
            "allow_private",
            "body",
            "content_type",
            "authorization_env",
        ],
    }
}

/// Whoever knows such a chat's address may write there, so it stands in no file.
const fn is_secret(kind: ReceiverKind) -> bool {
    match kind {
        ReceiverKind::Slack | ReceiverKind::Discord | ReceiverKind::Telegram => true,
        ReceiverKind::Mail
        | ReceiverKind::Webhook
        | ReceiverKind::Ntfy
        | ReceiverKind::Template => false,
    }
}

pub(super) fn endpoint(
    keys: &Keys<'_, '_>,
    (kind, env): (ReceiverKind, &Environment<'_>),
) -> Result<Endpoint, Wrong> {
    let url = keys.text("url", "an address in quotes")?;
    let variable = keys.text("url_env", "the name of an environment variable")?;
    let networks = networks(keys)?;
    let (name, text) = match (url, variable) {
        (Some(_), Some(_)) => return Err(keys.wrong("url", "give `url` or `url_env`, not both")),
        (None, None) => {
            let message = "is missing; give `url`, or `url_env` where the address is a secret";
            return Err(keys.wrong(if is_secret(kind) { "url_env" } else { "url" }, message));
        }
        (Some(_), None) if is_secret(kind) => {
            let message = "whoever knows this address may write there, so it is a secret; put it into an environment variable \
                           and name that in `url_env`";
            return Err(keys.wrong("url", message));
        }
        (Some(url), None) => ("url", url.text.to_owned()),
        (None, Some(variable)) => {
            let value = from_env(keys, "url_env", (variable, env))?;
            ("url_env", value.reveal().to_owned())
        }
    };
    // No message repeats the address: it may be a secret even where nobody meant it to be.
    let bad = || {
        let message =
            "give a whole address, such as https://example.org/hook, without user and password";
        keys.wrong(name, message)
    };
    let mut endpoint = Endpoint::read(&text).ok_or_else(bad)?;
    if !endpoint.secure && networks.is_empty() {
        let message = "http is read by everybody on the way; give https, or for a network of yours `allow_private`";
        return Err(keys.wrong(name, message));
    }
    endpoint.allow_private = networks;
    Ok(endpoint)
}

fn networks(keys: &Keys<'_, '_>) -> Result<Vec<IpNet>, Wrong> {
    let give = "a list of networks, such as [\"10.0.0.0/8\"]";
    let written = keys.texts("allow_private", give)?;
    let read = written.into_iter().map(|text| {
        let bad = || {
            (
                text.at,
                keys.wrong("allow_private", &format!("give {give}")).1,
            )
        };
        text.text.parse().map_err(|_| bad())
    });
    read.collect()
}

pub(super) fn webhook(
    keys: &Keys<'_, '_>,
    env: &Environment<'_>,
) -> Result<WebhookReceiver, Wrong> {
    let endpoint = endpoint(keys, (ReceiverKind::Webhook, env))?;
    let names = keys.texts("secret_env", "a list, such as [\"CRM_SECRET\"]")?;
    if names.is_empty() {
        let message = "is missing; name the environment variable that holds `whsec_…`, such as [\"CRM_SECRET\"]";
        return Err(keys.wrong("secret_env", message));
    }
    let signing = names.into_iter().map(|name| {
        let secret = from_env(keys, "secret_env", (name, env))?;
        SigningKey::parse(secret.reveal()).ok_or_else(|| {
            let message = format!(
                "{} holds no secret of this kind: it is whsec_ and 24 to 64 bytes in base64; `openssl rand -base64 32` makes them",
                name.text
            );
            (name.at, keys.wrong("secret_env", &message).1)
        })
    });
    Ok(WebhookReceiver {
        endpoint,
        keys: signing.collect::<Result<_, _>>()?,
    })
}

/// `None`: the key is not written.
pub(super) fn secret(
    keys: &Keys<'_, '_>,
    (name, env): (&str, &Environment<'_>),
) -> Result<Option<SecretText>, Wrong> {
    let variable = keys.text(name, "the name of an environment variable")?;
    let secret = variable.map(|variable| from_env(keys, name, (variable, env)));
    let secret = secret.transpose()?;
    let is_line = |secret: &SecretText| secret.reveal().bytes().all(|b| (b' '..=b'~').contains(&b));
    match secret {
        Some(secret) if !is_line(&secret) => Err(keys.wrong(
            name,
            "what the variable holds is not one line of plain characters",
        )),
        secret => Ok(secret),
    }
}

pub(super) fn template(
    keys: &Keys<'_, '_>,
    env: &Environment<'_>,
) -> Result<TemplateReceiver, Wrong> {
    let body = keys.needed("body", "what is sent, with {{text}} where the telling goes")?;
    let kind = keys.text(
        "content_type",
        "a content type, such as \"application/json\"",
    )?;
    let kind = kind.map_or("application/json", |kind| kind.text);
    let body = Template::parse(body.text, kind).map_err(|fault| match fault {
        TemplateFault::Body(message) => keys.wrong("body", &message),
        TemplateFault::ContentType(message) => keys.wrong("content_type", &message),
    })?;
    Ok(TemplateReceiver {
        endpoint: endpoint(keys, (ReceiverKind::Template, env))?,
        body,
        authorization: secret(keys, ("authorization_env", env))?,
    })
}
