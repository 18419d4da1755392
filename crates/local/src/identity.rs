//! Is the database still the file at its path? A file that was removed or replaced under a running server takes
//! every write without complaint, and nobody finds them again.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Which file the database was when it was opened.
pub(crate) struct Identity {
    path: PathBuf,
    file: (u64, u64),
}

impl Identity {
    /// The file at `path` now.
    pub(crate) fn of(path: &Path) -> std::io::Result<Self> {
        Ok(Self { path: path.into(), file: device_and_inode(path)? })
    }

    /// Is the same file still there? A path that cannot be looked at counts as moved: then nobody finds it either.
    pub(crate) fn is_in_place(&self) -> bool {
        device_and_inode(&self.path).is_ok_and(|file| file == self.file)
    }
}

fn device_and_inode(path: &Path) -> std::io::Result<(u64, u64)> {
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_or_replaced_file_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "one").unwrap();
        let identity = Identity::of(&path).unwrap();
        std::fs::write(&path, "two").unwrap();
        assert!(identity.is_in_place(), "written to");
        std::fs::rename(&path, directory.path().join("kept")).unwrap();
        assert!(!identity.is_in_place(), "moved away");
        std::fs::write(&path, "one").unwrap();
        assert!(!identity.is_in_place(), "replaced");
    }
}
