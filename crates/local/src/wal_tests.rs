//! The log as SQLite wrote it, whole, cut, torn and with bits flipped.

use std::fs;

use rusqlite::Connection;

use super::*;

/// A log of `commits` commits, as a killed process leaves it, and where each of them ends.
fn log(commits: usize) -> (Vec<u8>, Vec<usize>) {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("db");
    let connection = Connection::open(&database).unwrap();
    connection
        .pragma_update(None, "journal_mode", "wal")
        .unwrap();
    connection.execute_batch("CREATE TABLE t (x)").unwrap();
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let mut ends = Vec::new();
    for n in 0..commits {
        connection
            .execute(
                "INSERT INTO t VALUES (?1)",
                [vec![u8::try_from(n).unwrap(); 9000]],
            )
            .unwrap();
        ends.push(fs::read(path(&database)).unwrap().len());
    }
    (fs::read(path(&database)).unwrap(), ends)
}

fn scanned(bytes: &[u8]) -> Log {
    read(bytes).unwrap()
}

#[test]
fn a_log_that_was_left_as_it_was_is_sound() {
    let (bytes, ends) = log(6);
    assert_eq!(scanned(&bytes), Log::Sound { torn: false });
    for end in ends {
        assert_eq!(
            scanned(&bytes[..end]),
            Log::Sound { torn: false },
            "cut at a commit"
        );
    }
    assert_eq!(scanned(&[]), Log::Empty);
    assert_eq!(scanned(&[0; 9000]), Log::Empty);
}

#[test]
fn a_flipped_bit_before_the_last_commit_is_found_wherever_it_is() {
    let (bytes, ends) = log(6);
    let safe = ends[ends.len() - 2];
    for at in (0..safe).step_by(37).chain(0..HEADER + FRAME) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let found = scanned(&flipped);
        let is_behind = at >= ends[ends.len() - 3];
        // Its own commit is lost with it, and one behind that is proof.
        assert!(
            matches!(found, Log::Broken { .. } | Log::Headless) || is_behind,
            "byte {at}: {found:?}"
        );
        assert!(found != Log::Sound { torn: false }, "byte {at}");
    }
}

#[test]
fn what_a_power_cut_tears_is_no_damage() {
    let (bytes, ends) = log(4);
    let (start, end) = (ends[2], ends[3]);
    for cut in start..end {
        assert!(
            matches!(scanned(&bytes[..cut]), Log::Sound { .. }),
            "the file ends at {cut}"
        );
    }
    let frames: Vec<usize> = (start..end).step_by(FRAME + 4096).collect();
    for missing in 1_u32..1 << frames.len() {
        let mut torn = bytes.clone();
        for (at, frame) in frames
            .iter()
            .enumerate()
            .filter(|(at, _)| missing & (1 << at) != 0)
        {
            let fill = if at % 2 == 0 { 0 } else { 0xaa };
            torn[*frame..*frame + FRAME + 4096].fill(fill);
        }
        assert!(
            matches!(scanned(&torn), Log::Sound { .. }),
            "pages {missing:b} never reached the disk"
        );
    }
}

#[test]
fn what_an_earlier_turn_left_is_no_damage() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("db");
    let connection = Connection::open(&database).unwrap();
    connection
        .pragma_update(None, "journal_mode", "wal")
        .unwrap();
    connection.execute_batch("CREATE TABLE t (x)").unwrap();
    for n in 0..20 {
        connection
            .execute("INSERT INTO t VALUES (?1)", [vec![n; 9000]])
            .unwrap();
    }
    connection
        .query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))
        .unwrap();
    let long = fs::metadata(path(&database)).unwrap().len();
    connection.execute("INSERT INTO t VALUES (1)", []).unwrap();
    assert_eq!(
        fs::metadata(path(&database)).unwrap().len(),
        long,
        "its start is written over"
    );
    assert_eq!(scan(&database).unwrap(), Log::Sound { torn: false });
}
