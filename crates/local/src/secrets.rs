//! The two secret files of a data directory, made at its first use and never again: a key that quietly
//! changed would make every ticket a 404.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::{IdSecret, Keyring};

use crate::data_dir::DataDirError;

/// Random bytes in a secret; 43 characters when written.
const SECRET_BYTES: usize = 32;

/// Reads `path` as ticket keys; with `first`, makes it when it is missing.
pub(crate) fn keyring(path: &Path, first: bool) -> Result<Keyring, DataDirError> {
    let text = read_or_make(path, first, "1:local:")?;
    Keyring::parse(&text).map_err(|source| DataDirError::Key { path: path.display().to_string(), source })
}

/// Reads `path` as the id secret; with `first`, makes it when it is missing.
pub(crate) fn id_secret(path: &Path, first: bool) -> Result<IdSecret, DataDirError> {
    let text = read_or_make(path, first, "local:")?;
    IdSecret::parse(&text).map_err(|source| DataDirError::Key { path: path.display().to_string(), source })
}

fn read_or_make(path: &Path, first: bool, prefix: &str) -> Result<String, DataDirError> {
    let failed = |source| DataDirError::Io { path: path.display().to_string(), source };
    match fs::read(path) {
        // Bytes that are not text are garbage: they parse as no key, and are said to be so.
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && first => make(path, prefix).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(DataDirError::KeyMissing { path: path.display().to_string() })
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes a new secret so that it is there whole or not at all, and synced before it is used.
fn make(path: &Path, prefix: &str) -> io::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let text = format!("{prefix}{}\n", URL_SAFE_NO_PAD.encode(bytes));
    let draft = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())?;
    Ok(text)
}
