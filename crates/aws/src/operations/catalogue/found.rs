//! What an item is to a list: an entry of it, one that stands elsewhere, or damage that is to be told.

use counterfoil_core::entry::listed_at;
use counterfoil_core::{Entry, Fault, FormId, State, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::Scope;

use super::form_of;
use super::keys::{id_like, millis};
use super::sources::Source;
use crate::item::{Item, is_late, string, unreadable_entry, whole};
use crate::operations::merge::Point;

/// What was found at a place.
#[derive(Debug)]
pub(super) enum Found {
    /// An entry that belongs there.
    Here(Box<Entry>),
    /// One that belongs there, and is read by its key.
    There,
    /// Something that belongs there and cannot be read.
    Damaged(Fault),
    /// Something that the scope does not take, or that is listed at another place.
    Passed,
}

/// What an item is to this scope; `None`: nothing, and it is not even counted as read.
pub(super) fn row(item: &Item, source: &Source, scope: &Scope) -> Option<(Point, Found)> {
    let place = Place::from_item(item, source)?;
    let is_other = place
        .state
        .is_some_and(|state| !source.states.contains(&state));
    let belongs = !is_other && place.is_within(source, scope);
    let found = match (source.is_index, belongs) {
        (false, true) => match whole(item, &place.of) {
            Ok(entry) if place.is_ours => Found::Here(Box::new(entry)),
            Ok(_) => Found::Damaged(unreadable_entry(&place.of)),
            Err(fault) => Found::Damaged(fault),
        },
        (true, true) if place.is_ours => Found::There,
        (true, true) => Found::Damaged(unreadable_entry(&place.of)),
        (false, false) => Found::Passed,
        (true, false) => return None,
    };
    Some(((place.time, place.of), found))
}

/// Does the scope take this item, of which keys, times and state are there?
pub(super) fn is_taken(item: &Item, source: &Source, scope: &Scope) -> bool {
    let place = Place::from_item(item, source);
    let is_wanted = |place: &Place| {
        place
            .state
            .is_some_and(|state| source.states.contains(&state))
    };
    place.is_some_and(|place| is_wanted(&place) && place.is_within(source, scope))
}

/// What the key of an item says, and what else decides where it is listed, as far as it can be read.
struct Place {
    of: SubmissionRef,
    /// Its key is one that we write.
    is_ours: bool,
    /// Its id does not tell when it is listed.
    is_late: bool,
    /// When it is listed, as far as its partition is concerned.
    time: Timestamp,
    state: Option<State>,
}

impl Place {
    fn from_item(item: &Item, source: &Source) -> Option<Self> {
        let sk = string(item, "sk")?;
        let id = id_like(sk);
        let received_at = millis(item);
        let time = match (source.is_index, received_at) {
            (false, _) | (true, None) => id.time(),
            (true, Some(at)) => listed_at(&id, at),
        };
        Some(Self {
            of: SubmissionRef {
                form: FormId::parse_stored(form_of(item)?)?,
                id,
            },
            is_ours: SubmissionId::parse(sk).is_some(),
            // What does not say when it came stands at its id's time.
            is_late: received_at.is_some_and(|at| is_late(&id, at)),
            time,
            state: string(item, "state").and_then(State::parse),
        })
    }

    /// Is it listed here, at a time that the scope takes?
    fn is_within(&self, source: &Source, scope: &Scope) -> bool {
        let is_in_time = scope.since.is_none_or(|since| self.time >= since)
            && scope.until.is_none_or(|until| self.time < until);
        is_in_time && source.which.takes(self.is_late)
    }
}
