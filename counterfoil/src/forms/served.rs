//! Which forms this data was served with last time: a form that has gone without a word is said.
//!
//! ```text
//! served-forms.json    {"directory": "/srv/forms", "forms": ["contact"]}
//! ```

use std::io::Write;
use std::path::{Path, PathBuf};

use counterfoil_core::{FormId, Forms};
use counterfoil_machine::files;
use serde::{Deserialize, Serialize};

use crate::say;

const FILE: &str = "served-forms.json";

/// More than any server's forms need.
const MOST: u64 = 1 << 20;

/// The forms of a server, and where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Served {
    directory: PathBuf,
    forms: Vec<FormId>,
}

impl Served {
    /// These forms, from a directory.
    pub(crate) fn new(directory: &Path, forms: &Forms) -> Self {
        Self {
            directory: std::fs::canonicalize(directory).unwrap_or_else(|_| directory.into()),
            forms: forms.iter().map(|form| form.id.clone()).collect(),
        }
    }

    /// Says which forms were served from this data before and are not any more, and notes these for the next time. What was
    /// noted is of use to people alone: where it cannot be read or written the server goes on without it.
    pub(crate) fn take_over(&self, data: &Path) {
        let before = Self::before(data);
        if before.as_ref() == Some(self) {
            return;
        }
        if let Some(told) = before.and_then(|before| self.gone_since(&before)) {
            tracing::warn!("{told}");
            say::aloud(format!("{told}\n\n"));
        }
        if let Err(error) = self.note(data) {
            tracing::warn!("cannot note which forms are served, in {FILE}: {error}");
        }
    }

    /// What was noted; `None`: nothing that can be read.
    fn before(data: &Path) -> Option<Self> {
        let text = files::read_text(&data.join(FILE), MOST).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// What to say of the forms that were served before, and are not any more.
    fn gone_since(&self, before: &Self) -> Option<String> {
        let is_gone = |form: &&FormId| !self.forms.contains(form);
        let gone: Vec<_> = before.forms.iter().filter(is_gone).collect();
        let names: Vec<_> = gone.iter().map(|form| form.as_str()).collect();
        let (first, last) = (names.first()?, before.directory.display());
        let why = if before.directory == self.directory {
            format!("{last} has no such file any more")
        } else {
            format!(
                "they were read from {last}, and forms are now read from {}; name a directory with --forms DIR, or move the \
                 files",
                self.directory.display()
            )
        };
        Some(format!(
            "NOT SERVED ANY MORE: {}. /forms/{first} now answers 404: {why}. What was submitted is kept.",
            names.join(", ")
        ))
    }

    /// Writes it whole, or not at all.
    fn note(&self, data: &Path) -> std::io::Result<()> {
        let mut draft = tempfile::NamedTempFile::new_in(data)?;
        draft.write_all(&serde_json::to_vec(self)?)?;
        draft
            .persist(data.join(FILE))
            .map(drop)
            .map_err(|error| error.error)
    }
}

/// The directory from which forms were served with this data last time, if it is still there.
pub(super) fn served_from(data: &Path) -> Option<PathBuf> {
    let before = Served::before(data)?;
    before.directory.is_dir().then_some(before.directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(directory: &str, forms: &[&str]) -> Served {
        Served {
            directory: directory.into(),
            forms: forms
                .iter()
                .map(|form| FormId::parse(form).unwrap())
                .collect(),
        }
    }

    #[test]
    fn a_form_that_has_gone_is_named_with_where_it_was() {
        let before = served("/d/forms", &["contact", "sign-up"]);
        let told = served("/w/forms", &["sign-up"])
            .gone_since(&before)
            .unwrap();
        for part in ["NOT SERVED ANY MORE: contact.", "/d/forms", "/w/forms"] {
            assert!(told.contains(part), "{told}");
        }
        let told = served("/d/forms", &[]).gone_since(&before).unwrap();
        for part in ["contact, sign-up", "no such file any more"] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn forms_that_come_or_move_together_are_nothing_to_say() {
        let before = served("/d/forms", &["contact"]);
        assert_eq!(
            served("/w/forms", &["contact", "new"]).gone_since(&before),
            None
        );
    }

    #[test]
    fn what_was_noted_is_read_and_what_is_no_note_harms_nothing() {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().join(FILE);
        for text in ["", "{}", "\u{0}", "{\"directory\":1,\"forms\":[]}"] {
            std::fs::write(&path, text).unwrap();
            let now = served("/d", &["contact"]);
            now.take_over(data.path());
            let read: Served = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(read, now);
        }
    }
}
