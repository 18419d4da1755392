//! In which order the records of a batch are settled: all at once, or, once one of them has come back more than twice, one
//! by one.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Delivery, panicked};
use crate::cause::{Cause, Code};
use crate::envelope::{Envelope, Undecodable};
use crate::fault::Fault;
use crate::submission::SubmissionRef;

/// Receives of one record from which on its whole batch is handled with care.
const SUSPICIOUS: u32 = 2;

/// What a record that may end the process costs those that came with it: so long they are hidden before the batch is begun,
/// where the queue itself would hide them for much longer. It outlasts the batch, or they would be delivered twice.
pub const SHELTER: Duration = Duration::from_secs(60);

/// Has one of these come back so often that it may be what ends the process?
pub(super) fn is_suspicious(deliveries: &[Delivery]) -> bool {
    deliveries
        .iter()
        .any(|delivery| delivery.receives > SUSPICIOUS)
}

/// Those of a batch, by their places, that are to be hidden for [`SHELTER`] before it is begun: they are hardly suspected of
/// anything, and came with one that has come back before, which may be what ends the process.
#[must_use]
pub fn neighbours(deliveries: &[Delivery]) -> Vec<usize> {
    if deliveries.iter().all(|delivery| delivery.receives <= 1) {
        return Vec::new();
    }
    let places = deliveries
        .iter()
        .enumerate()
        .filter(|(_, delivery)| delivery.receives <= SUSPICIOUS);
    places.map(|(place, _)| place).collect()
}

/// What a delivery holds; `None` until its turn in a batch that goes one by one.
pub(super) type Reading = Option<Result<Envelope, Fault>>;

/// A delivery by its place in the batch.
pub(super) struct Record {
    pub(super) place: usize,
    pub(super) reading: Reading,
}

/// One chain with every record, in an order that changes with the receive count, so that a record which
/// aborts the process is not always in front of the same neighbours. None is read before its turn. Those on their last
/// receive come first: where there is time for a few only, the others have another try.
pub(super) fn one_by_one(deliveries: &[Delivery], max_receives: u32) -> Vec<Vec<Record>> {
    // The highest count, not the sum: where the same ten come back together, that grows by ten, and turns nothing.
    let turn = deliveries
        .iter()
        .map(|delivery| delivery.receives)
        .max()
        .unwrap_or(0);
    let mut order: Vec<_> = (0..deliveries.len())
        .map(|place| Record {
            place,
            reading: None,
        })
        .collect();
    order.rotate_left(turn as usize % deliveries.len().max(1));
    order.sort_by_key(|record| deliveries[record.place].receives < max_receives);
    vec![order]
}

/// A chain for each submission, its records in the order of their sending; what is unreadable on its own.
pub(super) fn by_submission(deliveries: &[Delivery]) -> Vec<Vec<Record>> {
    let mut chains: BTreeMap<SubmissionRef, Vec<Record>> = BTreeMap::new();
    let mut ordered = Vec::new();
    for (place, delivery) in deliveries.iter().enumerate() {
        let (of, envelope) = read(delivery);
        let record = Record {
            place,
            reading: Some(envelope),
        };
        match of {
            Some(of) => chains.entry(of).or_default().push(record),
            None => ordered.push(vec![record]),
        }
    }
    ordered.extend(chains.into_values().map(|mut chain| {
        chain.sort_by_key(|record| deliveries[record.place].sent_at);
        chain
    }));
    ordered
}

/// Reads a delivery, its panics caught: whose it is, as far as that can be read, and what it holds.
pub(super) fn read(delivery: &Delivery) -> (Option<SubmissionRef>, Result<Envelope, Fault>) {
    if let Some(damage) = &delivery.damage {
        return (damage.of.clone(), Err(Fault::Permanent(Cause::damaged())));
    }
    let Ok(decoded) = std::panic::catch_unwind(|| Envelope::decode(&delivery.body)) else {
        return (None, Err(panicked()));
    };
    match decoded {
        Ok(envelope) => (Some(envelope.of.clone()), Ok(envelope)),
        Err(Undecodable::Version { of, v }) => {
            let newer = format!("envelope version {v} is newer than this program");
            (Some(of), Err(Fault::transient(Code::UnknownVersion, newer)))
        }
        Err(Undecodable::Broken { of, detail }) => {
            (of, Err(Fault::Permanent(Cause::undecodable(detail))))
        }
    }
}
