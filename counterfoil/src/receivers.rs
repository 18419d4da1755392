//! `counterfoil receivers`: list, check, test, enable, bounce.

mod bounce;
mod enable;
mod trial;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use counterfoil_machine::files::read_text;
use counterfoil_telling::receivers::{Channel, Receiver, Receivers};
use counterfoil_telling::times::{Times, When};

use crate::cli::receivers as cli;
use crate::exit::configuration;
use crate::forms;
use crate::say;

pub(crate) fn run(verb: &cli::Receivers) -> anyhow::Result<()> {
    match verb {
        cli::Receivers::List(at) => list(at),
        cli::Receivers::Check(at) => check(at),
        cli::Receivers::Test(test) => trial::run(test),
        cli::Receivers::Enable(verb) => enable::run(verb),
        cli::Receivers::Bounce(verb) => bounce::run(verb),
    }
}

/// The receivers' file where no other is named: beside the forms' directory.
pub(crate) fn beside(forms: &Path) -> PathBuf {
    match forms.file_name() {
        Some(_) => forms.with_file_name(FILE),
        // Such as `.`.
        None => forms.join("..").join(FILE),
    }
}

const FILE: &str = "receivers.toml";
/// No file of this kind is nearly as large.
const MOST_BYTES: u64 = 1 << 20;

/// What is in a receivers' file.
#[derive(Default)]
pub(crate) struct Found {
    /// What is good.
    pub(crate) receivers: Receivers,
    /// What is not: where, and how to mend it.
    pub(crate) faults: Vec<String>,
}

/// Reads a receivers' file, with the environment of this process. `None`: there is no such file.
pub(crate) fn found(path: &Path) -> Option<Found> {
    #[allow(
        clippy::disallowed_methods,
        reason = "the command reads its own environment"
    )]
    let env = |name: &str| std::env::var(name).ok();
    let (receivers, faults) = match read_text(path, MOST_BYTES) {
        Ok(text) => Receivers::read(&text, &env),
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => Receivers::unread(&error.to_string()),
    };
    let said = |fault| format!("{}: {fault}", path.display());
    Some(Found {
        receivers,
        faults: faults.iter().map(said).collect(),
    })
}

fn read(at: &cli::ReceiversArgs) -> anyhow::Result<Found> {
    let path = match &at.receivers {
        Some(given) => given.clone(),
        None => beside(&forms::found(&at.directory)?),
    };
    found(&path).ok_or_else(|| {
        let mend = "write it as docs/receivers.md says, or name it with --receivers";
        configuration(format!("there is no file {}; {mend}", path.display()))
    })
}

fn unusable(faults: &[String]) -> anyhow::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let lines = faults.join("\n  ");
    Err(configuration(format!(
        "the receivers are not usable:\n  {lines}"
    )))
}

fn list(at: &cli::ReceiversArgs) -> anyhow::Result<()> {
    let Found { receivers, faults } = read(at)?;
    receivers.iter().map(line).for_each(say::line);
    unusable(&faults)
}

/// A receiver on one line; of an address that may be a secret only the host.
fn line(receiver: &Receiver) -> String {
    let to = match &receiver.channel {
        Channel::Mail(mail) => {
            let to: Vec<_> = mail.to.iter().map(|to| to.email.to_string()).collect();
            format!("{}{}", to.join(", "), times(&mail.times))
        }
        Channel::Webhook(hook) => hook.endpoint.authority.clone(),
        Channel::Chat(endpoint, _) => endpoint.authority.clone(),
        Channel::Template(template) => template.endpoint.authority.clone(),
    };
    format!("{}: {} to {to}", receiver.name, receiver.kind.as_str())
}

/// When a mailbox gets its mails, unless that is at once.
fn times(times: &Times) -> String {
    let zone = times.zone.iana_name().unwrap_or("UTC");
    let at = times.at.strftime("%H:%M");
    match (times.when, times.per_day) {
        (When::AtOnce, None) => String::new(),
        (When::AtOnce, Some(most)) => {
            format!(", at most {most} a day, which begins at {at} {zone}")
        }
        (When::Hourly, _) => ", a digest each hour".into(),
        (When::Daily, _) => format!(", a digest each day at {at} {zone}"),
        (When::Weekly, _) => format!(", a digest each Monday at {at} {zone}"),
    }
}

fn check(at: &cli::ReceiversArgs) -> anyhow::Result<()> {
    let Found {
        receivers,
        mut faults,
    } = read(at)?;
    let forms = forms::read(&at.directory)?;
    for receiver in receivers.iter() {
        say::line(format_args!("{} (good)", line(receiver)));
        let mut all = forms.iter();
        let is_named = all.any(|form| form.notify_rule(receiver.name.as_str()).is_some());
        if !is_named && receiver.alarms.is_empty() {
            say::line(format_args!(
                "{}: no form has [[notify]] to = \"{0}\", and it has no alarms, so it is never told (no fault; is it meant?)",
                receiver.name
            ));
        }
    }
    if receivers.iter().count() == 1 {
        let message = "there is only one receiver, and it cannot report its own failure; a second one would (no fault; is it meant?)";
        say::line(message);
    }
    faults.extend(receivers.missing(&forms));
    unusable(&faults)
}
