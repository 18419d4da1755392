//! Saves what was committed before the process ends because the database's files are no longer as they were.
//!
//! | what is gone | what is done |
//! |---|---|
//! | `-wal` | it is copied into the database through the files that are open: its commits are found again |
//! | the database | all that it held is written to a new file beside its place; then its log is emptied as above, so that nobody plays it into another database |
//! | the directory, with all that was in it | all that it held is written to a new directory beside its place, with the secrets |
//! | the directory, which is somewhere else | its log is copied into the database, wherever that is now |
//! | `-shm` | nothing: another process may have opened a new one, and what it wrote to the log must stay |
//! | a part of `-wal` | nothing: what would be copied from the hole are zeros |
//! | a part of the database | nothing: its log stays as it is, and is not copied, so that whoever looks finds both |
//!
//! What was answered is said to be safe only where the copy is written and synced.

use rusqlite::Connection;

use crate::fault::{die, end as end_promising_nothing};
use crate::identity::{Beside, Gone, Identity, beside_of};
use crate::salvage::written::rescue;

#[path = "salvage_written.rs"]
mod written;

/// Times that copying waits for readers, as long as a write waits for another process each time.
const COPIES: u32 = 3;

/// What was done.
enum Saved {
    /// All that was committed is on disk, where this says.
    All(String),
    /// It is not, or nobody knows.
    Unknown(String),
}

/// Saves what can be saved, says so, and ends the process.
pub(crate) fn end(identity: &Identity, gone: Gone, connection: &Connection) -> ! {
    let (cause, saved) = match gone {
        Gone::Database => (
            "the database file was removed or replaced while the server ran: what it writes is found by nobody",
            without_database(identity, connection),
        ),
        Gone::Log => {
            ("counterfoil.db-wal was removed or replaced while the server ran", without_log(identity, connection))
        }
        Gone::Index => (
            "counterfoil.db-shm was removed or replaced while the server ran: it could write over what other processes write",
            // Database and log were looked at before it, and each commit in them was synced.
            Saved::All(String::new()),
        ),
        Gone::Cut => (
            "counterfoil.db-wal was cut short while the server ran",
            Saved::Unknown("; what was accepted since the log was last copied into the database is not known".into()),
        ),
        Gone::CutDatabase => (
            "counterfoil.db was cut short while the server ran",
            Saved::Unknown(
                "; what it held is not known. What was accepted last is in counterfoil.db-wal beside it: keep both"
                    .into(),
            ),
        ),
    };
    match saved {
        Saved::All(said) => die(&format!("{cause}{said}")),
        Saved::Unknown(said) => end_promising_nothing(&format!(
            "{cause}{said}; the server ends. What was answered with a ticket before may be lost: compare it with a backup"
        )),
    }
}

/// The database is somewhere else, or nowhere.
fn without_database(identity: &Identity, connection: &Connection) -> Saved {
    if identity.is_cut() {
        return Saved::Unknown(", and it was cut short before: what it held is not known".into());
    }
    if !identity.directory.is_in_place() && !identity.is_nameless() {
        return match copy_all(connection) {
            Ok(()) => Saved::All(". It is whole wherever it was moved to".into()),
            Err(why) => Saved::Unknown(format!(". Its log could not be copied into it ({why})")),
        };
    }
    let path = match rescue(identity, connection) {
        Ok(path) => path,
        // The log is all that is left of it, perhaps.
        Err(why) => {
            return Saved::Unknown(format!(
                ". What it held could not be written anywhere else: {why}"
            ));
        }
    };
    if identity
        .beside
        .as_ref()
        .is_some_and(|files| !files.log.is_in_place() || files.index.is_in_place())
    {
        // Where that fails, the log stays with a database that it belongs to, or with none.
        let _ = copy_all(connection);
    }
    Saved::All(format!(
        ". All that it held is in {}: put that in its place",
        path.display()
    ))
}

fn without_log(identity: &Identity, connection: &Connection) -> Saved {
    match copy_all(connection) {
        Ok(()) => {
            let aside = identity
                .beside
                .as_ref()
                .map(|beside| set_aside(identity, beside))
                .unwrap_or_default();
            Saved::All(format!("; all that it held is in the database now{aside}"))
        }
        Err(why) => Saved::Unknown(format!(
            "; what it held could not be copied into the database ({why})"
        )),
    }
}

