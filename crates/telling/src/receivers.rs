//! `receivers.toml`, checked: who is told, and by which channel. A kind of receiver is a case of [`ReceiverKind`] and of
//! [`Channel`], with its keys and its reader in this folder.

pub mod mail;
mod secret;
mod source;
pub mod web;

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_core::Forms;
use counterfoil_core::suggest::{mend, nearest};
pub use secret::{Environment, SecretText, SigningKey};
pub use source::ReceiversFault;
use source::{Keys, Text, Wrong, at};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::alarms::{AlarmKey, AlarmKind};
use crate::receiver::ReceiverName;
use mail::{MailReceiver, Smtp};
use web::{ChatReceiver, Endpoint, TemplateReceiver, WebhookReceiver};

/// The kinds of receivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverKind {
    /// By mail.
    Mail,
    /// By a signed webhook, as Standard Webhooks has it.
    Webhook,
    /// In a Slack channel.
    Slack,
    /// In a Discord channel.
    Discord,
    /// In a Telegram chat.
    Telegram,
    /// By ntfy.
    Ntfy,
    /// By a body that is written in the file.
    Template,
}

impl ReceiverKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Mail,
        Self::Webhook,
        Self::Slack,
        Self::Discord,
        Self::Telegram,
        Self::Ntfy,
        Self::Template,
    ];

    /// The word in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Discord => "discord",
            Self::Telegram => "telegram",
            Self::Ntfy => "ntfy",
            Self::Template => "template",
        }
    }
}

/// How a receiver is told, with all that this takes.
#[derive(Clone, Debug)]
pub enum Channel {
    /// By mail.
    Mail(MailReceiver),
    /// By a signed webhook.
    Webhook(WebhookReceiver),
    /// In a chat.
    Chat(Endpoint, ChatReceiver),
    /// By a body that is written in the file.
    Template(TemplateReceiver),
}

/// Who is told.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// What forms call it.
    pub name: ReceiverName,
    /// Its kind, as written.
    pub kind: ReceiverKind,
    /// How it is told.
    pub channel: Channel,
    /// The alarms it is told of.
    pub alarms: BTreeSet<AlarmKind>,
}

impl Receiver {
    /// Is it told of this alarm? Of its own trouble it is not.
    #[must_use]
    pub fn hears_alarm(&self, alarm: &AlarmKey) -> bool {
        let is_its_own = match alarm.kind {
            AlarmKind::Receiver | AlarmKind::Deliveries => alarm.subject == self.name.as_str(),
            AlarmKind::DeadLetters
            | AlarmKind::Lost
            | AlarmKind::Disk
            | AlarmKind::Clock
            | AlarmKind::Intake => false,
        };
        self.alarms.contains(&alarm.kind) && !is_its_own
    }
}

/// The receivers of a deployment.
#[derive(Clone, Debug, Default)]
pub struct Receivers {
    /// How mail leaves.
    pub smtp: Option<Smtp>,
    all: BTreeMap<ReceiverName, Receiver>,
    written: Names,
}

/// The names in the file, with what is good behind them and what is not.
#[derive(Clone, Debug, Default)]
enum Names {
    #[default]
    None,
    These(BTreeSet<String>),
    /// The file cannot be read so far.
    Unknown,
}

impl Receivers {
    /// Reads `receivers.toml`. Secrets come from the environment that is handed in, and are in no fault.
    pub fn parse(text: &str, env: &Environment<'_>) -> Result<Self, ReceiversFault> {
        let (receivers, faults) = Self::read(text, env);
        faults.into_iter().next().map_or(Ok(receivers), Err)
    }

    /// Reads as much of `receivers.toml` as is good, and says all that is not: one receiver's mistake is not another's.
    #[must_use]
    pub fn read(text: &str, env: &Environment<'_>) -> (Self, Vec<ReceiversFault>) {
        let mut faults = Vec::new();
        let mut says = |wrong| faults.push(at(text, wrong));
        let mut receivers = Self::default();
        match DeTable::parse(text) {
            Ok(table) => receivers.take(table.get_ref(), env, &mut says),
            Err(error) => {
                receivers.written = Names::Unknown;
                let at = error.span().map_or(0, |span| span.start);
                says((at, format!("not TOML: {}", error.message().trim_end())));
            }
        }
        (receivers, faults)
    }

