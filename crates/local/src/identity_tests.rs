//! Each file that is removed, replaced or cut is noticed, and nothing that is as it should be.

use std::fs;

use super::*;
use crate::database::open_for_writing;

/// A database with something in its log.
fn given() -> (tempfile::TempDir, PathBuf, Connection, Identity) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    let connection = open_for_writing(&path).unwrap();
    let identity = Identity::read(&path, &connection).unwrap();
    (directory, path, connection, identity)
}

fn write(connection: &Connection, row: i64) {
    connection
        .execute("INSERT INTO queue (body, sent_at) VALUES ('x', ?1)", [row])
        .unwrap();
}

#[test]
fn what_writes_and_copies_and_starts_the_log_anew_is_nothing_gone() {
    let (_directory, path, connection, identity) = given();
    let other = Connection::open(&path).unwrap();
    for round in 0..3 {
        write(&connection, round);
        assert_eq!(identity.check(&connection), Ok(()), "written");
        write(&other, round);
        assert_eq!(identity.check(&connection), Ok(()), "by another");
        for mode in ["PASSIVE", "RESTART", "TRUNCATE"] {
            other
                .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
                .unwrap();
            assert_eq!(identity.check(&connection), Ok(()), "{mode}");
            write(&connection, round);
            assert_eq!(identity.check(&connection), Ok(()), "written after {mode}");
        }
    }
    drop(other);
    assert_eq!(identity.check(&connection), Ok(()), "another closed");
}

#[test]
fn each_file_that_is_removed_or_replaced_is_noticed() {
    let cases = [
        ("", Gone::Database),
        ("-wal", Gone::Log),
        ("-shm", Gone::Index),
    ];
    for (end, gone) in cases {
        for replaced in [false, true] {
            let (directory, path, connection, identity) = given();
            let file = beside_of(&path, end);
            fs::rename(&file, directory.path().join("kept")).unwrap();
            if replaced {
                fs::copy(directory.path().join("kept"), &file).unwrap();
            }
            assert_eq!(
                identity.check(&connection),
                Err(gone),
                "{end}, replaced: {replaced}"
            );
        }
    }
}

#[test]
fn a_log_that_was_cut_is_noticed_before_and_after_the_next_commit() {
    for left in [0, 20, 4096 + 56] {
        let (_directory, path, connection, identity) = given();
        let log = fs::OpenOptions::new()
            .write(true)
            .open(beside_of(&path, "-wal"))
            .unwrap();
        log.set_len(left).unwrap();
        assert_eq!(identity.check(&connection), Err(Gone::Cut), "{left}");
        if left < LOG_HEADER {
            write(&connection, 1);
            assert_eq!(
                identity.check(&connection),
                Err(Gone::Cut),
                "{left}, written since"
            );
        }
    }
}

#[test]
fn a_database_without_a_log_is_watched_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE one (x)").unwrap();
    let identity = Identity::read(&path, &connection).unwrap();
    assert_eq!(identity.check(&connection), Ok(()));
    fs::remove_file(&path).unwrap();
    assert_eq!(identity.check(&connection), Err(Gone::Database));
}

#[test]
fn a_database_that_was_cut_is_noticed_however_much_is_left_of_it() {
    for written in [false, true] {
        for left in [|_| 0, |all| all / 2, |all| all - 1] as [fn(u64) -> u64; 3] {
            let (directory, path, connection, identity) = given();
            // All is in the main file, and the log may have nothing.
            connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .unwrap();
            assert_eq!(identity.check(&connection), Ok(()));
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            if written {
                write(&connection, 1);
            }
            file.set_len(left(file.metadata().unwrap().len())).unwrap();
            // Closing it frees this process's locks on the database: not before the end.
            assert_eq!(
                identity.check(&connection),
                Err(Gone::CutDatabase),
                "written: {written}"
            );
            assert!(identity.is_cut());
            drop((file, directory));
        }
    }
}

#[test]
fn a_database_that_was_cut_before_anything_was_written_since_the_start_is_noticed() {
    for left in [0, 4096, 8192] {
        let (directory, path, connection, _) = given();
        drop(connection);
        let connection = crate::database::open_for_reading(&path).unwrap();
        let identity = Identity::read(&path, &connection).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(left).unwrap();
        assert_eq!(
            identity.check(&connection),
            Err(Gone::CutDatabase),
            "{left}"
        );
        drop((file, directory));
    }
}

#[test]
fn a_database_that_another_program_has_vacuumed_is_shorter_and_not_cut() {
    let (_directory, path, connection, identity) = given();
    let other = Connection::open(&path).unwrap();
    for round in 0..3 {
        other
            .execute(
                "INSERT INTO queue (body, sent_at) VALUES (hex(zeroblob(50000)), 1)",
                [],
            )
            .unwrap();
        other
            .query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))
            .unwrap();
        assert_eq!(identity.check(&connection), Ok(()));
        let before = fs::metadata(&path).unwrap().len();
        other.execute_batch("DELETE FROM queue; VACUUM").unwrap();
        assert_eq!(identity.check(&connection), Ok(()), "{round}");
        other
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        assert!(fs::metadata(&path).unwrap().len() < before);
        assert_eq!(identity.check(&connection), Ok(()), "{round}");
        write(&connection, round);
        assert_eq!(identity.check(&connection), Ok(()), "{round}");
    }
}
