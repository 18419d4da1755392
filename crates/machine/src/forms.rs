//! Reads the forms of a directory: `<id>.toml`, each a form.

use std::path::{Path, PathBuf};

use counterfoil_core::form::FormFault;
use counterfoil_core::{Form, FormId, Forms};

/// What is wrong with one file, or with the directory.
#[derive(Debug, thiserror::Error)]
pub enum FormsError {
    /// A file or the directory cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file's name is no form id.
    #[error("{path}: the name must be 1 to 64 lower-case letters, digits or '-', then \".toml\"; rename the file")]
    Name {
        /// Which.
        path: String,
    },
    /// The definition is wrong.
    #[error("{path}: {fault}")]
    Definition {
        /// Which.
        path: String,
        /// Where and what.
        fault: FormFault,
    },
}

/// Reads every form. `Err` holds everything that is wrong, not just the first.
pub fn load(directory: &Path) -> Result<Forms, Vec<FormsError>> {
    let mut paths = toml_files(directory).map_err(|error| vec![error])?;
    paths.sort();
    let mut faults = Vec::new();
    let forms: Forms = paths.iter().filter_map(|path| one(path).map_err(|fault| faults.push(fault)).ok()).collect();
    if faults.is_empty() { Ok(forms) } else { Err(faults) }
}

/// The form a deployment without forms of its own has.
#[must_use]
pub fn shipped_contact() -> &'static str {
    include_str!("../../../forms/contact.toml")
}

fn toml_files(directory: &Path) -> Result<Vec<PathBuf>, FormsError> {
    let unreadable = |source| FormsError::Unreadable { path: directory.display().to_string(), source };
    let entries = std::fs::read_dir(directory).map_err(unreadable)?;
    let paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml")).collect())
}

fn one(path: &Path) -> Result<Form, FormsError> {
    let shown = || path.display().to_string();
    let id = path.file_stem().and_then(|stem| stem.to_str()).and_then(FormId::parse);
    let id = id.ok_or_else(|| FormsError::Name { path: shown() })?;
    let text = std::fs::read_to_string(path).map_err(|source| FormsError::Unreadable { path: shown(), source })?;
    Form::parse(id, &text).map_err(|fault| FormsError::Definition { path: shown(), fault })
}