    /// What there is when the file itself cannot be read.
    #[must_use]
    pub fn unread(why: &str) -> (Self, Vec<ReceiversFault>) {
        let receivers = Self {
            written: Names::Unknown,
            ..Self::default()
        };
        (receivers, vec![at("", (0, why.to_owned()))])
    }

    fn take(&mut self, table: &DeTable<'_>, env: &Environment<'_>, says: &mut impl FnMut(Wrong)) {
        let known = Keys::new(table, "", 0).are_among(&["smtp", "receivers"]);
        known.unwrap_or_else(&mut *says);
        let smtp = named(table, "smtp").map(|value| {
            let table = a_table(value, "smtp")?;
            mail::smtp(&Keys::new(table, "smtp", value.span().start), env)
        });
        let has_smtp = smtp.is_some();
        self.smtp = smtp.transpose().unwrap_or_else(|wrong| {
            says(wrong);
            None
        });
        let all = named(table, "receivers").map(|value| a_table(value, "receivers"));
        match all.transpose() {
            Ok(all) => {
                let names = all.iter().flat_map(|all| all.keys());
                let names = names.map(|name| name.get_ref().to_string());
                self.written = Names::These(names.collect());
                for (name, value) in all.into_iter().flatten() {
                    match receiver(name, value, env) {
                        Ok(receiver) => drop(self.all.insert(receiver.name.clone(), receiver)),
                        Err(wrong) => says(wrong),
                    }
                }
            }
            Err(wrong) => says(wrong),
        }
        self.without_smtp(has_smtp, says);
    }

    /// Without a mail server no mail goes out: what mailboxes are owed waits until there is one.
    fn without_smtp(&mut self, is_written: bool, says: &mut impl FnMut(Wrong)) {
        if self.smtp.is_some() {
            return;
        }
        let is_mail = |one: &Receiver| one.kind == ReceiverKind::Mail;
        if let (false, Some(first)) = (is_written, self.all.values().find(|one| is_mail(one))) {
            let message = format!(
                "receivers.{}: mail needs [smtp] with url, such as \"smtps://mail.example.org\"",
                first.name
            );
            says((0, message));
        }
        self.all.retain(|_, one| !is_mail(one));
    }

    /// The receiver of this name.
    #[must_use]
    pub fn get(&self, name: &ReceiverName) -> Option<&Receiver> {
        self.all.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Receiver> {
        self.all.values()
    }

    /// What forms ask of receivers that are not there: a line for each rule. One that is there and wrong is a fault by itself.
    #[must_use]
    pub fn missing(&self, forms: &Forms) -> Vec<String> {
        let none = BTreeSet::new();
        let names = match &self.written {
            Names::Unknown => return Vec::new(),
            Names::None => &none,
            Names::These(names) => names,
        };
        let rules = forms
            .iter()
            .flat_map(|form| form.notify.iter().map(move |rule| (form, rule)));
        let missing = rules.filter(|(_, rule)| !names.contains(&rule.to));
        let lines = missing.map(|(form, rule)| {
            let mend = match nearest(&rule.to, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("write [receivers.{}] in receivers.toml", rule.to),
            };
            format!(
                "form {}: there is no receiver {:?}; {mend}",
                form.id, rule.to
            )
        });
        lines.chain(self.without_from(forms)).collect()
    }

    /// Forms that write to whoever submitted, where no mail can go out to them.
    fn without_from<'f>(&self, forms: &'f Forms) -> impl Iterator<Item = String> + use<'f> {
        let has_from = self.smtp.as_ref().is_some_and(|smtp| smtp.from.is_some());
        let copying = forms
            .iter()
            .filter(move |form| form.copy.is_some() && !has_from);
        copying.map(|form| {
            format!(
                "form {}: [copy] needs `from` in [smtp] of receivers.toml, such as \"Forms <forms@example.org>\"",
                form.id
            )
        })
    }
}

