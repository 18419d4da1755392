//! A queued message as a row, sealed: an envelope has a hash of its fields, and none of whose they are. What differs from
//! its seal is delivered as damaged, and becomes a dead letter with all that is left of it.
//!
//! ```text
//! sum   0..8   of body and sent_at
//!       8..16  of form and id: whether a damaged body still names the submission it was sent for
//! ```

use counterfoil_core::envelope::{Envelope, Undecodable};
use counterfoil_core::settling::{Damage, Delivery};
use counterfoil_core::{SubmissionRef, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::queue::{Received, Slot};
use crate::sums::{self, Sum};

/// Makes the index of what failed before anew where it does not know of every message: a count that was damaged would hide
/// its message for ever.
pub(crate) fn index_anew(connection: &Connection) -> rusqlite::Result<()> {
    let count = |how: &str| {
        let sql = format!("SELECT count(*) FROM queue {how} WHERE receives > 0");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
    };
    if count("NOT INDEXED")? != count("INDEXED BY queue_retries")? {
        connection.execute_batch("REINDEX queue_retries")?;
    }
    Ok(())
}

/// The columns of [`received`], in its order.
pub(crate) const COLUMNS: &str = "position, body, sent_at, receives, sum, octet_length(body)";
/// The column after them.
pub(crate) const OTHERS: usize = 6;

/// How long the body is. It reads the row's head alone.
pub(crate) fn length(row: &Row<'_>) -> rusqlite::Result<usize> {
    // What is no text and no bytes has none.
    Ok(row
        .get_ref(5)?
        .as_i64()
        .ok()
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or(0))
}

/// The body, whatever lies there.
pub(crate) fn body<'r>(row: &'r Row<'_>) -> rusqlite::Result<&'r [u8]> {
    Ok(match row.get_ref(1)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    })
}

/// What is written beside a message.
pub(crate) fn seal(of: &SubmissionRef, body: &str, sent_at: i64) -> Vec<u8> {
    [
        body_sum(ValueRef::Text(body.as_bytes()), ValueRef::Integer(sent_at)),
        name_sum(of),
    ]
    .concat()
}

fn body_sum(body: ValueRef<'_>, sent_at: ValueRef<'_>) -> Sum {
    sums::sum([body, sent_at])
}

fn name_sum(of: &SubmissionRef) -> Sum {
    sums::sum([
        ValueRef::Text(of.form.as_str().as_bytes()),
        ValueRef::Blob(of.id.as_bytes()),
    ])
}

/// Reads a message. Whatever lies there is delivered, text or not, and becomes an entry: a row that could not be read
/// would keep all others from being.
pub(crate) fn received(row: &Row<'_>) -> rusqlite::Result<Received> {
    let body = body(row)?.to_vec();
    let damage = damage(row, &body)?;
    let sent_at = row.get_ref(2)?.as_i64().unwrap_or(0);
    // Counted on from whatever is there: the most is far beyond any last receive.
    let receives = row
        .get_ref(3)?
        .as_i64()
        .unwrap_or(0)
        .clamp(0, i64::from(i32::MAX));
    let receives = u32::try_from(receives).unwrap_or(0) + 1;
    let delivery = Delivery {
        body,
        sent_at: Timestamp::from_millis(sent_at),
        receives,
        damage,
    };
    Ok(Received {
        slot: Slot {
            position: row.get(0)?,
            receives,
        },
        delivery,
    })
}

/// `None`: the message is what was sent, or was sent by a former version.
fn damage(row: &Row<'_>, body: &[u8]) -> rusqlite::Result<Option<Damage>> {
    let seal = match row.get_ref(4)? {
        ValueRef::Null => return Ok(None),
        ValueRef::Blob(seal) => seal,
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) => &[],
    };
    let (sum, name) = seal.split_at_checked(8).unwrap_or_default();
    if body_sum(row.get_ref(1)?, row.get_ref(2)?) == sum {
        return Ok(None);
    }
    let of = match Envelope::decode(body) {
        Ok(Envelope { of, .. })
        | Err(Undecodable::Version { of, .. } | Undecodable::Broken { of: Some(of), .. }) => {
            Some(of)
        }
        Err(Undecodable::Broken { of: None, .. }) => None,
    };
    Ok(Some(Damage {
        of: of.filter(|of| name_sum(of) == name),
    }))
}
