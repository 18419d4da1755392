//! What people must look at: dead letters, held submissions, and what was discarded and can be taken back.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use counterfoil_core::cause::{Cause, Retryable};
use counterfoil_core::entry::{Head, State};
use counterfoil_core::form::FormId;
use counterfoil_core::submission::SubmissionRef;
use counterfoil_core::time::Timestamp;

/// The states that have a place in the worklist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Waiting {
    /// Dead letters.
    #[default]
    Failed,
    /// Suspected spam.
    Held,
    /// Given up, and to be removed when the form's retention is over.
    Discarded,
}

impl Waiting {
    /// The state it is.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Failed => State::Failed,
            Self::Held => State::Held,
            Self::Discarded => State::Discarded,
        }
    }
}

/// One of them, without what was submitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Which submission.
    pub of: SubmissionRef,
    /// Failed, held or discarded.
    pub state: State,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// When its row last changed.
    pub updated_at: Timestamp,
    /// How often the queue had delivered it when the verdict was given.
    pub attempts: u32,
    /// The latest run ordered; above 0: replayed before.
    pub run: u32,
    /// The run that the state is the verdict of.
    pub verdict_run: u32,
    /// Why it failed.
    pub cause: Option<Cause>,
    /// Why it is held.
    pub hold: Option<String>,
}

impl Listed {
    /// What the worklist shows of a row; `None`: it needs nobody.
    #[must_use]
    pub fn from_head(head: &Head) -> Option<Self> {
        let waits = match head.state {
            State::Failed | State::Held | State::Discarded => true,
            State::Stored | State::Erased | State::Expired => false,
        };
        waits.then(|| Self {
            of: head.of.clone(),
            state: head.state,
            received_at: head.received_at,
            updated_at: head.updated_at,
            attempts: head.attempts,
            run: head.run,
            verdict_run: head.verdict_run,
            cause: head.cause.clone(),
            hold: head.hold.clone(),
        })
    }

    /// Its place in the order of the list.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            received_at: self.received_at,
            of: self.of.clone(),
        }
    }

    /// Is a replay or release under way?
    #[must_use]
    pub const fn is_awaiting(&self) -> bool {
        self.run > self.verdict_run
    }
}

/// Where something stands in the list: by time of acceptance, then by form and id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Which submission.
    pub of: SubmissionRef,
}

/// Which of them. An empty filter takes every dead letter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// In this state.
    pub waiting: Waiting,
    /// Of this form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<FormId>,
    /// With this cause: its code, or the first digits (four at least) of its fingerprint. Of held ones: the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// With this verdict on replaying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<Retryable>,
    /// Accepted at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Accepted before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Delivered so often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<RangeInclusive<u32>>,
    /// Replayed before, or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<bool>,
}

impl Filter {
    /// Those of what was accepted until now, this millisecond included: so much, and not what comes meanwhile.
    #[must_use]
    pub fn so_far(self, now: Timestamp) -> Self {
        let end = now.plus(Duration::from_millis(1));
        Self {
            until: Some(self.until.map_or(end, |until| until.min(end))),
            ..self
        }
    }

    /// Does it take this one?
    #[must_use]
    pub fn takes(&self, listed: &Listed) -> bool {
        listed.state == self.waiting.state()
            && self
                .form
                .as_ref()
                .is_none_or(|form| *form == listed.of.form)
            && self.since.is_none_or(|since| listed.received_at >= since)
            && self.until.is_none_or(|until| listed.received_at < until)
            && self
                .attempts
                .as_ref()
                .is_none_or(|range| range.contains(&listed.attempts))
            && self
                .replayed
                .is_none_or(|replayed| replayed == (listed.run > 0))
            && self.takes_reason(listed)
    }

    /// Does it take why this one waits? The costly part, asked last.
    fn takes_reason(&self, listed: &Listed) -> bool {
        let cause = listed.cause.as_ref();
        let is_hold = |wanted: &String| listed.hold.as_ref() == Some(wanted);
        let verdict = self
            .retryable
            .is_none_or(|retryable| cause.is_some_and(|cause| cause.retryable == retryable));
        let wanted = self.cause.as_ref();
        verdict
            && wanted.is_none_or(|wanted| {
                is_hold(wanted) || cause.is_some_and(|cause| cause.is_called(wanted))
            })
    }
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortOrder {
    /// The longest waiting first.
    OldestFirst,
    /// The other way round.
    NewestFirst,
}

/// A part of the list.
#[derive(Clone, Debug)]
pub struct Paging {
    /// Which end comes first.
    pub order: SortOrder,
    /// What comes after this place; `None`: from the start.
    pub from: Option<Place>,
    /// How many at most.
    pub most: usize,
}

impl Paging {
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
    pub const fn after(&self, next: Place) -> Self {
        Self {
            order: self.order,
            from: Some(next),
            most: self.most,
        }
    }
}

/// What was on a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// In the order asked for. May be fewer than asked for, even none, with more to come.
    pub rows: Vec<Listed>,
    /// Where the next page starts; `None`: this was the last.
    pub next: Option<Place>,
}

/// A verdict that made a dead letter, whatever became of it since.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Of which submission.
    pub of: SubmissionRef,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
}

/// Some failures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failures {
    /// In no order. May be none with more to come.
    pub rows: Vec<Failure>,
    /// Give this for the next ones; `None`: these were the last.
    pub next: Option<String>,
}
