//! `counterfoil forms new`: a commented file to begin with.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use counterfoil_core::FormId;

use crate::cli::NewForm;
use crate::exit::configuration;
use crate::say;

/// Every key, most of them in comments.
const TEMPLATE: &str = include_str!("new.toml");

pub(super) fn run(new: &NewForm) -> anyhow::Result<()> {
    let directory = &super::directory::for_new(&new.directory);
    fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let path = directory.join(format!("{}.toml", new.form));
    write(directory, &path, &template(&new.form)).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => configuration(format!(
            "{} is there already; choose another name",
            path.display()
        )),
        _ => anyhow::Error::new(error).context(format!("cannot write {}", path.display())),
    })?;
    say::line(format_args!(
        "{}: change its title and its fields, then: counterfoil forms check",
        path.display()
    ));
    Ok(())
}

/// Writes a file that is not there yet: all of it, or a server would not start with what is there of it.
fn write(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    // As other files of the user's: whom the server runs as has to read it.
    let mode = Permissions::from_mode(0o666);
    let mut draft = tempfile::Builder::new()
        .prefix(".")
        .permissions(mode)
        .tempfile_in(directory)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().sync_all()?;
    draft
        .persist_noclobber(path)
        .map(drop)
        .map_err(|error| error.error)
}

/// The file for a form called `id`.
fn template(id: &FormId) -> String {
    let words = id.as_str().replace('-', " ");
    let mut letters = words.trim().chars();
    let title: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect();
    TEMPLATE
        .replace("{id}", id.as_str())
        .replace("{title}", &title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_core::Form;

    fn read(text: &str) -> Form {
        Form::parse(FormId::parse("sign-up").unwrap(), text).unwrap()
    }

    #[test]
    fn what_it_writes_is_a_good_form() {
        let text = template(&FormId::parse("sign-up").unwrap());
        let form = read(&text);
        assert_eq!(
            (form.title.as_str(), form.advice(&text)),
            ("Sign up", vec![])
        );
        assert!(text.contains("/forms/sign-up") && !text.contains("{id}"));
    }

    #[test]
    fn every_key_in_its_comments_is_good_too() {
        let text = template(&FormId::parse("sign-up").unwrap());
        let is_key = |line: &str| {
            line.starts_with('[')
                || line
                    .split_once(" = ")
                    .is_some_and(|(key, _)| !key.contains(' '))
        };
        let lines = text.lines().map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| is_key(rest))
                .unwrap_or(line)
        });
        let form = read(&lines.collect::<Vec<_>>().join("\n"));
        assert!(form.captcha.is_some() && form.budget.per_form.is_some() && form.burst.is_some());
        assert!(form.redirect.is_some() && form.thanks.is_some() && form.retention_days.is_some());
        assert_eq!(form.schema.properties().count(), 7);
    }
}
