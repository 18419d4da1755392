//! Places in the index, which are in the order of listing, and what else a match is chosen by.

use std::fmt::Write;

use counterfoil_core::{FormId, State, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::{Scope, Spot, Turn};
use counterfoil_operations::worklist::SortOrder;

/// The lower bits of a place tell entries of one moment from each other. The upper ones are the moment in milliseconds,
/// to the year 2248.
pub(super) const TIES: i64 = (1 << 20) - 1;

/// The last moment that has a place.
const LAST: i64 = i64::MAX >> 20;

/// The first place of a moment.
pub(super) fn first_at(at: Timestamp) -> i64 {
    at.as_millis().clamp(0, LAST) << 20
}

/// The moment of a place.
pub(super) const fn moment(doc: i64) -> i64 {
    doc >> 20
}

/// The words, in a column of their own, that an entry's form and state are found by: each a single one to FTS5.
pub(super) fn tags_of(form: &FormId, state: State) -> String {
    format!("{} {}", form_tag(form), state_tag(state))
}

fn form_tag(form: &FormId) -> String {
    form.as_str().bytes().fold("f".to_owned(), |mut tag, byte| {
        // Writing to a string cannot fail.
        let _ = write!(tag, "{byte:02x}");
        tag
    })
}

fn state_tag(state: State) -> String {
    format!("s{state}")
}

/// What a scope adds to the question after words: its form and its states.
pub(super) fn asked(scope: &Scope) -> String {
    let mut asked = String::new();
    if let Some(form) = &scope.form {
        asked += &format!(" AND tags : {}", form_tag(form));
    }
    let states: Vec<_> = scope
        .states
        .iter()
        .map(|state| format!("tags : {}", state_tag(*state)))
        .collect();
    if !states.is_empty() {
        asked += &format!(" AND ({})", states.join(" OR "));
    }
    asked
}

/// The places that a page may have, the first one and the one behind the last. The moment that the page goes on in is
/// among them, because its entries are in no order.
pub(super) fn places(scope: &Scope, turn: &Turn) -> (i64, i64) {
    let since = scope.since.map_or(0, first_at);
    // A time so late that no place is behind it bounds nothing.
    let until = scope
        .until
        .filter(|until| until.as_millis() <= LAST)
        .map_or(i64::MAX, first_at);
    let Some(from) = &turn.from else {
        return (since, until);
    };
    let at = first_at(from.listed_at);
    match turn.order {
        SortOrder::OldestFirst => (since.max(at), until),
        SortOrder::NewestFirst => (since, until.min(at.saturating_add(TIES + 1))),
    }
}

/// An entry that the index names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its moment, in milliseconds.
    pub(super) at: i64,
    /// Which.
    pub(super) of: SubmissionRef,
}

/// Gathers a page from matches that come in the order of their moments, and in none within a moment.
pub(super) struct Gathered<'t> {
    turn: &'t Turn,
    found: Vec<Found>,
    /// How many of them are of moments that are over.
    settled: usize,
    is_more: bool,
}

impl<'t> Gathered<'t> {
    pub(super) const fn new(turn: &'t Turn) -> Self {
        Self {
            turn,
            found: Vec::new(),
            settled: 0,
            is_more: false,
        }
    }

    /// Takes the next match. `false`: the page is full, and whatever follows is not of it.
    pub(super) fn take(&mut self, found: Found) -> bool {
        if self.found.last().is_some_and(|last| last.at != found.at) {
            self.settle();
            if self.found.len() >= self.turn.most.max(1) {
                self.is_more = true;
                return false;
            }
        }
        if !self.is_before(&found) {
            self.found.push(found);
        }
        // However many there are of one moment: no more of them are kept than twice a page.
        if self.found.len() - self.settled > 2 * self.turn.most.max(1) {
            self.sort();
            self.cut();
        }
        true
    }

    /// The page, and where the next one starts.
    pub(super) fn page(mut self) -> (Vec<Found>, Option<Spot>) {
        self.settle();
        let last = self.found.last().filter(|_| self.is_more);
        let next = last.map(|last| Spot {
            listed_at: Timestamp::from_millis(last.at),
            of: last.of.clone(),
        });
        (self.found, next)
    }

    /// Is it before the page, in the moment that the page goes on in?
    fn is_before(&self, found: &Found) -> bool {
        let Some(from) = &self.turn.from else {
            return false;
        };
        let at = (found.at, &found.of);
        let from = (moment(first_at(from.listed_at)), &from.of);
        match self.turn.order {
            SortOrder::OldestFirst => at <= from,
            SortOrder::NewestFirst => at >= from,
        }
    }

    fn settle(&mut self) {
        self.sort();
        self.cut();
        self.settled = self.found.len();
    }

    fn sort(&mut self) {
        let moment = &mut self.found[self.settled..];
        match self.turn.order {
            SortOrder::OldestFirst => moment.sort_unstable_by(|a, b| a.of.cmp(&b.of)),
            SortOrder::NewestFirst => moment.sort_unstable_by(|a, b| b.of.cmp(&a.of)),
        }
    }

    fn cut(&mut self) {
        let most = self.turn.most.max(1);
        if self.found.len() > most {
            self.found.truncate(most);
            self.is_more = true;
        }
    }
}
