//! Writes all that a database held to another place, for its own user alone. It has its name there only when it is whole
//! and synced.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::creation::write_whole;
use crate::identity::Identity;
use crate::rescue::{MARK, Rescue, place};

/// Writes all that the connection sees into the directory, or beside its place when it is gone: where the database is.
pub(super) fn rescue(identity: &Identity, connection: &Connection) -> Result<PathBuf, String> {
    let mut why = Vec::new();
    for write in [within, beside] {
        match write(identity, connection) {
            // Whoever removes the directory may be at it still.
            Ok(path) if path.exists() => return Ok(path),
            Ok(path) => why.push(format!("{} was removed, too", path.display())),
            Err(error) => why.push(error.to_string()),
        }
    }
    Err(why.join("; "))
}

/// Into the directory.
fn within(identity: &Identity, connection: &Connection) -> io::Result<PathBuf> {
    let directory = &identity.whole_path;
    if !identity.directory.is_in_place() {
        return Err(io::Error::other(format!("{} is gone", directory.display())));
    }
    let database = name(identity)?;
    let draft = directory.join(free(directory, &format!("{database}.rescuing-"))?);
    write_all(connection, &draft).inspect_err(|_| drop(fs::remove_file(&draft)))?;
    let rescued = free(directory, &format!("{database}{MARK}"))?;
    let end = rescued
        .strip_prefix(database)
        .unwrap_or_default()
        .to_owned();
    let rescue = Rescue {
        directory: directory.clone(),
        end,
    };
    for (name, secret) in identity
        .secrets
        .iter()
        .filter(|(name, _)| !directory.join(name).exists())
    {
        // The database is worth more, and comes alone when it must.
        let _ = write_whole(&rescue.path(name), secret);
    }
    fs::rename(&draft, rescue.path(database))?;
    File::open(directory)?.sync_all()?;
    Ok(rescue.path(database))
}

/// Into a directory of its own, beside the place of the one that is gone.
fn beside(identity: &Identity, connection: &Connection) -> io::Result<PathBuf> {
    let (above, own) = place(&identity.whole_path)
        .ok_or_else(|| io::Error::other("there is no directory above it"))?;
    let draft = above.join(free(&above, &format!("{own}.rescuing-"))?);
    DirBuilder::new()
        .mode(0o700)
        .create(&draft)
        .map_err(|error| at(&draft, &error))?;
    let database = name(identity)?;
    write_all(connection, &draft.join(database))
        .inspect_err(|_| drop(fs::remove_dir_all(&draft)))?;
    for (name, secret) in &identity.secrets {
        let _ = write_whole(&draft.join(name), secret);
    }
    File::open(&draft)?.sync_all()?;
    let rescued = above.join(free(&above, &format!("{own}{MARK}"))?);
    fs::rename(&draft, &rescued)?;
    // Whoever may not read the directory above cannot sync it either.
    File::open(&above).map_or(Ok(()), |above| above.sync_all())?;
    Ok(rescued.join(database))
}

fn name(identity: &Identity) -> io::Result<&str> {
    let name = identity
        .database
        .path
        .file_name()
        .and_then(|name| name.to_str());
    name.ok_or_else(|| io::Error::other("its name is no text"))
}

/// A name with this process's number in it that nothing has: in a container the number is always the same.
fn free(directory: &Path, prefix: &str) -> io::Result<String> {
    let own = format!("{prefix}{}", std::process::id());
    let more = (2..1000).map(|n| format!("{own}-{n}"));
    let mut names = std::iter::once(own.clone()).chain(more);
    let found = names.find(|name| fs::symlink_metadata(directory.join(name)).is_err());
    found.ok_or_else(|| io::Error::other("there are a thousand rescued ones already"))
}

/// Writes all that the connection sees to a new database, synced.
fn write_all(connection: &Connection, path: &Path) -> io::Result<()> {
    let text = path
        .to_str()
        .ok_or_else(|| io::Error::other("its path is no text"))?;
    // SQLite fills an empty file, and would make one that others can read.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| at(path, &error))?;
    connection
        .execute("VACUUM INTO ?1", [text])
        .map_err(|error| at(path, &error))?;
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| at(path, &error))
}

fn at(path: &Path, error: &dyn std::error::Error) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}
