//! Saves what was committed before the process ends because the database's files are no longer as they were.
//!
//! | what is gone | what is done |
//! |---|---|
//! | `-wal` | it is copied into the database through the files that are open: its commits are found again |
//! | the database | all that it held is written to a new file beside its place; then its log is emptied as above, so that nobody plays it into another database |
//! | the directory | its log is copied into the database, wherever that is now |
//! | `-shm` | nothing: another process may have opened a new one, and what it wrote to the log must stay |
//! | a part of `-wal` | nothing: what would be copied from the hole are zeros |

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;

use crate::fault::{die, end as end_promising_nothing};
use crate::identity::{Beside, Gone, Identity, beside_of};

/// Times that copying waits for readers, as long as a write waits for another process each time.
const COPIES: u32 = 3;

/// Saves what can be saved, says so, and ends the process.
pub(crate) fn end(identity: &Identity, gone: Gone, connection: &Connection) -> ! {
    let said = match gone {
        Gone::Database => format!(
            "the database file was removed or replaced while the server ran: what it writes is found by nobody{}",
            without_database(identity, connection)
        ),
        Gone::Log => format!(
            "counterfoil.db-wal was removed or replaced while the server ran{}",
            without_log(identity, connection)
        ),
        Gone::Index => {
            "counterfoil.db-shm was removed or replaced while the server ran: it could write over what other \
                        processes write"
                .into()
        }
        Gone::Cut => end_promising_nothing(
            "counterfoil.db-wal was cut short while the server ran; it ends. What was accepted since the log was last \
             copied into the database may be lost: compare it with a backup",
        ),
    };
    die(&said)
}

/// The database is somewhere else, or nowhere.
fn without_database(identity: &Identity, connection: &Connection) -> String {
    let Some(beside) = &identity.beside else { return String::new() };
    let rescued = if identity.directory.is_in_place() {
        let path = beside_of(&identity.database.path, &format!(".rescued-{}", std::process::id()));
        match write_all(connection, &path) {
            Ok(()) => format!(". All that it held is in {}: put that in its place", path.display()),
            // The log is all that is left of it, perhaps.
            Err(why) => return format!(". What it held could not be written to {} ({why})", path.display()),
        }
    } else {
        String::new()
    };
    if !beside.log.is_in_place() || beside.index.is_in_place() {
        // Where that fails, the log stays with a database that it belongs to, or with none.
        let _ = copy_all(connection);
    }
    rescued
}

fn without_log(identity: &Identity, connection: &Connection) -> String {
    let Some(beside) = &identity.beside else { return String::new() };
    match copy_all(connection) {
        Ok(()) => format!("; all that it held is in the database now{}", set_aside(identity, beside)),
        Err(why) => format!("; what it held could not be copied into the database ({why})"),
    }
}

/// A log that is not ours must not be played into a database that is whole.
fn set_aside(identity: &Identity, beside: &Beside) -> String {
    if !std::fs::metadata(&beside.log.path).is_ok_and(|file| file.is_file() && file.len() > 0) {
        return String::new();
    }
    let aside = beside_of(&identity.database.path, &format!("-wal.not-ours-{}", std::process::id()));
    match std::fs::rename(&beside.log.path, &aside) {
        Ok(()) => format!("; what lay in its place is {} now", aside.display()),
        Err(error) => format!("; remove what lies in its place before the next start ({error})"),
    }
}

/// Copies the whole log into the database, synced, and empties it.
fn copy_all(connection: &Connection) -> Result<(), String> {
    let mut why = String::new();
    for _ in 0..COPIES {
        let copied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        match copied {
            Ok((0, ..)) => return Ok(()),
            // A reader is still at it, and keeps it from being emptied only.
            Ok((_, log, copied)) if log == copied => return Ok(()),
            Ok(_) => why = "a reader would not end".into(),
            Err(error) => why = error.to_string(),
        }
    }
    Err(why)
}

/// Writes all that the connection sees to a new database, synced.
fn write_all(connection: &Connection, path: &Path) -> Result<(), String> {
    let text = path.to_str().ok_or("its path is no text")?;
    connection.execute("VACUUM INTO ?1", [text]).map_err(|error| error.to_string())?;
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::database::open_for_writing;

    fn given() -> (tempfile::TempDir, std::path::PathBuf, Connection, Identity) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db");
        let connection = open_for_writing(&path).unwrap();
        let identity = Identity::of(&path, &connection).unwrap();
        connection.execute("INSERT INTO queue (body, sent_at) VALUES ('x', 7)", []).unwrap();
        (directory, path, connection, identity)
    }

    fn kept(path: &Path) -> i64 {
        Connection::open(path).unwrap().query_row("SELECT sent_at FROM queue", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn what_a_removed_log_held_is_in_the_database_afterwards() {
        let (_directory, path, connection, identity) = given();
        let log = beside_of(&path, "-wal");
        fs::remove_file(&log).unwrap();
        fs::write(&log, "of somebody else").unwrap();
        let said = without_log(&identity, &connection);
        assert!(said.contains("in the database now") && said.contains("not-ours"), "{said}");
        assert!(!log.exists(), "nobody plays it into the database");
        // Whole without a log: what a copy of the file alone holds.
        let copy = path.with_extension("copy");
        fs::copy(&path, &copy).unwrap();
        assert_eq!(kept(&copy), 7);
    }

    #[test]
    fn what_a_removed_or_replaced_database_held_lies_beside_its_place() {
        for replaced in [false, true] {
            let (directory, path, connection, identity) = given();
            fs::remove_file(&path).unwrap();
            if replaced {
                fs::write(&path, "").unwrap();
            }
            let said = without_database(&identity, &connection);
            let rescued = beside_of(&path, &format!(".rescued-{}", std::process::id()));
            assert!(said.contains(&rescued.display().to_string()), "{said}");
            assert_eq!(kept(&rescued), 7);
            let log = fs::metadata(beside_of(&path, "-wal")).unwrap().len();
            assert_eq!(log, 0, "nobody plays it into another database");
            drop(directory);
        }
    }
}
