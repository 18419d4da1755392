//! Checksums of rows: what is read is what was written. They tell damage of a disk or of memory, and do not keep a
//! person from writing what they like.
//!
//! A sum is the first 8 bytes of a SHA-256 over the columns as they lie in the row, each with its type and length. It is a
//! BLOB, because no single bit makes a NULL of one: NULL is a row of a former version, which has none.

use std::ops::Range;

use counterfoil_core::ContentHash;
use rusqlite::Row;
use rusqlite::types::{Type, Value, ValueRef};

/// Tells what was damaged from what was written.
pub(crate) type Sum = [u8; 8];

/// What is stored is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{whose} is damaged: {what}; restore it from a backup. `counterfoil submissions verify` says what else is"
)]
pub(crate) struct Damaged {
    /// Which row, as a person names it.
    pub(crate) whose: String,
    /// What does not fit.
    pub(crate) what: &'static str,
}

/// What most damage is found by.
pub(crate) const DIFFERS: &str = "it differs from the checksum beside it";
/// A value that this program would never write.
pub(crate) const UNREADABLE: &str = "it cannot be read";

impl From<Damaged> for rusqlite::Error {
    fn from(damaged: Damaged) -> Self {
        Self::FromSqlConversionFailure(0, Type::Blob, Box::new(damaged))
    }
}

/// The damage that an error tells of.
pub(crate) fn damage(error: &rusqlite::Error) -> Option<&Damaged> {
    match error {
        rusqlite::Error::FromSqlConversionFailure(_, _, inner) => inner.downcast_ref(),
        _ => None,
    }
}

/// The sum of bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> Sum {
    short(&ContentHash::digest(bytes))
}

/// A hash's part of a sum.
pub(crate) fn short(hash: &ContentHash) -> Sum {
    let mut sum = Sum::default();
    sum.copy_from_slice(&hash.as_bytes()[..8]);
    sum
}

/// The sum of values that are about to be written.
pub(crate) fn of_values<'v>(values: impl IntoIterator<Item = &'v Value>) -> Sum {
    sum(values.into_iter().map(ValueRef::from))
}

/// The sum of some columns of a row.
pub(crate) fn of_columns(row: &Row<'_>, columns: Range<usize>) -> rusqlite::Result<Sum> {
    let values = columns
        .map(|at| row.get_ref(at))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(sum(values))
}

/// The sum of values, in their order.
pub(crate) fn sum<'v>(values: impl IntoIterator<Item = ValueRef<'v>>) -> Sum {
    let mut bytes = Vec::with_capacity(512);
    for value in values {
        let (kind, value): (u8, &[u8]) = match &value {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(number) => (1, &number.to_be_bytes()),
            ValueRef::Real(number) => (2, &number.to_be_bytes()),
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(blob) => (4, blob),
        };
        bytes.push(kind);
        bytes.extend((value.len() as u64).to_be_bytes());
        bytes.extend(value);
    }
    of_bytes(&bytes)
}

/// Does the sum in column `at` fit the columns before it? A row of a former version has none, which fits.
pub(crate) fn fits(row: &Row<'_>, at: usize) -> rusqlite::Result<bool> {
    match row.get_ref(at)? {
        ValueRef::Null => Ok(!has_moved(row, at)?),
        ValueRef::Blob(sum) => Ok(of_columns(row, 0..at)? == sum),
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) => Ok(false),
    }
}

/// Does the column before that of the sum hold the sum? One flipped bit in the head of a record takes an empty column away, and
/// all behind it move by one: the row would look like one of a former version.
fn has_moved(row: &Row<'_>, at: usize) -> rusqlite::Result<bool> {
    let Some(last) = at.checked_sub(1) else {
        return Ok(false);
    };
    let ValueRef::Blob(found) = row.get_ref(last)? else {
        return Ok(false);
    };
    if found.len() != Sum::default().len() {
        return Ok(false);
    }
    let before = (0..last).map(|at| row.get_ref(at));
    let before = before.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(sum(before.into_iter().chain([ValueRef::Null])) == found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_that_has_moved_is_no_row_of_a_former_version() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let seal = of_values(&[Value::Text("ada".into()), Value::Null, Value::Null]);
        let fits = |last: Option<&[u8]>, sum: Option<&[u8]>| {
            let columns = rusqlite::params![last, sum];
            connection
                .query_row("SELECT 'ada', NULL, ?1, ?2", columns, |row| fits(row, 3))
                .unwrap()
        };
        assert!(fits(None, Some(&seal)) && fits(None, None));
        assert!(!fits(Some(&seal), None), "it has moved");
        // What a former version wrote, of any length.
        assert!(fits(Some(b"{\"a\":12}"), None) && fits(Some(b"{}"), None));
    }

    #[test]
    fn a_sum_tells_type_place_and_length_apart() {
        let text = |text: &str| Value::Text(text.to_owned());
        let sums = [
            of_values(&[text("ab"), text("c")]),
            of_values(&[text("a"), text("bc")]),
            of_values(&[text("abc")]),
            of_values(&[Value::Blob(b"abc".to_vec())]),
            of_values(&[Value::Null, text("abc")]),
            of_values(&[Value::Integer(0)]),
            of_values(&[Value::Null]),
            of_values(&[]),
        ];
        for (at, sum) in sums.iter().enumerate() {
            assert!(!sums[..at].contains(sum), "{at}");
        }
    }
}
