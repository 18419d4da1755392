//! Takes forgotten words out of one place that FTS5's `secure-delete` leaves them in.
//!
//! FTS5 keeps its words in order on leaves, and beside each leaf, in the table `words_idx`, a *signpost*: as much of the
//! leaf's first word as tells it from the word before. Words that differ in their last character alone, as numbers do,
//! stand there whole. When that word is forgotten, its leaf forgets it, and its signpost does not.
//!
//! ```text
//! leaf …, 40012344 | leaf 40012345, 40012346, …        signpost of the second: 40012345
//! ```
//!
//! Any text is as good a signpost that comes after all words before the leaf, and not after the leaf's first. The next
//! word that there is, in whatever segment, is one.

use std::collections::BTreeSet;

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

/// FTS5 writes this before each word of an index without prefixes.
const MAIN: u8 = b'0';

/// After every word: no text in UTF-8 has this byte.
const AFTER_ALL: u8 = 0xFF;

/// Makes what [`scrub`] needs in a connection.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute_batch("CREATE VIRTUAL TABLE temp.seen USING fts5vocab(main, words, instance)")
}

/// Takes these words off the signposts, in the transaction in which their texts were forgotten.
pub(super) fn scrub(connection: &Connection, texts: &[String]) -> rusqlite::Result<()> {
    let words: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.split_ascii_whitespace())
        .collect();
    if words.is_empty() {
        return Ok(());
    }
    // Asking for it makes FTS5 write what it still has in memory.
    next_word(connection, &[MAIN])?;
    let mut select = connection.prepare_cached("SELECT DISTINCT segid FROM words_idx")?;
    let segments: Vec<i64> = select
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for word in words {
        let key = [&[MAIN], word.as_bytes()].concat();
        segments
            .iter()
            .try_for_each(|segment| scrub_one(connection, *segment, &key))?;
    }
    Ok(())
}

fn scrub_one(connection: &Connection, segment: i64, key: &[u8]) -> rusqlite::Result<()> {
    let sql =
        "SELECT term FROM words_idx WHERE segid = ?1 AND term <= ?2 ORDER BY term DESC LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    let signpost: Option<Vec<u8>> = select
        .query_row(params![segment, key], |row| row.get(0))
        .optional()?;
    // The signpost of the leaf that the word was on; is it made of that word?
    let Some(signpost) =
        signpost.filter(|signpost| signpost.len() > 1 && key.starts_with(signpost))
    else {
        return Ok(());
    };
    let next = next_word(connection, &signpost)?.unwrap_or_else(|| vec![AFTER_ALL]);
    if next.starts_with(&signpost) {
        return Ok(());
    }
    let sql = "UPDATE words_idx SET term = ?3 WHERE segid = ?1 AND term = ?2";
    match connection
        .prepare_cached(sql)?
        .execute(params![segment, signpost, next])
    {
        // The next leaf begins with that word: none is left on this one, and it needs no signpost.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            let sql = "DELETE FROM words_idx WHERE segid = ?1 AND term = ?2";
            connection
                .prepare_cached(sql)?
                .execute(params![segment, signpost])
                .map(|_| ())
        }
        updated => updated.map(|_| ()),
    }
}

/// The first word of the whole index that is not before this key, as a key.
fn next_word(connection: &Connection, key: &[u8]) -> rusqlite::Result<Option<Vec<u8>>> {
    let from = key.get(1..).unwrap_or_default();
    let mut select = connection.prepare_cached(
        "SELECT CAST(term AS BLOB) FROM temp.seen WHERE term >= CAST(?1 AS TEXT) LIMIT 1",
    )?;
    let word: Option<Vec<u8>> = select.query_row([from], |row| row.get(0)).optional()?;
    Ok(word.map(|word| [&[MAIN], word.as_slice()].concat()))
}
