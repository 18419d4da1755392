//! The first use of a directory, which a kill may interrupt anywhere.
//!
//! ```text
//! creating ─► ticket-keys ─► id-secret ─► database, its shape ─► creating removed ─► the first submission
//! ```
//!
//! Each step is durable before the next begins. So as long as the file `creating` is there, nothing was ever accepted, and
//! whatever lies there is gone on with. Without it, secrets without their database mean loss.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use counterfoil_machine::files::must_be_regular;

/// Was the creation of `directory` begun and not finished?
pub(crate) fn is_under_way(directory: &Path) -> io::Result<bool> {
    let mark = mark(directory);
    must_be_regular(&mark)?;
    mark.try_exists()
}

/// Before anything else is made in `directory`.
pub(crate) fn begin(directory: &Path) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(mark(directory))?
        .sync_all()?;
    sync(directory)?;
    // The directory may be new itself. Whoever may not read the one above cannot sync it either.
    match directory.canonicalize()?.parent().map(File::open) {
        Some(Ok(above)) => above.sync_all(),
        Some(Err(_)) | None => Ok(()),
    }
}

/// After all else, and before anything is accepted.
pub(crate) fn finish(directory: &Path) -> io::Result<()> {
    match fs::remove_file(mark(directory)) {
        Ok(()) => sync(directory),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes a new file for this user alone, so that it is there whole or not at all, and synced before it is used.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    // What an interrupted attempt left, or anything else: opening what is there could wait for ever.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), sync)
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

fn mark(directory: &Path) -> PathBuf {
    directory.join("creating")
}
