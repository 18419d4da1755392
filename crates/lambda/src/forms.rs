//! The forms of a function: those of the layer where there is one, else those in its own package.

use std::fmt;
use std::path::PathBuf;

use counterfoil_core::Forms;
use counterfoil_machine::forms::{FormsError, load, none_in};

/// Why there are no forms to use.
#[derive(thiserror::Error)]
pub enum NoForms {
    /// None of the directories is there.
    #[error("there is no directory of forms, neither of {0:?}")]
    Nowhere(Vec<PathBuf>),
    /// The directory holds none.
    #[error("{}", none_in(.0))]
    Empty(PathBuf),
    /// Some of them are wrong; all that is wrong with them.
    #[error("the forms are not usable: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unusable(Vec<FormsError>),
}

// What `main` returns is printed by `Debug`, and read by whoever deploys.
impl fmt::Debug for NoForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads the forms of the first of these directories that is there.
pub fn first_of(directories: Vec<PathBuf>) -> Result<Forms, NoForms> {
    let Some(directory) = directories.iter().find(|directory| directory.is_dir()) else {
        return Err(NoForms::Nowhere(directories));
    };
    let forms = load(directory).map_err(NoForms::Unusable)?;
    if forms.iter().next().is_none() {
        return Err(NoForms::Empty(directory.clone()));
    }
    Ok(forms)
}

/// The text of `receivers.toml` beside the first of these directories that is there; empty where there is none.
pub fn receivers_beside(directories: &[PathBuf]) -> std::io::Result<String> {
    let directory = directories.iter().find(|directory| directory.is_dir());
    let Some(file) = directory.map(|forms| forms.with_file_name("receivers.toml")) else {
        return Ok(String::new());
    };
    match counterfoil_machine::files::read_text(&file, MOST_BYTES) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

/// No file of this kind is nearly as large.
const MOST_BYTES: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use counterfoil_machine::forms::shipped_contact;

    use super::*;

    #[test]
    fn a_layer_wins_over_the_package() {
        let place = tempfile::tempdir().unwrap();
        let (layer, package) = (place.path().join("opt"), place.path().join("task"));
        let both = || vec![layer.clone(), package.clone()];
        assert!(matches!(first_of(both()), Err(NoForms::Nowhere(_))));
        std::fs::create_dir(&package).unwrap();
        assert!(matches!(first_of(both()), Err(NoForms::Empty(_))));
        std::fs::write(package.join("contact.toml"), shipped_contact()).unwrap();
        assert_eq!(first_of(both()).unwrap().iter().count(), 1);
        std::fs::create_dir(&layer).unwrap();
        std::fs::write(layer.join("other.toml"), shipped_contact()).unwrap();
        assert_eq!(
            first_of(both()).unwrap().iter().next().unwrap().id.as_str(),
            "other"
        );
        std::fs::write(layer.join("broken.toml"), "title = ").unwrap();
        let text = format!("{:?}", first_of(both()).unwrap_err());
        assert!(text.contains("broken.toml"), "{text}");
    }
}
