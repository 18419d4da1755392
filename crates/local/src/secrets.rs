//! The two secret files of a data directory, made at its first use and never again: a key that quietly
//! changed would make every ticket a 404.

use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::{IdSecret, Keyring};
use counterfoil_machine::files;

use crate::creation::write_whole;
use crate::data_dir::DataDirError;

/// Random bytes in a secret; 43 characters when written.
const SECRET_BYTES: usize = 32;

/// Bytes of a secret's file at most: hundreds of keys.
const MOST: u64 = 64 * 1024;

/// Reads `path` as ticket keys; with `first`, makes it when it is missing.
pub(crate) fn keyring(path: &Path, first: bool) -> Result<Keyring, DataDirError> {
    let text = read_or_make(path, first, "1:local:")?;
    Keyring::parse(&text).map_err(|source| DataDirError::Key {
        path: path.display().to_string(),
        source,
    })
}

/// Reads `path` as the id secret; with `first`, makes it when it is missing.
pub(crate) fn id_secret(path: &Path, first: bool) -> Result<IdSecret, DataDirError> {
    let text = read_or_make(path, first, "local:")?;
    IdSecret::parse(&text).map_err(|source| DataDirError::Key {
        path: path.display().to_string(),
        source,
    })
}

fn read_or_make(path: &Path, first: bool, prefix: &str) -> Result<String, DataDirError> {
    let failed = |source| DataDirError::Io {
        path: path.display().to_string(),
        source,
    };
    match files::read(path, MOST) {
        // Bytes that are not text are garbage: they parse as no key, and are said to be so.
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && first => {
            make(path, prefix).map_err(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(DataDirError::KeyMissing {
            path: path.display().to_string(),
        }),
        Err(error) => Err(failed(error)),
    }
}

/// Makes a new secret.
fn make(path: &Path, prefix: &str) -> io::Result<String> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let text = format!("{prefix}{}\n", URL_SAFE_NO_PAD.encode(bytes));
    write_whole(path, text.as_bytes())?;
    Ok(text)
}
