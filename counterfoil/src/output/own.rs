//! What is a data directory's own is nobody's to write over, by whatever path: a path may lead there by `..`, by a link
//! of a directory, in other letters, by a hard link. So files are compared and not names.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::directory;
use crate::exit::configuration;

/// Refuses a path in the data directory, and whatever is one of its files by another name.
pub(super) fn spare(path: &Path, found: Option<&Metadata>, data: &Path) -> anyhow::Result<()> {
    let failed = |error: io::Error| anyhow::anyhow!("{}: {error}", path.display());
    let place = fs::canonicalize(directory(path)).map_err(failed)?;
    let own = identity(&fs::metadata(data).map_err(failed)?);
    let within = place
        .ancestors()
        .any(|one| fs::metadata(one).is_ok_and(|one| identity(&one) == own));
    let linked =
        found.is_some_and(|file| file.nlink() > 1) && is_one_of(found, data).map_err(failed)?;
    if within || linked {
        let data = data.display();
        return Err(configuration(format!(
            "{} belongs to the data directory {data}: write to another place; nothing was written",
            path.display()
        )));
    }
    Ok(())
}

/// Is it one of the files in this directory?
fn is_one_of(found: Option<&Metadata>, directory: &Path) -> io::Result<bool> {
    let found = found.map(identity);
    for entry in fs::read_dir(directory)? {
        // Not followed: what a link of the directory leads to lies elsewhere.
        if Some(identity(&entry?.metadata()?)) == found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What tells a file from every other on this machine.
fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path, data: &Path) -> bool {
        spare(path, fs::metadata(path).ok().as_ref(), data).is_err()
    }

    #[test]
    fn a_data_directory_is_spared_by_whatever_path() {
        let home = tempfile::tempdir().unwrap();
        let (data, other) = (home.path().join("data"), home.path().join("other"));
        fs::create_dir_all(data.join("forms")).unwrap();
        fs::create_dir(&other).unwrap();
        for file in [
            data.join("counterfoil.db"),
            other.join("export.csv"),
            other.join("one"),
        ] {
            fs::write(file, "").unwrap();
        }
        fs::hard_link(data.join("counterfoil.db"), other.join("hard")).unwrap();
        fs::hard_link(other.join("one"), other.join("two")).unwrap();
        std::os::unix::fs::symlink(&data, home.path().join("link")).unwrap();
        let within = [
            "data/counterfoil.db",
            "data/new",
            "data/forms/new",
            "link/new",
            "other/../data/new",
            "other/hard",
        ];
        for path in within {
            assert!(refused(&home.path().join(path), &data), "{path}");
            assert!(
                refused(&home.path().join(path), &home.path().join("link")),
                "{path}"
            );
        }
        for path in [
            "other/export.csv",
            "other/two",
            "export.csv",
            "data.csv",
            "link/../export.csv",
        ] {
            assert!(!refused(&home.path().join(path), &data), "{path}");
        }
    }
}
