//! The database's shape, by version. A file newer than this program is refused; an older one is brought up.

use rusqlite::Connection;

/// "CFL1": tells our files from any other SQLite database.
const APPLICATION_ID: i32 = 0x4346_4C31;

/// Each brings the shape from its index to the next version.
const STEPS: [&str; 2] = [include_str!("migrations/1.sql"), include_str!("migrations/2.sql")];

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ShapeError {
    /// Written by a newer program.
    #[error("it has version {found}, newer than the {known} this program knows; use the newer program")]
    Newer {
        /// The file's version.
        found: usize,
        /// The newest version known here.
        known: usize,
    },
    /// A SQLite database, but not ours.
    #[error("it is a database of another program")]
    Foreign,
    /// Its pages do not fit together.
    #[error("it is damaged ({0}); restore it from a backup")]
    Damaged(String),
    /// SQLite's own.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Brings the database to this program's version, each step in a transaction.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), ShapeError> {
    let found = version(connection)?;
    for (step, sql) in STEPS.iter().enumerate().skip(found) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if version(&transaction)? == step {
            transaction.execute_batch(sql)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", step + 1)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// The file's version; an error if it is not one this program can use.
pub(crate) fn version(connection: &Connection) -> Result<usize, ShapeError> {
    let found: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: usize = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (found > 0 || tables > 0) {
        return Err(ShapeError::Foreign);
    }
    if found > STEPS.len() {
        return Err(ShapeError::Newer { found, known: STEPS.len() });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_file_is_brought_to_the_newest_version_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap(), STEPS.len());
    }

    #[test]
    fn a_newer_or_foreign_file_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", STEPS.len() + 1).unwrap();
        assert!(matches!(migrate(&mut connection), Err(ShapeError::Newer { .. })));
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(migrate(&mut foreign), Err(ShapeError::Foreign)));
    }
}
