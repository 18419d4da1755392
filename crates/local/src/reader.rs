//! Reading the database: by polls and the loops of a server, and by commands while a server runs or not.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use counterfoil_core::Fault;
use rusqlite::Connection;

use crate::database::{OpenError, open_for_reading};
use crate::fault::Damage;

/// Connections that are kept open.
const KEPT: usize = 4;

/// Connections that only read.
pub struct Reader {
    path: PathBuf,
    damage: Damage,
    /// A reader takes one and gives it back, so there are as many as read at once.
    idle: Mutex<Vec<Connection>>,
}

impl Reader {
    /// Opens the database at `path`, which must be there.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let first = open_for_reading(path).map_err(|source| OpenError::new(path, source))?;
        Ok(Self { path: path.into(), damage: Damage::default(), idle: Mutex::new(vec![first]) })
    }

    /// The same, remembering damage where others do.
    pub(crate) fn sharing(mut self, damage: Damage) -> Self {
        self.damage = damage;
        self
    }

    /// Runs a short read: a point look-up, or a page.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Fault> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                open_for_reading(&self.path).map_err(|error| Fault::transient("database-error", error.to_string()))?
            }
        };
        let result = work(&connection).map_err(|error| self.damage.note(&error));
        let mut idle = self.idle();
        // Each keeps what it has read: those of a rush are closed after it.
        if idle.len() < KEPT {
            idle.push(connection);
        }
        drop(idle);
        result
    }

    /// A file beside the database.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