/// A log that is not ours must not be played into a database that is whole.
fn set_aside(identity: &Identity, beside: &Beside) -> String {
    if !std::fs::metadata(&beside.log.path).is_ok_and(|file| file.is_file() && file.len() > 0) {
        return String::new();
    }
    let aside = beside_of(
        &identity.database.path,
        &format!("-wal.not-ours-{}", std::process::id()),
    );
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
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::database::open_for_writing;

    fn given() -> (tempfile::TempDir, std::path::PathBuf, Connection, Identity) {
        given_in(tempfile::tempdir().unwrap(), ".")
    }

    /// In a directory of a directory.
    fn given_with_secrets() -> (tempfile::TempDir, std::path::PathBuf, Connection, Identity) {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("data")).unwrap();
        fs::write(directory.path().join("data/ticket-keys"), "keys").unwrap();
        fs::write(directory.path().join("data/id-secret"), "secret").unwrap();
        given_in(directory, "data")
    }

    fn given_in(
        directory: tempfile::TempDir,
        data: &str,
    ) -> (tempfile::TempDir, std::path::PathBuf, Connection, Identity) {
        let path = std::path::absolute(directory.path().join(data).join("db")).unwrap();
        let connection = open_for_writing(&path).unwrap();
        let identity = Identity::read(&path, &connection).unwrap();
        connection
            .execute("INSERT INTO queue (body, sent_at) VALUES ('x', 7)", [])
            .unwrap();
        (directory, path, connection, identity)
    }

    fn kept(path: &Path) -> i64 {
        Connection::open(path)
            .unwrap()
            .query_row("SELECT sent_at FROM queue", [], |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn what_a_removed_log_held_is_in_the_database_afterwards() {
        let (_directory, path, connection, identity) = given();
        let log = beside_of(&path, "-wal");
        fs::remove_file(&log).unwrap();
        fs::write(&log, "of somebody else").unwrap();
        let Saved::All(said) = without_log(&identity, &connection) else {
            panic!("not saved")
        };
        assert!(
            said.contains("in the database now") && said.contains("not-ours"),
            "{said}"
        );
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
            let Saved::All(said) = without_database(&identity, &connection) else {
                panic!("not saved")
            };
            let rescued = beside_of(&path, &format!(".rescued-{}", std::process::id()));
            assert!(said.contains(&rescued.display().to_string()), "{said}");
            assert_eq!(kept(&rescued), 7);
            let log = fs::metadata(beside_of(&path, "-wal")).unwrap().len();
            assert_eq!(log, 0, "nobody plays it into another database");
            drop(directory);
        }
    }

    #[test]
    fn what_a_removed_directory_held_lies_beside_its_place_with_the_secrets() {
        for made_anew in [false, true] {
            let (directory, _, connection, identity) = given_with_secrets();
            let data = directory.path().join("data");
            fs::remove_dir_all(&data).unwrap();
            if made_anew {
                fs::create_dir(&data).unwrap();
            }
            let Saved::All(said) = without_database(&identity, &connection) else {
                panic!("not saved")
            };
            let rescued = directory
                .path()
                .join(format!("data.rescued-{}", std::process::id()));
            assert!(
                said.contains(&rescued.join("db").display().to_string()),
                "{said}"
            );
            assert_eq!(kept(&rescued.join("db")), 7);
            assert_eq!(fs::read(rescued.join("ticket-keys")).unwrap(), b"keys");
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&rescued), mode(&rescued.join("db"))), (0o700, 0o600));
            assert_eq!(mode(&rescued.join("ticket-keys")), 0o600);
            assert_eq!(
                fs::read_dir(directory.path()).unwrap().count(),
                1 + usize::from(made_anew),
                "no draft is left"
            );
        }
    }

    #[test]
    fn secrets_that_are_gone_with_the_database_lie_beside_it_and_a_former_rescue_is_left_alone() {
        let (_directory, path, connection, identity) = given_with_secrets();
        let former = beside_of(&path, &format!(".rescued-{}", std::process::id()));
        fs::write(&former, "of a former time").unwrap();
        fs::remove_file(&path).unwrap();
        fs::remove_file(path.with_file_name("ticket-keys")).unwrap();
        let Saved::All(said) = without_database(&identity, &connection) else {
            panic!("not saved")
        };
        let rescued = beside_of(&former, "-2");
        assert!(said.contains(&rescued.display().to_string()), "{said}");
        assert_eq!(kept(&rescued), 7);
        assert_eq!(fs::read(&former).unwrap(), b"of a former time");
        let keys = path.with_file_name(format!("ticket-keys.rescued-{}-2", std::process::id()));
        assert_eq!(fs::read(keys).unwrap(), b"keys");
    }

    #[test]
    fn nothing_is_said_to_be_safe_where_nothing_can_be_written() {
        let (directory, _, connection, identity) = given_with_secrets();
        // Neither the directory nor the one above it is there.
        fs::remove_dir_all(directory.path()).unwrap();
        let Saved::Unknown(said) = without_database(&identity, &connection) else {
            panic!("saved")
        };
        assert!(said.contains("could not be written"), "{said}");
    }

    #[test]
    fn a_directory_that_was_moved_is_whole_and_nothing_is_rescued() {
        let (directory, _, connection, identity) = given_with_secrets();
        let moved = directory.path().join("moved");
        fs::rename(directory.path().join("data"), &moved).unwrap();
        let Saved::All(_) = without_database(&identity, &connection) else {
            panic!("not whole")
        };
        fs::copy(moved.join("db"), directory.path().join("copy")).unwrap();
        assert_eq!(kept(&directory.path().join("copy")), 7);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
