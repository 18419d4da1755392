//! `counterfoil forms`: check, show, new, observed.

pub(crate) mod directory;
mod new;
mod observed;
pub(crate) mod served;
mod show;

use std::path::{Path, PathBuf};

use counterfoil_core::{Form, FormId, Forms};
use counterfoil_machine::forms::{load, none_in, passed_over};

use crate::cli;
use crate::exit::{Failure, configuration};
use crate::say;

pub(crate) fn run(verb: &cli::Forms) -> anyhow::Result<()> {
    match verb {
        cli::Forms::Check(check) => {
            let directory = found(&check.directory)?;
            let forms = checked(&directory)?;
            forms.iter().try_for_each(|form| report(form, &directory))?;
            for path in passed_over(&directory) {
                let name = "a form's file is TOML, and its name ends with \".toml\"";
                say::line(format_args!(
                    "{}: passed over: {name} (no fault; is it meant?)",
                    path.display()
                ));
            }
            Ok(())
        }
        cli::Forms::Show(show) => show::run(show),
        cli::Forms::Observed(observed) => observed::run(observed),
        cli::Forms::New(new) => new::run(new),
    }
}

/// A line for a good form, and one for each likely mistake in it.
fn report(form: &Form, directory: &Path) -> anyhow::Result<()> {
    let fields: Vec<_> = form.schema.properties().map(|(name, _)| name).collect();
    say::line(format_args!("{}: good ({})", form.id, fields.join(", ")));
    let path = directory.join(format!("{}.toml", form.id));
    let text = std::fs::read_to_string(&path)?;
    for thought in form.advice(&text) {
        say::line(format_args!(
            "{}: {thought} (no fault; is it meant?)",
            path.display()
        ));
    }
    Ok(())
}

/// The directory of the forms that a verb was given, or finds.
pub(crate) fn found(given: &cli::FormsDir) -> anyhow::Result<PathBuf> {
    directory::existing(given.forms.as_deref(), &given.local.data)
}

/// The forms of the directory that a verb was given, or finds.
pub(crate) fn read(given: &cli::FormsDir) -> anyhow::Result<Forms> {
    checked(&found(given)?)
}

/// The forms of a directory; with any fault, all of them in one message.
pub(crate) fn checked(directory: &Path) -> anyhow::Result<Forms> {
    let forms = load(directory).map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        configuration(format!(
            "the forms are not usable:\n  {}",
            lines.join("\n  ")
        ))
    })?;
    if forms.iter().next().is_none() {
        return Err(configuration(none_in(directory)));
    }
    Ok(forms)
}

/// One of the forms of a directory.
fn one<'a>(forms: &'a Forms, id: &FormId) -> anyhow::Result<&'a Form> {
    forms.get(id).ok_or_else(|| {
        let known: Vec<_> = forms.iter().map(|form| form.id.as_str()).collect();
        Failure::Partly(format!(
            "there is no form {id} here; there are: {}",
            known.join(", ")
        ))
        .into()
    })
}
