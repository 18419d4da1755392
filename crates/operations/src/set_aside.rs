//! What was set aside of notices, and what they can be made again from, as a home gives it.

use std::time::Duration;

use counterfoil_core::entry::Head;
use counterfoil_core::fault::Fault;
use counterfoil_core::form::FormId;
use counterfoil_core::parked::{Parked, What};
use counterfoil_core::time::Timestamp;

/// Something that is set aside, in the hands of whoever looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Names it in its home, however often it is given.
    pub id: String,
    /// What it is removed by.
    pub hold: String,
    /// What it is.
    pub parked: Parked,
}

impl Found {
    /// What people call it.
    #[must_use]
    pub fn name(&self) -> String {
        self.parked.name().unwrap_or_else(|| self.id.clone())
    }

    /// Is this one that is called so: by its name, its submission's, or its home's?
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let own = self.name();
        own == name
            || self.id == name
            || own
                .rsplit_once(':')
                .is_some_and(|(submission, _)| submission == name)
    }

    /// When what it speaks of has changed, where it does not say what.
    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        match (&self.parked.what, self.parked.origin.at) {
            (What::Span(since, until), _) => Some((*since, *until)),
            (What::Nothing, Some(at)) => Some(around(at, at)),
            (What::Nothing, None) | (What::Notice(_) | What::Change(..), _) => None,
        }
    }
}

/// The clocks of whoever wrote an entry and of its feed differ by less than this, the time of a slow write included.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// All that changed while a feed said that these two moments were.
#[must_use]
pub fn around(first: Timestamp, last: Timestamp) -> (Timestamp, Timestamp) {
    let margin = i64::try_from(MARGIN.as_millis()).unwrap_or(i64::MAX);
    (
        Timestamp::from_millis(first.as_millis() - margin),
        last.plus(MARGIN),
    )
}

/// Some of what is set aside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// What there is.
    pub rows: Vec<Found>,
    /// Give this as `from` for the next page; `None`: this was the last.
    pub next: Option<String>,
}

/// Some heads.
#[derive(Debug, Default)]
pub struct Heads {
    /// What there is.
    pub rows: Vec<Head>,
    /// What is wrong with each that would be among them, perhaps, and cannot be read.
    pub unreadable: Vec<Fault>,
    /// Give this as `from` for the next page; `None`: this was the last.
    pub next: Option<String>,
}

/// Changes between two moments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// From here on.
    pub since: Timestamp,
    /// Before here.
    pub until: Timestamp,
    /// Only of this form.
    pub form: Option<FormId>,
}

/// A place in what is handed over, as its home has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark(pub i64);
