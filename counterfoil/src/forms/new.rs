//! `counterfoil forms new`: a commented file to begin with.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};

use anyhow::Context;
use counterfoil_core::FormId;

use crate::cli::NewForm;
use crate::exit::configuration;

/// Every key, most of them in comments.
const TEMPLATE: &str = include_str!("new.toml");

pub(super) fn run(new: &NewForm) -> anyhow::Result<()> {
    let directory = &new.directory.forms;
    fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let path = directory.join(format!("{}.toml", new.form));
    let file = OpenOptions::new().write(true).create_new(true).open(&path);
    let mut file = file.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => configuration(format!("{} is there already; choose another name", path.display())),
        _ => anyhow::Error::new(error).context(format!("cannot write {}", path.display())),
    })?;
    file.write_all(template(&new.form).as_bytes())?;
    println!("{}: change its title and its fields, then: counterfoil forms check", path.display());
    Ok(())
}

/// The file for a form called `id`.
fn template(id: &FormId) -> String {
    let words = id.as_str().replace('-', " ");
    let mut letters = words.trim().chars();
    let title: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    TEMPLATE.replace("{id}", id.as_str()).replace("{title}", &title)
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
        assert_eq!((form.title.as_str(), form.advice(&text)), ("Sign up", vec![]));
        assert!(text.contains("/forms/sign-up") && !text.contains("{id}"));
    }

    #[test]
    fn every_key_in_its_comments_is_good_too() {
        let text = template(&FormId::parse("sign-up").unwrap());
        let is_key =
            |line: &str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let lines = text.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_key(rest)).unwrap_or(line));
        let form = read(&lines.collect::<Vec<_>>().join("\n"));
        assert!(form.captcha.is_some() && form.budget.per_form.is_some() && form.burst.is_some());
        assert!(form.redirect.is_some() && form.thanks.is_some() && form.retention_days.is_some());
        assert_eq!(form.schema.properties().count(), 7);
    }
}
