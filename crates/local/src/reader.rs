//! Reading the database: by polls and the loops of a server, and by commands while a server runs or not.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use counterfoil_core::{Code, Fault};
use rusqlite::Connection;

use crate::database::{OpenError, keep_log, open_for_reading};
use crate::health::Health;
use crate::loss;
use crate::migrations::{ShapeError, version};
use crate::shape;

/// Connections that are kept open.
const KEPT: usize = 4;

/// Connections that only read.
pub struct Reader {
    path: PathBuf,
    health: Health,
    /// A reader takes one and gives it back, so there are as many as read at once. With each
    /// the number of recoveries when it was opened.
    idle: Mutex<Vec<(u64, Connection)>>,
}

impl Reader {
    /// Opens the database at `path`, which must be there, and have lost nothing that was acknowledged.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        loss::refuse(path).map_err(|source| OpenError::new(path, source))?;
        Self::open_as_it_is(path)
    }

    /// Opens it to verify it, whatever it has lost. It must be of this program's version.
    pub fn open_to_verify(path: &Path) -> Result<Self, OpenError> {
        let reader = Self::open_as_it_is(path)?;
        let idle = reader.idle();
        idle.iter()
            .try_for_each(|(_, first)| keep_log(first))
            .map_err(|source| OpenError::new(path, source))?;
        drop(idle);
        Ok(reader)
    }

    /// Opens it whatever it has lost.
    pub(crate) fn open_as_it_is(path: &Path) -> Result<Self, OpenError> {
        let failed = |source: ShapeError| OpenError::new(path, source);
        let first = open_for_reading(path).map_err(failed)?;
        version(&first)
            .and_then(|found| shape::check(&first, found))
            .map_err(failed)?;
        Ok(Self {
            path: path.into(),
            health: Health::of_command(),
            idle: Mutex::new(vec![(0, first)]),
        })
    }

    /// As above, remembering what it finds where others do.
    pub(crate) fn sharing(mut self, health: Health) -> Self {
        self.health = health;
        self
    }

    /// Runs a short read: a point look-up, or a page.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Fault> {
        let (since, connection) = self.take()?;
        let result = work(&connection).map_err(|error| self.health.note(&error));
        let mut idle = self.idle();
        // Each keeps what it has read: those of a rush are closed after it.
        if idle.len() < KEPT {
            idle.push((since, connection));
        }
        drop(idle);
        result
    }

    /// A connection that has nothing in memory from before the last recovery.
    fn take(&self) -> Result<(u64, Connection), Fault> {
        let recoveries = self.health.recoveries();
        let mut idle = self.idle();
        while let Some((since, connection)) = idle.pop() {
            if since == recoveries {
                return Ok((since, connection));
            }
        }
        drop(idle);
        match open_for_reading(&self.path) {
            Ok(connection) => Ok((recoveries, connection)),
            Err(ShapeError::Sqlite(error)) => Err(self.health.note(&error)),
            Err(error) => Err(Fault::transient(Code::DatabaseError, error.to_string())),
        }
    }

    /// A file beside the database.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.path.with_file_name(name)
    }

    /// Where the database is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