fn named<'t, 'a>(table: &'t DeTable<'a>, name: &str) -> Option<&'t Spanned<DeValue<'a>>> {
    let mut all = table.iter();
    let (_, value) = all.find(|(key, _)| key.get_ref().as_ref() == name)?;
    Some(value)
}

fn a_table<'t, 'a>(value: &'t Spanned<DeValue<'a>>, path: &str) -> Result<&'t DeTable<'a>, Wrong> {
    let table = value.get_ref().as_table();
    table.ok_or_else(|| {
        (
            value.span().start,
            format!("{path}: write a table [{path}]"),
        )
    })
}

fn receiver(
    name: &Spanned<std::borrow::Cow<'_, str>>,
    value: &Spanned<DeValue<'_>>,
    env: &Environment<'_>,
) -> Result<Receiver, Wrong> {
    let path = format!("receivers.{}", name.get_ref());
    let parsed = ReceiverName::parse(name.get_ref()).ok_or_else(|| {
        let message = format!("{path}: a receiver's name is 1 to 32 characters of a-z, 0-9 and -");
        (name.span().start, message)
    })?;
    if parsed.is_submitter() {
        let message = format!("{path}: the name is kept for whoever submits; take another");
        return Err((name.span().start, message));
    }
    let keys = Keys::new(a_table(value, &path)?, &path, name.span().start);
    let kind = kind(&keys)?;
    let known: Vec<_> = ["kind", "alarms"]
        .into_iter()
        .chain(web::keys_of(kind).iter().copied())
        .collect();
    keys.are_among(&known)?;
    Ok(Receiver {
        name: parsed,
        kind,
        channel: channel(&keys, (kind, env))?,
        alarms: alarms(&keys)?,
    })
}

fn kind(keys: &Keys<'_, '_>) -> Result<ReceiverKind, Wrong> {
    let words = ReceiverKind::ALL.map(ReceiverKind::as_str);
    let give = format!("one of \"{}\"", words.join("\", \""));
    let written = keys.needed("kind", &give)?;
    let mut all = ReceiverKind::ALL.into_iter();
    let unknown = || {
        let mend = mend(written.text, &words);
        keys.wrong(
            "kind",
            &format!("there is no kind {:?}; {mend}", written.text),
        )
    };
    all.find(|kind| kind.as_str() == written.text)
        .ok_or_else(unknown)
}

fn channel(
    keys: &Keys<'_, '_>,
    (kind, env): (ReceiverKind, &Environment<'_>),
) -> Result<Channel, Wrong> {
    let chat = match kind {
        ReceiverKind::Mail => return mail::mailbox(keys).map(Channel::Mail),
        ReceiverKind::Webhook => return web::webhook(keys, env).map(Channel::Webhook),
        ReceiverKind::Template => return web::template(keys, env).map(Channel::Template),
        ReceiverKind::Slack => ChatReceiver::Slack,
        ReceiverKind::Discord => ChatReceiver::Discord,
        ReceiverKind::Telegram => ChatReceiver::Telegram {
            chat: keys
                .needed("chat", "the chat's id, such as \"-100123\", in quotes")?
                .text
                .to_owned(),
        },
        ReceiverKind::Ntfy => ChatReceiver::Ntfy {
            token: web::secret(keys, ("token_env", env))?,
        },
    };
    Ok(Channel::Chat(web::endpoint(keys, (kind, env))?, chat))
}

fn alarms(keys: &Keys<'_, '_>) -> Result<BTreeSet<AlarmKind>, Wrong> {
    let written = keys.texts("alarms", "a list, such as [\"*\"] for all")?;
    let words = AlarmKind::ALL.map(AlarmKind::as_str);
    let mut alarms = BTreeSet::new();
    for Text { text, at } in written {
        match AlarmKind::parse(text) {
            Some(kind) => drop(alarms.insert(kind)),
            None if text == "*" => alarms.extend(AlarmKind::ALL),
            None => {
                let mend = mend(text, &words);
                let message = format!("there is no alarm {text:?}; {mend}; \"*\" stands for all");
                return Err((at, keys.wrong("alarms", &message).1));
            }
        }
    }
    Ok(alarms)
}

#[cfg(test)]
#[path = "receivers_tests.rs"]
mod tests;
