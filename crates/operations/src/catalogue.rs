//! Everything that was submitted, as an owner reads it: a page of it, how much of it there is, and what has a text in it.
//!
//! The order is by [`Head::listed_at`](counterfoil_core::Head::listed_at), then form and id. A page starts after a place and
//! never counts what comes before it, so the last page costs what the first one costs.

pub mod scan;
pub mod words;

use std::future::Future;

use counterfoil_core::{Entry, Fault, FormId, State, SubmissionRef, Timestamp};

use crate::marks::Marks;
pub use crate::spot::Spot;
use crate::worklist::SortOrder;

/// Which entries. The default takes every entry whose content is still there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of this form. `None`: of every form that the home knows of.
    pub form: Option<FormId>,
    /// In one of these states. Empty: in any, except [`State::Erased`] and [`State::Expired`], of which only a head is left.
    pub states: Vec<State>,
    /// Listed at this time or later.
    pub since: Option<Timestamp>,
    /// Listed before this time.
    pub until: Option<Timestamp>,
}

impl Scope {
    /// Does it take an entry of this submission, in this state, listed at this time?
    #[must_use]
    pub fn takes(&self, of: &SubmissionRef, state: State, listed_at: Timestamp) -> bool {
        let is_left = matches!(state, State::Erased | State::Expired);
        let is_wanted = if self.states.is_empty() {
            !is_left
        } else {
            self.states.contains(&state)
        };
        is_wanted
            && self.form.as_ref().is_none_or(|form| *form == of.form)
            && self.since.is_none_or(|since| listed_at >= since)
            && self.until.is_none_or(|until| listed_at < until)
    }
}

/// A part of the catalogue.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Which end comes first.
    pub order: SortOrder,
    /// What comes after this place; `None`: from the start.
    pub from: Option<Spot>,
    /// How many entries at most; at least one.
    pub most: usize,
}

impl Turn {
    /// The first page in this order.
    #[must_use]
    pub const fn first(order: SortOrder, most: usize) -> Self {
        Self {
            order,
            from: None,
            most,
        }
    }

    /// The page after `next`.
    #[must_use]
    pub const fn after(&self, next: Spot) -> Self {
        Self {
            order: self.order,
            from: Some(next),
            most: self.most,
        }
    }
}

/// An entry as the catalogue shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The entry, with what was submitted.
    pub entry: Entry,
    /// What people have marked it as.
    pub marks: Marks,
}

/// A page of the catalogue.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// In the order asked for. There may be fewer than asked for, even none, and more to come.
    pub rows: Vec<Shown>,
    /// What is wrong with each entry that belongs here and cannot be read; also with marks, whose entry is shown without
    /// them then. The fault names the submission as far as that can be read. A search may tell one with two pages.
    pub damaged: Vec<Fault>,
    /// How many entries were read for this page.
    pub read: u64,
    /// Of a search: were the entries themselves read through, since no index of their words is there (yet)? Then those after
    /// [`Self::next`] were not looked at.
    pub is_read_through: bool,
    /// Where the next page starts; `None`: this was the last one.
    pub next: Option<Spot>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// So many, or at least so many.
    pub number: u64,
    /// Are there more than were counted?
    pub is_more: bool,
}

/// A text to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The words, as a person typed them. All of them must be there; a text without any is in nothing. How
    /// [`words`] reads them is what every home finds at least.
    pub text: String,
    /// The one field to look into. `None`: all fields.
    pub field: Option<String>,
}

/// The entries of a home, to be read by their owner.
pub trait Catalogue: Sync {
    /// One page of what `scope` takes. Following the pages from the first to the last gives every entry that is there all
    /// the while, each once; what comes, goes or changes meanwhile may be missed. `from` need not be there any more. A home
    /// that does not know which forms there are answers a scope without a form by a fault that says so.
    fn list(&self, scope: &Scope, turn: &Turn)
    -> impl Future<Output = Result<Sheet, Fault>> + Send;

    /// How many entries `scope` takes, counted up to a bound of the home's (10 000 on one machine, 1 000 on AWS).
    fn count(&self, scope: &Scope) -> impl Future<Output = Result<Count, Fault>> + Send;

    /// One page of what `scope` takes and has the text in it. Pages are followed as those of [`Self::list`]; one may be
    /// empty and not the last, because a home may read a bounded number of entries for each.
    fn search(
        &self,
        scope: &Scope,
        search: &Search,
        turn: &Turn,
    ) -> impl Future<Output = Result<Sheet, Fault>> + Send;
}
