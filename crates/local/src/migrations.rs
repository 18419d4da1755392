//! The database's shape, by version. A file newer than this program is refused; an older one is brought up.

use rusqlite::Connection;

use crate::shape;

/// "CFL1": tells our files from any other SQLite database.
const APPLICATION_ID: i32 = 0x4346_4C31;

/// Each brings the shape from its index to the next version.
const STEPS: [&str; 8] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
    include_str!("migrations/4.sql"),
    include_str!("migrations/5.sql"),
    include_str!("migrations/6.sql"),
    include_str!("migrations/7.sql"),
    include_str!("migrations/8.sql"),
];

/// The newest version.
pub(crate) const NEWEST: usize = STEPS.len();

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ShapeError {
    /// Written by a newer program.
    #[error(
        "it has version {found}, newer than the {known} this program knows; use the newer program"
    )]
    Newer {
        /// The file's version.
        found: usize,
        /// The newest version known here.
        known: usize,
    },
    /// Written by an older program, which may be serving it at this moment.
    #[error(
        "it has version {found}, older than the {known} of this program; start `counterfoil serve` of this version on it"
    )]
    Older {
        /// The file's version.
        found: usize,
        /// The newest version known here.
        known: usize,
    },
    /// A SQLite database, but not ours.
    #[error("it is a database of another program")]
    Foreign,
    /// Its pages do not fit together.
    #[error(
        "it is damaged ({0}); start again first, and if it says so again, `counterfoil submissions verify` says what fixes it"
    )]
    Damaged(String),
    /// Somebody changed its schema.
    #[error("its tables are not as this program makes them, and starting again does not help: {0}")]
    Tampered(String),
    /// What was acknowledged is not there.
    #[error(
        "{0}. Nothing was changed: restore it from a backup; or, to go on without what is missing, start `counterfoil serve \
         --accept-loss`, which writes the loss down and keeps a broken log"
    )]
    Lost(String),
    /// A file or its directory cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// SQLite's own.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// An empty database in memory, as the program of that version made it.
pub(crate) fn of_version(version: usize) -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    STEPS
        .iter()
        .take(version)
        .try_for_each(|sql| connection.execute_batch(sql))?;
    Ok(connection)
}

/// Brings the database to this program's version, each step in a transaction. What is not as its version makes it is
/// refused before anything is changed.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), ShapeError> {
    let found = version(connection)?;
    shape::check(connection, found)?;
    for (step, sql) in STEPS.iter().enumerate().skip(found) {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
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
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: usize =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (found > 0 || tables > 0) {
        return Err(ShapeError::Foreign);
    }
    if found > NEWEST {
        return Err(ShapeError::Newer {
            found,
            known: NEWEST,
        });
    }
    Ok(found)
}

/// The file must have this program's version, and its shape, as it is.
pub(crate) fn must_be_current(connection: &Connection) -> Result<(), ShapeError> {
    match version(connection)? {
        found if found < NEWEST => Err(ShapeError::Older {
            found,
            known: NEWEST,
        }),
        found => shape::check(connection, found),
    }
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
    fn what_a_former_version_wrote_is_brought_up_with_its_history() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        for (form, state, seq) in [("a", "failed", 1), ("b", "stored", 1), ("c", "failed", 3)] {
            let sql = "INSERT INTO entries (form, id, state, seq, run, verdict_run, schema, received_at, updated_at, attempts, body_kind)
                       VALUES (?1, x'00112233445566778899aabbccddeeff', ?2, ?3, 0, 0, '', 5, 6, 20, 2)";
            connection
                .execute(sql, rusqlite::params![form, state, seq])
                .unwrap();
        }
        assert!(matches!(
            must_be_current(&connection),
            Err(ShapeError::Older { found: 1, .. })
        ));
        migrate(&mut connection).unwrap();
        must_be_current(&connection).unwrap();
        let told: Vec<(String, i64, i64)> = connection
            .prepare("SELECT form, seq, at FROM history")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        assert_eq!(
            told,
            [("a".to_owned(), 1, 6)],
            "a first failure, and nothing that is not known"
        );
    }

    #[test]
    fn the_last_time_that_a_former_version_believed_is_kept() {
        let mut connection = Connection::open_in_memory().unwrap();
        STEPS[..3]
            .iter()
            .for_each(|step| connection.execute_batch(step).unwrap());
        connection
            .execute("INSERT INTO clock VALUES (1, 1795385651000)", [])
            .unwrap();
        connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        connection.pragma_update(None, "user_version", 3).unwrap();
        migrate(&mut connection).unwrap();
        let kept = connection.query_row("SELECT seen_at, boot FROM watch", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        assert_eq!(kept.unwrap(), (1_795_385_651_000_i64, 0_i64));
    }

    #[test]
    fn a_newer_or_foreign_file_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection
            .pragma_update(None, "user_version", STEPS.len() + 1)
            .unwrap();
        assert!(matches!(
            migrate(&mut connection),
            Err(ShapeError::Newer { .. })
        ));
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(migrate(&mut foreign), Err(ShapeError::Foreign)));
    }
}
