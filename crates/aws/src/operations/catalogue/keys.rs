//! The order that an item of the table has among others: its time and its id, as far as they can be read.

use counterfoil_core::{SubmissionId, Timestamp};

use crate::item::Item;

/// When an entry was accepted, as its item or the index has it.
pub(super) fn millis(item: &Item) -> Option<Timestamp> {
    let digits = item.get("received_at")?.as_n().ok()?;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a number that we have not written; only its order matters"
    )]
    let other = || digits.parse::<f64>().ok().map(|number| number as i64);
    digits
        .parse()
        .ok()
        .or_else(other)
        .map(Timestamp::from_millis)
}

/// The id in a key; of a key that is not ours, as far as it is like one, so that it has its place in the order.
pub(super) fn id_like(sk: &str) -> SubmissionId {
    SubmissionId::parse(sk).unwrap_or_else(|| {
        let digits = sk
            .bytes()
            .filter(|byte| *byte != b'-')
            .map_while(|byte| char::from(byte).to_digit(16));
        let mut bytes = [0; 16];
        for (at, digit) in digits.take(32).enumerate() {
            bytes[at / 2] |= (digit as u8) << if at % 2 == 0 { 4 } else { 0 };
        }
        SubmissionId::from_bytes(bytes)
    })
}
