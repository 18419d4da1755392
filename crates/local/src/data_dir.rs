//! A data directory: the database, the secrets, and the lock that proves there is one server.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use counterfoil_core::keys::KeyError;
use counterfoil_core::{IdSecret, Keyring};
use counterfoil_machine::files::must_be_regular;

use crate::creation;
use crate::rescue::{DATABASE, Rescue, SECRETS};
use crate::secrets::{id_secret, keyring};
use crate::wal;

/// A directory with a server's data: mode 0700, its secret files 0600.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// Held as long as a server serves the directory. The system frees it when the process ends, however it ends.
///
/// The directory itself is locked, which nobody can remove and make again unnoticed (a server looks after its database's
/// place), and the file `lock` in it, which is all that former versions lock and look at.
#[derive(Debug)]
pub struct ServerLock {
    _directory: File,
    _file: File,
}

/// The secrets of a directory.
pub struct Secrets {
    /// Ticket keys.
    pub keys: Arc<Keyring>,
    /// What ids are derived with.
    pub id_secret: Arc<IdSecret>,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// A file or the directory cannot be read or written.
    #[error("cannot use {path}: {source}")]
    Io {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A server has it, or a command that works on it alone.
    #[error(
        "another counterfoil serves {path} or works on it; stop it or wait for its end, or give another directory with --data"
    )]
    InUse {
        /// Which.
        path: String,
    },
    /// There is data, but its secret is gone.
    #[error(
        "{path} is missing, but there is data that needs it: without it no ticket can be verified. Restore it from a backup"
    )]
    KeyMissing {
        /// Which.
        path: String,
    },
    /// There are secrets, but the data they belong to is gone.
    #[error(
        "{path} is missing or empty, but its secrets are there: there was data. Restore it from a backup; if there never \
         was any, remove ticket-keys and id-secret beside it and start again"
    )]
    DatabaseMissing {
        /// Which.
        path: String,
    },
    /// The data is gone, but the log that belongs to it is there.
    #[error(
        "{path} is missing or empty, but its log is there: there was data, and what was accepted last is in {path}-wal. Keep \
         that, and restore a backup of the directory in another place"
    )]
    OnlyLog {
        /// Which.
        path: String,
    },
    /// The data is gone from its place, but it was rescued.
    #[error(
        "{path} is missing or empty, but what it held was rescued: it is {rescued}. Nothing was changed; {way_back}"
    )]
    Rescued {
        /// Which.
        path: String,
        /// What has it.
        rescued: String,
        /// How it comes back to its place.
        way_back: String,
    },
    /// A secret is garbage.
    #[error(
        "{path} is damaged: {source}. Restore it from a backup; a new key would make every ticket invalid"
    )]
    Key {
        /// Which.
        path: String,
        /// Why.
        source: KeyError,
    },
    /// There is no data here.
    #[error(
        "there is no Counterfoil data in {path}; give its directory with --data DIR, or start `counterfoil serve` first"
    )]
    Empty {
        /// Which.
        path: String,
    },
}

impl DataDir {
    /// The directory for a server: made when it is missing, and for its own user alone.
    ///
    /// It is refused, and not made, where what it held lies rescued: whatever began anew there would hide that.
    pub fn create(path: &Path) -> Result<Self, DataDirError> {
        Self(path.into()).must_not_be_rescued()?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        let tightened =
            made.and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o700)));
        tightened.map_err(|source| DataDirError::Io {
            path: path.display().to_string(),
            source,
        })?;
        Ok(Self(path.into()))
    }

    /// The directory for a command: it must hold data.
    pub fn existing(path: &Path) -> Result<Self, DataDirError> {
        let directory = Self(path.into());
        directory.must_not_be_rescued()?;
        if directory.database().is_file() {
            Ok(directory)
        } else {
            Err(DataDirError::Empty {
                path: path.display().to_string(),
            })
        }
    }

    /// The directory at `path`, in which a store is open.
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.into())
    }

    /// The directory's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database's path.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    /// Takes the directory at `path` for a moment; `None`: somebody else has it, or it cannot be taken.
    pub(crate) fn lock_of(path: &Path) -> Option<ServerLock> {
        Self(path.into()).lock().ok()
    }

    /// Takes the directory for one server.
    pub fn lock(&self) -> Result<ServerLock, DataDirError> {
        let directory = self.take(&self.0, |path| File::open(path))?;
        let file = self.take(&self.0.join("lock"), open_lock)?;
        Ok(ServerLock {
            _directory: directory,
            _file: file,
        })
    }

    fn take(
        &self,
        path: &Path,
        open: impl FnOnce(&Path) -> io::Result<File>,
    ) -> Result<File, DataDirError> {
        let file = open(path).map_err(failed(path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse {
                path: self.0.display().to_string(),
            }),
            Err(TryLockError::Error(error)) => Err(failed(path)(error)),
        }
    }

    /// The secrets: made at the first run, and never once there was a database. A first run that was interrupted is gone on
    /// with, by the secrets that it made. The caller holds the lock.
    pub fn secrets(&self) -> Result<Secrets, DataDirError> {
        self.must_not_be_rescued()?;
        let first = self.has_no_database()?;
        if first && !creation::is_under_way(&self.0).map_err(failed(&self.0.join("creating")))? {
            if fs::metadata(wal::path(&self.database())).is_ok_and(|log| log.len() > 0) {
                return Err(DataDirError::OnlyLog {
                    path: self.database().display().to_string(),
                });
            }
            if SECRETS.iter().all(|name| self.0.join(name).exists()) {
                return Err(DataDirError::DatabaseMissing {
                    path: self.database().display().to_string(),
                });
            }
            creation::begin(&self.0).map_err(failed(&self.0))?;
        }
        Ok(Secrets {
            keys: Arc::new(keyring(&self.0.join("ticket-keys"), first)?),
            id_secret: Arc::new(id_secret(&self.0.join("id-secret"), first)?),
        })
    }

    /// Says for ever that this directory is whole: its store has been opened. Nothing is accepted before.
    pub fn created(&self) -> Result<(), DataDirError> {
        creation::finish(&self.0).map_err(failed(&self.0.join("creating")))
    }

    /// An error where the database is gone and what it held lies somewhere else.
    fn must_not_be_rescued(&self) -> Result<(), DataDirError> {
        // What is something else than a file is refused in its own words.
        if fs::metadata(self.database()).is_ok_and(|found| !found.is_file() || found.len() > 0) {
            return Ok(());
        }
        let Some(last) = Rescue::all_of(&self.0).into_iter().next() else {
            return Ok(());
        };
        Err(DataDirError::Rescued {
            path: self.database().display().to_string(),
            rescued: last.path(DATABASE).display().to_string(),
            way_back: last.way_back(&self.0),
        })
    }

    fn has_no_database(&self) -> Result<bool, DataDirError> {
        let path = self.database();
        must_be_regular(&path).map_err(failed(&path))?;
        Ok(fs::metadata(&path).map_or(true, |file| file.len() == 0))
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    must_be_regular(path)?;
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> DataDirError {
    let path = path.display().to_string();
    move |source| DataDirError::Io {
        path: path.clone(),
        source,
    }
}
