//! Where the forms of a server are; the first start makes the place, with the contact form in it.

use std::path::{Path, PathBuf};

use counterfoil_local::DataDir;
use counterfoil_machine::forms::shipped_contact;

use crate::exit::configuration;

/// The directory of the forms: as given, else `forms` here, else that of the data directory with the contact form.
pub(crate) fn forms_directory(given: Option<&Path>, data: &DataDir) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        return Ok(given.into());
    }
    let here = PathBuf::from("forms");
    if here.is_dir() {
        return Ok(here);
    }
    let own = data.path().join("forms");
    if !own.is_dir() {
        make_forms(&own)
            .map_err(|error| configuration(format!("cannot make {}: {error}", own.display())))?;
    }
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
