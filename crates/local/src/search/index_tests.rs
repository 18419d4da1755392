//! An index forgets every byte of what it is told to forget, and stays sound.

use std::collections::HashSet;
use std::fs;

use counterfoil_core::{Body, Payload, SubmissionId, Timestamp};
use counterfoil_testkit::build::{THEN, entry, envelope};
use serde_json::json;

use super::*;
use crate::identity::beside_of;

fn progress_of(position: i64) -> Progress {
    Progress {
        position,
        mark: [1; 16],
        walked: 0,
        is_whole: true,
    }
}

/// An entry with one word of its own: of digits or of letters, so that neighbours differ in their last character.
fn numbered(number: u32) -> (Entry, String) {
    let mut row = entry(&envelope(0, ""), None);
    let mut random = [0; 10];
    random[6..].copy_from_slice(&number.to_be_bytes());
    let at = Timestamp::from_millis(THEN.as_millis() + i64::from(number));
    row.head.of.id = SubmissionId::fresh(at, random);
    row.head.received_at = at;
    let word = if number.is_multiple_of(2) {
        format!("{}", 40_000_000 + number / 2)
    } else {
        letters(number)
    };
    let fields = json!({"name": "Ada", "message": format!("common {word} words")});
    row.body = Body::Payload(Payload::from_fields(fields.as_object().unwrap()));
    (row, word)
}

fn letters(number: u32) -> String {
    let scattered = number.wrapping_mul(2_654_435_761);
    (0..8)
        .map(|digit| char::from(b'a' + u8::try_from(scattered >> (4 * digit) & 15).unwrap()))
        .collect()
}

fn take(index: &mut Index, entries: Vec<Entry>, gone: Vec<SubmissionRef>) {
    index
        .take(&Step {
            entries,
            gone,
            from: [1; 16],
            to: progress_of(1),
        })
        .unwrap();
}

/// How many of these words are in the bytes of the file, or of what is beside it.
fn left(path: &Path, words: &[String]) -> usize {
    let mut bytes = fs::read(path).unwrap();
    for end in ["-journal", "-wal", "-shm"] {
        bytes.extend(fs::read(beside_of(path, end)).unwrap_or_default());
    }
    let wanted: HashSet<&[u8]> = words.iter().map(String::as_bytes).collect();
    let found: HashSet<&[u8]> = bytes
        .windows(8)
        .filter(|window| wanted.contains(window))
        .collect();
    found.len()
}

#[test]
fn no_byte_of_what_is_forgotten_stays_in_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("search.db");
    let mut index = Index::create(&path, &progress_of(0)).unwrap();
    let rows: Vec<_> = (0..4000).map(numbered).collect();
    for rows in rows.chunks(100) {
        take(
            &mut index,
            rows.iter().map(|(row, _)| row.clone()).collect(),
            Vec::new(),
        );
    }
    let words: Vec<String> = rows.iter().map(|(_, word)| word.clone()).collect();
    assert_eq!(
        left(&path, &words),
        words.len(),
        "what is looked for can be found"
    );
    let (gone, kept): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition(|(row, _)| row.head.of.id.as_bytes()[15] % 3 > 0);
    for gone in gone.chunks(50) {
        take(
            &mut index,
            Vec::new(),
            gone.iter().map(|(row, _)| row.head.of.clone()).collect(),
        );
    }
    let words = |rows: &[&(Entry, String)]| {
        rows.iter()
            .map(|(_, word)| word.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(left(&path, &words(&gone)), 0, "of {}", gone.len());
    assert_eq!(
        left(&path, &words(&kept)),
        kept.len(),
        "the others are there"
    );
    index
        .connection
        .execute("INSERT INTO words (words) VALUES ('integrity-check')", [])
        .unwrap();
}
