//! Where the forms are: one rule for the server and for every verb.
//!
//! As `--forms` says; else `forms` here; else `forms` in the data directory. Where there is none of them the server makes
//! the last one, with the contact form in it; `forms new` makes the one here; and a verb that reads forms takes those from
//! which the server was started last.

use std::path::{Path, PathBuf};

use counterfoil_local::DataDir;
use counterfoil_machine::forms::shipped_contact;

use super::served::served_from;
use crate::cli::FormsDir;
use crate::exit::configuration;

/// The name of the directory, here and in the data directory.
const FORMS: &str = "forms";

/// The directory of the forms; `None` where none is named and there is none.
pub(crate) fn find(given: Option<&Path>, data: &Path) -> Option<PathBuf> {
    if let Some(given) = given {
        return Some(given.into());
    }
    let places = [PathBuf::from(FORMS), data.join(FORMS)];
    places.into_iter().find(|place| place.is_dir())
}

/// The directory of the forms, for a verb that reads them.
pub(crate) fn existing(given: Option<&Path>, data: &Path) -> anyhow::Result<PathBuf> {
    let found = find(given, data).or_else(|| served_from(data));
    found.ok_or_else(|| {
        configuration(format!(
            "there are no forms yet, neither in {FORMS} here nor in {}: write one with `counterfoil forms new NAME`, or \
             name their directory with --forms DIR",
            data.join(FORMS).display()
        ))
    })
}

/// The directory in which a new form belongs.
pub(crate) fn for_new(directory: &FormsDir) -> PathBuf {
    let found = find(directory.forms.as_deref(), &directory.local.data);
    found.unwrap_or_else(|| FORMS.into())
}

/// The directory of the forms, for a server: it makes one where there is none.
pub(crate) fn made(given: Option<&Path>, data: &DataDir) -> anyhow::Result<PathBuf> {
    if let Some(found) = find(given, data.path()) {
        return Ok(found);
    }
    let own = data.path().join(FORMS);
    make_forms(&own)
        .map_err(|error| configuration(format!("cannot make {}: {error}", own.display())))?;
    Ok(own)
}

/// Makes a directory with the contact form beside its place, and puts it there whole: a kill leaves no half of it.
fn make_forms(own: &Path) -> std::io::Result<()> {
    let draft = own.with_extension("new");
    std::fs::create_dir_all(&draft)?;
    let contact = draft.join("contact.toml");
    std::fs::write(&contact, shipped_contact())?;
    std::fs::File::open(&contact)?.sync_all()?;
    std::fs::rename(&draft, own)
}
