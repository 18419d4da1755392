//! Reads the forms of a directory: `<id>.toml`, each a form.

use std::path::{Path, PathBuf};

use counterfoil_core::form::{FormFault, FormFaults};
use counterfoil_core::{Form, FormId, Forms};

use crate::files;

/// Bytes of a form's file at most: no form that a person wrote comes near.
const MOST: u64 = 1 << 20;

/// Faults of one file that are told.
const MOST_FAULTS: usize = 20;

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
    #[error(
        "{path}: the name must be 1 to 64 lower-case letters, digits or '-', then \".toml\"; rename the file"
    )]
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
    /// More faults than are told.
    #[error("{path}: and {count} more faults")]
    More {
        /// Which.
        path: String,
        /// How many more.
        count: usize,
    },
}

/// Reads every form. `Err` holds everything that is wrong, not just the first.
pub fn load(directory: &Path) -> Result<Forms, Vec<FormsError>> {
    let mut paths = entries(directory).map_err(|error| vec![error])?;
    paths.retain(|path| is_form(path));
    paths.sort();
    let mut faults = Vec::new();
    let forms: Forms = paths
        .iter()
        .filter_map(|path| one(path).map_err(|wrong| faults.extend(wrong)).ok())
        .collect();
    if faults.is_empty() {
        Ok(forms)
    } else {
        Err(faults)
    }
}

/// Files of a directory that are not read and may be meant as forms: every other than `*.toml`, but for what is hidden
/// and what explains (`*.md`).
#[must_use]
pub fn passed_over(directory: &Path) -> Vec<PathBuf> {
    let mut paths = entries(directory).unwrap_or_default();
    let explains = |path: &Path| {
        path.extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("md"))
    };
    paths.retain(|path| path.is_file() && !is_form(path) && !is_hidden(path) && !explains(path));
    paths.sort();
    paths
}

/// What to say of a directory in which there is no form.
#[must_use]
pub fn none_in(directory: &Path) -> String {
    let none = format!("there is no form (*.toml) in {}", directory.display());
    let others = passed_over(directory);
    let names: Vec<_> = others
        .iter()
        .filter_map(|path| path.file_name())
        .take(10)
        .map(|name| name.to_string_lossy())
        .collect();
    if names.is_empty() {
        return none;
    }
    format!(
        "{none}; passed over: {} (a form's file is TOML, and its name ends with \".toml\")",
        names.join(", ")
    )
}

/// The form a deployment without forms of its own has.
#[must_use]
pub fn shipped_contact() -> &'static str {
    include_str!("../../../forms/contact.toml")
}

/// Hidden files are none: macOS writes `._NAME` beside each file of other volumes, Emacs `.#NAME`.
fn is_form(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "toml") && !is_hidden(path)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, FormsError> {
    let unreadable = |source| FormsError::Unreadable {
        path: directory.display().to_string(),
        source,
    };
    let entries = std::fs::read_dir(directory).map_err(unreadable)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)
}

fn one(path: &Path) -> Result<Form, Vec<FormsError>> {
    let shown = || path.display().to_string();
    let id = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .and_then(FormId::parse);
    let id = id.ok_or_else(|| vec![FormsError::Name { path: shown() }])?;
    let text = files::read_text(path, MOST).map_err(|source| {
        vec![FormsError::Unreadable {
            path: shown(),
            source,
        }]
    })?;
    Form::parse(id, &text).map_err(|faults| named(faults, path))
}

/// The faults of a file, each with its name. A file that is no form at all has thousands: the first ones tell it.
fn named(faults: FormFaults, path: &Path) -> Vec<FormsError> {
    let path = || path.display().to_string();
    let mut faults = faults.into_iter();
    let first = faults.by_ref().take(MOST_FAULTS);
    let mut told: Vec<_> = first
        .map(|fault| FormsError::Definition {
            path: path(),
            fault,
        })
        .collect();
    let count = faults.count();
    told.extend((count > 0).then(|| FormsError::More {
        path: path(),
        count,
    }));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_file_is_no_form() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("contact.toml"), shipped_contact()).unwrap();
        std::fs::write(place.path().join("._contact.toml"), b"\0\x05\x16\x07").unwrap();
        std::os::unix::fs::symlink("nobody", place.path().join(".#contact.toml")).unwrap();
        assert_eq!(load(place.path()).unwrap().iter().count(), 1);
        assert_eq!(passed_over(place.path()), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_file_in_another_encoding_is_told_by_its_name() {
        let place = tempfile::tempdir().unwrap();
        let utf16: Vec<u8> = shipped_contact()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let marked = [b"\xff\xfe".as_slice(), &utf16].concat();
        for bytes in [utf16, marked] {
            std::fs::write(place.path().join("contact.toml"), bytes).unwrap();
            let faults = load(place.path()).unwrap_err();
            assert!(faults[0].to_string().contains("UTF-16"), "{}", faults[0]);
        }
        let marked = format!("\u{feff}{}", shipped_contact());
        std::fs::write(place.path().join("contact.toml"), marked).unwrap();
        assert!(load(place.path()).is_ok(), "a byte order mark is no fault");
    }

    #[test]
    fn a_file_that_is_passed_over_is_named() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path();
        assert!(none_in(directory).ends_with(&directory.display().to_string()));
        for name in ["contact.TOML", "my-form.yaml", ".hidden", "README.md"] {
            std::fs::write(directory.join(name), shipped_contact()).unwrap();
        }
        std::fs::create_dir(directory.join("old")).unwrap();
        let said = none_in(directory);
        assert!(
            said.contains("passed over: contact.TOML, my-form.yaml (") && said.contains(".toml"),
            "{said}"
        );
        std::fs::write(directory.join("contact.toml"), shipped_contact()).unwrap();
        assert_eq!(load(directory).unwrap().iter().count(), 1);
    }
}
