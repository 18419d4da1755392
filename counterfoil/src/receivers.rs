//! `counterfoil receivers`: list, check, test, enable.

mod enable;
mod trial;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use counterfoil_telling::receivers::{Channel, Receiver, Receivers};

use crate::cli::receivers as cli;
use crate::exit::{Failure, configuration};
use crate::forms::checked;
use crate::say;

pub(crate) fn run(verb: &cli::Receivers) -> anyhow::Result<()> {
    match verb {
        cli::Receivers::List(at) => {
            for receiver in read(at)?.iter() {
                say::line(line(receiver));
            }
            Ok(())
        }
        cli::Receivers::Check(at) => check(at),
        cli::Receivers::Test(test) => trial::run(test),
        cli::Receivers::Enable(verb) => enable::run(verb),
    }
}

/// The receivers' file where no other is named: beside the forms' directory.
pub(crate) fn beside(forms: &Path) -> PathBuf {
    forms.with_file_name("receivers.toml")
}

/// Reads a receivers' file, with the environment of this process. `None`: there is no such file.
pub(crate) fn load(path: &Path) -> anyhow::Result<Option<Receivers>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(configuration(format!("{}: {error}", path.display()))),
    };
    #[allow(
        clippy::disallowed_methods,
        reason = "a verb reads its own environment"
    )]
    let env = |name: &str| std::env::var(name).ok();
    let read = Receivers::parse(&text, &env);
    read.map(Some)
        .map_err(|fault| configuration(format!("{}: {fault}", path.display())))
}

fn read(at: &cli::ReceiversArgs) -> anyhow::Result<Receivers> {
    let path = at.receivers.clone();
    let path = path.unwrap_or_else(|| beside(&at.directory.forms));
    load(&path)?.ok_or_else(|| {
        let mend = "write it as docs/receivers.md says, or name it with --receivers";
        configuration(format!("there is no file {}; {mend}", path.display()))
    })
}

/// A receiver on one line; of an address that may be a secret only the host.
fn line(receiver: &Receiver) -> String {
    let to = match &receiver.channel {
        Channel::Mail(mail) => {
            let to: Vec<_> = mail.to.iter().map(|to| to.email.to_string()).collect();
            format!("{} ({})", to.join(", "), mail.when.as_str())
        }
        Channel::Webhook(hook) => hook.endpoint.authority.clone(),
        Channel::Chat(endpoint, _) => endpoint.authority.clone(),
        Channel::Template(template) => template.endpoint.authority.clone(),
    };
    format!("{}: {} to {to}", receiver.name, receiver.kind.as_str())
}

fn check(at: &cli::ReceiversArgs) -> anyhow::Result<()> {
    let receivers = read(at)?;
    let forms = checked(&at.directory.forms)?;
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
    let missing = receivers.missing(&forms);
    if missing.is_empty() {
        return Ok(());
    }
    let lines = missing.join("\n  ");
    Err(Failure::Configuration(format!("the receivers are not usable:\n  {lines}")).into())
}
